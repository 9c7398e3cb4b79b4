"""What the command predict does: a network reads pictures; a bad one keeps no other from it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from engine.analysis.evaluation import predict
from engine.command_line.commands import UsageError, load_net, read_file
from engine.command_line.numbers import probability_text
from engine.data.user_picture import ImageError, prepare_digit
from engine.file_limits import PICTURE_BYTES
from engine.language import DataShape
from engine.layers import Array
from engine.network.net import Net


class UnreadPictures(Exception):
    """Some of the pictures were not read; the arguments are a line for each."""


def read_pictures(arguments: argparse.Namespace) -> None:
    """Print which digits a network sees in pictures, and how sure it is.

    Raises:
        UsageError: there is no such network.
        UnreadPictures: some pictures are bad; the answers for the others have been printed.
    """
    # Here the snapshot decides how many classes there are.
    net = load_net(arguments.snapshot, DataShape(classes=1))
    answers: list[tuple[Path, Array]] = []
    problems: list[tuple[Path, str]] = []
    for path in arguments.images:
        try:
            answers.append((path, _probabilities(net, path)))
        except (UsageError, ImageError) as error:
            problems.append((path, str(error).removeprefix(f"{path}: ")))
    if arguments.json:
        print(_as_json(answers, problems))
    for path, row in [] if arguments.json else answers:
        best = np.argsort(row)[::-1][:3]
        print(f"{path}: " + ", ".join(f"{each} ({probability_text(row[each])})" for each in best))
    if problems:
        sys.stdout.flush()
        raise UnreadPictures(*(f"{path}: {problem}" for path, problem in problems))


def _probabilities(net: Net, path: Path) -> Array:
    """How sure the network is of each class of a picture, (C,)."""
    image = prepare_digit(read_file(path, PICTURE_BYTES))
    # One by one and each with the same crops, so that no picture's answer depends on the others.
    probabilities: Array = predict(net, image[np.newaxis], np.random.default_rng(0))[0]
    return probabilities


def _as_json(answers: list[tuple[Path, Array]], problems: list[tuple[Path, str]]) -> str:
    predictions = [
        {"image": str(path), "class": int(row.argmax()), "probabilities": row.tolist()}
        for path, row in answers
    ]
    errors = [{"image": str(path), "error": problem} for path, problem in problems]
    return json.dumps({"predictions": predictions, "errors": errors})
