"""Ways to damage a file, each drawn from a generator: the same generator damages it in the same way."""

from __future__ import annotations

import io
import json
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Random = random.Random
Array = NDArray[Any]

WHOLE = [
    0,
    1,
    -1,
    2,
    3,
    7,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    2**24,
    2**30,
    2**31 - 1,
    -(2**31),
    2**31,
    2**32 - 1,
]
WHOLE += [2**32, 2**53, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, 10**30]
REAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e-300,
    5e-324,
    1e30,
    -1e30,
    1e300,
    1.8e308,
    float("nan"),
    float("inf"),
    -float("inf"),
]
TEXT = [
    "",
    "exc",
    "V",
    "weights",
    "spikes",
    "LIF",
    "STDP",
    "PoissonSource",
    "../../x",
    "\0",
    "é" * 300,
    "a/b",
    "%s%n",
    "ampa.g",
    "w_max",
]
TYPES = [
    "|b1",
    "|i1",
    "|u1",
    "<i2",
    "<u2",
    "<i4",
    "<u4",
    "<i8",
    "<u8",
    "<f4",
    "<f8",
    ">f4",
    ">i8",
    "<f2",
    "<c16",
    "<U3",
]


# ---- bytes ----------------------------------------------------------------------------------------------------------


def flip(draw: Random, data: bytearray) -> None:
    for _ in range(draw.choice([1, 1, 2, 8, 100])):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def overwrite(draw: Random, data: bytearray) -> None:
    at, count = draw.randrange(len(data)), draw.choice([1, 2, 4, 8, 50])
    data[at : at + count] = draw.choice([b"\0", b"\xff", draw.randbytes(1)]) * count


def insert(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data) + 1)
    data[at:at] = draw.randbytes(draw.choice([1, 2, 4, 100]))


def delete(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data))
    del data[at : at + draw.choice([1, 2, 4, 100, 5000])]


def truncate(draw: Random, data: bytearray) -> None:
    del data[draw.choice([draw.randrange(len(data)), len(data) - 1 - draw.randrange(min(100, len(data)))]) :]


def swap(draw: Random, data: bytearray) -> None:
    size = min(draw.choice([1, 4, 64, 1000]), len(data) // 2)
    one, other = draw.randrange(len(data) - size + 1), draw.randrange(len(data) - size + 1)
    data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]


def directory(draw: Random, data: bytearray) -> None:
    """Where the archive says what it holds."""
    at = draw.randrange(max(0, len(data) - 12000), len(data))
    data[at : at + 4] = struct.pack("<I", draw.choice([0, 1, 8, 2**16, 2**31, 2**32 - 1, draw.getrandbits(32)]))[
        : len(data) - at
    ]


def header(draw: Random, data: bytearray) -> None:
    """Right after the beginning of a member, or of its entry in the list of members."""
    mark = draw.choice([b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"\x93NUMPY"])
    places = (
        [i for i in range(len(data)) if data.startswith(mark, i)]
        if len(data) < 100_000
        else [data.find(mark), data.rfind(mark)]
    )
    at = max(0, draw.choice(places or [0]) + draw.randrange(50))
    data[at : at + 1] = draw.randbytes(1)


BYTES: list[Callable[[Random, bytearray], None]] = [flip, overwrite, insert, delete, truncate, swap, directory, header]


def damage(draw: Random, data: bytes) -> bytes:
    """The file with some bytes changed."""
    damaged = bytearray(data)
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        if damaged:
            draw.choice(BYTES)(draw, damaged)
    return bytes(damaged)


# ---- archives -------------------------------------------------------------------------------------------------------


