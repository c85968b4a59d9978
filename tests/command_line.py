"""Running the command line within the test's own process, as quickly as a function call."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from box_room import brief_fusion

from spatialmem.cli import main


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


class CommandLine:
    """Calls `spatialmem` with arguments; exploring optimises only briefly."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setattr("spatialmem.world.GaussianFusion", lambda: brief_fusion(4))

    def __call__(self, *arguments: str | Path) -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["spatialmem", *map(str, arguments)])
        self._capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = 0 if end.code is None else end.code if isinstance(end.code, int) else 1
        printed = self._capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    def refusal(self, *arguments: str | Path) -> str:
        """The one line that a command is refused with."""
        outcome = self(*arguments)
        assert outcome.code == 2, outcome
        assert "Traceback" not in outcome.err
        bars = re.compile(r"\s*(explore|render|recall|report): +\d+%.*|\s*")
        lines = [line for line in outcome.err.splitlines() if not bars.fullmatch(line)]
        assert len(lines) == 1, outcome.err
        assert lines[0].startswith("spatialmem: error: ")
        return lines[0]
