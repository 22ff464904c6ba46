"""The .gitignore of a workspace folder that is itself a repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from multigit.adapters.git.paths import literal, terminated
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.transcript import Transcript
from multigit.core.values.workspace import Workspace
from multigit.errors import GitError, RefusedError

LOG = Workspace(Path(), (), ()).log
TIMEOUT = 60.0  # seconds; no network


def missing_ignores(folder: Path, repos: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that the .gitignore of a folder lacks, if it is itself among `repos`.

    They name what git would show there as new: multigit's log, and the other repositories except
    submodules. `repos` are paths below the folder, "." for itself.
    """
    if "." not in repos:
        return ()
    nested = [path for path in repos if path != "." and path.isprintable()]
    door = GitDoor(folder.resolve(), timeout=TIMEOUT, transcript=Transcript())
    try:
        tracked = door.run("ls-files", "-z", "--", *literal((LOG, *nested))).fields()
        new = [path for path in (LOG, *nested) if path not in tracked]
        command = ("check-ignore", "-z", "--stdin")
        ignored = door.run(*command, input=terminated(new), accept=(0, 1)).fields()
    except GitError:
        return ()
    return tuple(line_for(path, path in nested) for path in new if path not in ignored)


def line_for(path: str, folder: bool) -> str:  # noqa: FBT001
    """Return the line of a .gitignore that matches this path and no other."""
    return "/" + re.sub(r"([\\*?\[])", r"\\\1", path) + ("/" if folder else "")


def add_ignores(file: Path, lines: Sequence[str]) -> None:
    """Append lines to a .gitignore, which need not exist yet; raises RefusedError."""
    try:
        ends = not file.exists() or file.read_bytes()[-1:] in {b"", b"\n"}
        with file.open("a", encoding="utf-8") as stream:
            stream.write(("" if ends else "\n") + "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise RefusedError(
            f"{file} cannot be written: {error.strerror or error}.",
            hint=f"Add to it by hand: {' '.join(lines)}",
            code="not_writable",
        ) from error
