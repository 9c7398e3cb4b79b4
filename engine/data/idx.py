"""Reads IDX files, the format of MNIST and data sets like it, and tells what is wrong with one.

Format (yann.lecun.com/exdb/mnist): big-endian 32-bit words. Images: 2051, count, rows, columns,
then one byte per pixel. Labels: 2049, count, then one byte per label.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import zlib
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from engine.durable_files import replacing

Bytes = npt.NDArray[np.uint8]

_DIMENSIONS = {"images": 3, "labels": 1}
_MAGIC = {"images": 2051, "labels": 2049}
_CHUNK = 1 << 20


class DataError(ValueError):
    """A data set cannot be used; the message names the file and the reason."""


def read_idx(path: Path, kind: str, cache: Path | None = None) -> Bytes:
    """Read an IDX file, gzipped or not, into a read-only array.

    A plain file is memory-mapped, so that processes share its pages. A gzipped one cannot be: it is
    unpacked once into `cache` and mapped from there, or into memory if there is no cache.

    Args:
        kind: "images" for an array (N, rows, columns), "labels" for (N,).
        cache: folder for unpacked files; created when needed.

    Raises:
        DataError: the file is missing, unreadable, or not what `kind` says.
    """
    try:
        if path.suffix != ".gz":
            return _map(path, path, kind)
        unpacked = _unpack_into(cache, path, kind) if cache is not None else None
        if unpacked is not None:
            return _map(unpacked, path, kind)
        return _read_into_memory(path, kind)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not a complete gzip file ({error})") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def write_idx(file: BinaryIO, array: Bytes) -> None:
    """Write images (N, rows, columns) or labels (N,) in the IDX format."""
    kind = "images" if array.ndim == _DIMENSIONS["images"] else "labels"
    file.write(_header(kind, array.shape))
    file.write(np.ascontiguousarray(array, np.uint8).tobytes())


def _read_header(file: BinaryIO | gzip.GzipFile, path: Path, kind: str) -> tuple[int, ...]:
    """Shape of the array that follows; `path` is the file that errors are to name."""
    words = 1 + _DIMENSIONS[kind]
    header = file.read(4 * words)
    magic = int.from_bytes(header[:4], "big")
    if len(header) >= 4 and magic != _MAGIC[kind]:
        raise DataError(
            f"{path}: starts with {magic}, but an IDX file of {kind} starts with {_MAGIC[kind]}"
        )
    if len(header) < 4 * words:
        raise DataError(f"{path}: truncated: its header is {len(header)} of {4 * words} bytes long")
    shape = struct.unpack(f">{words - 1}I", header[4:])
    if 0 in shape:
        raise DataError(f"{path}: is empty: its header says {'x'.join(map(str, shape))}")
    return shape


def _check_size(size: int, shape: tuple[int, ...], path: Path) -> None:
    expected = prod(shape)
    promise = f"its header promises {expected} bytes ({'x'.join(map(str, shape))})"
    if size < expected:
        raise DataError(f"{path}: truncated: {promise}, but has {size}")
    if size > expected:
        raise DataError(f"{path}: too long: {promise}, but there are more")


def _map(file_path: Path, path: Path, kind: str) -> Bytes:
    with file_path.open("rb") as file:
        shape = _read_header(file, path, kind)
        offset = file.tell()
        _check_size(os.fstat(file.fileno()).st_size - offset, shape, path)
        mapped = np.memmap(file, np.uint8, mode="r", offset=offset, shape=shape)
    # A plain view: slicing a `memmap` costs more, and batches are sliced all the time.
    return mapped.view(np.ndarray)


def _read_into_memory(path: Path, kind: str) -> Bytes:
    content = io.BytesIO()
    shape = _unpack(path, kind, content)
    offset = content.tell() - prod(shape)
    array = np.frombuffer(content.getbuffer(), np.uint8, offset=offset).reshape(shape)
    array.flags.writeable = False
    return array


def _unpack_into(cache: Path, path: Path, kind: str) -> Path | None:
    """Unpacked copy of a gzipped file in `cache`, made if need be; None if it cannot be written.

    Copies are named after the source's path, size and modification time: a changed source gets a
    new copy, and the outdated one is removed.
    """
    status = path.stat()
    source = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    target = cache / f"{source}-{status.st_size:x}-{status.st_mtime_ns:x}.idx"
    if target.exists():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with replacing(target) as part, part.open("wb") as file:
            _unpack(path, kind, file)
    except OSError:
        # A full disk, a read-only cache, or a bad source: reading into memory will show which.
        return None
    for outdated in cache.glob(f"{source}-*.idx"):
        if outdated != target:
            with suppress(OSError):
                outdated.unlink()
    return target


def _unpack(path: Path, kind: str, target: BinaryIO) -> tuple[int, ...]:
    """Copy a gzipped IDX file's header and content to `target`; returns the array's shape."""
    with gzip.open(path) as file:
        shape = _read_header(file, path, kind)
        target.write(_header(kind, shape))
        size = 0
        # In pieces, since the header may promise more than fits in memory; one byte more than
        # promised, to notice a longer file and to make gzip verify its checksum.
        while chunk := file.read(min(_CHUNK, prod(shape) + 1 - size)):
            size += len(chunk)
            target.write(chunk)
    _check_size(size, shape, path)
    return shape


def _header(kind: str, shape: tuple[int, ...]) -> bytes:
    return struct.pack(f">{1 + len(shape)}I", _MAGIC[kind], *shape)
