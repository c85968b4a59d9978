"""How log records become lines on stderr while a command works."""

from __future__ import annotations

import logging
import sys


class LogLines(logging.Handler):
    """Writes records to stderr, above a progress bar where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        line = self.format(record)
        if "tqdm" in sys.modules:
            from tqdm import tqdm

            tqdm.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """The record with its date and level, or as it is where it is `plain`: news for whoever waits, no warning."""
        return record.getMessage() if getattr(record, "plain", False) else super().format(record)
