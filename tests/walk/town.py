"""Where a walk takes place: three remotes, two workspaces of them, servers and runners with moods.

A server may refuse every push, or hold it until it is told to hurry. A deployment may succeed,
fail, or be held. Each deployment that really begins writes a line to a ledger of which multigit
knows nothing. So does everything that happens to it later: it ends, someone reruns it, or its trace
is lost, so that no one can find out any more how it ended.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.forge import Forge, ForgeRepo
from tests.support.gitenv import git, run_git
from tests.support.http_git import GitHttpServer
from tests.torture.world import PACKAGE, at_work_in

if TYPE_CHECKING:
    from tests.walk.hosts import Host

REPOS = ("api", "web", "db")
OVER_HTTP = "web"  # its server continues when the client is gone
KEEPER = "db"  # stores the locks across machines
STAGES = ("dev", "stg", "main")
PAIRS = (("dev", "stg"), ("stg", "main"), ("dev", "main"))  # the last only in SHORT
SHORT = "db"  # has no stg, and a branch of its own
OWN_STAGES = {SHORT: ("dev", "main")}
OWN_BRANCHES = {(SHORT, "dev"): "develop"}
TAGGED = {"stg": "stg-deploy-", "main": "deploy-"}  # the prefixes of their deploy tags
OURS, THEIRS = "ours", "theirs"
WORKFLOW = """\
name: deploy
run-name: ${{ inputs.key }}
on:
  workflow_dispatch:
    inputs:
      key:
        required: true
      stage:
        required: true
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: ./deploy.sh
"""
FILES = {"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n", ".github/workflows/deploy.yml": WORKFLOW}
CALM = 30.0  # seconds that an orphan may take

CONFIG = """\
[workspace]
name = "shop"

[git]
timeout = "20s"

[stages.dev]
confirm = "none"

[stages.stg]
promotes_from = "dev"
tag = "stg-deploy-{timestamp}"

