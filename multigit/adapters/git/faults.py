"""Faults of the clone itself, known by what git prints, each with the command that fixes it."""

from __future__ import annotations

import re
from pathlib import Path
from shlex import quote

from multigit.adapters.git.paths import typed
from multigit.errors import GitError
from multigit.hints import Hint
from multigit.phrase import phrase

# Only lines of git itself: those of a server begin with "remote:".
_PREFIX = r"^(?:fatal|error): (?:.*: )?"
_EMPTY = r"object file (?P<file>\S+) is empty"
_CORRUPT = r"loose object \w+ \(stored in (?P<file>.+)\) is corrupt"
_BROKEN = "an object of the repository is missing or corrupt."
_MISSING = (
    r"(?:(?:Could not read|unable to read(?: tree| sha1 file of \S+)?|bad object|"
    r"missing (?:blob|tree|commit)(?: object)?) [('\"]*[0-9a-f]{40}|not a tree object)"
)


_REASONS = (
    # What git prints → code, sentence and hint, filled in with what the pattern names.
    (
        rf"{_PREFIX}cannot lock ref '[^']+': '(?P<ref>refs/(?:remotes|multigit)/[^']+)' exists",
        "stale_ref",
        "{ref} of an earlier fetch is in the way of a new branch.",
        Hint.REMOVE_REF,
    ),
    (
        rf"{_PREFIX}Unable to create '(?P<file>[^']+\.lock)': File exists",
        "locked_file",
        "{file.name} exists: another git is running in this repository, or one crashed.",
        "If no git is running, remove the file: rm {file}",
    ),
    (
        r"^fatal: bad config line (?P<line>\d+) in file (?P<file>.+)$",
        "bad_git_config",
        "git cannot read line {line} of {file}.",
        "Fix it: `${{EDITOR:-vi}} {file}`",
    ),
    (
        r"^fatal: could not fetch \w+ from promisor remote",
        "partial_clone",
        "this is a partial clone, and missing objects could not be fetched from its remote.",
        Hint.FETCH_ALL,
    ),
    (rf"{_PREFIX}{_CORRUPT}", "broken_object", _BROKEN, Hint.REFETCH_FILE),
    (rf"{_PREFIX}{_EMPTY}", "broken_object", _BROKEN, Hint.REFETCH_FILE),
    (rf"{_PREFIX}{_MISSING}", "broken_object", _BROKEN, Hint.REFETCH),
)


def clone_fault(stderr: str, folder: Path, remote: str) -> GitError | None:
    """Return what is wrong with the clone in this folder; None if git names no such fault.

    `remote` is the name of the remote to fetch a missing object from.
    """
    for pattern, code, sentence, hint in _REASONS:
        if match := re.search(pattern, stderr, re.MULTILINE):
            named = match.groupdict()
            file = folder / named.get("file", "")
            places = {"file": file, "ref": named.get("ref", "")}
            template = hint.template if isinstance(hint, Hint) else hint
            quoted = {name: quote(str(place)) for name, place in places.items()}
            return GitError(
                sentence.format_map({**named, "file": file}),
                hint=phrase(template, **quoted, path=typed(folder), remote=remote),
                code=code,
                output=stderr,
            )
    return None
