"""What `rasterization` refuses, by name and before any kernel runs."""

import sys
from typing import Any

import pytest
import torch
from torch import Tensor

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
    ("viewmats", torch.eye(4)), ("Ks", torch.rand(2, 3, 3)), ("backgrounds", torch.rand(3)),
    ("scales", torch.rand(4, 3).double()), ("Ks", torch.eye(3)[None].double()),
    ("means", torch.ones(4, 3).long()), ("opacities", torch.rand(4, device="meta")),
])
def test_wrong_shape_dtype_or_device(name: str, value: Tensor) -> None:
    with pytest.raises(ShapeError, match=name):
        call(**{name: value})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["means", "quats", "scales", "opacities", "colors", "viewmats", "Ks"])
def test_values_that_are_not_finite(name: str, bad: float) -> None:
    value = {"means": torch.rand(4, 3), "quats": torch.rand(4, 4), "scales": torch.rand(4, 3),
             "opacities": torch.rand(4), "colors": torch.rand(4, 3), "viewmats": torch.eye(4)[None],
             "Ks": torch.eye(3)[None]}[name]
    value.view(-1)[1] = bad
    with pytest.raises(InvalidValueError, match=f"{name} has NaN or infinite"):
        call(**{name: value})


def test_finite_values_whose_sum_overflows_are_accepted() -> None:
    call(colors=torch.full((4, 3), 3e38))


@pytest.mark.parametrize(("option", "value"), [
    ("width", 0), ("height", 40000), ("near_plane", 0.0), ("near_plane", -1.0), ("far_plane", 0.001),
    ("far_plane", float("inf")), ("eps2d", -0.1), ("eps2d", float("nan")), ("radius_clip", -1.0),
    ("Ks", torch.tensor([[[0.0, 0, 8], [0, 9, 8], [0, 0, 1]]])),
])
def test_options_out_of_range(option: str, value: Any) -> None:
    with pytest.raises(InvalidValueError, match=option):
        call(**{option: value})


@pytest.mark.parametrize(("option", "value"), [
    ("sh_degree", 0), ("sh_degree", 3), ("rasterize_mode", "antialiased"), ("render_mode", "NORMAL"),
    ("backend", "opengl"), ("backend", "gsplat"),
])
def test_options_that_are_not_supported(option: str, value: Any) -> None:
    with pytest.raises(UnsupportedOptionError, match=f"{option}='?{value}"):
        call(**{option: value})


@pytest.mark.parametrize("name", ["viewmats", "Ks"])
def test_gradients_of_cameras(name: str) -> None:
    value = {"viewmats": torch.eye(4)[None], "Ks": torch.eye(3)[None]}[name].requires_grad_()
    with pytest.raises(UnsupportedOptionError, match=f"{name} requires grad"):
        call(**{name: value})


def test_other_devices() -> None:
    with pytest.raises(UnsupportedOptionError, match="cpu or on cuda"):
        call(means=torch.rand(4, 3, device="meta"))


def test_missing_gsplat_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gsplat", None)
    monkeypatch.delitem(sys.modules, "spatialmem.render.gsplat_backend", raising=False)
    with pytest.raises(MissingBackendError, match=r"spatialmem\[gpu\]"):
        select._load("gsplat")
