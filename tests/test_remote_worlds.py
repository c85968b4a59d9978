"""Worlds of a served generator equal those made beside it, whatever happens to the server meanwhile."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import recordings_on_disk
import scene_room
import torch
from box_room import RoomGenerator
from command_line import CommandLine
from served import serving

from spatialmem.frames import Frames
from spatialmem.generators.recorded import Recorded
from spatialmem.generators.scene.generator import Scene
from spatialmem.memory.check import check
from spatialmem.protocols import Request
from spatialmem.splats import FIELDS
from spatialmem.world import World

ASKED = ("--trajectory", "turn", "--frames", "8", "--size", "48x36", "--clip", "2", "--seed", "3", "--prompt", "a hall")
FLAG = "SPATIALMEM_TEST_STALL"


class Stalling(RoomGenerator):
    """Never ends its third clip while a file says so; writes another one when it gets there."""

    name, version = "stalling", "1"

    def generate(self, request: Request) -> Frames:
        flag = Path(os.environ.get(FLAG, "/nonexistent"))
        if self.state() == {"given": 4} and flag.exists():
            flag.with_suffix(".begun").touch()
            time.sleep(60)
        return super().generate(request)


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.delenv("SPATIALMEM_TOKEN", raising=False)
    return CommandLine(monkeypatch, capsys)


def assert_same(a: Path, b: Path) -> None:
    """Whether two worlds hold the same, bit for bit: Gaussians, frames, and where they came from."""
    assert check(a) == check(b) == []
    with World.open(a) as one, World.open(b) as other:
        first, second = one.splats(), other.splats()
        assert all(torch.equal(getattr(first, name), getattr(second, name)) for name in FIELDS)
        assert one.up == other.up
        assert one.bank.head == other.bank.head
        for number in range(1, one.bank.head + 1):
            here, there = one.bank.load_clip(number), other.bank.load_clip(number)
            assert torch.equal(here.frames.rgb, there.frames.rgb)
            assert torch.equal(torch.as_tensor(here.frames.depth), torch.as_tensor(there.frames.depth))
            assert torch.equal(here.frames.cameras.T_world_cam, there.frames.cameras.T_world_cam)
            for name in ("start", "prompt", "seed", "generator", "version", "state", "provenance"):
                assert getattr(here, name) == getattr(there, name)


@contextmanager
def server_process(*arguments: str, flag: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`spatialmem serve-generator` as a process, and the address that it prints."""
    command = [sys.executable, "-c", "from spatialmem.cli import main; main()", "serve-generator", *arguments,
               "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), FLAG: str(flag)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        try:
            assert run.stdout is not None
            address = re.search(r"serving at (\S+),", run.stdout.readline())
            assert address is not None, run.communicate()
            yield run, address[1]
        finally:
            run.kill()


def test_worlds_are_the_same_bit_for_bit(spatialmem: CommandLine, tmp_path: Path):
    with serving(RoomGenerator(clip=3)) as server:
        far = spatialmem("explore", tmp_path / "far", "--generator", str(server.address), *ASKED, "--holdout", "3")
    assert far.code == 0, far.err
    with World.create(tmp_path / "near", plan=None) as near, World.open(tmp_path / "far") as made:
        assert made.bank.plan is not None
        list(near.explore(made.bank.plan.cameras, RoomGenerator(clip=3), clip=2, holdout=3, prompt="a hall", seed=3))
    assert_same(tmp_path / "far", tmp_path / "near")


def test_recordings_and_scenes_are_the_same_bit_for_bit(spatialmem: CommandLine, tmp_path: Path):
    walk = recordings_on_disk.write_open3d(tmp_path / "walk")
    room = scene_room.write_room(tmp_path / "room.glb")
    for name, generator, source, options in (
            ("walk", Recorded(walk), walk, ("--clip", "3")),
            ("room", Scene(room), room, ("--trajectory", "loop", "--frames", "4", "--size", "48x36"))):
        far, near = tmp_path / f"{name}.far", tmp_path / f"{name}.near"
        with serving(generator) as server:
            assert spatialmem("explore", far, "--generator", str(server.address), *options).code == 0
        assert spatialmem("explore", near, "--input", source, *options).code == 0
        assert_same(far, near)


def test_a_server_that_is_killed_in_the_middle_of_a_clip_costs_that_clip(spatialmem: CommandLine, tmp_path: Path):
    flag, world = tmp_path / "stall", tmp_path / "W"
    flag.touch()
    with server_process(f"{__name__}:Stalling", flag=flag) as (run, address):
        def kill() -> None:
            while not flag.with_suffix(".begun").exists():
                time.sleep(0.02)
            run.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        outcome = spatialmem("explore", world, "--generator", address, *ASKED)
        killer.join()
    assert outcome.code == 2
    assert f"{address}: the connection was lost" in outcome.err
    assert "every committed clip is kept, start the server again and go on with --resume" in outcome.err
    assert check(world) == []
    with World.open(world) as stopped:
        assert stopped.frames_done == 4
    line = spatialmem.refusal("explore", world, "--resume")
    assert f"{address}: no generator answers there" in line
    flag.unlink()
    with server_process(f"{__name__}:Stalling", flag=flag) as (run, moved):
        assert spatialmem("explore", world, "--resume", "--generator", moved).code == 0
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)
        assert (run.returncode, "ended" in out, "Traceback" in err) == (0, True, False)
        assert err.count(" frames of 48x36 in ") == 2
    assert spatialmem("explore", tmp_path / "near", "--generator", f"{__name__}:Stalling", *ASKED).code == 0
    assert_same(world, tmp_path / "near")


