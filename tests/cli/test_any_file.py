"""Whatever a file that multigit reads contains, no command crashes or hangs.

A seed picks the file, what replaces it, and the command. `make torture` tries more of them, with
new seeds each time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import launch
from tests.support.forge import Forge
from tests.support.seeds import FRESH, seeds

SECONDS = 20.0  # on a busy machine; on an idle one it takes less than a second
TRIES = 40 if FRESH else 4
BUG = 70  # an exit code
DEPLOY = '\n[stages.stg.deploy]\nrunner = "command"\ncommand = ["true"]\n'
COMMANDS = (
    ("status",),
    ("log",),
    ("log", "--verify", "--remote"),
    ("doctor",),
    ("promote", "dev", "stg", "--dry-run"),
    ("promote", "dev", "stg", "--yes"),
    ("continue", "--yes"),
    ("undo", "--yes"),
    ("abandon",),
    ("watch",),
)
OF_A_FILE = ("_unreadable", "_damaged", "_newer", "_not_writable", "_unusable", "config_invalid")
Put = Callable[[Path, bytes], None]


def wrong_types(content: bytes) -> bytes:
    """Return lines of JSON in which every third value has the wrong type."""
    lines = []
    for line in content.splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            lines.append(line)
            continue
        if isinstance(fields, dict):
            fields = {k: v if n % 3 else {"x": [v]} for n, (k, v) in enumerate(fields.items())}
        lines.append(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())
    return b"\n".join(lines) + b"\n"


DEEP = b"[" * 50_000 + b"]" * 50_000 + b"\n" + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"\n"
PLACES: dict[str, Put] = {
    "nothing": lambda _file, _was: None,
    "an empty file": lambda file, _was: file.touch(),
    "a folder": lambda file, _was: (file / "x").mkdir(parents=True),
    "a pipe": lambda file, _was: os.mkfifo(file),
    "a link to nothing": lambda file, _was: file.symlink_to("nowhere"),
    "a link to itself": lambda file, _was: file.symlink_to(file),
    "a huge file": lambda file, _was: void(file.write_bytes(b"x" * 7 + b"\n" + b"[" * 20_000_000)),
    "garbage": lambda file, _was: void(file.write_bytes(bytes(range(256)) * 9 + b"\n\xff")),
    "a number": lambda file, _was: void(file.write_text("17\n")),
    "lists": lambda file, _was: void(file.write_text('[]\n{}\n{"journal":1}\n{"repos":[5]}\n')),
    "deep nesting": lambda file, _was: void(file.write_bytes(DEEP)),
    "wrong types": lambda file, was: void(file.write_bytes(wrong_types(was))),
}


def void(_: object) -> None:
    """Return nothing."""


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    """Return a workspace with a deployed release and one that is half published."""
    made = Forge(tmp_path_factory.mktemp("any"))
    api, web = made.add("api"), made.add("web")
    config = made.write_config()
    config.write_text(config.read_text() + DEPLOY)
    api.commit("dev", {"a.txt": "1\n"})
    made.run("promote", "dev", "stg", "--yes", check=0)
    for repo in (api, web):
        repo.commit("dev", {"a.txt": "2\n"})
    web.reject_pushes("refs/heads/stg")
    made.run("promote", "dev", "stg", "--yes", check=1)
    web.allow_pushes()
    made.run("status", check=0)
    shutil.copytree(made.shop, made.root / "kept" / "shop", symlinks=True)
    shutil.copytree(made.remotes, made.root / "kept" / "remotes", symlinks=True)
    return made


def as_it_was(forge: Forge) -> None:
    """Restore the workspace and the remotes."""
    for folder in (forge.shop, forge.remotes):
        subprocess.run(("rm", "-rf", folder), check=True)
        subprocess.run(("cp", "-a", forge.root / "kept" / folder.name, folder), check=True)


def files(shop: Path) -> list[Path]:
    """Return the files and folders that multigit reads, in the same order in every run."""
    ours = shop / ".multigit"
    found = [shop / "multigit.toml", shop / "deployment.log", ours, ours / "operations"]
    names = ("lock", "lock.json", "log.lock", "deployed.json", ".gitignore", "pushes")
    found += [ours / name for name in names]
    found += sorted((ours / "operations").glob("*.jsonl"))
    for folder in sorted(each for each in (ours / "operations").iterdir() if each.is_dir()):
        found += [folder, *sorted(each for each in folder.rglob("*") if each.is_file())]
    return found


@pytest.mark.parametrize("seed", seeds(0, 3))
def test_no_file_breaks_a_command(forge: Forge, seed: int) -> None:
    """No crash, no traceback, no hang; an error about a file names the file."""
    dice = random.Random(seed)
    for _ in range(TRIES):
        as_it_was(forge)
        file, place = dice.choice(files(forge.shop)), dice.choice(sorted(PLACES))
        command = dice.choice(COMMANDS)
        was = file.read_bytes() if file.is_file() else b""
        shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
        PLACES[place](file, was)
        tried = f"seed {seed}: {place} for {file.relative_to(forge.shop)}, {' '.join(command)}"
        begin = time.monotonic()
        try:
            done = launch.run(*command, "--json", cwd=forge.shop, env=forge.env, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{tried}: it hangs")
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode not in {BUG, -9, -11}, f"{tried}: {said}"
        assert "Traceback" not in said, f"{tried}: {said}"
        assert time.monotonic() - begin < SECONDS, tried
        codes = [each["code"] for each in json.loads(done.stdout)["problems"]]
        if any(code.endswith(OF_A_FILE) for code in codes):
            assert file.name in said or file.parent.name in said, f"{tried}: {said}"