class Archive:
    """The members of a file, to be changed and written with checksums that fit."""

    def __init__(self, data: bytes) -> None:
        self.arrays: dict[str, Array | bytes] = {}
        self.headers: dict[str, str] = {}  # of arrays, instead of their own
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if name.endswith(".npy"):
                    self.arrays[name] = np.load(io.BytesIO(archive.read(name)))
            self.network: Any = json.loads(archive.read("network.json"))
            self.manifest: Any = json.loads(archive.read("manifest.json"))
        self.extra: list[tuple[str, bytes]] = []  # members that the manifest does not list

    @property
    def engine(self) -> dict[str, Any]:
        return self.network.get("engine") or {}

    def _member(self, name: str) -> bytes:
        held = self.arrays[name]
        if isinstance(held, bytes):
            return held
        stream = io.BytesIO()
        np.lib.format.write_array(stream, held, version=(1, 0), allow_pickle=True)
        if name not in self.headers:
            return stream.getvalue()
        text = self.headers[name].encode("latin-1")
        text += b" " * (-(len(text) + 11) % 64) + b"\n"
        stream.seek(0)
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        return b"\x93NUMPY\1\0" + struct.pack("<H", len(text) % 65536) + text + stream.read()

    def write(self) -> bytes:
        members = [(name, self._member(name)) for name in self.arrays]
        members.append(("network.json", json.dumps(self.network, ensure_ascii=True).encode()))
        file = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
            warnings.simplefilter("ignore")  # of names that are there twice
            for name, data in members + self.extra:
                archive.writestr(zipfile.ZipInfo(name), data)
            if isinstance(self.manifest, dict) and isinstance(self.manifest.get("contents"), dict):
                self.manifest["contents"] = {name: zlib.crc32(data) for name, data in members}
            archive.writestr(zipfile.ZipInfo("manifest.json"), json.dumps(self.manifest).encode())
        return file.getvalue()


def whole(draw: Random) -> int:
    return draw.choice(
        [draw.choice(WHOLE), draw.randrange(-10, 400), draw.getrandbits(draw.choice([8, 16, 24, 32, 53, 63]))]
    )


def real(draw: Random) -> float:
    return draw.choice([draw.choice(REAL), draw.uniform(-100, 100), struct.unpack("<d", draw.randbytes(8))[0]])


def near(draw: Random, value: Any) -> Any:
    """Another number of the same kind, often only a little away."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice(
            [value + 1, value - 1, value + draw.choice([-16, 16, 255, 256, -256]), -value, value * 2, whole(draw)]
        )
    return draw.choice([value * 1.001, -value, value * 1e6, value + 1, real(draw), float(whole(draw))])


def fitting(number: Any, dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            return np.array(
                min(max(number, -1.7e308), 1.7e308) if number == number and abs(number) > 1.7e308 else number
            ).astype(dtype)
    bits = dtype.itemsize * 8
    return np.array(int(number) % 2**bits, np.dtype(f"u{dtype.itemsize}")).view(dtype) if dtype.kind in "iu" else number


def change_numbers(draw: Random, values: Array) -> Array:
    """Some entries, in ways that are near to what is allowed or far from it."""
    if values.dtype.kind not in "iuf":
        return values
    values = values.copy()
    flat = values.reshape(-1)
    if not flat.size:
        return np.array([fitting(whole(draw), values.dtype)], values.dtype)
    make = real if values.dtype.kind == "f" and draw.random() < 0.8 else whole
    way = draw.randrange(9)
    at = draw.choice([0, flat.size - 1, draw.randrange(flat.size)])
    if way <= 2:
        for _ in range(draw.choice([1, 1, 2, 10])):
            flat[draw.randrange(flat.size)] = fitting(make(draw), values.dtype)
    elif way <= 4:
        flat[at] = fitting(near(draw, flat[at].item()), values.dtype)
    elif way == 5:
        other = draw.randrange(flat.size)
        flat[at], flat[other] = flat[other].item(), flat[at].item()
    elif way == 6:
        flat[:] = flat[::-1].copy() if draw.random() < 0.5 else np.roll(flat, 1)
    elif way == 7:
        flat[:] = fitting(make(draw), values.dtype)
    else:
        flat[at:] = fitting(near(draw, flat[at].item()), values.dtype)
    return values


def change_length(draw: Random, values: Array) -> Array:
    way = draw.randrange(6)
    if way == 0:
        return values[: draw.randrange(values.shape[0] + 1)] if values.ndim else values
    if way == 1:
        return np.concatenate([values.reshape(-1), values.reshape(-1)[: draw.choice([1, 2, 64, values.size])]])
    if way == 2:
        return values[:0] if values.ndim else values
    if way == 3:
        return values.reshape(-1)[:-1]
    if way == 4:
        return np.delete(values.reshape(-1), draw.randrange(values.size)) if values.size else values
    return (
        np.resize(values.reshape(-1), draw.choice([1, 2, 8, 63, 64, 65, 1000, 65_536, 300_000]))
        if values.size
        else values
    )


def change_shape(draw: Random, values: Array) -> Array:
    shapes: list[tuple[int, ...]] = [(-1, 1), (1, -1), (1, 1, 1, 1, -1)]
    if values.size == 1:
        shapes.append(())
    if values.size % 2 == 0 and values.size:
        shapes.append((2, -1))
    return values.reshape(draw.choice(shapes)) if values.size else values.reshape((0, draw.choice([0, 1, 5])))


class Opened:
    """What must never come to be: an object that says so when a pickle is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("import builtins; builtins.opened = True",))


