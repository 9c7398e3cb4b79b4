"""The command `convnet-live`: serve the page, or use the engine without it.

Training processes import this module again, as the main module of what starts them: whatever
only the server needs is imported when it is needed.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from engine.command_line.arguments import Parser, add_commands, add_version
from engine.command_line.commands import UsageError
from engine.command_line.exit_codes import execute
from engine.version import PROGRAM
from server.logs import FORMATS, LEVELS, LogSettings, set_up
from server.open_files import allow_many_files, open_closed_streams
from server.settings import STATE_VARIABLE, Limits, Settings, default_state_folder

DAY = 24 * 3600.0
MB = 1000**2
# What a flag counts, and the most that it may say.
COUNT, SECONDS, DAYS = ("N", 1_000_000), ("SECONDS", 1_000_000_000), ("DAYS", 36_500)
MEGABYTES = ("MB", 1_000_000_000)

# Not by __name__: this may be the main module.
log = logging.getLogger("server.cli")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    open_closed_streams()
    parser = Parser(
        prog=PROGRAM,
        description="A convolutional network that learns MNIST before your eyes.",
    )
    add_version(parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    add_commands(commands)
    return execute(parser.parse_args(argv))


def _add_serve(commands: argparse._SubParsersAction[Any]) -> None:
    defaults = Settings()
    parser = commands.add_parser("serve", help="serve the page", description="Serve the page.")
    parser.add_argument("--host", default=defaults.host, help="address to bind (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=defaults.port, help="0 for any free one (%(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder in MNIST's format, to use instead of MNIST"
    )
    parser.add_argument("--offline", action="store_true", help="never download anything")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        type=_origin,
        help="another address whose pages may use this server, such as https://example.org; "
        "may be given several times",
    )
    _add_watching(parser, defaults)
    _add_keeping(parser)
    _add_limits(parser, defaults)
    parser.set_defaults(run=_serve)


def _add_watching(parser: argparse.ArgumentParser, defaults: Settings) -> None:
    """The flags for whoever runs the server."""
    parser.add_argument(
        "--public-metrics",
        action="store_true",
        help="let other machines read /metrics, not only this one",
    )
    parser.add_argument(
        "--log-format",
        choices=FORMATS,
        default=defaults.logs.format,
        help="of the log on stderr; auto is text at a terminal, else JSON (%(default)s)",
    )
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        default=defaults.logs.level,
        help="least severe events to log (%(default)s)",
    )


def _add_keeping(parser: argparse.ArgumentParser) -> None:
    """The flags that say where sessions are kept, if they are."""
    group = parser.add_argument_group("sessions").add_mutually_exclusive_group()
    group.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help=f"folder to keep them in ({STATE_VARIABLE}, else {default_state_folder()})",
    )
    group.add_argument(
        "--ephemeral", action="store_true", help="keep them in memory, until the server ends"
    )


def _add_limits(parser: argparse.ArgumentParser, defaults: Settings) -> None:
    """The flags that bound what a server keeps and does."""
    limits = defaults.limits
    group = parser.add_argument_group("limits")
    for flag, (metavar, most), default, help_text in (
        ("--running", COUNT, defaults.running, "networks that train at once; others wait in line"),
        ("--sessions", COUNT, limits.sessions, "sessions in all"),
        ("--sessions-per-browser", COUNT, limits.sessions_per_owner, "sessions of one browser"),
        ("--new-sessions", COUNT, limits.new_sessions_per_address,
         "sessions begun from one address in ten minutes; a class shares one"),
        ("--viewers", COUNT, limits.viewers_per_session, "viewers of one session"),
        ("--disk", MEGABYTES, limits.disk_bytes // MB, "that all sessions may take of the disk"),
        ("--disk-per-browser", MEGABYTES, limits.disk_bytes_per_owner // MB,
         "that those of one browser may take"),
        ("--pause-after", SECONDS, int(defaults.pause_seconds),
         "after which unwatched training pauses"),
        ("--checkpoint-every", SECONDS, int(defaults.checkpoint_seconds),
         "of training between checkpoints"),
        ("--release-after", SECONDS, int(defaults.release_seconds),
         "after that pause its process is given back"),
        ("--keep-days", DAYS, int(defaults.keep_seconds / DAY),
         "for which a session is kept that nobody looks at"),
    ):  # fmt: skip
        help_text = f"{help_text} (%(default)s)"
        kind = partial(_whole, least=1, most=most)
        group.add_argument(flag, type=kind, metavar=metavar, default=default, help=help_text)


def _serve(arguments: argparse.Namespace) -> None:
    from server.web.listen import url_of

    _heed_signals()
    allow_many_files()
    with _listen(arguments) as listening:
        settings = _settings(arguments, listening.getsockname()[1])
        url = url_of(settings.host, settings.port)
        _warn_of_strangers(settings)
        browser = not arguments.no_browser and _has_desktop()
        # Before the state folder is opened: what is wrong in there is logged too.
        set_up(settings.logs)
        run = _prepare(settings, listening, partial(_announce, url, browser))
        try:
            run()
        finally:
            log.info("server stopped", extra={"address": url})


def _listen(arguments: argparse.Namespace) -> socket.socket:
    from server.web.listen import open_socket

    try:
        return open_socket(arguments.host, arguments.port, Limits().take_seconds)
    except (OSError, OverflowError) as error:
        raise UsageError(_refused(arguments, error)) from None


def _prepare(
    settings: Settings, listening: socket.socket, ready: Callable[[], None]
) -> Callable[[], None]:
    """Make the web server; returns what runs it."""
    from server.app import create_app
    from server.deadline import Deadline
    from server.storage.keeper import StorageError
    from server.web.guards.uvicorn_version import UnsuitableUvicorn
    from server.web.listen import make_server

    try:
        app = create_app(settings)
        leaving = app.state.site.pictures.stop
        server = make_server(app, settings.host, ready, leaving, Deadline().begin)
    except StorageError as error:
        raise UsageError(f"{error}; see --state and --ephemeral") from None
    except UnsuitableUvicorn as error:
        raise UsageError(str(error)) from None
    return partial(server.run, sockets=[listening])


def _announce(url: str, browser: bool) -> None:
    try:
        print(f"ConvNet Live is at {url}  (Ctrl-C ends it)", flush=True)
    except OSError as error:
        # The device is full, or the reader has left; what could not be written is given up.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        log.warning("the address could not be written", extra={"reason": error.strerror})
    log.info("server started", extra={"address": url, "pid": os.getpid()})
    if browser:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _warn_of_strangers(settings: Settings) -> None:
    from server.web.guards.origin import is_loopback

    if not is_loopback(settings.host) and not settings.allowed_origins:
        with suppress(OSError):
            print(
                f"{PROGRAM}: warning: {settings.host} can be reached from other "
                "machines; whoever can reach it may train here (see --allow-origin)",
                file=sys.stderr,
            )


def _settings(arguments: argparse.Namespace, port: int) -> Settings:
    return Settings(
        host=arguments.host,
        port=port,
        data=arguments.data,
        offline=arguments.offline,
        allowed_origins=tuple(arguments.allow_origin),
        running=arguments.running,
        state=None if arguments.ephemeral else arguments.state or default_state_folder(),
        checkpoint_seconds=arguments.checkpoint_every,
        pause_seconds=arguments.pause_after,
        release_seconds=arguments.release_after,
        keep_seconds=arguments.keep_days * DAY,
        limits=Limits(
            sessions=arguments.sessions,
            sessions_per_owner=arguments.sessions_per_browser,
            sessions_per_address=max(arguments.sessions_per_browser, arguments.sessions // 4),
            viewers_per_session=arguments.viewers,
            new_sessions_per_address=arguments.new_sessions,
            disk_bytes=arguments.disk * MB,
            disk_bytes_per_owner=arguments.disk_per_browser * MB,
        ),
        public_metrics=arguments.public_metrics,
        logs=LogSettings(arguments.log_format, arguments.log_level),
    )


def _refused(arguments: argparse.Namespace, error: Exception) -> str:
    import errno

    where = f"{arguments.host}:{arguments.port}"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {arguments.port} is in use on {arguments.host}; choose another with --port"
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return f"{where} may not be used; choose another port with --port"
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{where} cannot be used ({reason or error}); see --host and --port"


def _heed_signals() -> None:
    """End in order when told to, by a terminal that is closed too, unless that is ignored."""
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGTERM))


def _leave(number: int, frame: FrameType | None) -> None:
    # The web server hands the signal on after it has shut down in order.
    sys.exit(0)


def _has_desktop() -> bool:
    """Whether there is somebody at a terminal with a browser to open."""
    if not sys.stdout.isatty():
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _port(text: str) -> int:
    return _whole(text, least=0, most=65_535)


def _whole(text: str, *, least: int, most: int) -> int:
    # Longer ones are too large, and take long to read.
    if text.isascii() and text.isdigit() and len(text) <= 20 and least <= int(text) <= most:
        return int(text)
    what = f"is not a whole number from {least} to {most}"
    raise argparse.ArgumentTypeError(f"{text[:40]!r} {what}")


def _origin(text: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(text.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise argparse.ArgumentTypeError(f"{text!r} is not an origin such as https://example.org")
    # Browsers leave the scheme's own port out.
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}".lower()


if __name__ == "__main__":
    sys.exit(main())
