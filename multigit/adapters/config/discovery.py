"""Finds the git repositories below a folder, for a first `multigit.toml`."""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.process import GitDoor, require_git, ssh_command
from multigit.adapters.git.remote import Remote
from multigit.adapters.git.transcript import Transcript
from multigit.core.values.found_repo import FoundRepo
from multigit.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEPTH = 4
TIMEOUT = 60.0  # seconds for one git process, which uses no network
CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "dev": ("dev", "develop", "development"),
    "stg": ("stg", "stage", "staging"),
    "main": ("main", "master", "production"),
}
_BRANCHES = [branch for branches in CANDIDATES.values() for branch in branches]


def discover(folder: Path) -> tuple[FoundRepo, ...]:
    """Return the repositories at and below a folder, sorted by path, each with its own name.

    Searches four folders deep, but not in hidden folders, node_modules, symlinks, and repositories
    other than the folder itself. A second work tree of the same repository is left out. Raises
    RefusedError if there is no git.
    """
    require_git()
    folder = folder.resolve()
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda path: _read(folder, path), _repositories(folder)))
    rows.sort(key=lambda row: os.path.isfile(folder / row[1].path / ".git"))  # noqa: PTH113
    unique: dict[Path, FoundRepo] = {}
    for objects, repo in rows:
        unique.setdefault(objects, repo)
    repos = sorted(unique.values(), key=lambda repo: PurePosixPath(repo.path).parts)
    names = _names([repo.path for repo in repos], folder.name)
    return tuple(replace(repo, name=names[repo.path]) for repo in repos)


def _repositories(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        path = Path(place).relative_to(folder)
        is_repository = ".git" in folders or ".git" in files
        if is_repository:
            yield str(path)
        if (is_repository and path.parts) or len(path.parts) == DEPTH:
            folders.clear()
        folders[:] = [name for name in folders if name[0] != "." and name != "node_modules"]


def _read(folder: Path, path: str) -> tuple[Path, FoundRepo]:
    """Return the folder of a repository's objects, and what it has, with two git processes."""
    door = GitDoor((folder / path).resolve(), timeout=TIMEOUT, transcript=Transcript())
    try:
        config = read_config(door)
        remote = _remote(config)
        branches = _branches(door, remote)
    except GitError as error:
        return door.folder, FoundRepo(path, "", note=error.message)
    except OSError as error:  # a folder that may be listed but not entered
        return door.folder, FoundRepo(path, "", note=f"it cannot be read: {error.strerror}.")
    url = config.last(f"remote.{remote}.url")
    if url.startswith("."):
        url = os.path.normpath(door.folder / url)
    note = "" if remote else "it has no remote, or several, none of which is called origin."
    ssh = ssh_command(os.environ, config.last("core.sshcommand"))
    urls = Remote(remote, config.values, require_git(), door.folder, ssh=ssh)
    elsewhere = urls.pushed()[0] if remote and urls.detour() else ""
    return config.common_dir, FoundRepo(path, "", remote, url, branches, note, elsewhere)


def _remote(config: GitConfig) -> str:
    """Return the remote to publish to: origin, the only one, that of all stages, or empty."""
    upstreams = {config.last(f"branch.{branch}.remote") for branch in _BRANCHES} & config.remotes()
    return config.remote() or (upstreams.pop() if len(upstreams) == 1 else "")


def _branches(door: GitDoor, remote: str) -> tuple[str, ...]:
    spaces = ("refs/heads/", f"refs/remotes/{remote}/") if remote else ("refs/heads/",)
    patterns = [f"{space}{branch}" for space in spaces for branch in _BRANCHES]
    refs = set(door.run("for-each-ref", "--format=%(refname)", *patterns).text.split())
    return tuple(name for name in _BRANCHES if refs & {f"{space}{name}" for space in spaces})


def _names(paths: Sequence[str], folder: str) -> dict[str, str]:
    """Name each repository after its folder; if several share a name, after the one above, too."""
    own = {path: _allowed(PurePosixPath(path).name or folder) for path in paths}
    often = Counter(name.casefold() for name in own.values())
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path, name in own.items():
        shared = often[name.casefold()] > 1 and path != "."
        longer = _allowed("-".join(PurePosixPath(path).parts[-2:])) if shared else name
        unique, number = longer, 1
        while unique.casefold() in taken:
            number += 1
            unique = f"{longer[:90]}-{number}"
        taken.add(unique.casefold())
        names[path] = unique
    return names


def _allowed(name: str) -> str:
    """Return a name that is valid in the configuration, as similar as possible."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100].strip("._-") or "repo"