def test_a_failure_in_the_first_clip_leaves_no_world(spatialmem: CommandLine, tmp_path: Path):
    class OutOfMemory(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            raise RuntimeError("CUDA out of memory")

    with serving(OutOfMemory()) as server:
        line = spatialmem.refusal("explore", tmp_path / "W", "--generator", str(server.address), *ASKED)
    assert "the generator failed: RuntimeError: CUDA out of memory" in line
    assert not (tmp_path / "W").exists()


def test_the_token_is_nowhere_kept(spatialmem: CommandLine, tmp_path: Path):
    class OneClip(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            if self.state() != {"given": 0}:
                raise RuntimeError("no second clip")
            return super().generate(request)

    world = tmp_path / "W"
    with serving(OneClip(), token="s3cret") as server:
        address = str(server.address)
        assert "set SPATIALMEM_TOKEN to it" in spatialmem.refusal("explore", world, "--generator", address, *ASKED)
        with_token = address.replace("http://", "http://:s3cret@")
        stopped = spatialmem("explore", world, "--generator", with_token, *ASKED)
        again = spatialmem("explore", world, "--generator", with_token, "--resume")
    for outcome in (stopped, again):
        assert (outcome.code, "no second clip" in outcome.err, "s3cret" in outcome.err) == (2, True, False)
    with World.open(world) as kept:
        assert kept.bank.plan is not None
        assert kept.bank.plan.record["generator"] == address
    assert not [file for file in world.rglob("*") if file.is_file() and b"s3cret" in file.read_bytes()]
    changed = spatialmem.refusal("explore", world, "--resume", "--generator", with_token, "--seed", "4")
    moved = spatialmem.refusal("explore", world, "--resume", "--generator", "http://:s3cret@x:1/y")
    assert "--seed 4 differs" in changed
    assert "s3cret" not in changed + moved


def test_another_generator_does_not_go_on_with_a_world(spatialmem: CommandLine, tmp_path: Path):
    world = tmp_path / "W"
    with serving(RoomGenerator()) as server:
        assert spatialmem("explore", world, "--generator", str(server.address), *ASKED).code == 0
    with serving(Stalling()) as server:
        line = spatialmem.refusal("explore", world, "--resume", "--generator", str(server.address))
        assert "serves 'stalling', this world was made by 'RoomGenerator'" in line
        line = spatialmem.refusal("explore", world, "--resume", "--generator", "box_room:RoomGenerator")
        assert "--generator box_room:RoomGenerator differs from this world's http://127.0.0.1" in line


def test_the_command_checks_what_is_served(spatialmem: CommandLine):
    with serving(RoomGenerator()) as server:
        outcome = spatialmem("check-generator", str(server.address), "--size", "32x24")
    assert outcome.code == 0, outcome.err
    assert outcome.out == f"{server.address}: keeps the contract\n"


@pytest.mark.parametrize(("arguments", "why"), [
    (("box_room:RoomGenerator", "--port", "70000"), r"--port must be 0..65535"),
    (("box_room:RoomGenerator", "--limit-mb", "0"), "--limit-mb must be 1..100000, got 0"),
    (("box_room:RoomGenerator", "--host", "no.such.host.invalid"), "no address of this machine"),
    (("recorded",), "--generator recorded needs --input"), (("magic",), "'magic' is unknown"),
])
def test_what_cannot_be_served_is_refused(spatialmem: CommandLine, arguments: tuple[str, ...], why: str):
    assert re.search(why, spatialmem.refusal("serve-generator", *arguments))
