"""Cases that are chosen by what they reach in Plastica's Python code: ``python tests/fuzz/guided.py FOLDER -max_total_time=600``.

Needs ``pip install atheris``. The bytes that the fuzzer tries are the random numbers by which files are edited (mutations.py), so that each gives a
file whose checksums fit. FOLDER keeps the bytes that reached something new; arguments behind it are those of libFuzzer.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["plastica"]):
    from fuzz import bases, cases, mutations

FILES: dict[str, bytes] = {}


class Bytes(random.Random):
    """A generator that draws from given bytes, and zeros when there are no more."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        super().__init__(0)

    def getrandbits(self, k: int, /) -> int:
        size = (k + 7) // 8
        piece = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(piece, "little") & (1 << k) - 1

    def random(self) -> float:
        return self.getrandbits(16) / 2**16


def try_one(data: bytes) -> None:
    """Whatever is not a refusal is an error that stops the fuzzer."""
    draw = Bytes(data)
    name, other = bases.choose(list(FILES), draw.random()), bases.choose(list(FILES), draw.random())
    cases.tried(mutations.edit(draw, FILES[name], FILES[other]), "edits", lambda: b"")


def main() -> None:
    """Hands over to libFuzzer."""
    with tempfile.TemporaryDirectory() as folder:
        bases.write(Path(folder))
        FILES.update({name: data for name, data in bases.read(Path(folder)).items() if len(data) < 500_000})
    kept = Path(next(argument for argument in sys.argv[1:] if not argument.startswith("-")))
    kept.mkdir(exist_ok=True)
    if not any(kept.iterdir()):  # short bytes make no edits that reach far
        for number in range(64):
            (kept / f"seed-{number}").write_bytes(random.Random(number).randbytes(300))
    atheris.Setup([*sys.argv, "-len_control=0", "-max_len=400"], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
