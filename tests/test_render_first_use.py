"""What is told while kernels are compiled, and what the fingerprint of their source sees."""

import logging
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from spatialmem.commands.log_lines import LogLines
from spatialmem.render.cpu import sources
from spatialmem.render.cpu.first_use import KINDS, Announcer, Kind
from spatialmem.render.cpu.sources import fingerprint

DRAWING, FUSING = Kind("pencil.", "the pencil", 3), Kind("glue.", "the glue", 5)


class Compiler:
    """Numba, as far as an announcer sees it."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer

    def __call__(self, *modules: str) -> None:
        """Compile a function of the first module, within it one of the second, and so on."""
        events = [SimpleNamespace(data={"dispatcher": SimpleNamespace(py_func=SimpleNamespace(__module__=module))})
                  for module in modules]
        for event in events:
            self._announcer.on_start(event)
        for event in reversed(events):
            self._announcer.on_end(event)


@pytest.fixture
def compiler() -> Compiler:
    return Compiler(Announcer([DRAWING, FUSING], quiet=0.1))


def settled(caplog: pytest.LogCaptureFixture, count: int) -> list[str]:
    """The messages, once there are so many and no more come."""
    end = time.monotonic() + 10
    while len(_told(caplog)) < count and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.25)
    return [message.partition(" in ")[0] for message in _told(caplog)]


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is said here: kernels that an earlier test compiled may be told of meanwhile."""
    return [message for message in caplog.messages if not any(kind.name in message for kind in KINDS)]


def test_one_line_at_the_start_and_one_at_the_end(compiler: Compiler, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        compiler("pencil.lead", "pencil.wood", "numba.np")
    lines = settled(caplog, 2)
    assert len(lines) == 2
    assert lines[0].startswith("compiling the pencil for this machine, once: about 3 s")
    assert lines[1] == "compiled the pencil"


def test_kinds_follow_each_other(compiler: Compiler, caplog: pytest.LogCaptureFixture) -> None:
    compiler("pencil.lead")
    compiler("glue.stick", "pencil.lead")  # a piece of another kind is a part of what it is in
    assert [line[:22] for line in settled(caplog, 4)] == ["compiling the pencil f", "compiled the pencil",
                                                          "compiling the glue for", "compiled the glue"]


def test_what_comes_later_is_more(compiler: Compiler, caplog: pytest.LogCaptureFixture) -> None:
    compiler("pencil.lead")
    settled(caplog, 2)
    compiler("pencil.wood")
    assert settled(caplog, 4)[2:] == ["compiling more of the pencil for this machine, once", "compiled the pencil"]


def test_the_users_own_functions_are_not_told_of(compiler: Compiler, caplog: pytest.LogCaptureFixture) -> None:
    compiler("__main__", "numba.np")
    assert settled(caplog, 0) == []
    compiler("__main__", "pencil.lead")
    assert len(settled(caplog, 2)) == 2


def test_every_kind_is_a_package_that_is_there() -> None:
    for kind in KINDS:
        assert import_module(kind.package.rstrip("."))


def test_the_command_line_shows_news_plainly_and_records_with_their_level(
        capsys: pytest.CaptureFixture[str]) -> None:
    handler = LogLines()
    for level, text, plain in ((logging.WARNING, "compiling", True), (logging.ERROR, "broken", False)):
        record = logging.LogRecord("spatialmem.x", level, "", 0, text, None, None)
        record.plain = plain
        handler.emit(record)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "compiling"
    assert second.endswith("ERROR spatialmem.x: broken")


def test_a_progress_bar_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    from tqdm import tqdm

    with tqdm(total=2, desc="walk", file=sys.stderr, mininterval=0, ncols=60) as bar:
        bar.update()
        LogLines().emit(logging.LogRecord("spatialmem", logging.WARNING, "", 0, "news", None, None))
    shown = capsys.readouterr().err.replace("\r", "\n").splitlines()
    assert any(line.endswith("WARNING spatialmem: news") and "walk" not in line for line in shown)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Modules `spatialmem_a` (imports from the two others) and what they hold; the fingerprint reads them afresh."""
    for name, text in (("a", "from spatialmem_b import ONE\nfrom spatialmem_c import (\n    TWO,\n)\n"),
                       ("b", "ONE = 1\n"), ("c", "TWO = 2\n"), ("d", "")):
        (tmp_path / f"spatialmem_{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    sources._read.cache_clear()
    yield tmp_path
    for name in "abcd":
        sys.modules.pop(f"spatialmem_{name}", None)


def test_the_fingerprint_sees_what_a_module_builds_on(package: Path) -> None:
    for name in "ad":
        import_module(f"spatialmem_{name}")
    before = fingerprint("spatialmem_a")
    seen = {}
    for name in "abcd":
        path = package / f"spatialmem_{name}.py"
        text = path.read_text()
        path.write_text(text + "# edited\n")
        sources._read.cache_clear()
        seen[name] = fingerprint("spatialmem_a") != before
        path.write_text(text)
        sources._read.cache_clear()
        assert fingerprint("spatialmem_a") == before  # the same source at another time
    assert seen == {"a": True, "b": True, "c": True, "d": False}


def test_constants_outside_the_kernels_folder_count() -> None:
    import spatialmem.generators.worlds.cpu.materials as kernels
    from spatialmem.generators.worlds import materials

    assert f"from {materials.__name__} import" in Path(kernels.__file__).read_text(encoding="utf-8")
    assert f"{materials.__name__}.Pattern" in sources._read(Path(kernels.__file__))[1]
