"""`spatialmem check-generator`: does a generator keep the contract?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import File, Flag, Number, Size, Text, parse_size
from spatialmem.errors import SpatialMemError

if TYPE_CHECKING:
    from spatialmem.protocols import Finding

Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="GENERATOR", help_behavior_hint="")]


@dataclass(frozen=True)
class CheckGenerator:
    """What a generator gets wrong, in one sentence each; exit code 1 if it breaks the contract.

    It is asked for about five short clips: a first one, the same again, one that memory knows half of, one that is
    too short, and one of another size. Remarks are on what is allowed but hardly meant.

    Examples:
      PYTHONPATH=. spatialmem check-generator my_model:Mine
      spatialmem check-generator http://127.0.0.1:8765 --size 832x480
    """

    generator: Name
    """package.module:Class | http://HOST:PORT | recorded | scene | procedural"""
    input: File = None
    """What the class takes as its only argument, or the input of recorded and scene."""
    size: Size = None
    """Frame size to try; default its own, else 320x240 or the next that it can do."""
    seed: int = 0
    """Which world of procedural."""
    prompt: Text = None
    """Of procedural: words for its world."""
    style_seed: Number = None
    """Of procedural: materials and colours; default 0."""
    layout: File = None
    """Of procedural: a layout of your own."""
    json: Flag = False
    """Print JSON: violations and remarks."""

    def run(self) -> None:
        """Print the findings."""
        from spatialmem.generators.remote.address import without_token

        found = self._findings()
        violations = [finding.sentence for finding in found if finding.violation]
        remarks = [finding.sentence for finding in found if not finding.violation]
        if self.json:
            print(json.dumps({"violations": violations, "remarks": remarks}))
        else:
            for sentence in violations:
                print(f"violation: {sentence}", file=sys.stderr)
            for sentence in remarks:
                print(f"remark: {sentence}", file=sys.stderr)
        if violations:
            raise SystemExit(1)
        if not self.json:
            print(f"{without_token(self.generator)}: keeps the contract")

    def _findings(self) -> list[Finding]:
        from spatialmem.generators.select import Options, open_candidate
        from spatialmem.protocols import Finding, examine
        from spatialmem.protocols.findings import attempt, one_line

        size = parse_size(self.size)
        options = Options(size, seed=self.seed, prompt=self.prompt or "", style_seed=self.style_seed,
                          layout=self.layout)
        made = attempt(lambda: open_candidate(self.generator, self.input, options))
        if isinstance(made, SpatialMemError):
            raise made
        if isinstance(made, Exception):
            return [Finding(f"it cannot be imported or made: {one_line(made)}")]
        return examine(made, size=size)
