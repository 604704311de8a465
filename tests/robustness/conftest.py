"""Thousands of refusals suggest a name that was meant: how close two words are is worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from plastica import words


@pytest.fixture(autouse=True, scope="session")
def words_are_compared_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "close", cache(words.close))
        yield