def change_type(draw: Random, values: Array) -> Array:
    if draw.random() < 0.1:
        return np.array([Opened()], object)
    dtype = np.dtype(draw.choice(TYPES))
    with np.errstate(all="ignore"):
        if dtype.kind not in "UOb" and values.dtype.kind in "iuf" and draw.random() < 0.5:
            return np.frombuffer(values.tobytes() + b"\0" * (-values.nbytes % dtype.itemsize), dtype)
        return values.astype(dtype)


def change_header(draw: Random, values: Array) -> str:
    shape = draw.choice(
        [
            (2**62,),
            (-1,),
            (values.size + 1,),
            (0,),
            (2**32, 2**32),
            (values.size, 0),
            (1,) * 40,
            (10**40,),
            (values.size * 2,),
            (2**31,),
        ]
    )
    described: dict[str, Any] = {"descr": values.dtype.str, "fortran_order": False, "shape": shape}
    way = draw.randrange(7)
    if way == 0:
        described["fortran_order"] = draw.choice([True, 1, "no", None])
    elif way == 1:
        described["descr"] = draw.choice(
            ["|O", "<f8,<f8", [("a", "<f8")], "|V8", "<f16", "|S0", "<M8[s]", "x", 3, ("<f8", (2**31,))]
        )
    elif way == 2:
        described["shape"] = draw.choice([3, "3", (1.5,), (None,), [values.size], (True,)])
    elif way == 3:
        described.pop(draw.choice(list(described)))
    text = repr(described)
    if way == 4:
        text = draw.choice(
            ["(" * 3000, "__import__('os')", "{}", "", "1" * 5000, "{'a': " * 90, text + "x" * 5000, "\xff" * 10]
        )
    return text


ARRAYS = [change_numbers] * 6 + [change_length] * 3 + [change_shape, change_type]


# ---- JSON -----------------------------------------------------------------------------------------------------------


def nested(draw: Random) -> Any:
    value: Any = draw.choice([[], {}, 1])
    for _ in range(draw.choice([1, 3, 50, 500])):
        value = [value] if draw.random() < 0.5 else {draw.choice(["array", "mapping", "part", "schedule", "x"]): value}
    return value