[stages.main]
promotes_from = "stg"
tag = "deploy-{timestamp}"
"""
LOCK = f"""
[lock]
repo = "{KEEPER}"
"""
DEPLOY = """
[stages.{stage}.deploy]
runner = "command"
command = ["/bin/sh", "{script}"]
targets = {targets}
"""
LAST, FIRST = "web", "api"  # in waves
OWN = """\
branches = {dev = "develop"}
stages = ["dev", "main"]
"""
HOOK = """\
#!/bin/sh
touch "{place}/arrived"
n=0
while [ -e "{place}/held" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
if [ -e "{place}/refusing" ]; then
  echo "GH006: Protected branch update failed." >&2
  exit 1
fi
"""
SCRIPT = """\
place="{place}/$MULTIGIT_STAGE"
by={ours}
case "$PWD" in "{colleague}"/*) by={theirs} ;; esac
echo "begin $MULTIGIT_KEY $MULTIGIT_REPO $MULTIGIT_STAGE $MULTIGIT_SHA $by" >>"{ledger}"
n=0
while [ -e "$place/held" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
status=0
[ -e "$place/badly" ] && status=1
echo "end $MULTIGIT_KEY $status" >>"{ledger}"
exit $status
"""


def stages_of(repo: str) -> tuple[str, ...]:
    """Return the stages of a repository."""
    return OWN_STAGES.get(repo, STAGES)


def pairs_of(repo: str) -> tuple[tuple[str, str], ...]:
    """Return the stages that follow each other in a repository."""
    return tuple(itertools.pairwise(stages_of(repo)))


def branch_of(repo: str, stage: str) -> str:
    """Return a repository's branch for a stage."""
    return OWN_BRANCHES.get((repo, stage), stage)


def stage_named(word: str) -> str:
    """Return the stage that a word of a command names, maybe by a branch."""
    return {branch: stage for (_, stage), branch in OWN_BRANCHES.items()}.get(word, word)


def stage_of(repo: str, branch: str) -> str:
    """Return the stage of a repository's branch."""
    return {branch_of(repo, stage): stage for stage in stages_of(repo)}[branch]


class Town:
    """The world of one walk, below `root`, played with the multigit of `package`."""

    def __init__(self, root: Path, package: Path = PACKAGE) -> None:
        root.mkdir(parents=True)
        self.root = root.resolve()
        self.forge = Forge(self.root)
        self.ledger = self.root / "ledger"
        self.ledger.touch()
        self.runners: set[str] = set()
        self.locks = self.waves = self.targets = False
        self.host: Host | None = None
        self._server = GitHttpServer(self.forge.remotes)
        self._folders = 0
        self._edits = 0
        self.env = self.forge.env | {
            "TMPDIR": str(self.fresh("tmp")),
            "PYTHONPATH": str(package),
        }
        for name in REPOS:
            self._build(name)
        for stage in STAGES:
            self.mood(stage).mkdir(parents=True)
        self.workspaces = {OURS: self.forge.shop, THEIRS: self.root / "colleague" / "shop"}
        self.workspaces[THEIRS].parent.mkdir()
        script = SCRIPT.format(
            place=self.root / "moods",
            ledger=self.ledger,
            ours=OURS,
            theirs=THEIRS,
            colleague=self.workspaces[THEIRS].parent,
        )
        (self.root / "deploy.sh").write_text(script, encoding="utf-8")
        self.configure()
        shutil.copytree(self.workspaces[OURS], self.workspaces[THEIRS], symlinks=True)

    def __enter__(self) -> Self:
        self._server.__enter__()
        for shop in self.workspaces.values():
            clone = shop / OVER_HTTP
            git(clone, "config", "remote.origin.url", self._server.url(OVER_HTTP))
        settings = str(self.root / "home/.gitconfig")
        header = f"Authorization: {self._server.login}"
        git(self.root, "config", "--file", settings, "http.extraHeader", header)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        for pid in at_work_in(self.root):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.__exit__(None, None, None)
        if self.host:
            self.host.__exit__(None, None, None)

    @property
    def repos(self) -> dict[str, ForgeRepo]:
        """Return the repositories by name."""
        return self.forge.repos

    def fresh(self, name: str) -> Path:
        """Return a new folder of the town, outside of the workspaces."""
        self._folders += 1
        folder = self.root / f"{name}-{self._folders}"
        folder.mkdir()
        return folder

    # --- Moods of servers and runners

    def mood(self, name: str) -> Path:
        """Return the folder for the moods of a repository's server or a stage's runner."""
        return self.root / "moods" / name

    def set_mood(self, name: str, what: str, *, on: bool) -> None:
        """Make a server refuse or hold, or a runner hold or fail; or stop that."""
        file = self.mood(name) / what
        if on:
            file.touch()
        else:
            file.unlink(missing_ok=True)

    def has_mood(self, name: str, what: str) -> bool:
        """Return whether a server or runner has this mood."""
        return (self.mood(name) / what).exists()

    def release(self) -> None:
        """Release everything that is held."""
        for held in (self.root / "moods").glob("*/held"):
            held.unlink(missing_ok=True)

    def hurry(self) -> None:
        """Release everything that is held, and wait until it has ended."""
        self.release()
        if self.host:
            self.host.end_all()
        self.wait_for_calm()

    def held(self) -> bool:
        """Return whether anything is held."""
        return any((self.root / "moods").glob("*/held"))

    def arrived(self) -> bool:
        """Return whether a push has reached a server since arrivals were forgotten."""
        return any((self.root / "moods").glob("*/arrived"))

    def forget_arrivals(self) -> None:
        """Forget which pushes have arrived."""
        for file in (self.root / "moods").glob("*/arrived"):
            file.unlink(missing_ok=True)

    def wait_for_calm(self) -> bool:
        """Wait until nothing is running in the town any longer; return whether that happened."""
        deadline = time.monotonic() + CALM
        while self.at_work():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def at_work(self) -> bool:
        """Return whether a process of this town is still running."""
        return self._server.busy or any(at_work_in(self.root))

    def configure(self) -> None:
        """Write the configuration of every workspace as it is currently agreed."""
        tables = (
            f"\n[repos.{name}]\n{OWN if name == SHORT else ''}{self._more(name)}" for name in REPOS
        )
        script = self.root / "deploy.sh"
        targets = '["one", "two"]' if self.targets else "[]"
        deploy = self.host.table if self.host else DEPLOY
        deploys = (
            deploy.format(stage=stage, script=script, targets=targets)
            for stage in sorted(self.runners)
        )
        text = CONFIG + "".join(tables) + "".join(deploys) + (LOCK if self.locks else "")
        text += self.host.settings if self.host else ""
        for shop in self.workspaces.values():
            if shop.exists():
                (shop / "multigit.toml").write_text(text, encoding="utf-8")

    def employ(self, stage: str, *, wanted: bool) -> None:
        """Add a stage's runner to the configuration of all workspaces, or remove it."""
        (self.runners.add if wanted else self.runners.discard)(stage)
        self.configure()

    def agree(self, what: str) -> None:
        """Give the configuration of all workspaces locks, waves or targets from now on."""
        setattr(self, what, True)
        self.configure()

    def _more(self, name: str) -> str:
        after = f'after = ["{FIRST}"]\n' if self.waves and name == LAST else ""
        return after + (self.host.about(name) if self.host else "")

    # --- Deployments

    def write(self, *words: object) -> None:
        """Write a line into the ledger."""
        with self.ledger.open("a", encoding="utf-8") as ledger:
            ledger.write(" ".join(map(str, words)) + "\n")

    def employ_host(self, host: Host) -> None:
        """Let a host carry out the deployments of all stages from now on."""
        self.host = host.__enter__()
        self.env |= host.env
        self.configure()

    # --- Colleagues

    def colleague(self, repo: str, stage: str) -> str:
        """Commit a new file on a remote's branch, as a colleague's push would."""
        self._edits += 1
        number = self._edits
        content = {f"file-{number}.txt": f"{number}\n"}
        branch = branch_of(repo, stage)
        return self.repos[repo].commit(branch, content, message=f"feat: number {number}")

    def contradict(self, repo: str, stage: str) -> str:
        """Change a line that others change, too."""
        self._edits += 1
        content = {"a.txt": f"{stage} {self._edits}\n2\n3\n4\n5\n"}
        branch = branch_of(repo, stage)
        return self.repos[repo].commit(branch, content, message=f"fix: line {self._edits}")

    def merge_by_hand(self, repo: str, source: str, target: str) -> str:
        """Merge a branch into another on the remote; empty if that conflicts or has no effect."""
        one, branch = self.repos[repo], branch_of(repo, target)
        tip, other = one.tip(branch), one.tip(branch_of(repo, source))
        merged = run_git(one.bare, "merge-tree", "--write-tree", tip, other)
        if merged.returncode or one.remote_git("merge-base", tip, other) == other:
            return ""
        tree = merged.stdout.strip()
        words = ("-p", tip, "-p", other, "-m", f"Merge {source} into {target} by hand", tree)
        made = one.remote_git("commit-tree", *words)
        one.remote_git("update-ref", f"refs/heads/{branch}", made, tip)
        return made

    def roll_back(self, repo: str, stage: str, *, silent: bool) -> str:
        """Revert the merge or revert at a branch's tip; return an empty string if it is neither.

        Like `git revert -m 1` or, if `silent`, by restoring the old content under another message.
        """
        one, branch = self.repos[repo], branch_of(repo, stage)
        tip = one.tip(branch)
        parents, _, subject = one.remote_git("log", "-1", "--format=%P%n%s", tip).partition("\n")
        before, *others = parents.split() or [""]
        if not others and not subject.startswith(("Revert", "Quick help")):
            return ""
        reverses = f", reversing\nchanges made to {before}" if others else ""
        message = f'Revert "{subject}"\n\nThis reverts commit {tip}{reverses}.'
        words = ("-p", tip, "-m", "Quick help" if silent else message, f"{before}^{{tree}}")
        made = one.remote_git("commit-tree", *words)
        one.remote_git("update-ref", f"refs/heads/{branch}", made, tip)
        return made

    def untag(self, repo: str, stage: str) -> None:
        """Delete the newest deploy tag of a stage, as someone tidying up would."""
        one = self.repos[repo]
        tags = one.remote_git("tag", "--list", f"{TAGGED[stage]}*", "--sort=creatordate").split()
        if tags:
            one.remote_git("update-ref", "-d", f"refs/tags/{tags[-1]}")

    def edit(self, workspace: str, repo: str) -> None:
        """Work in a clone: change one file, and add another."""
        self._edits += 1
        clone = self.workspaces[workspace] / repo
        (clone / "b.txt").write_text(f"work {self._edits}\n", encoding="utf-8")
        (clone / f"new-{self._edits}.txt").write_text("new\n", encoding="utf-8")

    def _build(self, name: str) -> None:
        branches = [branch_of(name, stage) for stage in stages_of(name)]
        repo = self.forge.add(name, branches, files=FILES)
        git(repo.bare, "config", "core.logAllRefUpdates", "true")
        place = self.mood(name)
        place.mkdir(parents=True)
        hook = repo.bare / "hooks/pre-receive"
        hook.write_text(HOOK.format(place=place), encoding="utf-8")
        hook.chmod(0o755)
