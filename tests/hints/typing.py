"""Find a hint in the output of multigit, and type it as is."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from multigit.hints import Hint
from tests.support.forge import Forge

Document = dict[str, Any]
FILLED = r"(?:'[^']*'|[^\s;]+(?: [a-z]+)?)"  # a word, quoted if a shell requires it, or a command
SEVERAL = {
    "again",
    "asked",
    "back",
    "count",
    "elsewhere",
    "file",
    "files",
    "first",
    "forward",
    "keeping",
    "lines",
    "meant",
    "overriding",
    "repos",
    "then",
    "which",
}
_FIELD = re.compile(r"\{([a-z_]+)\}")


def pattern(hint: Hint) -> re.Pattern[str]:
    """Return the pattern of a hint with any values in its fields."""
    parts = _FIELD.split(hint.value.replace("{{", "{").replace("}}", "}"))
    texts, fields = map(re.escape, parts[::2]), [*parts[1::2], ""]
    filled = [".*" if field in SEVERAL else FILLED for field in fields[:-1]]
    return re.compile("".join(chain.from_iterable(zip(texts, [*filled, ""], strict=True))))


def hints(said: Document | str) -> list[str]:
    """Return every hint of a document, or the printed text as one line."""
    if isinstance(said, str):
        return [" ".join(said.split())]
    return list(_texts(said))


def _texts(said: object) -> Iterator[str]:
    """Yield all hints and messages of a document and its parts."""
    if isinstance(said, list):
        for each in said:
            yield from _texts(each)
    elif isinstance(said, dict):
        for key, each in said.items():
            if key in {"hint", "message"} and isinstance(each, str):
                yield each
            else:
                yield from _texts(each)


def follow(
    forge: Forge,
    said: Document | str,
    hint: Hint,
    command: str,
    *options: str,
    cwd: Path | None = None,
    check: int = 0,
    after: str = "",
) -> str:
    """Assert that the hint was given with this command, type it, and return its output.

    `options` are the answers that a person would give at a terminal, such as --yes. The command is
    typed where the hint was given: in `cwd`, or in the workspace folder. If the hint is an option,
    it is typed `after` the command that gave it.
    """
    given = [each for each in hints(said) if pattern(hint).search(each)]
    assert given, f"{hint.name} was not given, but: {hints(said)}"
    words = " ".join(command.split())
    assert any(words in pattern(hint).search(each).group() for each in given), given  # type: ignore[union-attr]
    command = f"{after} {command}".strip()
    if command.startswith("multigit "):
        return forge.run(*shlex.split(command)[1:], *options, cwd=cwd, check=check).stdout
    done = subprocess.run(
        ["sh", "-c", shlex.join(["cd", str(cwd or forge.shop)]) + f" && {command}"],
        env=forge.env,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == check, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
