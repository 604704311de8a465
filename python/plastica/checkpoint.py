"""Files of networks: `Network.save` and `load`.

A file is an archive of NumPy's ``.npz`` kind, a ZIP of ``.npy`` arrays, with two texts in JSON: ``network.json`` says
what there is, and ``manifest.json`` what the file holds. Nothing in it is executed when it is read: no pickle, no class
names that are looked up anywhere but among Plastica's own parts. See docs/checkpoints.md.
"""

from __future__ import annotations

import functools
import io
import itertools
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any, TypeVar

import numpy as np

from . import _native, coerce
from .description import check_sides, compare, describe, restore
from .errors import CheckpointError
from .memory import making_room

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contents import Contents

N = TypeVar("N", bound="Contents")

FORMAT = "plastica checkpoint"
VERSION = 1
_SMALL = 64  # arrays of at most so many numbers are written into the JSON text
_TYPES = {np.dtype(code).newbyteorder("<").str: np.dtype(code) for code in "bBhHiIqQfd"}
_DATE = (1980, 1, 1, 0, 0, 0)  # equal networks give equal files
_HEADER = 4096  # bytes that the header of an array may have
_MAGIC = 8  # bytes before its length: what the file is, and its version


# ---- writing --------------------------------------------------------------------------------------------------------


class Writer:
    """Writes arrays and texts into an archive, one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._contents: dict[str, int] = {}  # checksum of each member

    def array(self, name: str, values: NDArray[Any]) -> None:
        """Adds an array of numbers."""
        values = np.ascontiguousarray(values)
        header = io.BytesIO()
        described = {"descr": values.dtype.newbyteorder("<").str, "fortran_order": False, "shape": values.shape}
        np.lib.format.write_array_header_1_0(header, described)
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        self._add(f"{name}.npy", header.getvalue(), little.reshape(-1).view(np.uint8).data)

    def text(self, name: str, value: object) -> None:
        """Adds a text in JSON."""
        self._add(name, json.dumps(value, indent=0, ensure_ascii=False).encode())

    def _add(self, name: str, *pieces: bytes | memoryview) -> None:
        checksum = 0
        info = zipfile.ZipInfo(name, _DATE)
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                checksum = zlib.crc32(piece, checksum)
                member.write(piece)
        self._contents[name] = checksum

    def abandon(self) -> None:
        """Leaves the archive as it is; nothing more is written to the file."""
        self._zip.fp = None

    def finish(self) -> None:
        """Writes the list of what the archive holds."""
        contents = dict(self._contents)
        self.text("manifest.json", {"format": FORMAT, "version": VERSION, "contents": contents})
        self._zip.close()


def write(network: Contents, file: IO[bytes]) -> None:
    """Writes a network to a file that is open."""
    writer = Writer(file)
    try:
        _write(network, writer)
    except BaseException:
        writer.abandon()
        raise


def _write(network: Contents, writer: Writer) -> None:
    core = network.engine()
    tree = core.save()
    check_sides(describe(network, lambda _: {}), tree)
    arrays = _Arrays(writer.array)
    description = {
        "dt": core.dt,
        "seed": core.seed,
        "precision": core.precision,
        "plastica": str(_native.info()["version"]),
        "network": describe(network, arrays),
        "engine": _flat(tree, "engine/", writer),
    }
    blocks: list[int] = []
    for index in range(len(network.projections)):
        bounds = core.row_blocks(index)
        blocks.append(len(bounds) - 1)
        for block, (first, last) in enumerate(itertools.pairwise(bounds)):
            for name, values in core.save_rows(index, first, last).items():
                writer.array(f"rows/{index}/{block}/{name}", values)
    writer.text("network.json", description | {"blocks": blocks})
    writer.finish()


def _flat(tree: Mapping[str, Any], prefix: str, writer: Writer) -> dict[str, Any]:
    """The engine's tree as JSON; its larger arrays are members of their own."""
    texts: dict[str, Any] = {}
    for name, value in tree.items():
        if not isinstance(value, np.ndarray):
            texts[name] = value
        elif value.size <= _SMALL:
            texts[name] = {"type": value.dtype.newbyteorder("<").str, "values": value.tolist()}
        else:
            writer.array(prefix + name, value)
    return texts


