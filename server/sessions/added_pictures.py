"""Which pictures a session's owner may add to its training data, and take out again."""

from __future__ import annotations

from engine.data import Dataset
from server.protocol.added_pictures import MOST_PICTURES, SIDE, AddedPicture
from server.protocol.refusals import SessionError
from server.sessions.session_state import SessionState


class NoSuchPicture(Exception):
    """The session has no picture of this id; the message is a sentence."""


class BadPicture(ValueError):
    """This cannot be added, whatever else the session holds; the message is a sentence."""


def add(state: SessionState, picture: AddedPicture, data: Dataset) -> None:
    """Add a picture; one that is there already gets the new label.

    Raises:
        BadPicture: it is of another size, or the data has no such class.
        SessionError: the network reads images of another size, or there are too many pictures.
    """
    if len(picture.pixels) != SIDE * SIDE:
        raise BadPicture(f"A picture is {SIDE * SIDE} bytes: the gray levels of {SIDE}x{SIDE}.")
    if not 0 <= picture.label < len(data.classes):
        last = len(data.classes) - 1
        raise BadPicture(f"There is no class {picture.label}: this data's are 0 to {last}.")
    height, width = data.train_images.shape[1:]
    if (height, width) != (SIDE, SIDE):
        raise SessionError(f"This data's images are {width}x{height}, a picture {SIDE}x{SIDE}.")
    others = {each.id: each for each in state.added}
    if len(others) >= MOST_PICTURES and picture.id not in others:
        raise SessionError(f"There are {MOST_PICTURES} pictures already: remove one first.")
    state.added = tuple((others | {picture.id: picture}).values())


def remove(state: SessionState, picture_id: str) -> None:
    """Take a picture out.

    Raises:
        NoSuchPicture: there is none of this id.
    """
    rest = tuple(each for each in state.added if each.id != picture_id)
    if len(rest) == len(state.added):
        raise NoSuchPicture("This session has no such picture.")
    state.added = rest