def anything(draw: Random) -> Any:
    ways: list[Callable[[], Any]] = [lambda: None, lambda: draw.random() < 0.5, lambda: whole(draw), lambda: real(draw)]
    ways += [
        lambda: draw.choice(TEXT),
        lambda: [whole(draw), real(draw)],
        lambda: {draw.choice(TEXT): whole(draw)},
        lambda: nested(draw),
    ]
    ways += [
        lambda: {"array": f"values/{draw.randrange(9)}"},
        lambda: {"array": "rows/0/0/targets"},
        lambda: [[]] * 1000,
    ]
    return draw.choice(ways)()


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every container below a value with each of its keys."""
    for key, item in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        found.append((value, key))
        if isinstance(item, dict | list):
            places(item, found)
    return found


def change_entry(draw: Random, holder: Any, key: Any, everywhere: list[tuple[Any, Any]]) -> None:
    value = holder[key]
    way = draw.randrange(10)
    if way <= 3 and isinstance(value, int | float):
        holder[key] = near(draw, value)
    elif way <= 3 and isinstance(value, str):
        texts = [h[k] for h, k in everywhere if isinstance(h[k], str)]
        holder[key] = draw.choice([draw.choice(texts), draw.choice(TEXT), value + "x"])
    elif way <= 3 and isinstance(value, list) and value:
        list_ways: list[Callable[[], Any]] = [lambda: value.pop(draw.randrange(len(value))), value.reverse, value.clear]
        list_ways += [lambda: value.append(value[draw.randrange(len(value))]), lambda: draw.shuffle(value)]
        draw.choice(list_ways)()
    elif way <= 5:
        other, name = draw.choice(everywhere)
        holder[key] = json.loads(json.dumps(other[name]))
    elif way == 6 and isinstance(holder, dict):
        del holder[key]
    elif way == 7 and isinstance(holder, dict):
        holder[draw.choice([*TEXT, *map(str, holder)])] = holder.pop(key)
    else:
        holder[key] = anything(draw)


def edit_description(draw: Random, archive: Archive) -> None:
    """What Python knows of the network."""
    everywhere = places({"network": archive.network["network"]}, [])
    holder, key = draw.choice(everywhere)
    change_entry(draw, holder, key, everywhere)


def edit_settings(draw: Random, archive: Archive) -> None:
    name = draw.choice(["dt", "seed", "precision", "plastica", "blocks", "network", "engine"])
    if name in ("blocks", "dt", "seed") and draw.random() < 0.5:
        change_entry(draw, archive.network, name, places(archive.network, [])[:5000])
    else:
        archive.network[name] = draw.choice(["double", "single", anything(draw)])


def edit_manifest(draw: Random, archive: Archive) -> None:
    everywhere = places({"manifest": archive.manifest}, [])
    holder, key = draw.choice(everywhere[: draw.choice([4, len(everywhere)])])
    change_entry(draw, holder, key, everywhere)


# ---- the engine's values --------------------------------------------------------------------------------------------


def _array_of(value: Any) -> Array | None:
    if isinstance(value, dict) and isinstance(value.get("values"), list):
        try:
            return np.array(value["values"], value.get("type"))
        except (TypeError, ValueError, OverflowError):
            return None
    return None


def _put(archive: Archive, name: str, values: Array) -> None:
    """An array among the engine's values, where the writer would put it."""
    member = f"engine/{name}.npy"
    if values.size <= 64 and member not in archive.arrays and values.dtype.kind in "iuf":
        archive.engine[name] = {"type": values.dtype.str, "values": values.tolist()}
    else:
        archive.engine.pop(name, None)
        archive.arrays[member] = values


def edit_engine(draw: Random, archive: Archive) -> None:
    """A value in the engine's text."""
    if not isinstance(archive.engine, dict) or not archive.engine:
        return
    name = draw.choice(list(archive.engine))
    value = archive.engine[name]
    array = _array_of(value)
    if array is not None and draw.random() < 0.9:
        _put(archive, name, draw.choice(ARRAYS)(draw, array))
    elif array is None and draw.random() < 0.8:
        numbers = [item for item in archive.engine.values() if type(item) is type(value)]
        archive.engine[name] = (
            draw.choice([near(draw, value), draw.choice(numbers)])
            if not isinstance(value, str)
            else draw.choice(numbers)
        )
    else:
        everywhere = [(archive.engine, name) for name in archive.engine]
        change_entry(draw, archive.engine, name, everywhere)


