"""Finds the git repositories below a folder, and writes a first `multigit.toml` for them."""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from multigit.adapters.config.rules import folded
from multigit.adapters.config.values import check_path, check_url, dotted, is_ref, quoted
from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.process import GitDoor, require_git, ssh_command
from multigit.adapters.git.remote import Remote
from multigit.adapters.git.transcript import Transcript
from multigit.core.values.remote_url import without_credentials
from multigit.core.values.text import masked, visible
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


def render_config(name: str, found: Sequence[FoundRepo]) -> str:
    """Return a commented `multigit.toml`; it loads when there is at least one repository.

    Credentials in URLs are left out, as is a repository whose path the file cannot hold.
    """
    remotes = Counter(repo.remote for repo in found if is_ref(repo.remote))
    remote = remotes.most_common(1)[0][0] if remotes else "origin"
    chosen = _chosen_branches(found)
    lines = [
        "# A multigit workspace: its stages and its repositories. Change what does not fit,",
        "# then run: multigit config check",
        "",
        "[workspace]",
        f"name = {quoted(visible(name).strip() or 'workspace')}",
        f"remote = {quoted(remote)}",
        '# timezone = "UTC"  # of the stamps in tag names',
        "# jobs = 8  # how many repositories are worked on at a time",
        '# log = "deployment.log"',
        "",
        "# The stages, a branch each. A stage's commits come from where promotes_from says.",
        *_stages(chosen),
        "",
        "# The repositories, in the order of all tables.",
        "# groups name several of them at once, as in multigit status -g backend.",
    ]
    for repo in found:
        lines += ["", *_repository(repo, found, remote, chosen)]
    return "\n".join((*lines, ""))


def _chosen_branches(found: Sequence[FoundRepo]) -> dict[str, str]:
    """Return for each stage the branch that most repositories have; no stage that none has."""
    counts = Counter(branch for repo in found for branch in repo.branches)
    chosen = {
        stage: max(branches, key=counts.__getitem__) for stage, branches in CANDIDATES.items()
    }
    existing = {stage: branch for stage, branch in chosen.items() if counts[branch]}
    return existing or chosen


def _stages(chosen: Mapping[str, str]) -> Iterator[str]:
    rules = {
        "dev": ('# confirm = "yes"  # none: not asked, yes: y/N, name: the name has to be typed',),
        "stg": ('tag = "stg-deploy-{timestamp}"', 'confirm = "yes"'),
        "main": (
            'tag = "deploy-{timestamp}"',
            'confirm = "name"',
            "require_message = true",
            '# checklist = ["Staging is verified", "A roll-back plan exists"]',
        ),
    }
    before = ""
    for stage, candidates in CANDIDATES.items():
        yield ""
        if stage not in chosen:
            yield f"# There is no stage {stage}: no branch {' or '.join(candidates)} was found."
            continue
        yield f"[stages.{stage}]"
        yield f"branch = {quoted(chosen[stage])}"
        if before:
            yield f"promotes_from = {quoted(before)}"
        yield from rules[stage]
        before = stage


def _repository(
    repo: FoundRepo, found: Sequence[FoundRepo], remote: str, chosen: Mapping[str, str]
) -> Iterator[str]:
    if reason := _unfit(repo, found):
        yield f"# Left out: {visible(repo.path)} {reason}"
        return
    yield f"[{dotted('repos', repo.name)}]"
    yield f"path = {quoted(repo.path)}"
    yield from _url(repo.url)
    if repo.note:
        yield f"# Note: {visible(masked(repo.note))}"
    if repo.remote and repo.remote != remote:
        fits = is_ref(repo.remote)
        yield f"remote = {quoted(repo.remote)}" if fits else f"# Its remote: {visible(repo.remote)}"
    if repo.pushed_to:
        yield f"# Its clone pushes to {visible(masked(repo.pushed_to))}, which multigit refuses"
        yield "# unless it stands here as push_url."
    if repo.branches or not repo.note:
        yield from _missing_branches(repo, chosen)


def _unfit(repo: FoundRepo, found: Sequence[FoundRepo]) -> str:
    """Tell why the configuration cannot hold this path, or return nothing."""
    first = next(other for other in found if folded(other.path) == folded(repo.path))
    if first is not repo:
        return f"differs from {visible(first.path)} in case only."
    try:
        check_path(repo.path)
    except ValueError:
        return "cannot be written in this file."
    return ""


def _url(url: str) -> Iterator[str]:
    plain = without_credentials(url)
    if plain != url:
        yield f"# The clone's URL carries credentials: {visible(masked(url))}"
        yield "# They do not belong into this file; keep them in a credential helper."
    try:
        yield f"url = {quoted(check_url(plain))}"
    except ValueError:
        yield '# url = "git@github.com:group/name.git"  # multigit pull clones what is missing'


def _missing_branches(repo: FoundRepo, chosen: Mapping[str, str]) -> Iterator[str]:
    for stage, branch in chosen.items():
        if branch not in repo.branches:
            others = [other for other in CANDIDATES[stage] if other in repo.branches]
            instead = f", but {' and '.join(others)}" if others else ""
            yield f"# It has no branch {branch}{instead}."
