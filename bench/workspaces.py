"""Workspaces to measure in: real repositories, built once and copied for every run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILES = 60
RELEASED = 27  # commits on dev that stg already has
TO_STG = (10, 20, RELEASED)  # the commits of dev that were promoted to stg ...
TO_MAIN = (10, 20)  # ... and from there to main
SEEDS = 5  # different histories, which the repositories of a workspace use in turn
START = 1_700_000_000
WORKFLOW = ".github/workflows/deploy.yml", "on: {workflow_dispatch: {}}\njobs: {deploy: {}}\n"

WORKSPACE = """\
[workspace]
name = "bench"
remote = "origin"
timezone = "UTC"

[stages.dev]
branch = "dev"

[stages.stg]
branch = "stg"
promotes_from = "dev"
tag = "stg-deploy-{timestamp}"
confirm = "yes"

[stages.main]
branch = "main"
promotes_from = "stg"
tag = "deploy-{timestamp}"
confirm = "name"
"""


class BenchError(Exception):
    """A run that failed, or that did not do the work it was timed for."""


@dataclass(frozen=True)
class Seed:
    """One history: a bare remote, and a clone that lacks the newest commit of dev."""

    remote: Path
    clone: Path
    url: str
    source: str
    target: str
    tree: str
    tags: frozenset[str]


@dataclass(frozen=True)
class Repo:
    name: str
    clone: Path
    remote: Path
    seed: Seed


@dataclass(frozen=True)
class Workspace:
    root: Path
    repos: tuple[Repo, ...]

    @property
    def clones(self) -> list[str]:
        return [str(repo.clone) for repo in self.repos]

    def delete(self) -> None:
        shutil.rmtree(self.root)


class Builder:
    """Builds the seeds once, and fresh workspaces out of them."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = dict(env)
        self._built = 0
        self._seeds = [self._seed(number) for number in range(SEEDS)]

    def workspace(self, count: int, *, ssh: bool = False) -> Workspace:
        """A fresh workspace of `count` repositories with their remotes, clean and settled."""
        self._built += 1
        root = self._folder / f"workspace-{self._built}"
        repos: list[Repo] = []
        config = [WORKSPACE]
        for number in range(count):
            seed = self._seeds[number % SEEDS]
            name = f"service-{number + 1:03}"
            repo = Repo(name, root / "services" / name, root / "remotes" / f"{name}.git", seed)
            shutil.copytree(seed.remote, repo.remote)
            shutil.copytree(seed.clone, repo.clone)
            url = f"ssh://bench.invalid{repo.remote}" if ssh else f"file://{repo.remote}"
            settings = repo.clone / ".git" / "config"
            settings.write_text(settings.read_text().replace(seed.url, url))
            config.append(f'[repos.{name}]\npath = "services/{name}"\nurl = "{url}"\n')
            repos.append(repo)
        (root / "multigit.toml").write_text("\n".join(config))
        workspace = Workspace(root, tuple(repos))
        # The copies are new files to git: refresh the index, as git would have long ago.
        self.each(workspace, "update-index", "-q", "--refresh")
        os.sync()  # or the first fsync of a timed run pays for the copying
        return workspace

    def each(self, workspace: Workspace, *arguments: str) -> None:
        """Run one git command in every clone."""
        command = ["xargs", "-P", "4", "-I", "{}", "git", "-C", "{}", *arguments]
        self._run(command, "\n".join(workspace.clones).encode())

    def commit_to_dev(self, workspace: Workspace) -> None:
        """Push a commit that changes a file to every dev."""
        for repo in workspace.repos:
            path, text = "src/later.txt", "later\n"
            stream = (
                f"commit refs/heads/dev\ncommitter Bench <bench@example.invalid> "
                f"{START + 3600 * 100} +0000\n{_data('feat: later')}"
                f"from refs/heads/dev^0\nM 100644 inline {path}\n{_data(text)}"
            )
            self._git(repo.remote, "fast-import", "--quiet", feed=stream.encode())

    def verify(self, workspace: Workspace) -> None:
        """Check that every stg is a merge of stg and dev with one new tag, or raise an error."""
        wrong = [
            f"{repo.name}: {complaint}"
            for repo in workspace.repos
            if (complaint := self._complaint(repo)) is not None
        ]
        if wrong:
            raise BenchError("not promoted: " + "; ".join(wrong[:3]) + f" ({len(wrong)} in all)")

    def _complaint(self, repo: Repo) -> str | None:
        refs = self._refs(repo.remote)
        seed = repo.seed
        if refs["refs/heads/dev"].sha != seed.source:
            return "dev moved"
        stg = refs["refs/heads/stg"]
        if stg.parents != (seed.target, seed.source):
            return f"stg is not a merge of stg and dev: its parents are {' '.join(stg.parents)}"
        if stg.tree != seed.tree:
            return "the merge has the wrong content"
        new = sorted(set(_tags(refs)) - seed.tags)
        if len(new) != 1 or not new[0].startswith("stg-deploy-"):
            return f"expected one new tag, found {new}"
        if refs[f"refs/tags/{new[0]}"].sha != stg.sha:
            return "the tag is not on the merge"
        return None

    def _refs(self, repository: Path) -> dict[str, _Ref]:
        form = "%(refname)|%(objectname)|%(*objectname)|%(parent)|%(tree)"
        found = {}
        for line in self._git(repository, "for-each-ref", f"--format={form}").splitlines():
            name, sha, peeled, parents, tree = line.split("|")
            found[name] = _Ref(peeled or sha, tuple(parents.split()), tree)
        return found

    def _seed(self, number: int) -> Seed:
        remote = self._folder / f"seed-{number}.git"
        clone = self._folder / f"seed-{number}"
        url = f"file://{remote}"
        self._git(self._folder, "init", "--quiet", "--bare", "--template=", str(remote))
        self._git(remote, "symbolic-ref", "HEAD", "refs/heads/main")
        self._git(remote, "fast-import", "--quiet", feed=b"".join(_history(number)))
        refs = self._refs(remote)
        dev, stg = refs["refs/heads/dev"], refs["refs/heads/stg"]
        # A colleague pushed the newest commit: the clone has not seen it yet.
        self._git(remote, "update-ref", "refs/heads/dev", dev.parents[0])
        self._git(self._folder, "clone", "--quiet", "--template=", "-b", "dev", url, str(clone))
        self._git(remote, "update-ref", "refs/heads/dev", dev.sha)
        self._git(remote, "pack-refs", "--all")
        for branch in ("stg", "main"):
            self._git(clone, "branch", "--quiet", branch, f"origin/{branch}")
        return Seed(remote, clone, url, dev.sha, stg.sha, dev.tree, frozenset(_tags(refs)))

    def _git(self, folder: Path, *arguments: str, feed: bytes = b"") -> str:
        return self._run(["git", "-C", str(folder), *arguments], feed)

    def _run(self, command: Sequence[str], feed: bytes) -> str:
        done = subprocess.run(
            command, input=feed, capture_output=True, env=self._env, cwd=self._folder, check=False
        )
        if done.returncode != 0:
            raise BenchError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()


