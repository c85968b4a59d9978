"""Drafts the protocols of spatialmem/revisit/protocols, byte for byte: python docs/draft_protocols.py [FOLDER].

What is published is frozen: a change here goes to a new version, and the old file stays.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from spatialmem.revisit.protocol import Protocol, protocol_text
from spatialmem.revisit.route import Knot, Pair, Route

FOLDER = Path(__file__).parents[1] / "spatialmem" / "revisit" / "protocols"
VIEW = 8
"""Frames of the view that is seen again; a slow pan and dolly, so that a clip is compared with a clip."""
ROUTES = 12
_SEED = 20240611
_SIZE, _FIELD, _RATE, _METRICS = (192, 256), 70.0, 16.0, "1"

Place = tuple[float, float, float, float, float]
"""Forward, left, up (units), yaw, pitch (degrees)."""
HOME: Place = (0.0, 0.0, 0.0, 0.0, 0.0)


def drafts() -> Iterator[Protocol]:
    """All protocols."""
    yield _protocol("closed-loop", "A round walk that ends in the view it began with.", closed_loop)
    yield _protocol("there-and-back", "Out to one side, turning away, and back through the very same poses.",
                    there_and_back)
    yield _protocol("reverse", "A winding walk with turns, then the same poses backwards.", reverse)
    yield _protocol("look-away", "Nearly on the spot: a turn by 180 degrees or more and back, or all the way round.",
                    look_away)
    yield _protocol("long-loop", "Two or three rounds that look elsewhere for 584 frames before the view returns.",
                    long_loop)
    yield _protocol("mirror", "Four actions of 12 frames each, then their inverses in reverse order.", mirror)
    yield _protocol("novel-views", "A walk onwards; its frames 50 and 200 are compared with the truth.", novel_views,
                    against="truth")
    yield _protocol("gaps", "One view again after 50, then 200, then 1000 frames away from it.", gaps)


def _protocol(name: str, about: str, draft: Callable[[int, Random], Route], against: str = "first visit") -> Protocol:
    routes = tuple(draft(number, Random(f"{name}/{number}/{_SEED}")) for number in range(ROUTES))
    return Protocol(name=name, version=1, about=about, seed=_SEED, size=_SIZE, fov_degrees=_FIELD, fps=_RATE,
                    against="truth" if against == "truth" else "first visit", metrics=_METRICS, routes=routes)


def closed_loop(number: int, rng: Random) -> Route:
    """Half of them face along the walk and so come back from the other side, half look out and turn back."""
    along, side = number % 2 == 0, _side(number)
    view = _view(rng)
    heading, radius, squeeze = 30.0 * number + rng.uniform(-10, 10), rng.uniform(0.4, 0.7), rng.uniform(0.7, 1.0)
    away = rng.uniform(130, 180)
    stops = {}
    for k in range(1, 8):
        forward, left = _circle(k / 8, heading, side, radius, squeeze)
        yaw = side * 45.0 * k if along else side * away * min(1.0, 0.45 * min(k, 8 - k))
        stops[VIEW - 1 + round(k * 81 / 8)] = (forward, left, _wave(rng, 0.06), yaw, _wave(rng, 8))
    knots = _knots(view, {**stops, **_again(view, 96 - VIEW, 360.0 * side if along else 0.0)})
    return Route(_named(number, side, "along" if along else "outward"), 96, knots, _returns(96 - VIEW, 96 - VIEW))


def there_and_back(number: int, rng: Random) -> Route:
    """Out along a bow in one of twelve directions."""
    side = _side(number)
    heading, reach, bow = 30.0 * number, rng.uniform(0.8, 1.4), rng.uniform(-0.25, 0.25)
    away = rng.uniform(80, 170)
    stops = {VIEW - 1 + round(share * 40): (*_aside(heading, reach * share, bow * math.sin(math.pi * share)),
                                            _wave(rng, 0.05), side * away * min(1.0, 1.8 * share), _wave(rng, 6))
             for share in (0.3, 0.6, 1.0)}
    return _to_and_fro(_named(number, side, f"to-{heading:03.0f}"), 96, _view(rng), stops)


def reverse(number: int, rng: Random) -> Route:
    """Five legs that turn by up to a right angle each, facing along the walk or beside it."""
    side = _side(number)
    heading, yaw = 30.0 * number + rng.uniform(-15, 15), 0.0
    forward = left = 0.0
    stops = {}
    for leg in range(5):
        step = rng.uniform(0.3, 0.45)
        forward += step * math.cos(math.radians(heading))
        left += step * math.sin(math.radians(heading))
        heading += (side if leg < 3 else -side) * rng.uniform(40, 90)
        yaw += side * (rng.uniform(55, 75) if leg < 2 else rng.uniform(-25, 45))
        stops[round(18 + leg * 11.25)] = (forward, left, _wave(rng, 0.05), yaw, _wave(rng, 8))
    return _to_and_fro(_named(number, side, "winding"), 128, _view(rng), stops)


def look_away(number: int, rng: Random) -> Route:
    """Half of them turn back the same way, half go all the way round."""
    round_about, side = number % 2 == 0, _side(number)
    view = _view(rng)
    most = 360.0 if round_about else rng.uniform(180, 250)
    stops = {}
    for k in range(1, 6):
        frame = VIEW - 1 + round(k * 81 / 6)
        yaw = most * k / 6 if round_about else most * min(1.0, 0.4 * min(k, 6 - k))
        forward, left = _aside(60.0 * number + 40 * k, rng.uniform(0.02, 0.2), 0.0)
        stops[frame] = (forward, left, _wave(rng, 0.05), side * yaw, _wave(rng, 15))
    knots = _knots(view, {**stops, **_again(view, 96 - VIEW, most * side if round_about else 0.0)})
    return Route(_named(number, side, "round" if round_about else "back"), 96, knots, _returns(96 - VIEW, 96 - VIEW))


def long_loop(number: int, rng: Random) -> Route:
    """Two or three rounds of changing width."""
    side, view = _side(number), _view(rng)
    stops = _wander(rng, VIEW - 1, 592, laps=2 + number % 2, heading=30.0 * number, side=side,
                    radius=rng.uniform(0.5, 0.75))
    return Route(_named(number, side, f"{2 + number % 2}-rounds"), 600, _knots(view, {**stops, **_again(view, 592)}),
                 _returns(592, 592))


def gaps(number: int, rng: Random) -> Route:
    """A glance aside, a round, and a long wander."""
    side, view = _side(number), _view(rng)
    away, heading = rng.uniform(95, 130), 30.0 * number
    glance = {frame: (*_aside(heading, rng.uniform(0.15, 0.35), 0.0), _wave(rng, 0.04), side * away * share,
                      _wave(rng, 6)) for frame, share in ((24, 0.95), (29, 1.0), (34, 0.95))}
    first = _wander(rng, 57, 250, laps=1, heading=heading + 180, side=-side, radius=rng.uniform(0.4, 0.6))
    second = _wander(rng, 257, 1250, laps=4, heading=heading, side=side, radius=rng.uniform(0.5, 0.75))
    later = {**glance, **_again(view, 50), **first, **_again(view, 250), **second, **_again(view, 1250)}
    pairs = (*_returns(50, 50), *_returns(250, 200), *_returns(1250, 1000))
    return Route(_named(number, side, "rounds"), 1258, _knots(view, later), pairs)


def novel_views(number: int, rng: Random) -> Route:
    """On foot around what is ahead, looking at it at first and elsewhere later."""
    side = _side(number)
    # ahead or to one side: what comes into view is new, and what was in view stays there for a while
    heading, yaw, turn = 15.0 * number - 82.5, 0.0, side * rng.uniform(6, 14)
    forward = left = 0.0
    knots = [Knot(0, *HOME)]
    for k in range(1, 9):
        forward += 0.28 * math.cos(math.radians(heading))
        left += 0.28 * math.sin(math.radians(heading))
        heading += side * rng.uniform(10, 40)
        yaw += turn * rng.uniform(0.5, 1.5)
        knots.append(_knot(25 * k, (forward, left, _wave(rng, 0.05), yaw, _wave(rng, 6))))
    return Route(_named(number, side, "onwards"), 201, tuple(knots), (Pair(50, 50, 50), Pair(200, 200, 200)))


_ACTIONS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    ("forward-left-forward-left", ((.6, 0, 0, 0, 0), (0, 0, 0, 100, 0), (.5, 0, 0, 0, 0), (0, 0, 0, 60, 0))),
    ("forward-right-forward-right", ((.6, 0, 0, 0, 0), (0, 0, 0, -100, 0), (.5, 0, 0, 0, 0), (0, 0, 0, -60, 0))),
    ("back-left-forward-up", ((-.5, 0, 0, 0, 0), (0, 0, 0, 100, 0), (.8, 0, 0, 0, 0), (0, 0, 0, 0, 15))),
    ("back-right-forward-down", ((-.5, 0, 0, 0, 0), (0, 0, 0, -100, 0), (.8, 0, 0, 0, 0), (0, 0, 0, 0, -15))),
    ("aside-left-aside-left", ((0, .5, 0, 0, 0), (0, 0, 0, 90, 0), (0, .5, 0, 0, 0), (0, 0, 0, 90, 0))),
    ("aside-right-aside-right", ((0, -.5, 0, 0, 0), (0, 0, 0, -90, 0), (0, -.5, 0, 0, 0), (0, 0, 0, -90, 0))),
    ("pan-left-forward-left", ((0, 0, 0, 30, 0), (0, 0, 0, 90, 0), (1., 0, 0, 0, 0), (0, 0, 0, 60, 0))),
    ("pan-right-forward-right", ((0, 0, 0, -30, 0), (0, 0, 0, -90, 0), (1., 0, 0, 0, 0), (0, 0, 0, -60, 0))),
    ("forward-left-aside-right", ((.4, 0, 0, 0, 0), (0, 0, 0, 100, 0), (0, .6, 0, 0, 0), (0, 0, 0, -30, 0))),
    ("forward-right-aside-left", ((.4, 0, 0, 0, 0), (0, 0, 0, -100, 0), (0, -.6, 0, 0, 0), (0, 0, 0, 30, 0))),
    ("rise-left-forward-down", ((0, 0, .2, 0, 0), (0, 0, 0, 100, 0), (.7, 0, 0, 0, 0), (0, 0, -.2, 0, -10))),
    ("rise-right-back-up", ((0, 0, .2, 0, 0), (0, 0, 0, -100, 0), (-.7, 0, 0, 0, 0), (0, 0, -.2, 0, 10))),
)
"""Each action: how far ahead, to the left and up, and by how much to turn and tilt, as the camera then stands."""


def mirror(number: int, rng: Random) -> Route:
    """Four actions and their inverses; the farthest pose is held for two frames, as both halves need its frame."""
    del rng
    name, actions = _ACTIONS[number]
    at, stops = HOME, [HOME]
    for action in actions:
        at = _acted(at, action)
        stops.append(at)
    frames = (0, 12, 24, 36, 47)
    within = {frame: _acted(HOME, tuple(frame / 12 * value for value in actions[0])) for frame in range(VIEW)}
    out = {**within, **dict(zip(frames, stops, strict=True))}
    return Route(f"{number + 1:02d}-{name}", 96, _mirrored(out, 96), _mirrored_pairs(96))


def _acted(at: Place, action: Sequence[float]) -> Place:
    forward, left, up, turn, tilt = action
    cos, sin = math.cos(math.radians(at[3])), math.sin(math.radians(at[3]))
    return (at[0] + cos * forward - sin * left, at[1] + sin * forward + cos * left, at[2] + up, at[3] + turn,
            at[4] + tilt)


def _wander(rng: Random, begin: int, end: int, *, laps: int, heading: float, side: int, radius: float,
            ) -> dict[int, Place]:
    """Round and round between two views, never looking less than a right angle away from them."""
    count = max(5, round((end - begin) / 28))
    waves, phase = max(1, round((end - begin) / 160)), rng.uniform(-0.6, 0.6)
    swing, beat = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 1.4) * (laps + 1)
    stops = {}
    for k in range(1, count + 1):
        share = k / (count + 1)
        width = radius * (1 + 0.2 * math.sin(swing + 2 * math.pi * share * beat))
        forward, left = _circle(laps * share, heading, side, width, 1.0)
        yaw = 180 - 75 * math.cos(phase + 2 * math.pi * share * waves)
        stops[begin + round(share * (end - begin))] = (forward, left, _wave(rng, 0.08), side * yaw, _wave(rng, 12))
    return stops


def _view(rng: Random) -> list[Place]:
    """The view segment: a pan to one side by 3 to 5 degrees and a dolly by 4 to 8 cm."""
    pan, dolly, way = rng.choice((-1, 1)) * rng.uniform(0.4, 0.7), rng.uniform(0.006, 0.011), rng.uniform(0, 360)
    ahead, aside = dolly * math.cos(math.radians(way)), dolly * math.sin(math.radians(way))
    return [(ahead * k, aside * k, 0.0, pan * k, 0.0) for k in range(VIEW)]


def _again(view: Sequence[Place], begin: int, turned: float = 0.0) -> dict[int, Place]:
    """The view from frame `begin` on, after whole turns."""
    return {begin + k: (*place[:3], place[3] + turned, place[4]) for k, place in enumerate(view)}


def _returns(begin: int, gap: int) -> tuple[Pair, ...]:
    return tuple(Pair(k, begin + k, gap) for k in range(VIEW))


def _to_and_fro(name: str, frames: int, view: Sequence[Place], stops: dict[int, Place]) -> Route:
    return Route(name, frames, _mirrored({**dict(enumerate(view)), **stops}, frames), _mirrored_pairs(frames))


def _mirrored(out: dict[int, Place], frames: int) -> tuple[Knot, ...]:
    """The knots of the first half and the same backwards; frame i is as frame `frames - 1 - i`."""
    knots = {**out, **{frames - 1 - frame: place for frame, place in out.items()}}
    return tuple(_knot(frame, knots[frame]) for frame in sorted(knots))


def _mirrored_pairs(frames: int) -> tuple[Pair, ...]:
    return tuple(Pair(k, frames - 1 - k, frames - 1 - 2 * k) for k in range(VIEW))


def _knots(view: Sequence[Place], later: dict[int, Place]) -> tuple[Knot, ...]:
    knots = {**dict(enumerate(view)), **later}
    return tuple(_knot(frame, knots[frame]) for frame in sorted(knots))


def _knot(frame: int, place: Place) -> Knot:
    """Tenths of millimetres and hundredths of degrees; adding 0 makes -0 a 0."""
    forward, left, up, yaw, pitch = place
    return Knot(frame, *(round(value, 4) + 0.0 for value in (forward, left, up)),
                *(round(value, 2) + 0.0 for value in (yaw, pitch)))


def _circle(share: float, heading: float, side: int, radius: float, squeeze: float) -> tuple[float, float]:
    """A place on a round walk that sets off along `heading` and bends to `side`."""
    angle = 2 * math.pi * share
    return _aside(heading, radius * math.sin(angle), side * squeeze * radius * (1 - math.cos(angle)))


def _aside(heading: float, along: float, aside: float) -> tuple[float, float]:
    cos, sin = math.cos(math.radians(heading)), math.sin(math.radians(heading))
    return along * cos - aside * sin, along * sin + aside * cos


def _wave(rng: Random, most: float) -> float:
    return rng.uniform(-most, most)


def _side(number: int) -> int:
    return 1 if number % 4 < 2 else -1


def _named(number: int, side: int, what: str) -> str:
    return f"{number + 1:02d}-{'left' if side > 0 else 'right'}-{what}"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for drafted in drafts():
        (folder / f"{drafted.name}-{drafted.version}.json").write_text(protocol_text(drafted), encoding="utf-8")
