"""The house rules that no other tool guards: layers, packaging, names, and what an import costs."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import spatialmem

ROOT = Path(__file__).resolve().parents[1]
TOPS = ("generators", "reconstruction", "render")
FOLDERS = ("spatialmem", *TOPS)
HEAVY = ("numba", "llvmlite", "open3d", "av", "matplotlib", "scipy", "trimesh", "gsplat", "diffusers")
FORBIDDEN = {"utils", "util", "misc", "helpers", "helper", "common"}

# A unit may import what stands in rows above it, and itself; units in one row never import each other.
# The numbers are the layers that docs/design.md speaks of.
ROWS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("errors",)),
    (0, ("poses", "labels", "machine", "progress", "seeds", "serial", "strictjson")),
    (1, ("camera", "splats", "tensorfile", "wholefile")),
    (2, ("frames", "freespace")),
    (2, ("protocols",)),
    (3, ("render", "posefiles")),
    (4, ("generators", "reconstruction", "memory")),
    (5, ("world",)),
    (6, ("trajectory", "metrics", "settings")),
    (6, ("exploration", "export", "warmup")),
    (6, ("continuation",)),
    # parts of a unit with rows of their own: training walks through worlds and asks a real one what it recalls
    (6, ("generators.embedded.train",)),
    (6, ("generators.embedded.measures",)),  # of what was made of its situations
    (6, ("report", "studio", "revisit", "history")),
    (7, ("commands",)),
    (7, ("cli",)),
    (7, ("__main__",)),
)
HEIGHT = {unit: height for height, (_, units) in enumerate(ROWS) for unit in units}
PARTS = tuple(unit for unit in HEIGHT if "." in unit)


def _sources() -> list[Path]:
    """All modules of the library, each once."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    linked = {ROOT / "spatialmem" / top for top in TOPS}
    return [path for path in files if not linked & set(path.parents)]


def _unit(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return _unit_of(".".join(parts[1:] if parts[0] == "spatialmem" else parts))


def _unit_of(module: str) -> str:
    """The unit of a module, named from below the package: a part with a row of its own, or the first name."""
    return next((part for part in PARTS if f"{module}.".startswith(f"{part}.")), module.partition(".")[0])


def _imported(path: Path) -> set[str]:
    """The units that a module imports, also inside functions; the package root counts as ''."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" if node.module == "spatialmem" else str(node.module)
                     for alias in node.names]
        found |= {_unit_of(name.partition(".")[2]) for name in names if name.split(".")[0] == "spatialmem"}
    return found


def _settings() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_below(path: Path) -> None:
    unit = _unit(path)
    if path == ROOT / "spatialmem" / "__init__.py":
        return
    assert unit in HEIGHT, f"{unit} has no row in this table yet; give it one"
    for other in _imported(path) - {unit}:
        assert other in HEIGHT, f"imports spatialmem.{other}, which is no module with a row in this table"
        assert HEIGHT[other] < HEIGHT[unit], f"spatialmem.{unit} must not import spatialmem.{other}"


def test_the_table_has_no_dead_rows() -> None:
    assert set(HEIGHT) == {_unit(path) for path in _sources()} - {"__init__"}


def test_packages_are_those_on_disk() -> None:
    on_disk = {path.parent.relative_to(ROOT) for path in _sources()}
    names = {".".join(p.parts if p.parts[0] == "spatialmem" else ("spatialmem", *p.parts)) for p in on_disk}
    listed = _settings()["tool"]["setuptools"]["packages"]
    assert len(listed) == len(set(listed))
    assert set(listed) == names
    assert all((ROOT / folder / "__init__.py").is_file() for folder in on_disk)


def test_a_wheel_would_hold_all_four_folders() -> None:
    mapping = _settings()["tool"]["setuptools"]["package-dir"]
    assert mapping == {"spatialmem": "spatialmem", **{f"spatialmem.{top}": top for top in TOPS}}
    assert (ROOT / "spatialmem" / "py.typed").is_file()


@pytest.mark.parametrize("top", TOPS)
def test_links_make_the_checkout_look_like_the_wheel(top: str) -> None:
    link = ROOT / "spatialmem" / top
    assert link.is_symlink()
    assert str(link.readlink()) == f"../{top}"


@pytest.mark.parametrize("tool, key", [("pyright", "include"), ("coverage", "run")])
def test_tools_look_at_all_four_folders(tool: str, key: str) -> None:
    named = _settings()["tool"][tool][key]
    assert set(FOLDERS) <= set(named["source"] if isinstance(named, dict) else named)


def test_no_module_is_a_drawer() -> None:
    drawers = [path for path in _sources() if {path.stem, *path.relative_to(ROOT).parts} & FORBIDDEN]
    assert drawers == []


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in _sources() if ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None]
    assert silent == []


def test_importing_stays_cheap() -> None:
    code = f"import sys, spatialmem; print([m for m in {HEAVY} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")


def test_the_package_offers_its_names() -> None:
    names = {"World", "Cameras", "Frames", "Recall", "Request", "Splats", "Generator", "Reconstructor",
             "Fusion", "SpatialMemError", "__version__"}
    assert names <= set(vars(spatialmem))
    assert version("spatialmem") == spatialmem.__version__


def test_torchvision_is_absent() -> None:
    assert find_spec("torchvision") is None, "it breaks CPU environments: pip uninstall torchvision"


def test_every_requirement_is_pinned_within_its_range() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pins = {canonicalize_name(name): pin for name, pin in pins.items()}
    project = _settings()["project"]
    wanted = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]])
    linux = {"platform_system": "Linux", "platform_machine": "x86_64"}
    for need in wanted:
        if need.marker is None or need.marker.evaluate(linux):
            assert need.specifier.contains(pins[canonicalize_name(need.name)]), need
    assert "torchvision" not in pins


PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_links_in_the_documents_lead_somewhere(page: str) -> None:
    path = ROOT / page
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    lost = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert lost == []
