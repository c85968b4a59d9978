"""The map: a known world from above, every point where it belongs."""

from pathlib import Path

import pytest
import torch
from memory_worlds import fresh, make_clip, walk, wall_frames

from spatialmem.camera import Cameras, pinhole
from spatialmem.memory.bank import Bank
from spatialmem.poses import look_at
from spatialmem.report.mapview import STRETCHES, level, map_view, round_length
from spatialmem.report.topdown import HEADROOM, TopDown, top_down
from spatialmem.splats import Splats
from spatialmem.world import World


def make_world(path: Path, up: str, splats: Splats, cameras: Cameras) -> None:
    with Bank.create(path, up=up) as bank:
        bank.commit(make_clip(0, wall_frames(cameras)), cells=[], splats=splats)


def patch(centre: tuple[float, float, float], color: tuple[float, float, float], side: float = 1.0) -> Splats:
    """A square of Gaussians across y = const."""
    steps = torch.linspace(-side / 2, side / 2, 60)
    x, z = torch.meshgrid(steps, steps, indexing="ij")
    points = torch.stack([x, torch.zeros_like(x), z], dim=-1).reshape(-1, 3) + torch.tensor(centre)
    return fresh(points, torch.tensor(color).expand(len(points), 3))


RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> TopDown:
    """-Y is up; a floor patch on either side of the walk along x, and a ceiling over one of them."""
    path = tmp_path_factory.mktemp("map") / "W"
    splats = Splats.concat([patch((0.0, 1.5, 1.5), RED), patch((2.0, 1.5, 1.5), GREEN),
                            patch((2.0, -HEADROOM - 0.1, 1.5), BLUE)])
    make_world(path, "-Y", splats, walk(0, 6))
    with World.open(path) as world:
        return top_down(world, width=400)


def pixel(top: TopDown, x: float, z: float) -> tuple[int, int]:
    """(row, column) of a ground point; the first camera stands at the origin."""
    u, v = top.points[0].tolist()
    return round(v - z * top.scale), round(u + x * top.scale)


def test_things_lie_where_they_are_and_ceilings_are_left_out(top: TopDown) -> None:
    assert (top.right, top.top) == ("+X", "+Z")
    for x, color in ((0.0, RED), (2.0, GREEN)):
        row, column = pixel(top, x, 1.5)
        torch.testing.assert_close(top.rgb[row, column], torch.tensor(color), atol=0.05, rtol=0)
        assert float(top.alpha[row, column]) > 0.9
    row, column = pixel(top, 1.0, 1.5)  # between them, nothing
    assert float(top.alpha[row, column]) < 0.05


def test_the_walk_is_to_scale(top: TopDown) -> None:
    steps = top.points[1:] - top.points[:-1]
    torch.testing.assert_close(steps, torch.tensor([[0.4 * top.scale, 0.0]]).double().expand(5, 2), atol=1e-4, rtol=0)
    assert bool((top.points >= 0).all()) and bool((top.points <= torch.tensor([400, top.alpha.shape[0]])).all())
    assert float(top.ahead[0, 1]) == pytest.approx(-top.scale, rel=1e-2)  # it looks along +z, to the top


@pytest.mark.parametrize(("up", "eye", "along", "names"), [
    ("+Z", (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), ("+X", "+Y")),
    ("+Z", (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), ("+Y", "-X")),
    ("-Y", (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), ("+Z", "-X")),
    ("+Y", (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), ("+X", "-Z")),
])
def test_the_longer_side_lies_across(tmp_path: Path, up: str, eye: tuple[float, float, float],
                                     along: tuple[float, float, float], names: tuple[str, str]) -> None:
    """Seen from above, `right` x `top` is up, whichever axis that is, so that no map is a mirror image."""
    way = torch.tensor(along, dtype=torch.float64)
    eyes = torch.tensor(eye, dtype=torch.float64) + torch.arange(5)[:, None] * way
    poses = look_at(eyes, eyes + way, torch.tensor(eye, dtype=torch.float64))
    cameras = Cameras(pinhole(1.2, 24, 32).expand(5, 3, 3), poses, 24, 32)
    make_world(tmp_path / "W", up, fresh(eyes.float() - 0.5 * torch.tensor(eye)), cameras)
    with World.open(tmp_path / "W") as world:
        top = top_down(world, width=200)
    assert (top.right, top.top) == names
    assert float(top.points[-1, 0] - top.points[0, 0]) == pytest.approx(4 * top.scale, rel=1e-2)
    assert torch.linalg.cross(_axis(top.right), _axis(top.top)).tolist() == _axis(up).tolist()


def _axis(name: str) -> torch.Tensor:
    vector = torch.zeros(3, dtype=torch.float64)
    vector["XYZ".index(name[1])] = 1.0 if name[0] == "+" else -1.0
    return vector + 0.0


def test_a_large_world_is_thinned_out_but_stays_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_world(tmp_path / "W", "-Y", patch((1.0, 1.5, 1.5), RED, 2.0), walk(0, 6))
    monkeypatch.setattr("spatialmem.report.topdown.GAUSSIAN_LIMIT", 900)  # of 3600
    with World.open(tmp_path / "W") as world:
        top = top_down(world, width=200)
    row, column = pixel(top, 1.0, 1.5)
    assert float(top.alpha[row - 20 : row + 20, column - 20 : column + 20].mean()) > 0.8


def test_a_single_frame_of_a_world_of_nothing_but_sky_has_a_map(tmp_path: Path) -> None:
    sky = patch((0.0, 1.5, 1.5), BLUE)
    sky.confidence.zero_()
    make_world(tmp_path / "W", "-Y", sky, walk(0, 1))
    with World.open(tmp_path / "W") as world:
        top = top_down(world, width=100)
    assert float(top.alpha.max()) == 0
    assert "<circle" in map_view(top, [None])


def test_a_long_walk_is_drawn_in_few_pieces(top: TopDown) -> None:
    count = 20_000
    points = torch.stack([torch.linspace(0, 400, count), torch.full((count,), 50.0)], dim=1)
    long = TopDown(top.rgb, top.alpha, points, torch.ones(count, 2), top.scale, "+X", "+Z")
    drawn = map_view(long, [(k % 10) / 10 for k in range(count)])
    assert drawn.count("<polyline") <= STRETCHES + 1
    assert len(drawn[drawn.index("<svg"):]) < 60_000


@pytest.mark.parametrize(("share", "name"), [
    (None, "kx"), (0, "k0"), (0.19, "k0"), (0.2, "k1"), (0.99, "k4"), (1, "k4")])
def test_shares_have_their_colours(share: float | None, name: str) -> None:
    assert level(share) == name


@pytest.mark.parametrize(("length", "rounded"), [(1, 1), (0.99, 0.5), (2.5, 2), (49, 20), (50, 50), (0.003, 0.002)])
def test_scale_bars_have_round_lengths(length: float, rounded: float) -> None:
    assert round_length(length) == pytest.approx(rounded)
