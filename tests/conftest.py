"""Fixtures that several test modules share."""

import os
import signal
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell starts what it puts in the background deaf to Ctrl-C, and so would be all that tests start and interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party scenes beside the checkout; tests that need it skip without it."""
    root = Path(os.environ.get("SPATIALMEM_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
    if not root.is_dir():
        pytest.skip(f"third-party scenes are not here ({root}); set SPATIALMEM_SHARED to their folder")
    return root
