"""A file is whole and lasting under its name, or what stood there before still does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.durable_files import put_in_place, replacing, write_durably


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, b"one")
    write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")

    def interrupted() -> None:
        with replacing(path) as part:
            part.write_bytes(b"half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_bytes() == b"old"


def test_a_file_without_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_durably(tmp_path / "absent" / "file", b"")


def test_what_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write_durably(folder, b"data")
    assert list(tmp_path.iterdir()) == [folder]


def test_the_content_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    synced: list[tuple[str, bool]] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        synced.append((name, path.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write_durably(path, b"data")
    (content, named), (folder, then) = synced
    assert content.startswith(".file.")
    assert not named
    # And the name after that.
    assert (folder, then) == (tmp_path.name, True)


def test_a_file_has_the_rights_that_files_have(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_durably(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_file_that_is_there_already_is_put_in_place(tmp_path: Path) -> None:
    part = tmp_path / "folder" / "part"
    part.parent.mkdir()
    part.write_bytes(b"data")
    put_in_place(part, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"data"
    assert not part.exists()
