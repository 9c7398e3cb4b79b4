"""Everything that can be set about the server, in one frozen object, and where its page lies."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from engine.cores import cores
from engine.file_limits import PICTURE_BYTES, SNAPSHOT_BYTES
from server.logs import LogSettings

STATE_VARIABLE = "CONVNET_LIVE_STATE"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep one user from taking everybody's share, in bytes and seconds."""

    snapshot_bytes: int = SNAPSHOT_BYTES
    image_bytes: int = PICTURE_BYTES
    image_seconds: float = 2.0
    """A picture that takes longer to read is given up."""
    image_memory_bytes: int = 640 * 1024 * 1024
    """Address space of a process that reads pictures; the largest allowed one takes 500 MB."""
    images_at_once: int = 2
    """How many are read at the same time, each in a process of its own."""
    images_per_owner: int = 2
    """How many one browser may have read, or waiting for that."""
    images_in_all: int = 24
    """How many all browsers together may have read, or waiting for that."""
    file_bytes_in_all: int = 192 * 1024 * 1024
    """How much of files that come and go is held in memory at one time, a larger one alone."""
    file_bytes_each: int = 96 * 1024 * 1024
    """How much of that one browser may have, or one address."""
    outgoing_bytes: int = 64 * 1024 * 1024
    """While so much is on its way to viewers, pictures wait; each takes about three times its
    size."""
    upload_seconds: float = 30.0
    """A body that takes longer to arrive is given up."""
    take_seconds: float = 5.0
    """Whoever takes nothing of what is sent for so long is let go."""
    reply_seconds: float = 30.0
    """A training process that takes longer to reply is said not to answer."""
    relaunch_seconds: float = 0.5
    """The pause before a trainer follows a second one that died in a row; then it doubles."""
    viewers_per_session: int = 200
    sessions: int = 1000
    sessions_per_owner: int = 20
    sessions_per_address: int = 250
    """How many one address may have in all, so that it cannot take every place."""
    new_sessions_seconds: float = 600.0
    new_sessions_per_owner: int = 20
    new_sessions_per_address: int = 300
    """How many may begin within that time: a class shares an address."""
    disk_bytes: int = 20 * 1000**3
    """What all sessions together may take of the disk."""
    disk_bytes_per_owner: int = 2 * 1000**3
    """What those of one browser may take: ten sessions of the largest networks there can be."""
    worker_bytes: int = 4 * 1024**3
    """Address space of a training process."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the flags and the environment say.

    Attributes:
        host, port: where to listen; port 0 lets the system choose.
        data: a directory with an MNIST-format set to use in place of MNIST.
        offline: never download anything.
        allowed_origins: as scheme://host:port, of pages that may use the server besides its own.
        running: how many sessions may train at once; further ones wait in line.
        state: where sessions are kept; None keeps them in memory alone.
        checkpoint_seconds: how much training lies between two checkpoints.
        pause_seconds, release_seconds: how long after its last viewer a session pauses, and how
            long after that its process is given back.
        public_metrics: answer `GET /metrics` of other machines too.
        logs: how to log.
        keep_seconds: how long a session that nobody looks at is kept.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    data: Path | None = None
    offline: bool = False
    allowed_origins: tuple[str, ...] = ()
    running: int = field(default_factory=lambda: 2 * cores())
    state: Path | None = None
    checkpoint_seconds: float = 10.0
    pause_seconds: float = 60.0
    release_seconds: float = 600.0
    keep_seconds: float = 30 * 24 * 3600.0
    public_metrics: bool = False
    logs: LogSettings = field(default_factory=LogSettings)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class PageFiles:
    """Where the templates and the static files lie."""

    templates: Path
    static: Path


def page_files() -> PageFiles:
    """Find the page: inside the installed package, or beside it in a checkout.

    Raises:
        FileNotFoundError: neither place has it.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "page", package.parent):
        if (root / "templates" / "index.html").is_file() and (root / "static").is_dir():
            return PageFiles(root / "templates", root / "static")
    raise FileNotFoundError(f"the page is neither in {package}/page nor beside {package}")


def default_state_folder() -> Path:
    """Where sessions are kept unless a flag says otherwise: the user's data folder."""
    named = os.environ.get(STATE_VARIABLE)
    return Path(named) if named else user_data_path("convnet-live", appauthor=False) / "sessions"
