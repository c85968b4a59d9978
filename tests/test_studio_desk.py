"""The one thread that works on a world."""

import logging
import threading
from collections.abc import Iterator

import pytest

from spatialmem.errors import WorldFormatError
from spatialmem.studio.desk import Desk


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def desk(told: list[str]) -> Iterator[Desk]:
    desk = Desk(told.append)
    yield desk
    desk.close()


def finish(desk: Desk) -> None:
    """Wait until all that was posted is done."""
    done = threading.Event()
    desk.post("finish", done.set)
    assert done.wait(10)


def test_jobs_are_done_in_order_on_one_thread(desk: Desk) -> None:
    order: list[tuple[int, int]] = []
    for i in range(20):
        desk.post(f"job {i}", lambda i=i: order.append((i, threading.get_ident())))  # type: ignore[misc]
    finish(desk)
    assert [i for i, _ in order] == list(range(20))
    assert {thread for _, thread in order} != {threading.get_ident()} and len({t for _, t in order}) == 1


def test_a_newer_job_takes_the_place_of_a_waiting_one(desk: Desk) -> None:
    gate, done = threading.Event(), list[int]()
    desk.post("gate", lambda: bool(gate.wait(10)) and None)
    for i in range(50):
        desk.post("slider", lambda i=i: done.append(i))  # type: ignore[misc]
    gate.set()
    finish(desk)
    assert done == [49]


def test_a_job_may_post_itself_again(desk: Desk) -> None:
    left = [3]

    def job() -> None:
        left[0] -= 1
        if left[0]:
            desk.post("again", job)

    desk.post("again", job)
    for _ in range(4):
        finish(desk)
    assert left == [0]


def test_a_refused_job_is_told_and_the_next_is_done(desk: Desk, told: list[str],
                                                    caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> None:
        raise WorldFormatError("cell 7 is damaged")

    with caplog.at_level(logging.WARNING):
        desk.post("refuse", refuse)
        finish(desk)
        finish(desk)
    assert told == ["cell 7 is damaged"]
    assert "cell 7 is damaged" in caplog.text


def test_an_error_of_our_own_is_never_silent(desk: Desk, told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    desk.post("wrong", lambda: list[None]().pop())
    finish(desk)
    finish(desk)
    assert told == ["the viewer made an error (IndexError: pop from empty list); its log has the details"]
    assert "Traceback" in caplog.text


def test_beats_come_until_it_is_closed(told: list[str]) -> None:
    desk, beats, enough = Desk(told.append), list[int](), threading.Event()

    def beat() -> None:
        beats.append(1)
        if len(beats) >= 3:
            enough.set()

    desk.beat("beat", beat, 0.005)
    assert enough.wait(10)
    before = threading.active_count()
    desk.close()
    counted = len(beats)
    desk.post("late", lambda: beats.append(1))
    desk.close()
    assert len(beats) == counted
    assert threading.active_count() < before


def test_closing_drops_what_waits(told: list[str]) -> None:
    desk, started, gate, done = Desk(told.append), threading.Event(), threading.Event(), list[int]()

    def hold() -> None:
        started.set()
        gate.wait(10)

    desk.post("hold", hold)
    desk.post("waits", lambda: done.append(1))
    assert started.wait(10)
    closing = threading.Thread(target=desk.close)
    closing.start()
    while not desk._closed.is_set():  # the test must not let go before it closes
        closing.join(0.01)
    gate.set()
    closing.join(10)
    assert done == [] and told == []
