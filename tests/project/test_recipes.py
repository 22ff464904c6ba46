"""The recipes of docs/architecture.md, followed in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT_LIBRARIES = (
    "--no-site-packages",
    "--ignore-missing-imports",
    "--allow-subclassing-any",
    "--allow-untyped-decorators",
    "--no-warn-return-any",
    "--no-warn-unused-ignores",
)
RECIPES = (ROOT / "docs/architecture.md").read_text()

CLASS = '''@dataclass(frozen=True, slots=True)
class ToyStep(Moving):
    """Let the branch point at `after`."""

    stage: str
    branch: str
    before: str
    after: str
    type: Literal["toy"] = "toy"

    def move(self) -> Move:
        """Return what is to be known of it."""
        return Move(
            stage=self.stage,
            goal=self.after,
            lease=self.before,
            own=False,
            words="toy",
            before=self.before,
            after=self.after,
        )

    def document(self, made: Objects) -> dict[str, Any]:
        """Return what scripts read of it."""
        return {"type": self.type, "branch": self.branch}


'''
CASE = """            case ToyStep():
                made[step.ref] = step.after
            case _:
                assert_never(step)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of the package and of mypy's configuration."""
    shutil.copytree(ROOT / "multigit", tmp_path / "multigit")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def named(recipe: str) -> list[str]:
    """Return the modules of the package that a recipe names, in order."""
    (text,) = re.findall(rf"(?ms)^- \*\*{recipe}\*\*: (.*?)(?=^- \*\*|^## )", RECIPES)
    return [f"multigit/{name}" for name in re.findall(r"`((?!tests/)[\w/]+\.py)`", text)]


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = file.read_text()
    assert text.count(old) == 1, (file, old)
    file.write_text(text.replace(old, new))


def complaints(copy: Path) -> list[str]:
    """Return the files about which mypy complains; it does not read the libraries."""
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *WITHOUT_LIBRARIES, "multigit"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    return re.findall(r"(?m)^(\S+?):\d+: error", ran.stdout)


def test_a_step_touches_two_places(copy: Path) -> None:
    """Its class and the match that makes it; forgetting one is a type error."""
    place_of_class, place_of_case, *_ = named("a step")
    steps, prepare = copy / place_of_class, copy / place_of_case
    edit(steps, "MovingStep = CommitStep", f"{CLASS}MovingStep = ToyStep | CommitStep")
    assert complaints(copy) == [place_of_case]

    edit(prepare, "            case _:\n                assert_never(step)\n", CASE)
    edit(prepare, "    TagStep,\n", "    TagStep,\n    ToyStep,\n")
    assert complaints(copy) == []

    ran = subprocess.run(
        [sys.executable, ROOT / "tests/project/toy_step.py", copy],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
