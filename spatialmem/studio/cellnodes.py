"""`CellNodes`: the Gaussians of a world as nodes of a viewer's scene, one a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import viser
from numpy.typing import NDArray

from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey
from spatialmem.memory.rows import CellVersion
from spatialmem.poses import matrix_from_quat
from spatialmem.splats import Splats
from spatialmem.studio.budget import choose, nearest_first, thin
from spatialmem.studio.layers import Layer, Lens, paint

Floats = NDArray[np.float64]

BATCH = 60_000
"""Gaussians that are sent in one go: what a page takes in without a visible stop."""


@dataclass(frozen=True)
class Look:
    """How the Gaussians are coloured: the layer, what it is seen through, and whether the backdrop shows."""

    layer: Layer
    lens: Lens
    backdrop: bool = True


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A cell version as it is to be drawn: how many of its Gaussians, thinned for which eye."""

    version: CellVersion
    keep: int
    eye: Floats

    def same(self, other: _Wanted) -> bool:
        # objects are immutable, so one name and one number mean one picture
        return (self.version.name, self.keep) == (other.version.name, other.keep)


@dataclass(frozen=True, eq=False)
class _Drawn:
    wanted: _Wanted
    splats: Splats
    node: viser.GaussianSplatHandle


class CellNodes:
    """Keeps the nodes of a server's scene equal to the cells of a bank; only what differs is sent."""

    def __init__(self, server: viser.ViserServer) -> None:
        self._server = server
        self._drawn: dict[CellKey, _Drawn] = {}
        self._wanted: dict[CellKey, _Wanted] = {}
        self._pending: list[CellKey] = []

    @property
    def count(self) -> int:
        """Gaussians that are drawn."""
        return sum(len(drawn.splats) for drawn in self._drawn.values())

    @property
    def splats(self) -> Splats:
        """The Gaussians that are drawn, thinned as they are."""
        return Splats.concat(drawn.splats for drawn in self._drawn.values())

    def want(self, bank: Bank, eyes: Floats, budget: int) -> None:
        """Plan what is drawn of `bank` for viewers at `eyes` `[E, 3]`; `send` brings it about."""
        versions = bank.versions
        extents = [version.extent for version in versions]
        keep = choose(extents, [version.gaussians for version in versions], eyes, budget)
        middle = np.array([np.add(box.low, box.high) / 2 for box in extents]).reshape(-1, 1, 3)
        nearest = np.linalg.norm(middle - eyes, axis=2).argmin(axis=1)
        self._wanted = {versions[i].key: _Wanted(versions[i], int(keep[i]), eyes[nearest[i]])
                        for i in nearest_first(extents, eyes) if keep[i] > 0}
        self._pending = [key for key, wanted in self._wanted.items()
                         if key not in self._drawn or not wanted.same(self._drawn[key].wanted)]

    def send(self, bank: Bank, look: Look) -> bool:
        """Send the next cells, nearest first; False once all that is wanted is drawn and the rest gone.

        Raises:
            WorldFormatError: a cell's object is damaged; the others come with the next call.
        """
        batch: dict[CellKey, Splats] = {}
        try:
            while self._pending and sum(map(len, batch.values())) < BATCH:
                key = self._pending.pop(0)
                batch[key] = thin(bank.splats([key]), self._wanted[key].keep, self._wanted[key].eye)
        finally:
            with self._server.atomic():  # a page merges all its Gaussians anew at every change: once a batch will do
                for key, splats in batch.items():
                    self._drawn[key] = _Drawn(self._wanted[key], splats, self._node(key, splats, look))
        if self._pending:
            return True
        for key in self._drawn.keys() - self._wanted.keys():
            self._drawn.pop(key).node.remove()
        return False

    def repaint(self, look: Look) -> None:
        """Colour what is drawn anew."""
        with self._server.atomic():
            for drawn in self._drawn.values():
                buffer = drawn.node.buffer.copy()
                buffer[:, 7] = np.concatenate(_colours(drawn.splats, look), axis=1).view(np.uint32)[:, 0]
                drawn.node.buffer = buffer

    def _node(self, key: CellKey, splats: Splats, look: Look) -> viser.GaussianSplatHandle:
        rgb, alpha = _colours(splats, look)
        return self._server.scene.add_gaussian_splats(
            "/cells/" + "_".join(map(str, key)), centers=splats.means.numpy(),
            covariances=covariances(splats), rgbs=rgb, opacities=alpha)


def covariances(splats: Splats) -> NDArray[np.float32]:
    """`[N, 3, 3]` R S S^T R^T of each Gaussian, square metres."""
    half = matrix_from_quat(splats.quats) * splats.scales[:, None, :]
    return np.asarray((half @ half.transpose(1, 2)).numpy(), dtype=np.float32)


def _colours(splats: Splats, look: Look) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """RGB `[N, 3]` and opacity `[N, 1]`; a hidden backdrop stays in place, fully clear."""
    alpha = splats.opacities if look.backdrop else torch.where(splats.confidence > 0, splats.opacities, 0.0)
    return paint(look.layer, splats, look.lens), (alpha[:, None] * 255).round().to(torch.uint8).numpy()
