"""Whether the trust mask is right: which pixels of memory are wrong, and which of them it trusts.

Worlds of a mesh are explored with known faults: wrong depth on every tenth frame together with an object that was
there only once, a person who walks by, and none. Then memory is asked along the path and beside it (0.3 m aside,
turned by 15 degrees), in clips as the loop asks. A pixel of memory is wrong where its depth is more than 5 % or its
colour more than 0.1 (mean over the channels) from the ray-cast truth. The table tells what share of the wrong pixels
and of the right ones is trusted, with the whole rule and without each of its cues.

    python benchmarks/trust.py --input small_house.glb --world runs/trust --into docs/trust.md
    python benchmarks/trust.py --input small_house.glb --world runs/trust     # again, in seconds: the worlds are kept
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from document import insert
from trust_measure import Clip, Shares, clip_of, shares
from trust_picture import picture
from trust_worlds import FAULTS, made, views

from spatialmem.generators.scene.generator import Scene
from spatialmem.memory.trustrule import RULE, TrustRule

ENDLESS = 1e9
RULES: dict[str, TrustRule] = {
    "all cues": RULE,
    "without votes against": replace(RULE, doubt=1.0),
    "without depth agreement": replace(RULE, agree=ENDLESS),
    "without colour": replace(RULE, colour=ENDLESS),
    "without distance": replace(RULE, fine=0.0),
    "without angle": replace(RULE, slant=0.0),
    "coverage only": TrustRule(agree=ENDLESS, doubt=1.0, fine=0.0, slant=0.0, colour=ENDLESS),
}
"""The rule, and the rule with single cues switched off."""

Table = dict[str, dict[str, dict[str, Shares]]]
"""By world, poses and rule."""


def main() -> None:
    """Make the worlds that are missing, measure, print."""
    asked = _arguments()
    scene = Scene(asked.input)
    worlds = {f"{fault}-{route}": (fault, route) for route in asked.routes for fault in asked.faults}
    asked_clips: dict[str, dict[str, list[Clip]]] = {}
    for name, (fault, route) in worlds.items():
        with made(asked.world, asked.input, fault, route=route, size=_size(asked.size)) as world:
            poses = views(world.keyframe_cameras(), scene.surfaces, every=asked.every)
            asked_clips[name] = {where: [clip_of(world, scene, each) for each in clips]
                                 for where, clips in poses.items()}
    table: Table = {name: {where: {name: shares(clips, rule) for name, rule in RULES.items()}
                           for where, clips in poses.items()} for name, poses in asked_clips.items()}
    text = markdown(table)
    print(text)
    if asked.plot:
        picture(asked_clips, asked.plot, world=asked.show or list(worlds)[-1])
    if asked.into:
        insert(text, asked.into)
    if asked.json:
        asked.json.write_text(json.dumps(table, indent=1, default=Shares.record) + "\n", "utf-8")


def markdown(table: Table) -> str:
    """Two tables: the rule in every world, and the mean over the worlds of each fault without single cues."""
    lines = ["| world | poses | pixels that are wrong | of them trusted | of the right ones trusted |",
             "|---|---|---|---|---|"]
    for name, poses in table.items():
        for where, rules in poses.items():
            found = rules["all cues"]
            lines.append(f"| {name} | {where} | {found.wrong:.1%} | **{found.wrong_trusted:.1%}** | "
                         f"**{found.right_trusted:.1%}** |")
    lines += ["", "| wrong / right trusted | " + " | ".join(table) + " |", "|---|" + "---|" * len(table)]
    lines += [f"| {rule} | " + " | ".join(_both(list(poses.values()), rule) for poses in table.values()) + " |"
              for rule in RULES]
    return "\n".join(line.replace("%", " %") for line in lines)


def _both(poses: Sequence[dict[str, Shares]], rule: str) -> str:
    total = sum((each[rule] for each in poses), start=Shares())
    return f"{total.wrong_trusted:.0%} / {total.right_trusted:.0%}"


def _size(text: str) -> tuple[int, int]:
    width, height = (int(side) for side in text.split("x"))
    return height, width


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, required=True, help="a mesh file in metres")
    parser.add_argument("--world", type=Path, required=True, help="folder of the worlds, made or used again")
    parser.add_argument("--faults", nargs="+", choices=list(FAULTS), default=["none", "both", "person"])
    parser.add_argument("--routes", nargs="+", type=int, default=[3], help="of the protocol closed-loop")
    parser.add_argument("--size", default="128x96", help="of frames, when a world is made")
    parser.add_argument("--every", type=int, default=3, help="every so many-th clip is asked for")
    parser.add_argument("--into", type=Path, help="Markdown file whose section of figures is replaced")
    parser.add_argument("--plot", type=Path, help="PNG to write")
    parser.add_argument("--show", help="the world that the picture is of, such as both-3; by default the last")
    parser.add_argument("--json", type=Path, help="file for all figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
