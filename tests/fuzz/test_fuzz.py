"""A short round of the search, by seeds changed at random; `make fuzz` goes on for longer and is led by coverage."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

ROUNDS = {"picture": 150, "recipe": 400, "canonical": 300, "edit": 300, "archive": 200}


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_changed_at_random(name: str) -> None:
    beginnings = seeds(name)

    @settings(max_examples=ROUNDS[name], deadline=None, derandomize=True)
    @given(st.integers(0, len(beginnings) - 1), st.integers(0, 2**32))
    def turn_over(which: int, luck: int) -> None:
        TARGETS[name](changed(beginnings[which], random.Random(luck)))

    turn_over()


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_themselves(name: str) -> None:
    """A search that begins at what is refused would find nothing behind the first door."""
    assert any(map(TARGETS[name], seeds(name)))


@pytest.mark.parametrize("name", ["recipe", "edit", "canonical"])
@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=400))
def test_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)


def changed(data: bytes, luck: random.Random) -> bytes:
    """A few bytes flipped, dropped, doubled or cut off."""
    found = bytearray(data)
    for _ in range(luck.randint(1, 6)):
        if not found:
            break
        at = luck.randrange(len(found))
        match luck.randrange(5):
            case 0:
                found[at] ^= 1 << luck.randrange(8)
            case 1:
                found[at] = luck.choice(b'\x00\xff\x7f\x80-9"[{')
            case 2:
                del found[at : at + luck.randint(1, 9)]
            case 3:
                found[at:at] = found[at : at + luck.randint(1, 40)]
            case _:
                del found[at + luck.randint(0, len(found) - at) :]
    return bytes(found)