def edit_numbers_of_engine(draw: Random, archive: Archive) -> None:
    """A whole number of the engine: counts, indices, steps, flags."""
    names = [name for name, value in archive.engine.items() if isinstance(value, int) and not isinstance(value, bool)]
    if names:
        name = draw.choice(names)
        archive.engine[name] = draw.choice([near(draw, archive.engine[name]), 1 - archive.engine[name]])


def edit_arrays_of_engine(draw: Random, archive: Archive) -> None:
    """An array of the engine whose numbers are indices, steps or flags."""
    found: dict[str, Array] = {}
    for name, value in archive.engine.items():
        array = _array_of(value)
        if array is not None and array.dtype.kind in "iu":
            found[name] = array
    for name, array in archive.arrays.items():
        if name.startswith("engine/") and isinstance(array, np.ndarray) and array.dtype.kind in "iu":
            found[name.removeprefix("engine/").removesuffix(".npy")] = array
    if found:
        name = draw.choice(list(found))
        _put(archive, name, draw.choice([change_numbers, change_numbers, change_length])(draw, found[name]))


def swap_engine(draw: Random, archive: Archive) -> None:
    """Two values that have the same place in things of the same kind."""
    names = list(archive.engine)
    if not names:
        return
    name = draw.choice(names)
    alike = [other for other in names if other.split("/")[-1] == name.split("/")[-1]]
    other = draw.choice(alike)
    archive.engine[name], archive.engine[other] = archive.engine[other], archive.engine[name]


# ---- members --------------------------------------------------------------------------------------------------------


def _choice(draw: Random, archive: Archive) -> str | None:
    groups: dict[str, list[str]] = {}
    for name in archive.arrays:
        groups.setdefault(name.split("/")[0], []).append(name)
    return draw.choice(groups[draw.choice(sorted(groups))]) if groups else None


def edit_array(draw: Random, archive: Archive) -> None:
    name = _choice(draw, archive)
    if name is not None and isinstance(held := archive.arrays[name], np.ndarray):
        archive.arrays[name] = draw.choice(ARRAYS)(draw, held)


def edit_rows(draw: Random, archive: Archive) -> None:
    """Synapses: mostly what tells where they are and what their rows remember."""
    wanted = draw.choice(
        [
            "rows",
            "delays",
            "targets",
            "counts",
            "states",
            "words",
            "asleep",
            "until",
            "lagged",
            "early",
            "births",
            "segments",
            "high",
        ]
    )
    names = [name for name in archive.arrays if name.startswith("rows/") and name.split("/")[-1].startswith(wanted)]
    if names and isinstance(held := archive.arrays[name := draw.choice(names)], np.ndarray):
        archive.arrays[name] = draw.choice([change_numbers] * 5 + [change_length])(draw, held)


def edit_header(draw: Random, archive: Archive) -> None:
    name = _choice(draw, archive)
    if name is not None and isinstance(held := archive.arrays[name], np.ndarray):
        archive.headers[name] = change_header(draw, held)


def edit_members(draw: Random, archive: Archive) -> None:
    name = _choice(draw, archive)
    if name is None:
        return
    way = draw.randrange(6)
    if way == 0:
        del archive.arrays[name]
    elif way == 1:
        archive.extra.append(
            (
                draw.choice([name, "network.json", "manifest.json", "more.npy", "../up.npy"]),
                b"\0" * draw.choice([0, 1, 1000]),
            )
        )
    elif way == 2:
        archive.arrays[draw.choice(["x", "engine/", "rows/", "rows/0/0/", "values/"]) + name] = archive.arrays[name]
    elif way == 3:
        archive.arrays[draw.choice(list(archive.arrays))] = archive.arrays[name]
    elif way == 4:
        parts = name.split("/")
        parts[draw.randrange(len(parts))] = draw.choice(["0", "1", "7", "-1", "99999999999", "x", ""])
        archive.arrays["/".join(parts)] = archive.arrays.pop(name)
    else:
        archive.arrays[name] = draw.choice(
            [b"", b"\x93NUMPY", draw.randbytes(100), archive._member(name)[: draw.randrange(200)]]
        )


