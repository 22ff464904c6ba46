"""Workspaces right before the command that is tortured: built once, copied for every case."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.forge import Forge, ForgeRepo
from tests.torture import releases
from tests.torture.objects import Remote

FILES = {"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n", "c.txt": "c\n"}
GITHUB, COMMAND = "github", "command"
TARGETS = ("nrt", "fra")
WORKFLOW = """\
name: deploy
on:
  workflow_dispatch:
    inputs:
      version: {required: true}
      target: {required: true}
jobs:
  deploy: {}
"""
SCRIPT = """\
die() {
  multigit=$(cut -d" " -f4 "/proc/$PPID/stat")  # what began the supervisor, which began this
  if [ "$FATAL" = "$1-$MULTIGIT_REPO-$MULTIGIT_TARGET" ] &&
    tr "\\\\0" " " <"/proc/$multigit/cmdline" | grep -q multigit; then kill -KILL "$multigit"; fi
}
echo "$MULTIGIT_REPO/$MULTIGIT_TARGET" >>"$RUNS"
die begin
sleep 0.3
die end
"""
DEPLOYING = {
    GITHUB: {".github/workflows/deploy.yml": WORKFLOW},
    COMMAND: {"deploy.sh": SCRIPT},
}
PROMOTE = ("promote", "dev", "stg", "--yes")
BACK = ("rollback", "stg", "--last-good", "--reason", "slow", "--yes")
FORWARD = (*PROMOTE, "--release-hold", "--reason", "fixed")
LOCKED = "-locked"
ORIGINAL = "scene.json"


@dataclass(frozen=True, slots=True)
class Goal:
    """The state of the remotes once the command has done its work.

    `moves` names for each branch the parents of its one new commit: `stg@` is the old tip of a
    branch, `dev'` the new commit of another one. `tagged` is the branch that gets the deploy tag.
    With `back` every ref is where it was before the operation that was undone. `runner` is what
    deploys afterwards, see hosts.py. If it `holds`, the stage is held then, and no branch moves.
    """

    command: tuple[str, ...]
    moves: Mapping[str, tuple[str, ...]]
    tagged: str = ""
    back: bool = False
    commits_files: bool = False
    runner: str = ""
    holds: bool = False


PROMOTED = Goal(PROMOTE, {"stg": ("stg@", "dev@")}, tagged="stg")
CONTINUED = Goal(("continue", "--yes"), PROMOTED.moves, tagged="stg")
UNDONE = Goal(("undo", "--yes"), {"stg": ()}, back=True)
GOALS = {
    "promote": PROMOTED,
    "one": PROMOTED,
    "ten": PROMOTED,
    "backmerge": Goal(
        ("backmerge", "main", "--yes"), {"stg": ("stg@", "main@"), "dev": ("dev@", "stg'")}
    ),
    "push": Goal(
        ("push", "dev", "-m", "feat: work", "--promote", "stg", "--yes"),
        {"dev": ("dev@",), "stg": ("stg@", "dev'")},
        tagged="stg",
        commits_files=True,
    ),
    "undo": UNDONE,
    "continue": CONTINUED,
    "undo-unfinished": UNDONE,
    "github": replace(PROMOTED, runner=GITHUB),
    "command": replace(PROMOTED, runner=COMMAND),
    "rollback": Goal(BACK, {}, runner=COMMAND, holds=True),
    "restore": Goal((*BACK, "--how", "restore"), {"stg": ("stg@",)}, tagged="stg"),
    "release": replace(PROMOTED, command=FORWARD, runner=COMMAND),
}
NAMES = {"one": ("api",), "ten": tuple(f"service-{number}" for number in range(10))}
RELEASED = {"rollback", "restore", "release"}
THREE = ("api", "web", "db")


def base(scene: str) -> str:
    """Return a scene's name without its suffix."""
    return scene.removesuffix(LOCKED)


def goal(scene: str) -> Goal:
    """Return the goal of a scene's command."""
    return GOALS[base(scene)]


def build(scene: str, root: Path) -> Path:
    """Build a scene below `root` and return that folder; `-locked` adds a lock across machines."""
    root.mkdir(parents=True)
    forge = Forge(root)
    for number, name in enumerate(NAMES.get(base(scene), THREE)):
        _repository(forge, name, number, FILES | DEPLOYING.get(goal(scene).runner, {}))
    config = forge.write_config()
    if scene.endswith(LOCKED):
        last = list(forge.repos)[-1]
        config.write_text(f'{config.read_text()}\n[lock]\nrepo = "{last}"\n', encoding="utf-8")
    original = _state(forge)
    _before(base(scene), forge)
    if base(scene) in RELEASED:
        releases.release_twice(forge, lambda: forge.run(*PROMOTE, check=0))
        if base(scene) == "release":
            releases.hold(forge, locked=scene.endswith(LOCKED))
        original = _state(forge)
    if base(scene) == "restore":
        for name, repo in forge.repos.items():
            original[name]["tree"] = releases.first_tree(repo)
    content = {"repos": list(forge.repos), "original": original}
    (root / ORIGINAL).write_text(json.dumps(content), encoding="utf-8")
    shutil.rmtree(root / "merges", ignore_errors=True)
    return root


def _repository(forge: Forge, name: str, number: int, files: Mapping[str, str]) -> ForgeRepo:
    """Add a repository in which each stage has a commit that its neighbors lack."""
    repo = forge.add(name, files=files)
    repo.remote_git("config", "core.logAllRefUpdates", "always")
    repo.commit("dev", {"a.txt": f"new {number}\n2\n3\n4\n5\n"}, message="feat: first line")
    repo.commit("stg", {"a.txt": "1\n2\n3\n4\nfive\n"}, message="fix: last line")
    repo.commit("main", {"b.txt": "hotfix\n"}, message="hotfix: b")
    return repo


def _before(scene: str, forge: Forge) -> None:
    """Bring the workspace to where the scene begins."""
    match scene:
        case "push":
            for repo in forge.repos.values():
                repo.git("pull", "--quiet", "--ff-only")
                repo.write({"c.txt": "work\n", "new.txt": "new\n"})
        case "undo":
            forge.run(*PROMOTE, check=0)
        case "continue" | "undo-unfinished":
            forge.repos["web"].reject_pushes("refs/heads/stg")
            forge.run(*PROMOTE, check=1)
            forge.repos["web"].allow_pushes()
        case _:
            for repo in forge.repos.values():
                repo.write({"a.txt": "dirty\n", "untracked.txt": "mine\n"})


def _state(forge: Forge) -> dict[str, Any]:
    """Return the refs of each remote, how often each was written, and the trees of the merges."""
    found = {}
    for name, repo in forge.repos.items():
        remote = Remote(repo.bare)
        found[name] = {
            "refs": remote.refs,
            "writes": {ref: remote.writes(ref) for ref in remote.refs},
            "tree": repo.merge_by_git("stg", "dev")[0],
        }
    return found
