"""Programs that stand between multigit and the system and act at one chosen time.

A `git` on PATH that counts its calls, and a `sitecustomize` on PYTHONPATH that counts what Python
does to files. Neither depends on multigit.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from tests.torture.world import REAL_GIT


class Place(Protocol):
    """Where multigit runs: its environment, and room for the shims."""

    env: dict[str, str]

    def fresh(self, name: str) -> Path:
        """Return a new folder outside of the workspace."""


KILL = 'kill -KILL "$PPID"; exit 1'
ORPHAN = 'kill -KILL "$PPID"; sleep 0.3'
DIE = "kill -KILL $$"
_GIT = """\
#!/bin/sh
# A call is known by its number, and by its subcommand with the number among those.
skip=
for word; do
  if [ "$skip" ]; then skip=; continue; fi
  case $word in -c | -C) skip=1 ;; -*) ;; *) break ;; esac
done
# The number is that of the first file that did not exist yet.
set -C
n=1
while ! {{ echo "$word" >"{calls}/$n"; }} 2>/dev/null; do n=$((n + 1)); done
k=1
while ! {{ echo "$n" >"{calls}/$word-$k"; }} 2>/dev/null; do k=$((k + 1)); done
set +C
if [ "$n" != "{at}" ] && [ "$word-$k" != "{at}" ]; then exec "{git}" "$@"; fi
echo "$n" >"{calls}/acted"
if [ "{when}" = before ]; then {{
{act}
}} >/dev/null 2>&1; fi
"{git}" "$@"
status=$?
if [ "{when}" = after ]; then {{
{act}
}} >/dev/null 2>&1; fi
exit $status
"""
_EDGES = '''\
"""Counts what this process does to files, and acts at one of them."""

import errno
import os
import stat
import threading

FILE, AT, WHEN, SIGNAL = {file!r}, {at!r}, {when!r}, {signal}
GUARD, COUNT = threading.Lock(), {{}}


def act():
    os.kill(os.getpid(), SIGNAL)


def kept(descriptor, data):
    """Tell whether this goes to a file, and is not what tempfile tries a folder with."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode) and data != b"blat"


def counted(name, real):
    def call(*arguments, **keywords):
        if name == "write" and not kept(*arguments):
            return real(*arguments, **keywords)
        with GUARD:
            for each in ("", name):
                COUNT[each] = COUNT.get(each, 0) + 1
            chosen = AT in (str(COUNT[""]), f"{{name}}-{{COUNT[name]}}")
            note = real_open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            real_write(note, f"{{name}} {{int(chosen)}}\\n".encode())
            real_close(note)
            if chosen and WHEN in ("half", "full") and name == "write":
                real_write(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if chosen and WHEN == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if chosen and WHEN in ("before", "half"):
                act()
        done = real(*arguments, **keywords)
        if chosen and WHEN == "after":
            act()
        return done

    return call


def is_first():
    """Tell whether this is multigit, and not a Python that it started."""
    try:
        real_close(real_open(FILE + ".first", os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


real_open, real_write, real_close = os.open, os.write, os.close
for each in ("write", "fsync", "replace", "rename", "truncate") if is_first() else ():
    setattr(os, each, counted(each, getattr(os, each)))
'''


class GitShim:
    """A git that counts; at call `at` it runs the shell command `act`, before or after git.

    `at` is a number, or a subcommand and a number among its calls, as in `push-2`. `KILL` kills
    multigit; so does `ORPHAN`, but its git continues; `DIE` kills only that git.
    """

    def __init__(self, world: Place, *, at: str = "", when: str = "", act: str = KILL) -> None:
        self._calls = world.fresh("calls")
        folder = world.fresh("bin")
        program = folder / "git"
        program.write_text(
            _GIT.format(calls=self._calls, at=at, when=when, act=act, git=REAL_GIT),
            encoding="utf-8",
        )
        program.chmod(0o755)
        self.env = {"PATH": f"{folder}{os.pathsep}{world.env['PATH']}"}

    @property
    def subcommands(self) -> list[str]:
        """Return git's subcommand in each call, in order."""
        numbers = sorted(int(file.name) for file in self._calls.iterdir() if file.name.isdecimal())
        return [(self._calls / str(number)).read_text("utf-8").strip() for number in numbers]

    @property
    def acted(self) -> str:
        """Return the subcommand of the call at which it acted, or an empty string."""
        try:
            number = int((self._calls / "acted").read_text("utf-8"))
        except FileNotFoundError:
            return ""
        return self.subcommands[number - 1]


class EdgeShim:
    """Counts what Python does to files; at edge `at` it sends its own process a signal.

    `at` is a number, or a kind and a number among those, as in `replace-1`. `when` is before,
    after, or half: half of the data is written first. With `full`, there is no signal: half is
    written, and then this one write finds the disk full.
    """

    def __init__(self, world: Place, *, at: str = "", when: str = "", number: int = 9) -> None:
        folder = world.fresh("edges")
        self._file: Path = folder / "edges"
        text = _EDGES.format(file=str(self._file), at=at, when=when, signal=number)
        (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
        self.env = {"PYTHONPATH": f"{folder}{os.pathsep}{world.env['PYTHONPATH']}"}

    @property
    def _lines(self) -> list[list[str]]:
        if not self._file.exists():
            return []
        return [line.split() for line in self._file.read_text("utf-8").splitlines()]

    @property
    def edges(self) -> list[str]:
        """Return the names of the calls, in order."""
        return [name for name, _ in self._lines]

    @property
    def acted(self) -> str:
        """Return the name of the call at which it acted, or an empty string."""
        return next((name for name, chosen in self._lines if chosen == "1"), "")