@dataclass(frozen=True)
class _Ref:
    sha: str  # of the commit, even for an annotated tag
    parents: tuple[str, ...]
    tree: str


def _tags(refs: Mapping[str, _Ref]) -> Iterator[str]:
    prefix = "refs/tags/"
    return (name.removeprefix(prefix) for name in refs if name.startswith(prefix))


def _history(seed: int) -> Iterator[bytes]:
    """A fast-import stream: about 30 commits on dev, some promoted to stg and on to main."""
    blobs: dict[str, int] = {}  # path on dev -> mark
    mark = 0
    tips = {"dev": 0, "stg": 0, "main": 0}

    def commit(branch: str, when: int, message: str, parents: Sequence[int]) -> bytes:
        nonlocal mark
        mark += 1
        tips[branch] = mark
        links = [
            f"{word} :{parent}\n" for word, parent in zip(("from", "merge"), parents, strict=False)
        ]
        return (
            f"commit refs/heads/{branch}\nmark :{mark}\n"
            f"committer Bench <bench@example.invalid> {START + 3600 * when} +0000\n"
            f"{_data(message)}{''.join(links)}"
        ).encode()

    def merge(target: str, source: str, when: int, prefix: str) -> Iterator[bytes]:
        yield commit(target, when, f"Merge {source} into {target}", (tips[target], tips[source]))
        yield b"deleteall\n"
        yield from (f"M 100644 :{blob} {path}\n".encode() for path, blob in blobs.items())
        yield (
            f"tag {prefix}-20240101-{when:06}\nfrom :{mark}\n"
            f"tagger Bench <bench@example.invalid> {START + 3600 * when} +0000\n"
            f"{_data('deploy')}"
        ).encode()

    for number in range(RELEASED + 2 + seed % 2):
        changed = range(FILES) if number == 0 else {number % FILES, (number * 7 + seed) % FILES}
        for file in changed:
            mark += 1
            path = f"src/part{file % 6}/file{file:02}.txt"
            blobs[path] = mark
            lines = (f"{path} line {line}, history {seed}\n" for line in range(40))
            text = f"commit {number}\n" + "".join(lines)
            yield f"blob\nmark :{mark}\n{_data(text)}".encode()
        if number == 0:
            mark += 1
            path, text = WORKFLOW
            blobs[path] = mark
            yield f"blob\nmark :{mark}\n{_data(text)}".encode()
        parents = (tips["dev"],) if number else ()
        yield commit("dev", number, f"feat: change {number}", parents)
        yield from (f"M 100644 :{blob} {path}\n".encode() for path, blob in blobs.items())
        if number == 0:
            yield from (
                f"reset refs/heads/{branch}\nfrom :{mark}\n\n".encode()
                for branch in ("stg", "main")
            )
            tips = dict.fromkeys(tips, mark)
        if number + 1 in TO_STG:
            yield from merge("stg", "dev", number, "stg-deploy")
        if number + 1 in TO_MAIN:
            yield from merge("main", "stg", number, "deploy")


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
