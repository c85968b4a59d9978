"""Dice: the same for the same keys, in any order of asking, and fair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.dice import Dice

keys = st.lists(st.one_of(st.integers(-10**9, 10**9), st.text(max_size=8)), min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(keys, keys)
def test_keys_alone_decide(first: list, second: list) -> None:
    draws = [Dice(*first).uniform(0, 1), Dice(*second).uniform(0, 1)]
    assert draws == [Dice(*first).uniform(0, 1), Dice(*second).uniform(0, 1)]
    assert (draws[0] == draws[1]) == (first == second)


@settings(deadline=None, max_examples=40)
@given(keys, keys)
def test_a_child_does_not_see_what_its_parent_drew(first: list, second: list) -> None:
    parent = Dice(*first)
    before = parent.child(*second).uniform(0, 1)
    parent.uniform(0, 1)
    assert parent.child(*second).uniform(0, 1) == before == Dice(*first, *second).uniform(0, 1)


def test_words_and_numbers_do_not_run_together() -> None:
    names = [(1, 23), (12, 3), (123,), ("1", 23), ("12", 3), ("1;", 23), (1, 2, 3), ("i1:1;",), (-1, 23), ("", 123)]
    assert len({Dice(*name).uniform(0, 1) for name in names}) == len(names)


def test_the_draws_of_these_keys_never_change() -> None:
    # a world that was grown once must grow again: these numbers are part of the format
    dice = Dice(7, "block", -3, 4)
    assert [round(dice.uniform(0, 1), 12) for _ in range(3)] == [0.910407431122, 0.404308447862, 0.891248941178]
    assert [Dice("x").integer(0, 99) for _ in range(2)] == [47, 47]


def test_integers_reach_both_ends_evenly() -> None:
    dice = Dice("even")
    counts = np.bincount([dice.integer(0, 4) for _ in range(5000)])
    assert len(counts) == 5
    assert np.all(abs(counts - 1000) < 150)


def test_choices_follow_their_weights() -> None:
    dice = Dice("weights")
    drawn = [dice.choice("abc", (1, 0, 3)) for _ in range(4000)]
    assert set(drawn) == {"a", "c"}
    assert abs(drawn.count("c") / 4000 - 0.75) < 0.04
    assert 0.2 < sum(dice.chance(0.25) for _ in range(2000)) / 2000 < 0.3


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(), max_size=30), st.integers())
def test_shuffling_keeps_all_things(things: list, seed: int) -> None:
    assert sorted(Dice(seed).shuffled(things)) == sorted(things)
    assert Dice(seed).shuffled(things) == Dice(seed).shuffled(things)


def test_refusals() -> None:
    with pytest.raises(InvalidValueError, match="at least one key"):
        Dice()
    with pytest.raises(InvalidValueError, match=r"whole numbers and words, got 1\.5"):
        Dice(1.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="whole numbers and words, got True"):
        Dice(True)
    with pytest.raises(InvalidValueError, match="low must not lie above high"):
        Dice(1).integer(3, 2)
    with pytest.raises(InvalidValueError, match="nothing to choose from"):
        Dice(1).choice([])
    for weights in ((1.0,), (-1.0, 2.0), (0.0, 0.0)):
        with pytest.raises(InvalidValueError, match="as many weights"):
            Dice(1).choice("ab", weights)
