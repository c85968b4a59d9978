"""`Timeline`: a world as it was after one commit, or as it is, and what has come since."""

from __future__ import annotations

from pathlib import Path

from spatialmem.errors import WorldChangedError
from spatialmem.world import World


class Timeline:
    """The world at `path`, open to read at the commit that is shown.

    While it is live, `poll` moves on to the newest commit; a past commit stays until another is asked
    for. The writer is never disturbed: a reader takes a snapshot and leaves.

    Raises:
        WorldFormatError: no world, damaged, or of a newer version.
        StorageError: the folder cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.world = World.open(path)
        self.live = True
        self.head = self.shown

    @property
    def shown(self) -> int:
        """The commit whose world is open; 0 for an empty one."""
        return self.world.bank.head

    def poll(self) -> bool:
        """Look for new commits; True where there are any, which are shown at once if it is live.

        Where the commit that is shown was taken back, the newest one is shown instead.
        """
        try:
            newest = self.world.bank.newest()
        except WorldChangedError:
            self.head = 0
            self.follow()
            return True
        if newest < self.head and not self.live:
            self.head = newest
            return True
        if newest <= (self.shown if self.live else self.head):
            return False
        if self.live:
            self._open(None)  # may fail, and is then tried again by the next poll
        self.head = max(self.head, newest)
        return True

    def follow(self) -> None:
        """Show the newest commit, and every later one as it comes."""
        self.live = True
        self._open(None)

    def show(self, commit: int) -> None:
        """Show the world as it was after `commit` and stay there.

        Raises:
            InvalidValueError: there is no such commit.
        """
        self.live = False
        if commit != self.shown:
            self._open(commit)

    def close(self) -> None:
        """Let go of the world; closing twice is harmless."""
        self.world.close()

    def _open(self, commit: int | None) -> None:
        world = World.open(self._path, at=commit)
        self.world.close()
        self.world = world
        self.head = max(self.head, world.bank.head)
