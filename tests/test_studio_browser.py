"""The viewer as a browser shows it: the world, its cameras and controls, nothing else, and nobody else."""

import hashlib
import http.server
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import memory_worlds
import numpy as np
import pytest
import torch
import viser
from box_room import brief_fusion
from browser import chromium, drawn, watched_page
from numpy.typing import NDArray
from PIL import Image

from spatialmem.camera import Cameras
from spatialmem.exploration import start
from spatialmem.memory.bank import Bank
from spatialmem.poses import look_at
from spatialmem.serial import serial_torch
from spatialmem.settings import Settings
from spatialmem.studio.server import Opening, open_server
from spatialmem.studio.sharing import write_scene
from spatialmem.studio.stage import Stage
from spatialmem.world import World

RECORDING = Path(__file__).parents[1] / "examples" / "data" / "living_room"
PATIENCE = 120.0
"""Seconds after which a picture that does not come is an error; software rendering on a busy machine is slow."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of the shipped walk, coarse and briefly optimised."""
    path = tmp_path_factory.mktemp("viewer") / "room"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spatialmem.world.GaussianFusion", lambda: brief_fusion(4))
        job = start(path, Settings(input=str(RECORDING), size=(120, 160), frames=16))
        with job.world:
            for _ in job.steps():
                pass
    return path


@contextmanager
def staged(world: Path) -> Iterator[Opening]:
    """The world on a running viewer."""
    with serial_torch(), open_server(port=0) as opening, closing(Stage(opening.server, world)) as stage:
        stage.start()
        yield opening


@contextmanager
def viewing(world: Path) -> Iterator[Opening]:
    """The world on a running viewer; afterwards its folder is as before, to the byte."""
    before = digests(world)
    with staged(world) as opening:
        yield opening
    assert digests(world) == before


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.blake2b(path.read_bytes()).hexdigest() for path in files}


def own_addresses(opening: Opening) -> tuple[str, str]:
    place = f"127.0.0.1:{opening.guard.port}/"
    return f"http://{place}", f"ws://{place}"


