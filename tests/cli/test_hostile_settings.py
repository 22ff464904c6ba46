"""Commands behave the same whatever the user's git configuration contains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.git.test_hostile_settings import SETTINGS
from tests.cli.answers import DONE
from tests.conftest import isolate
from tests.support.forge import Forge

# Settings that also affect local servers, or that break the test support's own git.
EXCEPT = ("transfer.", "uploadpack.", "remote.origin.fetch", "i18n.", "branch.dev.pushRemote")
COMMANDS = (
    ("status",),
    ("pull", "dev"),
    ("pull", "stg", "--switch"),
    ("pull", "dev", "--switch"),
    ("push", "dev", "-m", "#1 feat: more", "--promote", "stg", "--yes"),
    ("promote", "stg", "main", "-m", "release", "--confirm", "main"),
    ("backmerge", "--yes"),
    ("status",),
)
VARYING = {"operation", "release", "tag", "message", "hint", "time", "seconds", "newest"}
IDS = re.compile(r"[0-9a-f]{40}|\d{8}-\d{6}|\d{4}-\d\d-\d\dT.*")


def lasting(answer: Any) -> Any:
    """Return a document without messages, ids and times."""
    match answer:
        case dict():
            return {key: lasting(value) for key, value in answer.items() if key not in VARYING}
        case list():
            return [lasting(each) for each in answer]
        case str():
            return IDS.sub("…", answer)
        case _:
            return answer


def play(root: Path, monkeypatch: pytest.MonkeyPatch, scope: str) -> list[Any]:
    """Return the answer of each command without ids and times, and the files of all branches."""
    root.mkdir()
    isolate(monkeypatch, root / "home")
    forge = Forge(root)
    api = forge.add("api", files={"README.md": "1\n", "old/a": "a\n" * 20})
    api.commit("dev", {"old/a": None, "new/a": "a\n" * 20}, message="feat: move")
    api.commit("main", {"fix": "1\n"}, message="fix: main")
    forge.write_config()
    for key, value in SETTINGS if scope else ():
        if not key.startswith(EXCEPT):
            api.git("config", scope, "--add", key, value)
    seen: list[Any] = []
    for command in COMMANDS:
        if command[0] == "push":
            api.write({"new/a": "b\n" * 20, "more": "1\n"})
        seen.append(lasting(forge.json(*command, check=DONE)))
    seen += [api.tree(branch) for branch in ("dev", "stg", "main")]
    seen += [api.git("rev-parse", "HEAD") == api.tip("dev"), api.git("diff", "HEAD", "--stat")]
    return seen


@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_no_command_does_or_says_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """All such settings at once, in the repository or in the user's config, change nothing."""
    plain = play(tmp_path / "plain", monkeypatch, "")
    assert play(tmp_path / "hostile", monkeypatch, scope) == plain
