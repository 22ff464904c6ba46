"""Imports only point down, and each outside system has one door."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "multigit"
MODULES = sorted(PACKAGE.rglob("*.py"))

ALLOWED = {
    "phrase": set[str](),
    "hints": {"phrase"},
    "errors": {"phrase", "hints"},
    "retry": set[str](),
    "core": {"phrase", "hints", "errors", "core"},
    "engine": {"phrase", "hints", "errors", "retry", "core", "engine"},
    # "": the version, which journals record
    "adapters": {"", "phrase", "hints", "errors", "retry", "core", "adapters"},
    "ui": {"phrase", "hints", "errors", "core", "ui"},
    "operation": {"phrase", "hints", "errors", "core", "engine", "adapters", "ui", "operation"},
    "cli": {"", "phrase", "hints", "errors", "core", "adapters", "ui", "operation", "cli"},
    "__main__": {"cli", "errors"},
    "": set[str](),
}

ONE_DOOR = {
    "git": {"adapters/git/process.py"},
    "gitdb": set[str](),
    "subprocess": {
        "adapters/command/runs.py",
        "adapters/demo/deploy.py",  # a program of the demo's services
        "adapters/git/process.py",
        "adapters/github/token.py",
        "adapters/system/processes.py",
        "adapters/system/programs.py",
        "adapters/command/supervisor.py",
    },
    "github": {
        "adapters/github/requester.py",
        "adapters/github/client.py",  # this one and the next for types
        "adapters/github/preflight.py",
        "adapters/github/runs.py",
    },
    "requests": {"adapters/http/request.py"},
    "urllib3": {"adapters/http/request.py"},
    "ruamel": {
        "adapters/github/examples.py",
        "adapters/github/workflow_file.py",
        "adapters/github/yaml.py",
    },
    "apprise": {"adapters/notify/apprise.py"},
    "filelock": {"adapters/files/lock.py"},
    "fcntl": {
        "adapters/files/holding.py",
        "adapters/git/push/mark.py",
        "adapters/files/scratch.py",
    },
    "questionary": {"ui/prompts.py"},
    "prompt_toolkit": {"ui/prompts.py"},
}

ONE_LAYER = {"rich": "ui", "typer": "cli", "tomllib": "adapters", "pydantic": "adapters"}

# The rooms of the core are a ladder: each imports only itself and those before it.
LADDER = ("values", "lineage", "planning", "progress", "records", "recovery", "reports")

# Adapters fit ports one by one. What a room may import besides itself:
ADAPTERS: dict[str, set[str]] = {
    "system": set(),
    "files": set(),
    "git": {"files", "system"},
    "http": {"system"},
    "github": {"http"},
    "jenkins": {"http"},
    "command": {"files", "system"},
    "notify": {"system"},
    "config": {"files", "git"},
    "demo": {"git"},
    "runners": {"command", "git", "github", "jenkins"},
}

IMPURE = {"os", "socket", "random", "secrets", "threading", "tempfile", "shutil", "sys", "time"}


@cache
def nodes(module: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a file's syntax tree."""
    return tuple(ast.walk(ast.parse(module.read_text())))


@cache
def imports(module: Path) -> tuple[str, ...]:
    """Return every module name that a file imports, even inside functions."""
    return tuple(_imports(module))


def _imports(module: Path) -> Iterator[str]:
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: Path) -> str:
    """Return the layer a file belongs to: a folder's name, or a top-level module's."""
    parts = module.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def everything() -> Iterator[tuple[Path, str]]:
    """Yield each module with each name that it imports."""
    for module in MODULES:
        for name in imports(module):
            yield module, name


def test_imports_point_down() -> None:
    """A layer imports only itself and the layers below it."""
    wrong = [f"{module}: {name}" for module, name in everything() if not _points_down(module, name)]
    assert wrong == []


def _points_down(module: Path, name: str) -> bool:
    top, _, rest = name.partition(".")
    target = rest.split(".")[0]
    target = "" if target in {"__version__", "DISTRIBUTION"} else target
    return top != "multigit" or not rest or target in ALLOWED[layer(module)]


def test_each_outside_system_has_one_door() -> None:
    """Only the named modules and layers import a given library."""
    wrong = []
    for module, name in everything():
        where, top = module.relative_to(PACKAGE).as_posix(), name.partition(".")[0]
        if where not in ONE_DOOR.get(top, {where}):
            wrong.append(f"{where}: {name}")
        if layer(module) != ONE_LAYER.get(top, layer(module)):
            wrong.append(f"{where}: {name}")
    assert wrong == []


def test_the_core_is_pure() -> None:
    """The core imports nothing that reads or changes the world."""
    assert [
        f"{module}: {name}"
        for module, name in everything()
        if layer(module) == "core" and name.partition(".")[0] in IMPURE
    ] == []


def test_each_class_has_a_name_of_its_own() -> None:
    """No class name means two things in the package."""
    classes = Counter(
        node.name for module in MODULES for node in nodes(module) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in classes.items() if count > 1] == []


def rooms(name: str) -> tuple[str, str] | None:
    """Return the layer and the room of a dotted name; None if it is in no room."""
    parts = name.split(".")
    return (parts[1], parts[2]) if parts[0] == "multigit" and len(parts) > 2 else None


def dotted(module: Path) -> str:
    """Return a file's dotted name; a package has that of its folder."""
    parts = module.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_rooms_know_their_places() -> None:
    """A room of the core imports only earlier ones, a room of the adapters only the named ones."""
    wrong = []
    for module, name in everything():
        match rooms(dotted(module)):
            case ("core" as where, room):
                allowed = set(LADDER[: LADDER.index(room) + 1])
            case ("adapters" as where, room):
                allowed = {room, *ADAPTERS[room]}
            case _:
                continue
        found = rooms(name)
        if found and found[0] == where and found[1] not in allowed:
            wrong.append(f"{where}/{room}: {name}")
    assert wrong == []


def test_no_module_imports_itself_through_others() -> None:
    """There is no cycle, not even through imports inside functions or for types only."""
    names = {dotted(module) for module in MODULES}
    graph = {dotted(module): names.intersection(imports(module)) for module in MODULES}
    left = {name: others - {name} for name, others in graph.items()}
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}
    assert not left, f"in a circle, or above one: {', '.join(sorted(left))}"


SCREEN = 40  # lines


def test_a_command_fits_on_a_screen() -> None:
    """Not counting its options and its help: it only translates."""
    long = []
    for module in (PACKAGE / "cli/commands").glob("*.py"):
        for each in nodes(module):
            if isinstance(each, ast.FunctionDef):
                body = each.body[1:] if ast.get_docstring(each) else each.body
                lines = (each.end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > SCREEN:
                    long.append(f"{module.name}: {each.name} has {lines} lines")
    assert long == []
