"""`spatialmem view`: what it prints, refuses and writes, and how it ends."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import memory_worlds
import pytest
from command_line import CommandLine, Outcome

from spatialmem.errors import InvalidValueError, StorageError
from spatialmem.export.page import MARK
from spatialmem.memory.bank import Bank
from spatialmem.studio import sharing
from spatialmem.studio.server import open_server
from spatialmem.studio.sharing import write_scene


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return memory_worlds.make_world(tmp_path_factory.mktemp("worlds") / "wall", commits=2)


def page_status(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    return connection.getresponse().status


def test_it_serves_until_ctrl_c_and_ends_well(wall: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-W", "error", "-m", "spatialmem", "view", str(wall), "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as viewer:
            assert viewer.stdout is not None
            assert viewer.stderr is not None
            assert re.fullmatch(rf"port {port} is in use, so it is \d+\n", viewer.stdout.readline())
            line = viewer.stdout.readline()
            address = re.fullmatch(rf"{wall}: open (http://127\.0\.0\.1:\d+/\?token=\S{{32}})\n", line)
            assert address is not None, line
            assert page_status(address[1]) == 200
            assert page_status(address[1] + "x") == 401
            viewer.send_signal(signal.SIGINT)
            assert viewer.stdout.read() == "(Ctrl-C ends it)\n\nended\n"
            assert viewer.stderr.read() == ""
            assert viewer.wait(timeout=60) == 0


def test_an_open_viewer_warns(wall: Path, monkeypatch: pytest.MonkeyPatch, cli: CommandLine) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spatialmem.commands.view._wait", interrupted)
    outcome = cli("view", wall, "--host", "0.0.0.0", "--port", "0", "--allow-host", "studio.local")
    assert outcome.code == 0
    assert "not encrypted" in outcome.err
    assert len(set(re.findall(r"token=(\S+)", outcome.out + outcome.err))) == 1


@pytest.mark.parametrize("arguments, reason", [
    (["{nowhere}"], "is no world"),
    (["{wall}", "--budget", "0"], "--budget must be"),
    (["{wall}", "--port", "70000"], "--port must be"),
    (["{wall}", "--host", "example.com"], "--host must be"),
    (["{wall}", "--allow-host", "http://x"], "--allow-host must be"),
    (["{wall}", "--html", "{tmp}/page.txt"], "let its name end in .html"),
    (["{wall}", "--html", "{tmp}"], "let its name end in .html"),
    (["{wall}", "--html", "{theirs}"], "was not written by spatialmem"),
    (["{wall}", "--html", "{theirs}/page.html"], "cannot be written"),
    (["{empty}", "--html", "{tmp}/page.html"], "holds no frames yet"),
])
def test_refusals(cli: CommandLine, wall: Path, tmp_path: Path, arguments: list[str], reason: str) -> None:
    theirs, empty = tmp_path / "theirs.html", tmp_path / "empty"
    theirs.write_text("<html>a thesis</html>")
    Bank.create(empty, up="+Z").close()
    names = {"wall": wall, "tmp": tmp_path, "theirs": theirs, "empty": empty, "nowhere": tmp_path / "nowhere"}
    assert reason in cli.refusal("view", *(argument.format(**names) for argument in arguments))
    assert theirs.read_text() == "<html>a thesis</html>"
    assert not list(tmp_path.rglob("*.partial"))


def test_a_damaged_world_is_refused_before_anything_listens(cli: CommandLine, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    world = memory_worlds.make_world(tmp_path / "wall", commits=1)
    (world / "world.db").write_bytes(b"not a database")
    monkeypatch.setattr("spatialmem.studio.server.open_server", lambda **_: pytest.fail("a port was opened"))
    assert "world.db" in cli.refusal("view", world)


def test_a_page_is_written_whole_and_may_be_written_again(cli: CommandLine, wall: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "wall.html"
    first: Outcome = cli("view", wall, "--html", out)
    assert re.fullmatch(rf"{out}: \d+\.\d MB, opens in any browser without spatialmem\n", first.out)
    text = out.read_text()
    assert text.count(MARK) == 1
    assert "<title>wall</title>" in text
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert cli("view", wall, "--html", out).code == 0
    assert [path.name for path in out.parent.iterdir()] == ["wall.html"]


@pytest.fixture
def refused_page(tmp_path: Path) -> Callable[[type[Exception], str], None]:
    """Writes a page, which is expected to be refused; what stood there before still does."""
    def write(kind: type[Exception], reason: str) -> None:
        out = tmp_path / "page.html"
        out.write_text(f"<head>{MARK}</head>before")
        with open_server(port=0) as opening, pytest.raises(kind, match=reason):
            write_scene(opening.server, out, title="t")
        assert out.read_text().endswith("before")
        assert [path.name for path in tmp_path.iterdir()] == ["page.html"]

    return write


def test_a_page_too_large_for_browsers_is_refused(monkeypatch: pytest.MonkeyPatch,
                                                  refused_page: Callable[[type[Exception], str], None]) -> None:
    monkeypatch.setattr(sharing, "LARGEST", 1000)
    refused_page(InvalidValueError, "lower --budget")


def test_a_full_disk_leaves_the_old_page(monkeypatch: pytest.MonkeyPatch,
                                         refused_page: Callable[[type[Exception], str], None]) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    refused_page(StorageError, "No space left")
