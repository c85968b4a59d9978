"""What docs/generators.md shows runs as it stands there, and means what it says."""

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from box_room import RoomGenerator, room_frames, room_walk
from served import blank, half_known, serving

from spatialmem.frames import Frames
from spatialmem.generators.remote.message import encode_frames, encode_request
from spatialmem.protocols import check_generator

PAGE = Path(__file__).resolve().parents[1] / "docs" / "generators.md"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All names that the page's Python defines, after it ran from top to bottom."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 5
    script = tmp_path_factory.mktemp("docs") / "generators.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    return runpy.run_path(str(script))


def test_its_generators_keep_the_contract(shown: dict[str, Any]):
    assert check_generator(shown["Mine"](), size=(24, 32)) == []
    assert check_generator(shown["Wandering"](), size=(24, 32)) == []


def test_its_depth_takes_the_scale_of_memory(shown: dict[str, Any]):
    frames = room_frames(room_walk(2))
    depth = torch.as_tensor(frames.depth)
    trust = torch.full(depth.shape, 2, dtype=torch.uint8)
    trust[:, :, 20:] = 0
    view = Frames(frames.rgb, frames.cameras, depth=depth * (trust == 2))
    found = shown["metric_depth"](0.3 / depth + 0.1, view, trust)
    torch.testing.assert_close(found, depth, rtol=1e-3, atol=1e-3)
    blind = shown["metric_depth"](1 / depth, view, torch.zeros_like(trust))
    assert float((blind / depth).std()) < 1e-5


def test_its_client_speaks_the_protocol(shown: dict[str, Any]):
    request, ask = half_known(), shown["ask"]
    frames = {"K": request.cameras.K, "T_world_cam": request.cameras.T_world_cam, "trust": request.recall.trust}
    for name in ("view", "references"):
        part: Frames = getattr(request.recall, name)
        layers = {"K": part.cameras.K, "T_world_cam": part.cameras.T_world_cam, "rgb": part.rgb, "depth": part.depth,
                  "alpha": part.alpha}
        frames |= {f"{name}.{layer}": value for layer, value in layers.items() if value is not None}
    tensors = {name: np.ascontiguousarray(value.numpy()) for name, value in frames.items()}
    with serving(RoomGenerator()) as server:
        place = ("127.0.0.1", server.address.port)
        _, told = ask(*place, "GET", "/v1/generator")
        assert told["generator"]["name"] == "RoomGenerator"
        record = {"kind": "request", "prompt": request.prompt, "seed": request.seed, "state": told["state"]}
        answer, after = ask(*place, "POST", "/v1/generate", tensors, record)
        near = RoomGenerator()
        assert np.array_equal(answer["rgb"], near.generate(request).rgb.numpy())
        assert after["state"] == near.state()
        with pytest.raises(RuntimeError, match="protocol version 2"):
            ask(*place, "POST", "/v1/generate", tensors, {**record, "version": 2})


def test_its_figures_are_right():
    request, frames = blank(8), room_frames(room_walk(8))
    pixels = 640 * 480 / (36 * 48)
    empty, back = len(encode_request(request, {})) * pixels / 1e6, len(encode_frames(frames, {})) * pixels / 1e6
    references = 4 * 640 * 480 * 16 / 1e6
    assert "71 MB and 39 MB" in PAGE.read_text(encoding="utf-8")
    assert abs(empty + references - 71) < 2
    assert abs(back - 39) < 1