def swap_members(draw: Random, archive: Archive) -> None:
    """Two arrays that have the same place in different things."""
    name = _choice(draw, archive)
    if name is None:
        return
    alike = [other for other in archive.arrays if other.split("/")[-1] == name.split("/")[-1]]
    other = draw.choice(alike if draw.random() < 0.8 else list(archive.arrays))
    archive.arrays[name], archive.arrays[other] = archive.arrays[other], archive.arrays[name]


def swap_projections(draw: Random, archive: Archive) -> None:
    """All rows of two projections."""
    numbers = sorted(
        {name.split("/")[1] for name in archive.arrays if name.startswith("rows/") and name.count("/") > 1}
    )
    if not numbers:
        return
    one, other = draw.choice(numbers), draw.choice(numbers)
    exchanged = {f"rows/{one}/": f"rows/{other}/", f"rows/{other}/": f"rows/{one}/"}

    def renamed(name: str) -> str:
        return next((new + name[len(old) :] for old, new in exchanged.items() if name.startswith(old)), name)

    archive.arrays = {renamed(name): held for name, held in archive.arrays.items()}


def combine(draw: Random, archive: Archive, other: Archive) -> None:
    """Some of one file, some of another."""
    way = draw.randrange(5)
    if way == 0:
        name = draw.choice(["network", "blocks", "dt", "precision", "engine"])
        archive.network[name] = other.network[name]
        return
    if way == 1:
        kind = draw.choice(list(archive.network["network"]))
        archive.network["network"][kind] = other.network["network"][kind]
        return
    prefixes = ["/".join(name.split("/")[: draw.choice([1, 2, 3])]) for name in (*archive.engine, *other.engine)]
    prefix = draw.choice(prefixes) + draw.choice(["", "/"])
    if way == 2:
        prefix = draw.choice(["rows/", "rows/0/", "rows/1/", "values/"])
    else:
        for name in [name for name in archive.engine if name.startswith(prefix)]:
            del archive.engine[name]
        archive.engine.update({name: value for name, value in other.engine.items() if name.startswith(prefix)})
        prefix = f"engine/{prefix}"
    archive.arrays = {name: held for name, held in archive.arrays.items() if not name.startswith(prefix)}
    archive.arrays |= {name: held for name, held in other.arrays.items() if name.startswith(prefix)}


EDITS: list[Callable[[Random, Archive], None]] = (
    [edit_engine] * 5
    + [edit_numbers_of_engine] * 6
    + [edit_arrays_of_engine] * 6
    + [edit_description] * 6
    + [edit_rows] * 6
    + [edit_array] * 4
    + [swap_engine, swap_members, swap_projections, edit_header, edit_members, edit_settings, edit_manifest]
)


def edit(draw: Random, data: bytes, other: bytes) -> bytes:
    """The file with some of what it says changed, and checksums that fit."""
    archive = Archive(data)
    if draw.random() < 0.1:
        combine(draw, archive, Archive(other))
    for _ in range(draw.choice([1, 1, 1, 1, 2, 3, 6])):
        try:
            draw.choice(EDITS)(draw, archive)
        except (TypeError, AttributeError, KeyError, IndexError, ValueError, OverflowError, RecursionError):
            continue  # an edit of what an earlier one has made meaningless
    try:
        return archive.write()
    except (ValueError, TypeError, OverflowError, RecursionError, struct.error):
        return damage(draw, data)