class _Arrays:
    """Gives arrays in the description of a network names of their own."""

    def __init__(self, put: Callable[[str, NDArray[Any]], None]) -> None:
        self._put = put
        self._number = 0

    def __call__(self, values: NDArray[Any]) -> dict[str, Any]:
        name = f"values/{self._number}"
        self._number += 1
        self._put(name, values)
        return {"array": name}


# ---- reading --------------------------------------------------------------------------------------------------------


class Reader:
    """Reads an archive; whatever is wrong with it is a `CheckpointError`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file)
        members = self._zip.infolist()
        names = [member.filename for member in members]
        _require(len(set(names)) == len(names), "a member is there twice")
        left = file.seek(0, os.SEEK_END)
        for member in members:
            _require(member.compress_type == zipfile.ZIP_STORED, f"{member.filename} is compressed")
            _require(not member.flag_bits & 1, f"{member.filename} is encrypted")
            left -= member.file_size
            _require(
                left >= 0 and member.file_size == member.compress_size, f"{member.filename} is longer than the file"
            )
        _require("manifest.json" in names, "manifest.json is missing")
        manifest = self._json("manifest.json", {"manifest.json": None})
        _require(isinstance(manifest, dict), "manifest.json is not a manifest")
        _require(manifest.get("format") == FORMAT, "it is not a checkpoint of Plastica")
        version = manifest.get("version")
        if not isinstance(version, int) or version < 1 or version > VERSION:
            raise CheckpointError(f"it has version {version!r}; this Plastica reads versions 1 to {VERSION}: update it")
        contents = manifest.get("contents")
        _require(isinstance(contents, dict), "manifest.json lists no contents")
        self._contents: dict[str, Any] = contents
        _require(set(names) == {*contents, "manifest.json"}, "its members are not those that manifest.json lists")
        for member in members:
            if member.filename in contents:
                _require(member.CRC == contents[member.filename], f"{member.filename} is not the one that was written")
        self._left = set(contents)
        self._folders = _by_folder(contents)

    def _bytes(self, name: str, contents: Mapping[str, Any]) -> bytes:
        _require(name in contents, f"{name} is missing")
        return self._zip.read(name)  # checks the checksum

    def _json(self, name: str, contents: Mapping[str, Any]) -> Any:
        return json.loads(self._bytes(name, contents).decode())

    def text(self, name: str) -> Any:
        """A text in JSON."""
        self._left.discard(name)
        return self._json(name, self._contents)

    def array(self, name: str) -> NDArray[Any]:
        """An array of numbers, read-only."""
        member = f"{name}.npy"
        self._left.discard(member)
        data = self._bytes(member, self._contents)
        stream = io.BytesIO(data)
        shape, dtype = _header(stream, member)
        values = np.frombuffer(data, dtype, offset=stream.tell())
        _require(values.size == int(np.prod(shape, dtype=object)), f"{member} has not the size that it claims")
        native = values.astype(dtype.newbyteorder("="), copy=False).reshape(shape)
        native.flags.writeable = False
        return native

    def later(self, name: str) -> tuple[NDArray[Any], int, Callable[[], NDArray[Any]]]:
        """An array that is read when it is called: an empty one of its type, its length, and the call."""
        size, dtype = self._measured(name)
        return np.empty(0, dtype.newbyteorder("=")), size, lambda: self.array(name)

    def size(self, name: str) -> int:
        """How many numbers an array holds."""
        return self._measured(name)[0]

    def _measured(self, name: str) -> tuple[int, np.dtype[Any]]:
        member = self._member(name)
        with self._zip.open(member) as stream:
            shape, dtype = _header(stream, member)
            size, held = int(np.prod(shape, dtype=object)), self._zip.getinfo(member).file_size - stream.tell()
        _require(size * dtype.itemsize == held, f"{member} has not the size that it claims")
        return size, dtype

    def _member(self, name: str) -> str:
        member = f"{name}.npy"
        _require(member in self._contents, f"{member} is missing")
        return member

    def names(self, prefix: str) -> list[str]:
        """Arrays below a prefix."""
        return [name.removesuffix(".npy") for name in self._contents if name.startswith(prefix)]

    def folder(self, name: str) -> list[str]:
        """Names of the arrays in a folder."""
        return self._folders.get(name, [])

    def finish(self) -> None:
        """Everything must have been read."""
        _require(not self._left, f"{min(self._left, default='')} is not known here")


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    start = stream.read(_MAGIC + 2)
    _require(start[_MAGIC - 2 : _MAGIC] == b"\x01\x00", f"{name} is of a version that is not read")
    shape, fortran, dtype = _parsed(start + stream.read(int.from_bytes(start[_MAGIC:], "little")))
    _require(not fortran and dtype.str in _TYPES, f"{name} is not an array of numbers")
    return shape, dtype


@functools.lru_cache(maxsize=4096)
def _parsed(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """What a header says. Arrays of one network have few different ones."""
    stream = io.BytesIO(header)
    np.lib.format.read_magic(stream)
    return np.lib.format.read_array_header_1_0(stream, max_header_size=_HEADER)


def _by_folder(members: Iterable[str]) -> dict[str, list[str]]:
    """The arrays of every folder, found in one walk over all members."""
    folders: dict[str, list[str]] = {}
    for member in members:
        folder, _, name = member.rpartition("/")
        if name.endswith(".npy"):
            folders.setdefault(folder, []).append(name.removesuffix(".npy"))
    return folders


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckpointError(message)


def read(file: IO[bytes], make: Callable[..., N], threads: int | None) -> N:
    """The network in a file that is open. Raises CheckpointError, whatever is wrong with it."""
    try:
        return making_room(_read)(file, make, threads)
    except CheckpointError:
        raise
    except MemoryError as error:
        raise CheckpointError("it asks for more memory than there is") from error
    except Exception as error:  # a file can be wrong in any way, and each of them is the file's
        raise CheckpointError(f"{error}" or type(error).__name__) from error


def _read(file: IO[bytes], make: Callable[..., N], threads: int | None) -> N:
    reader = Reader(file)
    description = reader.text("network.json")
    _require(isinstance(description, dict), "network.json is not a network")
    settings = {name: description[name] for name in ("dt", "seed", "precision")}
    network = make(**settings, threads=threads)
    core = network.engine()
    tree = {name: _value(name, value) for name, value in description["engine"].items()}
    for name in reader.names("engine/"):
        key = name.removeprefix("engine/")
        _require(key not in tree, f"{name} is there twice")
        # The engine reads large arrays one by one: they are never in memory all at once.
        tree[key] = reader.array(name) if key.endswith("/projections") else reader.later(name)
    core.load(tree)
    compare(description["network"], tree)
    blocks = description["blocks"]
    _require(
        isinstance(blocks, list) and len(blocks) == tree.get("projections"), "blocks are not those of the projections"
    )
    for index, count in enumerate(blocks):
        _load_rows(core, reader, index, coerce.integer(count, "blocks", low=1, high=2**32))
    core.end_loading()
    restore(network, description["network"], reader.array)
    reader.finish()
    return network


def _load_rows(core: _native.Core, reader: Reader, index: int, blocks: int) -> None:
    """The synapses of a projection, one block after another."""
    folders = [f"rows/{index}/{block}" for block in range(blocks if reader.folder(f"rows/{index}/{blocks - 1}") else 0)]
    _require(bool(folders), f"rows of projection {index} are missing")
    sizes = (sum(reader.size(f"{folder}/{name}") for folder in folders) for name in ("rows", "delays", "targets"))
    core.begin_rows(index, *sizes)
    for folder in folders:
        core.load_rows({name: reader.array(f"{folder}/{name}") for name in reader.folder(folder)})
    core.end_rows()


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    _require(value.get("type") in _TYPES, f"{name} is not an array of numbers")
    dtype = _TYPES[value["type"]]
    listed = value.get("values")
    if not isinstance(listed, list) or len(listed) > _SMALL:
        raise CheckpointError(f"{name} is not a short list of numbers")
    kinds = (int, float) if dtype.kind == "f" else (int,)
    _require(all(type(number) in kinds for number in listed), f"{name} is not a list of numbers")
    return np.array(listed, dtype)
