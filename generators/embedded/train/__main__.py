"""`python -m spatialmem.generators.embedded.train`: trains the embedded generator."""

from __future__ import annotations

from spatialmem.generators.embedded.train.command import main

main()
