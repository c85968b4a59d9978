"""Fixtures that several test modules share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party scenes beside the checkout; tests that need it skip without it."""
    root = Path(os.environ.get("SPATIALMEM_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
    if not root.is_dir():
        pytest.skip(f"third-party scenes are not here ({root}); set SPATIALMEM_SHARED to their folder")
    return root
