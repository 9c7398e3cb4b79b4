"""The documentation says everything that there is to say."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from engine.language import DEFAULT_TEXT, parse
from engine.language.presets import PRESETS
from engine.language.reference import Entry, reference
from server.audience.viewer import MAX_WAITING, MAX_WAITING_BYTES, MOST_UNREAD
from server.logs import MOST_ALIKE
from server.open_files import RESERVED_FILES
from server.protocol.commands import COMMANDS
from server.protocol.connections import CloseReason, Role
from server.protocol.decode_commands import MAX_COMMAND_BYTES
from server.protocol.events import EVENTS
from server.protocol.kinds import DatasetState, Failure, Level, Source, Status
from server.sessions.registry import Registry
from server.settings import Limits, Settings
from server.web.api.metrics import PREFIX, Metrics
from server.web.guards.http_requests import MOST_HEADER_BYTES
from server.web.guards.websocket_frames import (
    FAREWELL_SECONDS,
    MAX_CONTROLS,
    MAX_FRAGMENTS,
    UNSENT_BYTES,
)
from server.web.live_stream import HEARTBEAT_SECONDS
from tests.server.fake_host import Stage

DOCS = Path(__file__).resolve().parents[1] / "docs"
ROOT = DOCS.parent
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8")
SPEC = (DOCS / "SPEC.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "PROTOCOL.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "OPERATIONS.md").read_text(encoding="utf-8")
SECURITY = (DOCS / "SECURITY.md").read_text(encoding="utf-8")
LIMITS, SETTINGS = Limits(), Settings()
LAYERS_TITLE = reference()[0].title
KIB = f"{MAX_COMMAND_BYTES // 1024} KiB"
TAKES_NOTHING = f"takes nothing of what it is sent for {LIMITS.take_seconds:g} s"
# What the documents say of limits, in their own words.
STATED = [
    (PROTOCOL, TAKES_NOTHING),
    (SECURITY, TAKES_NOTHING),
    (OPERATIONS, TAKES_NOTHING),
    (OPERATIONS, f"cuts the connection {FAREWELL_SECONDS} s later"),
    (OPERATIONS, f"{UNSENT_BYTES // 1024} KiB that the system has not sent yet"),
    (OPERATIONS, f"{SETTINGS.checkpoint_seconds:g} s of training (`--checkpoint-every`"),
    (OPERATIONS, f"removed after {SETTINGS.keep_seconds / 86400:g} days (`--keep-days`)"),
    (PROTOCOL, f"objects of at most {KIB}"),
    (PROTOCOL, f"a message of more than {KIB}, or in more than {MAX_FRAGMENTS:,} fragments"),
    (PROTOCOL, f"more than {MAX_CONTROLS} pings or pongs in a second"),
    (PROTOCOL, f"{MAX_WAITING} messages that may not be dropped"),
    (PROTOCOL, f"every {HEARTBEAT_SECONDS:g} s when nothing else was sent"),
    (SECURITY, f"{KIB} a message, {MAX_FRAGMENTS:,} fragments, {MAX_CONTROLS} pings a second"),
    (SECURITY, f"at most {MAX_WAITING} messages wait for a viewer"),
    (SECURITY, f"a training process has {LIMITS.worker_bytes // 1024**3} GiB of addresses"),
    (SECURITY, f"{LIMITS.new_sessions_per_owner} from one browser"),
    (SECURITY, f"{LIMITS.new_sessions_per_address} from one address (`--new-sessions`"),
    (SECURITY, f"{LIMITS.file_bytes_in_all >> 20} MiB in all (503)"),
    (SECURITY, f"{LIMITS.file_bytes_each >> 20} MiB for one browser and for one address (429)"),
    (SECURITY, f"{LIMITS.outgoing_bytes >> 20} MiB are sent at a time"),
    (SECURITY, f"Headers of more than {MOST_HEADER_BYTES >> 10} KiB"),
    (SECURITY, f"at least {RESERVED_FILES}, is kept for the database"),
    (PROTOCOL, f"or {MAX_WAITING_BYTES >> 20} MiB of them"),
    (PROTOCOL, f"while more than {MOST_UNREAD} messages wait for a viewer"),
    (OPERATIONS, f"the same text {MOST_ALIKE} are written in ten seconds"),
    (README, f"({LIMITS.viewers_per_session} by default)"),
]
BENCHMARKS = (DOCS / "BENCHMARKS.md").read_text(encoding="utf-8")
BEST = [name for name in PRESETS if name.startswith("best")]


def spec_rows() -> Iterator[str]:
    """The rows of the spec language's tables, as the reference beside the editor has them."""
    for section in reference():
        for entry in section.entries:
            name = f"`{entry.name}` ★" if entry.ours else f"`{entry.name}`"
            if section.title == LAYERS_TITLE:
                options = ", ".join(map(with_default, entry.options))
                yield f"| {name} | {options} | {entry.help} |"
            else:
                yield f"| {name} | {quoted(entry)} | {entry.help} |"
    kinds: dict[str, list[str]] = {}
    for entry in reference()[0].entries:
        for option in entry.options:
            kinds.setdefault(f"| `{option.name}` | {{}} | {option.help} |", []).append(entry.name)
    for row, names in kinds.items():
        yield row.format(", ".join(f"`{name}`" for name in names))


def with_default(option: Entry) -> str:
    return f"`{option.name}` ({option.default})" if option.default else f"`{option.name}`"


