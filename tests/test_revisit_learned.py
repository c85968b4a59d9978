"""Measures by networks: taken where they are installed, else absent with the reason; by stand-ins."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.frames import Frames
from spatialmem.revisit import learned
from spatialmem.revisit.measures import MEASURES


def frames(level: float) -> Frames:
    return Frames(torch.full((1, 32, 40, 3), level), Cameras(pinhole(1.2, 32, 40)[None], torch.eye(4)[None], 32, 40))


class Plain(torch.nn.Module):
    """Stands in for every network."""

    @classmethod
    def from_pretrained(cls, name: str, *, local_files_only: bool) -> "Plain":
        assert name == learned.DINO_WEIGHTS and local_files_only
        return cls()

    def __init__(self, net: str = "", verbose: bool = True, img_size: int = 0) -> None:
        super().__init__()
        self.side = img_size

    def forward(self, first: Tensor | None = None, again: Tensor | None = None, *, normalize: bool = False,
                images: Tensor | None = None) -> object:
        if images is not None:
            assert images.shape == (1, 2, 3, self.side, self.side) and float(images.min()) >= -1
            return (images.diff(dim=1).abs().mean() / 2)[None], None
        assert first is not None
        if again is None:
            return SimpleNamespace(last_hidden_state=first.flatten(2).mean(2)[:, None])
        assert normalize and first.shape == (1, 3, 32, 40)
        return (first - again).abs().mean()


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """All packages and weights, as far as anyone looks."""
    for name, attribute in (("lpips", "LPIPS"), ("transformers", "AutoModel"), ("met3r", "MEt3R")):
        module = ModuleType(name)
        setattr(module, attribute, Plain)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(learned, "find_spec", lambda name: object())
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    (tmp_path / "torch" / "checkpoints").mkdir(parents=True)
    (tmp_path / "torch" / "checkpoints" / "alexnet-owt-7be5be79.pth").touch()
    (tmp_path / "torch" / "mhamilton723_FeatUp_main").mkdir()
    for repository in (learned.DINO_WEIGHTS, learned.MET3R_WEIGHTS):
        (tmp_path / "hf" / "hub" / f"models--{repository.replace('/', '--')}").mkdir(parents=True)
    return tmp_path


def test_what_is_installed_measures(everything: Path):
    assert learned.absent() == {}
    found = {measure.name: measure(frames(0.25), frames(0.75)) for measure in learned.installed()}
    assert set(found) == {"lpips", "dino", "met3r"} <= set(MEASURES)
    assert found["lpips"] == pytest.approx(0.5)
    assert found["met3r"] == pytest.approx(0.5)
    assert -1 <= (found["dino"] or 0) < 1


def test_missing_weights_are_named(everything: Path):
    (everything / "torch" / "checkpoints" / "alexnet-owt-7be5be79.pth").unlink()
    (everything / "hf" / "hub" / "models--facebook--dinov2-small").rmdir()
    reasons = learned.absent()
    assert set(reasons) == {"lpips", "dino"}
    assert "alexnet-owt-7be5be79.pth" in reasons["lpips"] and "weights are not installed" in reasons["lpips"]
    assert "models--facebook--dinov2-small" in reasons["dino"]
    assert [measure.name for measure in learned.installed()] == ["met3r"]


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(learned, "find_spec", lambda name: None)
    assert learned.installed() == ()
    assert learned.absent() == {
        "lpips": "needs the package lpips, which is not installed",
        "dino": "needs the package transformers, which is not installed",
        "met3r": "needs the package met3r and pytorch3d, which is not installed"}
