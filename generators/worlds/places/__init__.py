"""Builders of places: one module a kind, each with `build(site) -> Block`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from spatialmem.generators.worlds.attributes import Kind
from spatialmem.generators.worlds.blocks import Block, Site


def builder_of(kind: Kind) -> Callable[[Site], Block]:
    """The builder of this kind of place; it is imported when first asked for."""
    build: Callable[[Site], Block] = import_module(f"spatialmem.generators.worlds.places.{kind}").build
    return build
