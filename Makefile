# The project's commands; each does all of its own set-up and redoes none of it.

VENV := .venv
PY := $(VENV)/bin/python
# What holds after an installation: nothing is installed again until pyproject.toml changes.
INSTALLED := $(VENV)/.installed
DEV_INSTALLED := $(VENV)/.dev-installed
PIP := $(PY) -m pip --disable-pip-version-check install --quiet
PAGE := $(PY) scripts/build_page.py
# PyTorch and JAX have an environment of their own: larger than all the rest, only compared with.
TORCH_VENV := .venv-bench
TORCH_INSTALLED := $(TORCH_VENV)/.installed
# TensorFlow.js has packages of its own for the same reason.
TFJS_FOLDER := benchmarks/tensorflowjs
TFJS_INSTALLED := $(TFJS_FOLDER)/node_modules/.installed
# More arguments: make run ARGS="--port 9000 --no-browser", make bench ARGS=--quick
ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint check-js pytest bench page dev chromium clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-10s %s\n' "$$name" "$$what"; done

run: page $(INSTALLED) ## set up if need be, serve the page and open it (ARGS="--port 9000 --no-browser")
	@exec $(VENV)/bin/convnet-live serve $(ARGS)

test: lint check-js chromium pytest ## set up if need be and run every check and test

lint: dev ## check style, format and types of the Python code
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

check-js: $(PY) ## check types of the page's code and run its tests
	$(PAGE) --npm run --silent check
	$(PAGE) --npm test --silent

pytest: dev
	$(PY) -m pytest $(ARGS)

bench: dev $(if $(TORCH),$(TORCH_INSTALLED)) $(if $(TFJS),$(TFJS_INSTALLED)) ## compare speed with ConvNetJS, PyTorch, JAX and TensorFlow.js (TORCH=1, TFJS=1 install the latter three; ARGS=--quick)
	@$(PAGE) --packages
	@$(PY) -m benchmarks.compare $(ARGS)

page: $(PY) ## build the page's bundle where it is out of date
	@$(PAGE)

dev: page $(DEV_INSTALLED)

chromium: dev
	@$(PY) scripts/ensure_chromium.py >/dev/null

$(PY):
	@sh scripts/make_venv.sh $(VENV)

# The page is built before, so that the build hook finds it current and needs no Node of its own.
$(INSTALLED): pyproject.toml hatch_build.py | page
	@echo 'Installing ConvNet Live ...'
	@$(PIP) --editable .
	@touch $@

$(DEV_INSTALLED): pyproject.toml hatch_build.py | page
	@echo 'Installing ConvNet Live and its tools ...'
	@$(PIP) --editable '.[dev]'
	@touch $@ $(INSTALLED)

$(TORCH_INSTALLED): pyproject.toml | page
	@sh scripts/make_venv.sh $(TORCH_VENV)
	@echo 'Installing PyTorch and JAX ...'
	@$(TORCH_VENV)/bin/python -m pip --disable-pip-version-check install --quiet --editable '.[torch,jax]'
	@touch $@

$(TFJS_INSTALLED): $(TFJS_FOLDER)/package-lock.json | page
	@echo 'Installing TensorFlow.js ...'
	@$(PAGE) --npm --prefix $(TFJS_FOLDER) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## remove everything that was made: environment, packages, bundle, caches
	rm -rf $(VENV) $(TORCH_VENV) node_modules $(TFJS_FOLDER)/node_modules static/dist build dist benchmarks/results
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info tests/artifacts
	find engine server scripts tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