def quoted(option: Entry) -> str:
    words = [f"'{each}'" for each in option.choices]
    return ", ".join(f"**{each}**" if each == option.default else each for each in words) or (
        option.default or "none"
    )


@pytest.mark.parametrize("row", list(spec_rows()))
def test_every_layer_type_and_option_is_in_the_spec_language(row: str) -> None:
    assert row in SPEC.splitlines()


def test_the_spec_language_has_no_row_of_something_else() -> None:
    rows = [line for line in SPEC.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(spec_rows())


def test_every_layer_type_and_option_says_what_it_is_for() -> None:
    for section in reference():
        for entry in section.entries:
            for each in (entry, *entry.options):
                assert each.help, each.name


def test_the_example_of_the_spec_language_is_one() -> None:
    example = SPEC.split("```js\n")[1].split("```")[0]
    assert parse(example).trainer == parse(DEFAULT_TEXT).trainer


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_protocol(name: str) -> None:
    assert f"`{name}`" in PROTOCOL


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_in_the_protocol(name: str) -> None:
    assert f"| `{name}` |" in PROTOCOL


@pytest.mark.parametrize("kind", [Role, Status, Failure, Level, DatasetState, Source])
def test_every_word_of_a_kind_is_in_the_protocol(kind: type[StrEnum]) -> None:
    for word in kind:
        assert f"`{word}`" in PROTOCOL or f'"{word}"' in PROTOCOL, word


@pytest.mark.parametrize("reason", CloseReason)
def test_every_close_code_is_in_the_protocol(reason: CloseReason) -> None:
    assert re.search(rf"^\| [\d, ]*{reason.code}[\d, ]* \|", PROTOCOL, re.MULTILINE)


@pytest.mark.parametrize(("document", "sentence"), STATED, ids=[each for _, each in STATED])
def test_the_documents_say_what_the_limits_are(document: str, sentence: str) -> None:
    assert sentence in " ".join(document.split())


def test_new_sessions_are_counted_over_the_time_that_the_documents_say() -> None:
    assert LIMITS.new_sessions_seconds == 10 * 60
    assert "within ten minutes" in SECURITY


async def metric_names() -> list[str]:
    # On a loop, whose tasks are counted.
    shared = Stage().shared
    metrics = Metrics(Registry(shared), shared.line, shared.tally)
    return [metric.name.removeprefix(PREFIX) for metric in metrics.collect()]


def test_every_metric_is_in_the_operations() -> None:
    for name in asyncio.run(metric_names()):
        assert f"`{name}" in OPERATIONS, name


@pytest.mark.parametrize("name", BEST)
def test_the_best_presets_promise_what_was_measured(name: str) -> None:
    row = re.search(rf"\| {name} +\| mean \| *([\d,]+) \| *([\d.]+%) \| (\d+) s \|", BENCHMARKS)
    assert row is not None
    examples, accuracy, seconds = row.groups()
    preset = PRESETS[name]
    assert f"{accuracy} in {round(int(seconds) / 60)} minutes" in preset.title
    epochs = int(examples.replace(",", "")) // 54_000
    assert preset.about.startswith(f"{epochs} epochs")


def test_the_preset_of_one_epoch_promises_what_was_measured() -> None:
    row = re.search(r"\| one-epoch +\| 10 +\| +54,000 \| +([\d.]+%) ± ", BENCHMARKS)
    assert row is not None
    accuracy = row[1]
    preset = PRESETS["one-epoch"]
    assert float(accuracy[:-1]) >= 99.0
    assert preset.title == "99% in one epoch"
    assert f"{accuracy} of the full test" in preset.about
    assert parse(preset.text).trainer.schedule_examples == 54_000


DOCUMENTS = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])
# Paths in the documents: of files and folders that the repository has.
PATH = re.compile(
    r"`((?:\.ci|benchmarks|docs|engine|scripts|server|static|templates|tests)/[\w./-]*)`"
)
MADE = ("static/dist", "tests/artifacts", "benchmarks/results")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_in_a_document_is_there(document: Path) -> None:
    for path in PATH.findall(document.read_text(encoding="utf-8")):
        assert path.startswith(MADE) or (ROOT / path).exists(), path


def wings() -> list[str]:
    python = [f"{package}/{wing}" for package in ("engine", "server") for wing in wings_of(package)]
    scripts = sorted(path.name for path in (ROOT / "static/js").iterdir() if path.is_dir())
    return [*python, *(f"static/js/{wing}" for wing in scripts)]


def wings_of(package: str) -> list[str]:
    """Its folders and files, as they are named in documents."""
    return [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted((ROOT / package).iterdir())
        if path.name not in ("__init__.py", "__pycache__", "sample")
    ]


@pytest.mark.parametrize("wing", wings())
def test_every_wing_is_in_the_architecture(wing: str) -> None:
    assert f"`{wing.rstrip('/')}" in ARCHITECTURE


@pytest.mark.parametrize("wing", [wing for wing in wings() if not wing.endswith(".py")])
def test_every_folder_of_modules_has_its_row_in_the_readme(wing: str) -> None:
    assert f"`{wing.rstrip('/')}/`" in README


def test_the_words_of_the_architecture_are_in_order() -> None:
    words = re.findall(r"^\| (\w[\w ]*) \|", ARCHITECTURE.split("## Words")[1], re.MULTILINE)
    assert words[0] == "word"
    assert words[1:] == sorted(words[1:])
