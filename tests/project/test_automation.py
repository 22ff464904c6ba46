"""What runs automatically: continuous integration and the hooks of pre-commit."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.checkout import ROOT, copy_project, git

HOOKS = {"ruff-check", "ruff-format", "mypy", "layers", "workflows", "issue-forms"}


def read(name: str) -> Any:
    """Return the content of a YAML file of the project."""
    return YAML(typ="safe").load(ROOT / name)


def test_ci_runs_on_the_pythons_that_are_promised() -> None:
    """On Linux and macOS, with .ci/run; the classifiers name the same versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [job] = read(".github/workflows/ci.yml")["jobs"].values()
    prefix = "Programming Language :: Python :: 3."
    pythons = [
        each.rpartition(" ")[2] for each in project["classifiers"] if each.startswith(prefix)
    ]
    assert job["strategy"]["matrix"]["python"] == pythons
    assert project["requires-python"] == f">={pythons[0]}"
    assert {each.split("-")[0] for each in job["strategy"]["matrix"]["system"]} == {
        "ubuntu",
        "macos",
    }
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


def test_the_hooks_need_only_what_make_installs() -> None:
    """No hook is downloaded; each program is in the project's environment."""
    [source] = read(".pre-commit-config.yaml")["repos"]
    assert source["repo"] == "local"
    assert {hook["id"] for hook in source["hooks"]} == HOOKS
    for hook in source["hooks"]:
        assert hook["language"] == "system"
        folder, _, program = hook["entry"].split()[0].rpartition("/")
        assert folder == ".venv/bin"
        assert (Path(sys.prefix) / "bin" / program).exists()


@pytest.mark.parametrize(
    ("hook", "file", "text"),
    [
        ("ruff-check", "multigit/wrong.py", "import os\n"),
        ("ruff-format", "multigit/wrong.py", "x = {  }\n"),
        ("workflows", ".github/workflows/wrong.yml", "jobs: none\n"),
        ("issue-forms", ".github/ISSUE_TEMPLATE/bug.yml", "name: wrong\n"),
    ],
)
def test_the_hooks_bite(hook: str, file: str, text: str, checked: Path) -> None:
    """Each passes for the project as it is, and refuses a commit with a fault that it looks for."""
    assert run(checked, hook, "--all-files").returncode == 0
    git(checked, "reset", "--quiet", "--hard")
    (checked / file).write_text(text)
    git(checked, "add", file)
    found = run(checked, hook)
    assert found.returncode == 1
    assert "Passed" not in found.stdout
    git(checked, "reset", "--quiet", "--hard")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project that uses this environment."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "exclude").write_text(".venv\n")
    return folder


def run(folder: Path, hook: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one hook as pre-commit does, on the staged files or with these options."""
    program = [sys.executable, "-m", "pre_commit", "run", hook, *options]
    return subprocess.run(program, cwd=folder, check=False, capture_output=True, text=True)
