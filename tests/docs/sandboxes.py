"""Runs a story in a sandbox of its own, and returns what a person would see at a terminal."""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from multigit.adapters.demo.sandbox import Sandbox
from tests.docs.stories import ANYTHING, Command, Story
from tests.support import launch
from tests.support.gitenv import base_environment, default_environment

HOME = "/home/ada"  # the home in the documents; the real path has the same length
TIMEOUT = 300
PROGRAMS = Path(__file__).parent / "programs"  # what happens behind the scenes

# Without a terminal, multigit prints a line to stderr for each publication, in the order in which
# they end; a person sees a live view instead. A long line ends where the next one begins.
SHELL = """\
multigit() {
  command multigit "$@" 2>"$HOME/.stderr"
  set -- $?
  awk '/^[A-Za-z0-9_-]+: ((not )?(published|undone)|updated|failed|unknown)( |$)/ {
         skip = 1; next
       }
       /^[A-Za-z0-9_-]+: (starting|running|succeeded)$/ { next }
       /^(Error|Hint|Output of git)/ { skip = 0 }
       !skip' "$HOME/.stderr"
  return "$1"
}
status=0
"""
MARK, STATUS = "\x1e", "\x1f"


@contextmanager
def home() -> Iterator[Path]:
    """Make a home whose path is as long as the one in the documents; remove it at the end."""
    while True:
        folder = Path("/tmp").resolve() / secrets.token_hex(2)
        try:
            folder.mkdir(mode=0o700)
            break
        except FileExistsError:
            continue
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(folder)], check=False)
        shutil.rmtree(folder)


def build(place: Path) -> None:
    """Build the sandbox of which each story gets a copy, without the samples of hooks."""
    Sandbox.build(place)
    for sample in place.rglob("hooks/*.sample"):
        sample.unlink()


def play(story: Story, original: Path) -> dict[int, str]:
    """Run a story in a copy of a sandbox; return the output of each shown command by line.

    A hidden command that fails raises AssertionError.
    """
    with home() as folder:
        environment = base_environment(folder) | {"USER": "ada", "LOGNAME": "ada"}
        places = [folder / ".bin", PROGRAMS, Path(sys.executable).parent]
        if launch.FORKING:
            places.insert(2, launch.FORKED)
            environment["FORK_SERVER"] = _server().place
        environment["PATH"] = os.pathsep.join([*map(str, places), environment["PATH"]])
        where = folder if story.empty else _copy(original, folder)
        done = subprocess.run(
            [*_without_privileges(), "bash", "-c", _script(story.commands)],
            cwd=where,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
            start_new_session=True,
            timeout=TIMEOUT,
        )
        return _printed(story.commands, presentable(done.stdout, folder))


def _copy(original: Path, folder: Path) -> Path:
    """Put a copy of a sandbox into a home and return its workspace."""
    subprocess.run(["cp", "-R", "-p", str(original), str(folder / "sample")], check=True)
    shop = folder / "sample" / "shop"
    for file in (shop / "multigit.toml", *shop.glob("*/.git/config")):
        file.write_text(file.read_text().replace(str(original), str(folder / "sample")))
    return shop


@cache
def _server() -> launch.Server:
    """Return the server that forks the multigits of all stories, with their privileges."""
    server = launch.Server(default_environment(), _without_privileges())
    atexit.register(server.close)
    return server


def _script(commands: Sequence[Command]) -> str:
    parts = [SHELL]
    for command in commands:
        parts.append(f"printf '%s\\n' '{MARK}'\n")
        if command.hidden:
            parts.append(f"{{\n{command.text}\n}}\nprintf '{STATUS}%s' $?\n")
        else:
            parts.append(f"(exit $status)\n{command.text}\nstatus=$?\n")
    return "".join(parts)


def _printed(commands: Sequence[Command], output: str) -> dict[int, str]:
    outputs = output.split(f"{MARK}\n")[1:]
    assert len(outputs) == len(commands), output
    printed: dict[int, str] = {}
    for command, text in zip(commands, outputs, strict=True):
        if command.hidden:
            assert text.endswith(f"{STATUS}0"), f"line {command.line + 1}: {command.text}\n{text}"
        else:
            printed[command.line] = text.rstrip()
    return printed


def _without_privileges() -> list[str]:
    """Return a command prefix that makes permissions apply even to root."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return []
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]


def presentable(text: str, folder: Path) -> str:
    """Return an output with Ada's home and host, as in the documents, instead of this machine's."""
    host = re.escape(socket.gethostname())
    text = text.replace(str(folder), HOME)
    return re.sub(rf'(?<=")\b{host}\b(?=")|(?<=\bon\s){host}\b', "laptop", text)


_CHANGING = (
    (r"\s+", " "),
    (r"\b([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{16}|[0-9a-f]{7})\b", "SHA"),
    (r"\b\d{8}T\d{6}Z(-[\w-]+)-[0-9a-f]{4}\b", r"OPERATION\1"),
    (r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}Z)?", "TIME"),
    (r"\b\d{8}-\d{6}(-\d)?\b", "STAMP"),  # two in the same second differ by a number
    (r"\b(now|\d+(s|min|h|d))\b", "AGE"),
    (r'"time": \d+', '"time": 0'),
    (r"\bgit \d+(\.\d+)+", "git VERSION"),
    (r"(whether the push \w+: )[^;]*", r"\1REASON"),  # git's words differ between versions
    (r"[^\s…]+…", "…"),  # where a cell is cut depends on the width of its neighbors
    (r"AGE( · \w*( AGE)?)*( ?…)?", "AGE"),  # the last deploys, as many as fit
)


def normalised(text: str) -> str:
    """Return a text without line breaks and anything that changes from run to run."""
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    return text.strip()


def fits(expected: Sequence[str], output: str) -> bool:
    """Return whether an output matches the one in a document, cut where that says `…`."""
    seen = normalised(output)
    if ANYTHING not in expected:
        return seen == normalised("\n".join(expected))
    cut = list(expected).index(ANYTHING)
    head, tail = (normalised("\n".join(part)) for part in (expected[:cut], expected[cut + 1 :]))
    return seen.startswith(head) and seen.endswith(tail)


def shown(expected: Sequence[str], output: str) -> list[str]:
    """Return the output's lines, cut as the document cuts them."""
    lines = output.splitlines()
    if ANYTHING not in expected:
        return lines
    cut = list(expected).index(ANYTHING)
    after = len(expected) - cut - 1
    return [*lines[:cut], ANYTHING, *lines[len(lines) - after :]]
