"""A world that goes on from where another one stood: another way, or another guess at what was not seen yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.exploration import Exploration, path_from, plan_of, prepare
from spatialmem.memory.bank import Bank
from spatialmem.memory.commitnames import commit_at
from spatialmem.memory.fork import fork
from spatialmem.memory.plan import Plan
from spatialmem.settings import Settings
from spatialmem.world import World

MAY_CHANGE = frozenset({"trajectory", "frames", "clip", "holdout", "hypothesis"})
"""Settings that a continuation may have of its own; the others say what the world is."""


def go_on(source: Path, out: Path, asked: Mapping[str, object], *, at: int | str | None = None,
          device: str = "cpu") -> Exploration:
    """A new world at `out` that begins with the history of `source`, and what is to be explored from there.

    It shares the first world's files as a branch does (`memory.fork`). Of the settings `asked` by name, `trajectory`
    and `frames` choose the way on, which begins at the last camera of that history; without them it is what is left of
    the first world's path. `hypothesis` makes the unseen something else. All other settings are the first world's.

    Args:
        source: a world with a plan.
        out: must not exist.
        asked: settings, as `Settings` names them.
        at: the commit to go on from, by number or name; None = the last one.
        device: where the new world works.

    Raises:
        InvalidValueError: `source` has no plan, `asked` has a setting that cannot change, there is no such commit,
            or nothing is left of the path.
        WorldExistsError: something stands at `out`.
        SpatialMemError: an input is damaged, or the settings contradict each other.
    """
    with Bank.open(source) as bank:
        plan = bank.plan
        since = bank.head if at is None else commit_at(bank.names, at)
        seen = sum(clip.frames for clip in bank.clips()[:since])
    if plan is None:
        raise InvalidValueError(f"{source}: was made without a plan, so nothing says what its generator was")
    settings = _settings(plan, source, since, asked)
    known = plan.cameras[:seen]
    if {"trajectory", "frames"} & set(asked) and seen:
        generator, _ = prepare(settings, cameras=known, verify_from=seen)
        cameras = _joined(known, path_from(known[-1:], settings, generator))
        generator, cameras = prepare(settings, cameras=cameras, verify_from=seen)
    elif seen < len(plan.cameras):
        generator, cameras = prepare(settings, cameras=plan.cameras, verify_from=seen)
    else:
        raise InvalidValueError(f"{source}: nothing of its path is left after frame {seen}; say which way to go on "
                                "(--trajectory, --frames), or go on from an earlier commit (--at)")
    fork(source, out, at=since, plan=plan_of(settings, generator, cameras))
    return Exploration(World.open(out, write=True, device=device), generator, cameras, settings, fresh=True,
                       began=seen)


def _settings(plan: Plan, source: Path, since: int, asked: Mapping[str, object]) -> Settings:
    kept = Settings.from_record(plan.record)
    for name, value in asked.items():
        if name not in MAY_CHANGE and value != asdict(kept).get(name):
            raise InvalidValueError(f"--{name.replace('_', '-')} says what the world is, and {source} is that already; "
                                    f"to go on from it choose among {', '.join(sorted(MAY_CHANGE))}")
    given = Settings.from_record({name: value for name, value in asked.items() if name in MAY_CHANGE})
    chosen = {name: getattr(given, name) for name in asked if name in MAY_CHANGE}
    way = {"trajectory": kept.trajectory if "frames" in chosen else None, "frames": None}
    return replace(kept, **{**way, **chosen}, origin=str(source.absolute()), since=since)


def _joined(known: Cameras, way: Cameras) -> Cameras:
    """The path so far and the way on, which may begin with the camera that is there already."""
    again = bool((way.T_world_cam[0] == known.T_world_cam[-1]).all()) and len(way) > 1
    return Cameras.concat([known, way[1:] if again else way])