class View:
    """A view of a world in closed form: as a page's address asks for it, and as memory renders it."""

    def __init__(self, world: Path, *, back: float = 0.0) -> None:
        """From keyframe 0, upright, or so many metres behind it."""
        with World.open(world) as opened:
            first = opened.keyframe_cameras()[:1]
            forward = first.T_world_cam[0, :3, 2]
            self.eye = first.centres[0] - back * forward
            self.target = first.centres[0] + 2 * forward
            self.up = torch.tensor([0.0, -1.0, 0.0], dtype=torch.float64)
            self.fov = 2 * math.atan(first.height / 2 / float(first.K[0, 1, 1]))
        self._world = world

    @property
    def query(self) -> str:
        place = {name: ",".join(f"{x:.6f}" for x in value.tolist())
                 for name, value in (("Position", self.eye), ("LookAt", self.target), ("Up", self.up))}
        return urlencode({f"initialCamera{name}": value for name, value in {**place, "Fov": f"{self.fov:.6f}"}.items()})

    def rendered(self, height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Colour `[H, W, 3]` and where memory covers it."""
        focal = height / 2 / math.tan(self.fov / 2)
        K = torch.tensor([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], dtype=torch.float64)
        with World.open(self._world) as opened:
            frames = opened.render(Cameras(K[None], look_at(self.eye, self.target, self.up)[None], height, width))
        assert frames.alpha is not None
        return frames.rgb[0].numpy(), (frames.alpha[0] > 0.95).numpy()


def likeness(shown: NDArray[np.float32], view: View) -> tuple[float, float]:
    """Correlation of the brightness and mean difference of the colour of a canvas and of memory at the same view."""
    if shown.shape[0] == 0:
        return 0.0, 1.0
    height = 48
    width = round(height * shown.shape[1] / shown.shape[0])
    small = Image.fromarray((shown[..., :3] * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BOX)
    page = np.asarray(small, dtype=np.float32) / 255
    memory, covered = view.rendered(height, width)
    assert covered.mean() > 0.3
    bright = [image[covered].mean(axis=1) for image in (page, memory)]
    if bright[0].std() < 1e-3:
        return 0.0, 1.0
    return float(np.corrcoef(*bright)[0, 1]), float(np.abs(page - memory)[covered].mean())


def wait_until(page: Any, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"{what} within {PATIENCE:.0f} s"
        page.wait_for_timeout(200)


def wait_for_world(page: Any, view: View) -> None:
    """Until the canvas shows what memory renders; nothing, another view or noise never pass."""
    found = (0.0, 1.0)

    def alike() -> bool:
        nonlocal found
        found = likeness(drawn(page), view)
        return found[0] > 0.85 and found[1] < 0.12

    wait_until(page, alike, f"the page shows the world; likeness {found}")


def test_the_page_shows_the_world_its_cameras_and_controls(browser: Any, room: Path) -> None:
    view = View(room)
    with viewing(room) as opening, watched_page(browser) as (page, heard):
        page.goto(f"{opening.url}&{view.query}")
        wait_for_world(page, view)
        page.get_by_text("Keyframes", exact=True).wait_for()
        assert page.get_by_text("16 keyframes").count() == 1
        assert heard.complaints() == []
        assert heard.outside(*own_addresses(opening)) == []


def test_the_keyframes_are_seen_from_outside_and_can_be_hidden(browser: Any, room: Path) -> None:
    view = View(room, back=1.2)
    with viewing(room) as opening, watched_page(browser) as (page, _):
        page.goto(f"{opening.url}&{view.query}")
        wait_until(page, lambda: blue_share(drawn(page)) > 0.004, "frustums are drawn")
        page.get_by_label("Keyframes", exact=True).click()
        wait_until(page, lambda: blue_share(drawn(page)) < 0.002, "only the path is left")
        page.get_by_label("Path", exact=True).click()
        wait_until(page, lambda: blue_share(drawn(page)) < 0.0005, "the path is hidden too")


def blue_share(shown: NDArray[np.float32]) -> float:
    """Share of a canvas in the colour of the frustums and of the path."""
    if shown.shape[0] == 0:
        return 0.003
    r, g, b = (shown[..., i] for i in range(3))
    return float(((b - r > 0.25) & (b - g > 0.1)).mean())


def test_a_growing_world_is_followed(browser: Any, tmp_path: Path) -> None:
    path = memory_worlds.make_world(tmp_path / "wall", commits=1)
    with staged(path) as opening, watched_page(browser) as (page, _):
        page.goto(opening.url)
        page.get_by_text("Commit 1 of 1").wait_for()
        with Bank.open(path, write=True) as bank:
            memory_worlds.step(bank)
        page.get_by_text("Commit 2 of 2").wait_for()


def test_pages_of_other_sites_reach_nothing(browser: Any, room: Path) -> None:
    with viewing(room) as opening, watched_page(browser) as (page, _), blank_site() as neighbour:
        page.goto(opening.url)
        page.get_by_text("Keyframes", exact=True).wait_for()
        assert len(page.context.cookies()) == 1
        assert page.evaluate(_KNOCK, [opening.guard.port, viser.__version__]) == ["open", "read"]
        for stranger in (f"http://127.0.0.1:{neighbour}/", "http://evil.example/"):
            other = page.context.new_page()
            other.route("http://evil.example/**", lambda route: route.fulfill(body="<title>evil</title>"))
            other.goto(stranger)
            assert other.evaluate(_KNOCK, [opening.guard.port, viser.__version__]) == ["refused", "refused"]
            other.close()


_KNOCK = """async ([port, version]) => {
    const at = `127.0.0.1:${port}/`;
    const live = await new Promise((done) => {
        const socket = new WebSocket(`ws://${at}`, [`viser-v${version}`]);
        socket.onopen = () => done("open");
        socket.onerror = () => done("refused");
    });
    return [live, await fetch(`http://${at}`, {credentials: "include"}).then(() => "read", () => "refused")];
}"""
"""Tries to listen to the viewer and to read its page, with whatever cookies the browser sends along."""


@contextmanager
def blank_site() -> Iterator[int]:
    """The port of a site on this machine with an empty page: to a browser the same site as the viewer."""
    class Blank(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield site.server_address[1]
        site.shutdown()
        thread.join()


def test_a_written_page_shows_the_world_without_any_network(browser: Any, room: Path, tmp_path: Path) -> None:
    out, view = tmp_path / "room.html", View(room)
    with viewing(room) as opening:
        write_scene(opening.server, out, title="a <room>")
    with watched_page(browser, offline=True) as (page, heard):
        page.goto(f"{out.as_uri()}?{view.query}")
        wait_for_world(page, view)
        assert page.title() == "a <room>"
        assert heard.complaints() == []
        assert heard.outside(out.as_uri()) == []


def test_what_is_nearer_hides_what_is_farther(browser: Any, tmp_path: Path) -> None:
    """Sorting is a worker's work, which browsers refuse to start in more places than one."""
    out = tmp_path / "two.html"
    with open_server(port=0) as opening:
        opening.server.scene.add_gaussian_splats(
            "/two", centers=np.array([[0, 0, 1], [0, 0, 2]], dtype=np.float32),  # the nearer one is listed first
            covariances=np.tile(np.eye(3, dtype=np.float32), (2, 1, 1)),
            rgbs=np.array([[1, 0, 0], [0, 0, 1]], dtype=np.float32), opacities=np.ones((2, 1), dtype=np.float32))
        opening.server.initial_camera.position = (0.0, 0.0, -3.0)
        opening.server.initial_camera.look_at = (0.0, 0.0, 2.0)
        opening.server.initial_camera.up = (0.0, -1.0, 0.0)
        write_scene(opening.server, out, title="two")
        for address in (opening.url, out.as_uri()):
            with watched_page(browser) as (page, heard):
                page.goto(address)
                wait_until(page, lambda page=page: is_red(drawn(page)), f"red stands before blue at {address}")
                assert heard.complaints() == []


def is_red(shown: NDArray[np.float32]) -> bool:
    """Whether the middle of a canvas is clearly red."""
    if shown.shape[0] == 0:
        return False
    r, _, b, _ = shown[shown.shape[0] // 2, shown.shape[1] // 2]
    return bool(r > 0.8 and b < 0.2)
