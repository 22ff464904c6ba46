"""Faults of the clone itself, by what git prints of them, each with the command that fixes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from shlex import quote

from multigit.errors import GitError
from multigit.hints import Hint

# Only lines of git itself: those of a server begin with "remote:".
_PREFIX = r"^(?:fatal|error): (?:.*: )?"
_EMPTY = r"object file (?P<file>\S+) is empty"
_CORRUPT = r"loose object \w+ \(stored in (?P<file>.+)\) is corrupt"
_MISSING = (
    r"(?:(?:Could not read|unable to read(?: tree| sha1 file of \S+)?|bad object|"
    r"missing (?:blob|tree|commit)(?: object)?) [('\"]*[0-9a-f]{40}|not a tree object)"
)


def clone_fault(stderr: str, folder: Path, remote: str) -> GitError | None:
    """Return what is wrong with the clone in this folder; None if git names no such fault.

    `remote` is the name of the remote to fetch a missing object from.
    """
    for pattern, fault in _FAULTS:
        if match := re.search(pattern, stderr, re.MULTILINE):
            return fault(match, folder, remote, stderr)
    return None


def _stale_ref(match: re.Match[str], folder: Path, _remote: str, output: str) -> GitError:
    return GitError(
        f"{match['ref']} of an earlier fetch is in the way of a new branch.",
        hint=Hint.REMOVE_REF.format(path=quote(str(folder)), ref=quote(match["ref"])),
        code="stale_ref",
        output=output,
    )


def _locked(match: re.Match[str], folder: Path, _remote: str, output: str) -> GitError:
    lock = folder / match["lock"]
    return GitError(
        f"{lock.name} exists: another git is running in this repository, or one crashed.",
        hint=f"If no git is running, remove the file: rm {quote(str(lock))}",
        code="locked_file",
        output=output,
    )


def _bad_config(match: re.Match[str], folder: Path, _remote: str, output: str) -> GitError:
    file = folder / match["file"]
    return GitError(
        f"git cannot read line {match['line']} of {file}.",
        hint=f"Fix it: ${{EDITOR:-vi}} {quote(str(file))}",
        code="bad_git_config",
        output=output,
    )


def _not_fetched(_match: re.Match[str], folder: Path, remote: str, output: str) -> GitError:
    return GitError(
        "this is a partial clone, and missing objects could not be fetched from its remote.",
        hint=Hint.FETCH_ALL.format(path=quote(str(folder)), remote=remote),
        code="partial_clone",
        output=output,
    )


def _broken(match: re.Match[str], folder: Path, remote: str, output: str) -> GitError:
    file = match.groupdict().get("file")
    where = {"path": quote(str(folder)), "remote": remote}
    return GitError(
        "an object of the repository is missing or corrupt.",
        hint=Hint.REFETCH_FILE.format(file=quote(str(folder / file)), **where)
        if file
        else Hint.REFETCH.format(**where),
        code="broken_object",
        output=output,
    )


_FAULTS: tuple[tuple[str, Callable[[re.Match[str], Path, str, str], GitError]], ...] = (
    (
        rf"{_PREFIX}cannot lock ref '[^']+': '(?P<ref>refs/(?:remotes|multigit)/[^']+)' exists",
        _stale_ref,
    ),
    (rf"{_PREFIX}Unable to create '(?P<lock>[^']+\.lock)': File exists", _locked),
    (r"^fatal: bad config line (?P<line>\d+) in file (?P<file>.+)$", _bad_config),
    (r"^fatal: could not fetch \w+ from promisor remote", _not_fetched),
    (rf"{_PREFIX}{_CORRUPT}", _broken),
    (rf"{_PREFIX}{_EMPTY}", _broken),
    (rf"{_PREFIX}{_MISSING}", _broken),
)
