"""What `rasterization` refuses, by name and before any kernel runs."""

import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import spatialmem.render
from spatialmem.errors import InvalidValueError, MissingBackendError, ShapeError, UnsupportedOptionError
from spatialmem.render import rasterization, select


def call(**changes: Any) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """A small valid call with some arguments replaced."""
    arguments: dict[str, Any] = {
        "means": torch.rand(4, 3) + 1, "quats": torch.rand(4, 4) + 1, "scales": torch.rand(4, 3),
        "opacities": torch.rand(4), "colors": torch.rand(4, 3), "viewmats": torch.eye(4)[None],
        "Ks": torch.tensor([[[9.0, 0, 8], [0, 9, 8], [0, 0, 1]]]), "width": 16, "height": 16,
    }
    return rasterization(**{**arguments, **changes})


@pytest.mark.parametrize(("name", "value"), [
    ("means", torch.rand(4, 4)), ("means", torch.rand(3)), ("quats", torch.rand(4, 3)),
    ("scales", torch.rand(5, 3)), ("opacities", torch.rand(4, 1)), ("colors", torch.rand(4, 16, 3)),
    ("colors", torch.rand(4, 0)), ("colors", torch.rand(4)), ("colors", torch.rand(2, 4, 3)),
    ("viewmats", torch.eye(4)), ("Ks", torch.rand(2, 3, 3)), ("backgrounds", torch.rand(3)),
    ("backgrounds", torch.rand(1, 4)),
    ("scales", torch.rand(4, 3).double()), ("Ks", torch.eye(3)[None].double()),
    ("means", torch.ones(4, 3).long()), ("opacities", torch.rand(4, device="meta")),
])
def test_wrong_shape_dtype_or_device(name: str, value: Tensor) -> None:
    with pytest.raises(ShapeError, match=name):
        call(**{name: value})


@pytest.mark.parametrize("shape", [(4, 3), (4, 15, 3), (4, 16, 4), (2, 4, 16, 3)])
def test_wrong_shapes_of_harmonics(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"colors: expected .*, got"):
        call(colors=torch.rand(shape), sh_degree=3)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["means", "quats", "scales", "opacities", "colors", "viewmats", "Ks", "backgrounds"])
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_values_that_are_not_finite(name: str, bad: float, backend: str) -> None:
    value = {"means": torch.rand(4, 3), "quats": torch.rand(4, 4), "scales": torch.rand(4, 3),
             "opacities": torch.rand(4), "colors": torch.rand(4, 3), "viewmats": torch.eye(4)[None],
             "Ks": torch.eye(3)[None], "backgrounds": torch.rand(1, 3)}[name]
    value.view(-1)[1] = bad
    with pytest.raises(InvalidValueError, match=f"{name} has NaN or infinite"):
        call(**{name: value}, backend=backend)


def test_harmonics_that_are_not_finite() -> None:
    coefficients = torch.rand(4, 16, 3)
    coefficients[3, 15, 2] = float("nan")
    with pytest.raises(InvalidValueError, match="colors has NaN or infinite"):
        call(colors=coefficients, sh_degree=0)


def test_harmonics_need_cameras_with_a_centre() -> None:
    with pytest.raises(InvalidValueError, match="viewmats: every matrix must have an inverse"):
        call(colors=torch.rand(4, 1, 3), sh_degree=0, viewmats=torch.ones(1, 4, 4))


@pytest.mark.parametrize("name", ["means", "quats", "scales", "colors"])
def test_finite_values_whose_sum_overflows_are_accepted(name: str) -> None:
    width = 4 if name == "quats" else 3
    call(**{name: torch.full((4, width), 3e38)})


@pytest.mark.parametrize(("option", "value"), [
    ("width", 0), ("height", 40000), ("near_plane", 0.0), ("near_plane", -1.0), ("far_plane", 0.001),
    ("far_plane", float("inf")), ("eps2d", -0.1), ("eps2d", float("nan")), ("radius_clip", -1.0),
    ("Ks", torch.tensor([[[0.0, 0, 8], [0, 9, 8], [0, 0, 1]]])),
])
def test_options_out_of_range(option: str, value: Any) -> None:
    with pytest.raises(InvalidValueError, match=option):
        call(**{option: value})


@pytest.mark.parametrize(("option", "value"), [
    ("sh_degree", 4), ("sh_degree", -1), ("rasterize_mode", "sharp"), ("render_mode", "NORMAL"),
    ("backend", "opengl"), ("backend", "gsplat"), ("tile_size", 8), ("sparse_grad", True), ("channel_chunk", 16),
    ("distributed", True), ("camera_model", "fisheye"), ("camera_model", "ortho"), ("segmented", True),
    ("with_ut", True), ("with_eval3d", True), ("rolling_shutter", "ROLLING_TOP_TO_BOTTOM"),
])
def test_options_that_are_not_supported(option: str, value: Any) -> None:
    with pytest.raises(UnsupportedOptionError, match=f"{option}='?{value}"):
        call(**{option: value})


@pytest.mark.parametrize("option", ["covars", "radial_coeffs", "tangential_coeffs", "thin_prism_coeffs", "viewmats_rs"])
def test_tensors_that_are_not_supported(option: str) -> None:
    with pytest.raises(UnsupportedOptionError, match=f"{option}=an array is not supported"):
        call(**{option: torch.rand(4, 3, 3)})
    with pytest.raises(UnsupportedOptionError, match=f"{option}=an array is not supported"):
        call(**{option: np.zeros(4)})


def test_batches_of_scenes() -> None:
    with pytest.raises(UnsupportedOptionError, match=r"means have shape .*batch dimensions are not supported"):
        call(means=torch.rand(2, 4, 3))


@pytest.mark.parametrize("mode", ["RGB", "RGB+ED"])
def test_more_channels_than_a_call_takes(mode: str) -> None:
    assert call(colors=torch.rand(4, 32), render_mode=mode)[0].shape[-1] == 32 + (mode != "RGB")
    with pytest.raises(UnsupportedOptionError, match="colors have 33 channels: at most 32 channels"):
        call(colors=torch.rand(4, 33), render_mode=mode)


def test_gradients_of_intrinsics() -> None:
    with pytest.raises(UnsupportedOptionError, match="Ks requires grad"):
        call(Ks=torch.eye(3)[None].requires_grad_())


def test_other_devices() -> None:
    with pytest.raises(UnsupportedOptionError, match="cpu or on cuda"):
        call(means=torch.rand(4, 3, device="meta"))


def test_missing_gsplat_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gsplat", None)
    monkeypatch.delitem(sys.modules, "spatialmem.render.gsplat_backend", raising=False)
    monkeypatch.delattr(spatialmem.render, "gsplat_backend", raising=False)
    with pytest.raises(MissingBackendError, match=r"spatialmem\[gpu\]"):
        select._load("gsplat")
