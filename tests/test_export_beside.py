"""Videos of several clips side by side: size, length, titles, refusals."""

from pathlib import Path

import av
import numpy as np
import pytest
import torch

from spatialmem.errors import ShapeError
from spatialmem.export.beside import TITLE, write_beside


def test_clips_stand_side_by_side_under_their_names(tmp_path: Path) -> None:
    dark, bright = torch.full((5, 32, 64, 3), 0.2), torch.full((5, 32, 64, 3), 0.8)
    write_beside(tmp_path / "v.mp4", {"before": dark, "after": bright}, notes={"after": list("01234")}, rate=5)
    with av.open(str(tmp_path / "v.mp4")) as video:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])
    assert frames.shape[0] == 5 and frames.shape[1] >= TITLE + 32 and frames.shape[2] >= 128
    pictures = frames[:, TITLE + 4 : TITLE + 28]
    assert abs(float(pictures[:, :, 8:56].mean()) - 51) < 6 and abs(float(pictures[:, :, 72:120].mean()) - 204) < 6
    titles = frames[:, 4 : TITLE - 4].astype(np.int32)
    assert titles[:, :, :64].max() > 120 and titles[:, :, 64:128].max() > 120, "both have a name"
    assert np.abs(titles[0, :, 64:128] - titles[4, :, 64:128]).max() > 60, "the note changes"


def test_what_does_not_match_is_refused(tmp_path: Path) -> None:
    clip = torch.zeros(3, 8, 8, 3)
    for panels, notes in (({"a": clip, "b": clip[:2]}, {}), ({}, {}), ({"a": clip}, {"a": ["one"]})):
        with pytest.raises(ShapeError, match="must match"):
            write_beside(tmp_path / "v.mp4", panels, notes=notes)
    assert not (tmp_path / "v.mp4").exists()
