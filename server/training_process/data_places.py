"""Where on this machine the data lies that a training process is told to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.data import DataError, Dataset, load_builtin, load_directory
from server.protocol.run_values import DataReference


@dataclass(frozen=True, slots=True)
class DataPlace:
    """The folder that holds a data set; None for the built-in digits."""

    data: DataReference
    folder: Path | None


class DataPlaces:
    """The places that a process was told of; written by one thread and read by another."""

    def __init__(self) -> None:
        self._places: dict[str, DataPlace] = {}

    def learn(self, place: DataPlace) -> None:
        """Remember where a data set lies."""
        self._places[place.data.digest] = place

    def load(self, data: DataReference) -> Dataset:
        """Load a data set.

        Raises:
            DataError: nobody has said where it is, or it cannot be used. Viewers read the message,
                whom it does not concern where on this machine it lies.
        """
        place = self._places.get(data.digest)
        if place is None:
            raise DataError(f"{data.name}: this machine does not have it")
        try:
            dataset = load_builtin() if place.folder is None else load_directory(place.folder)
        except DataError as error:
            raise DataError(str(error).replace(str(place.folder), data.name)) from None
        return dataset.with_digest(data.digest)
