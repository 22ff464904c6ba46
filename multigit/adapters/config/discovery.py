"""Finds the git repositories below a folder, and writes a first `multigit.toml` for them."""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.process import GitDoor, require_git, ssh_command
from multigit.adapters.git.remote import Remote
from multigit.adapters.git.transcript import Transcript
from multigit.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEPTH = 4
TIMEOUT = 60.0  # seconds for one look; no network
CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "dev": ("dev", "develop", "development"),
    "stg": ("stg", "stage", "staging"),
    "main": ("main", "master", "production"),
}


@dataclass(frozen=True, slots=True)
class FoundRepo:
    """A git repository: `path` is relative to the folder searched, "." for that folder itself.

    `branches` are those of CANDIDATES that it has, locally or on its remote as last fetched.
    `note` tells why git refused it, or what is unusual; `url` may carry credentials, as may
    `pushed_to`, which is empty where git pushes to the repository that it fetches from.
    """

    path: str
    name: str
    remote: str = ""
    url: str = ""
    branches: tuple[str, ...] = ()
    note: str = ""
    pushed_to: str = ""


def discover(folder: Path) -> tuple[FoundRepo, ...]:
    """Return the repositories at and below a folder, sorted by path, each with its own name.

    Looks four folders deep, not into hidden folders, node_modules and symlinks, nor into another
    repository than the folder itself. A second work tree of the same repository is left out.
    Raises RefusedError when there is no git.
    """
    require_git()
    folder = folder.resolve()
    with ThreadPoolExecutor(8) as pool:
        looks = list(pool.map(lambda path: _look(folder, path), _repositories(folder)))
    looks.sort(key=lambda look: os.path.isfile(folder / look[1].path / ".git"))  # noqa: PTH113
    unique: dict[Path, FoundRepo] = {}
    for place, repo in looks:
        unique.setdefault(place, repo)
    found = sorted(unique.values(), key=lambda repo: PurePosixPath(repo.path).parts)
    names = _names([repo.path for repo in found], folder.name)
    return tuple(replace(repo, name=names[repo.path]) for repo in found)


def _repositories(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        path = Path(place).relative_to(folder)
        is_repository = ".git" in folders or ".git" in files
        if is_repository:
            yield str(path)
        if (is_repository and path.parts) or len(path.parts) == DEPTH:
            folders.clear()
        folders[:] = [name for name in folders if name[0] != "." and name != "node_modules"]


def _look(folder: Path, path: str) -> tuple[Path, FoundRepo]:
    """Return where the repository's objects lie, and what it has: two git processes."""
    door = GitDoor((folder / path).resolve(), timeout=TIMEOUT, transcript=Transcript())
    try:
        config = read_config(door)
        remote = _remote(config)
        branches = _branches(door, remote)
    except GitError as error:
        return door.folder, FoundRepo(path, "", note=error.message)
    except OSError as error:  # a folder that we may list but not enter
        return door.folder, FoundRepo(path, "", note=f"it cannot be read: {error.strerror}.")
    url = config.last(f"remote.{remote}.url")
    if url.startswith("."):
        url = os.path.normpath(door.folder / url)
    note = "" if remote else "it has no remote, or several and none of them called origin."
    ssh = ssh_command(os.environ, config.last("core.sshcommand"))
    place = Remote(remote, config.values, require_git(), door.folder, ssh=ssh)
    elsewhere = place.pushed()[0] if remote and place.detour() else ""
    return config.common_dir, FoundRepo(path, "", remote, url, branches, note, elsewhere)


def _remote(config: GitConfig) -> str:
    """Return the remote to publish to: origin, the only one, that of all stages, or empty."""
    remotes = config.remotes()
    known = (branch for branches in CANDIDATES.values() for branch in branches)
    upstreams = remotes & {config.last(f"branch.{branch}.remote") for branch in known}
    likely = upstreams if len(remotes) > 1 else remotes
    return "origin" if "origin" in remotes else next(iter(likely)) if len(likely) == 1 else ""


def _branches(door: GitDoor, remote: str) -> tuple[str, ...]:
    spaces = ("refs/heads/", f"refs/remotes/{remote}/") if remote else ("refs/heads/",)
    known = [branch for branches in CANDIDATES.values() for branch in branches]
    patterns = [f"{space}{branch}" for space in spaces for branch in known]
    refs = set(door.run("for-each-ref", "--format=%(refname)", *patterns).text.split())
    return tuple(branch for branch in known if refs & {f"{space}{branch}" for space in spaces})


def _names(paths: Sequence[str], folder: str) -> dict[str, str]:
    """Name each repository after its folder; those that share a name, after the one above too."""
    own = {path: _allowed(PurePosixPath(path).name or folder) for path in paths}
    often = Counter(name.casefold() for name in own.values())
    names: dict[str, str] = {}
    seen: set[str] = set()
    for path, name in own.items():
        shared = often[name.casefold()] > 1 and path != "."
        longer = _allowed("-".join(PurePosixPath(path).parts[-2:])) if shared else name
        unique, number = longer, 1
        while unique.casefold() in seen:
            number += 1
            unique = f"{longer[:90]}-{number}"
        seen.add(unique.casefold())
        names[path] = unique
    return names


def _allowed(name: str) -> str:
    """Return a name that the configuration takes, as like the given one as can be."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100].strip("._-") or "repo"
