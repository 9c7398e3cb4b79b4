"""The arguments of train, eval and predict, the commands that need no page."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from engine.command_line import commands, pictures
from engine.command_line.exit_codes import BAD_INPUT, execute, one_line
from engine.language.presets import PRESETS
from engine.version import PROGRAM, program_version

MOST_EXAMPLES = 10**12
_SCALES = {"k": 1000, "m": 1_000_000}


class Parser(argparse.ArgumentParser):
    """Tells what is wrong with the arguments in one line, without printing the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {one_line(message)} (--help shows the options)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the arguments and run the command; returns the exit code."""
    parser = Parser(prog=PROGRAM, description="Train and use small networks on MNIST.")
    add_version(parser)
    add_commands(parser.add_subparsers(required=True, metavar="COMMAND"))
    return execute(parser.parse_args(argv))


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add `--version`."""
    version = f"%(prog)s {program_version()}"
    parser.add_argument("--version", action="version", version=version)


def add_commands(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add train, eval and predict to the subcommands of a `Parser`.

    Each sets `run`, which `execute` calls.
    """
    _add_train(subparsers)
    _add_eval(subparsers)
    _add_predict(subparsers)


def _add_train(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "train",
        help="train a network",
        description="Train a network, test it on all test images, and print the numbers.",
    )
    network = parser.add_mutually_exclusive_group()
    network.add_argument("--spec", type=Path, metavar="FILE", help="network in the spec language")
    network.add_argument(
        "--from",
        type=Path,
        metavar="FILE",
        dest="start",
        help="snapshot to go on from, as if training had never stopped",
    )
    network.add_argument(
        "--preset",
        choices=PRESETS,
        default="original",
        metavar="NAME",
        help=f"a network by name: {', '.join(PRESETS)} (%(default)s)",
    )
    _add_data(parser)
    parser.add_argument(
        "--examples",
        type=count,
        default=60_000,
        metavar="N",
        help="how many to train on, such as 60000, 60_000, 60k or 6e4 (%(default)s); "
        "with --from, how many more",
    )
    parser.add_argument(
        "--seed",
        type=_number(0),
        metavar="S",
        help="seed of everything random (0); a snapshot goes on with its own",
    )
    parser.add_argument(
        "--processes", type=_number(1), metavar="N", help="processes to train with (one per core)"
    )
    parser.add_argument("--snapshot", type=Path, metavar="OUT.json", help="write the network here")
    _add_json(parser, "print the result as one line of JSON")
    parser.set_defaults(run=commands.train)


def _add_eval(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "eval",
        help="test a network on all test images",
        description="Test a network on all test images, each cropped at its center.",
    )
    _add_snapshot(parser)
    _add_data(parser)
    _add_json(parser, "print one line of JSON; rows of its confusion matrix are the true classes")
    parser.set_defaults(run=commands.evaluate)


def _add_predict(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "predict",
        help="read digits in pictures",
        description="Prepare pictures as MNIST's were prepared, and let a network read them. "
        "Where some cannot be read, the others are answered, and the exit code is 2.",
    )
    _add_snapshot(parser)
    parser.add_argument(
        "images",
        type=Path,
        nargs="+",
        metavar="IMAGE",
        help="PNG, JPEG, GIF or WebP file; - is one from stdin",
    )
    _add_json(parser, "print one line of JSON")
    parser.set_defaults(run=pictures.read_pictures)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder in MNIST's format (the full MNIST if there is one, else the built-in digits)",
    )


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--snapshot", type=Path, required=True, metavar="FILE", help="network to use"
    )


def _add_json(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--json", action="store_true", help=meaning)


def count(text: str) -> int:
    """An argument type: a positive whole number, as people write large ones."""
    plain = text.strip().lower()
    scale = _SCALES.get(plain[-1:], 1)
    digits = (plain[:-1] if scale > 1 else plain).replace("_", "").replace(",", "")
    try:
        value = Decimal(digits) * scale
    except ArithmeticError:
        value = Decimal(0)
    if not (value.is_finite() and 1 <= value <= MOST_EXAMPLES and value == int(value)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number of at least 1 and at most {MOST_EXAMPLES:,}"
        )
    return int(value)


def _number(minimum: int) -> Callable[[str], int]:
    """An argument type: whole numbers of at least `minimum`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = minimum - 1
        if value < minimum:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of at least {minimum}"
            )
        return value

    return number
