"""The result of a push is read from the remote, whatever happens to the connection."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.git.workspace import GitRepositories
from multigit.core.planning.plan import Plan, State
from multigit.core.progress.outcome import Outcome
from multigit.core.values.git_answers import Publication
from multigit.core.values.refs import branch_ref, tag_ref
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.engine import retry as patience
from tests.engine.operations import TRAILER, execute, plan_promotion
from tests.support.forge import Forge, ForgeRepo, remotes_untouched
from tests.support.gitenv import git
from tests.support.http_git import GitHttpServer

DEV = Stage("dev", "dev")
MAIN = Stage("main", "main", promotes_from="dev", tag="deploy-{timestamp}")
BRANCH, TAG = branch_ref("main"), tag_ref("deploy-20250115-150130")

# Sits between git and the server: passes on the server's first answer and all that git sends, and
# hides the server's report. Then it runs `then` on the server.
BROKEN_LINE = """\
#!{python}
import subprocess, sys, threading
server = subprocess.Popen(
    ["git-receive-pack", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
out, into = sys.stdout.buffer, sys.stdin.buffer
while (size := server.stdout.read(4)) != b"0000":
    out.write(size + server.stdout.read(int(size, 16) - 4))
out.write(b"0000")
out.flush()
threading.Thread(target=server.stdout.read, daemon=True).start()
while data := into.read1(65536):
    server.stdin.write(data)
    server.stdin.flush()
server.stdin.close()
server.wait()
{then}
sys.exit(1)
"""


class Shop(GitRepositories):
    """The repository api, with the stages dev and main."""

    def __init__(self, forge: Forge, *, hooks: bool = False) -> None:
        self.forge = forge
        api = Repo("api", "api", url=forge.repos["api"].url, hooks=hooks)
        self.workspace = Workspace(forge.shop, (DEV, MAIN), (api,))
        super().__init__(self.workspace)

    def plan(self) -> Plan:
        """Plan to promote dev to main."""
        return plan_promotion(self, "dev", "main")

    def publish(self, plan: Plan) -> Outcome:
        """Run a plan, and return the outcome of the only repository."""
        (outcome,) = execute(self, plan).outcomes
        return outcome


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository whose dev is ahead of main."""
    repo = forge.add("api")
    repo.commit("dev", {"a": "1\n"})
    return repo


@pytest.fixture
def shop(forge: Forge, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return the workspace of that repository, without pauses between retries."""
    assert api.name in forge.repos
    monkeypatch.setattr(patience, "READS", replace(patience.READS, pause=0.0))
    return Shop(forge)


def on_remote(repo: ForgeRepo) -> Mapping[str, str]:
    """Return what the branch and the tag point at on the remote."""
    refs = repo.remote_refs()
    return {ref: refs[ref] for ref in (BRANCH, TAG)}


def break_line(forge: Forge, repo: ForgeRepo, then: str = "") -> None:
    """Let pushes arrive but lose the server's report, then run `then` on the server."""
    program = forge.root / "receive-pack"
    script = BROKEN_LINE.format(python=sys.executable, then=then)
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    repo.git("config", "remote.origin.receivepack", str(program))


def test_a_promotion_arrives(shop: Shop, api: ForgeRepo) -> None:
    """The branch and the tag are on the remote, with their messages."""
    plan = shop.plan()
    assert shop.publish(plan).state is State.PUBLISHED
    assert api.tip("main") == plan.repos[0].after
    assert api.remote_git("rev-parse", f"{TAG}^{{commit}}") == plan.repos[0].after
    message = api.remote_git("for-each-ref", "--format=%(contents)", TAG)
    assert message == f"Merge dev into main (production deployment)\n\n{TRAILER}\n"


def test_a_push_whose_answer_is_lost_is_published(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """Git says that the push failed, but the server carried it out."""
    plan = shop.plan()
    break_line(forge, api)
    outcome = shop.publish(plan)
    assert (outcome.state, outcome.problems) == (State.PUBLISHED, ())
    assert on_remote(api) == outcome.made
    shop.keep_transcripts(forge.root / "said")
    assert "hung up unexpectedly" in (forge.root / "said/api.log").read_text()


@pytest.mark.parametrize("lost", [BRANCH, TAG])
def test_a_push_that_was_half_applied_is_completed(
    lost: str, forge: Forge, shop: Shop, api: ForgeRepo
) -> None:
    """Either the branch or the tag may be missing on the server."""
    plan = shop.plan()
    before = api.remote_refs().get(lost, "")
    undo = ["update-ref", lost, before] if before else ["update-ref", "-d", lost]
    once = forge.root / "once"
    then = (
        f"import pathlib\nonce = pathlib.Path({str(once)!r})\n"
        f"if not once.exists():\n    once.touch()\n"
        f"    subprocess.run(['git', '-C', sys.argv[1], *{undo!r}], check=True)\n"
    )
    break_line(forge, api, then)
    outcome = shop.publish(plan)
    assert once.exists()
    assert outcome.state is State.PUBLISHED
    assert on_remote(api) == outcome.made


def test_a_server_that_is_gone_leaves_it_unknown(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """The remote cannot be asked, so the result is unknown."""
    plan = shop.plan()
    away = Path(f"{api.bare}.away")
    break_line(forge, api, f"import os\nos.rename({str(api.bare)!r}, {str(away)!r})")
    outcome = shop.publish(plan)
    assert outcome.state is State.UNKNOWN
    assert outcome.problems[0].code == "outcome_unknown"


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_a_protected_ref_keeps_the_other_back(
    ref: str, forge: Forge, shop: Shop, api: ForgeRepo
) -> None:
    """The push is atomic, so neither ref moves, and the server's reason is reported."""
    plan = shop.plan()
    api.reject_pushes(ref, "GH006: Protected branch update failed")
    with remotes_untouched(forge):
        outcome = shop.publish(plan)
    assert outcome.state is State.FAILED
    assert "GH006: Protected branch update failed" in outcome.problems[0].message


def test_a_ref_that_another_push_holds_leaves_it_unknown_over_http(
    forge: Forge, api: ForgeRepo
) -> None:
    """The lock may be that of the same push, sent twice by git's HTTP client."""
    with GitHttpServer(forge.remotes) as server:
        api.use_url(server.url("api"))
        api.git("config", "http.extraHeader", f"Authorization: {server.login}")
        shop = Shop(forge)
        assert state_while_held(forge, shop, api) is State.UNKNOWN


def state_while_held(forge: Forge, shop: Shop, api: ForgeRepo) -> State:
    """Return the result of a push while its ref is locked on the server; a second push succeeds."""
    plan = shop.plan()
    lock = api.bare / "refs/heads/main.lock"
    lock.touch()
    with remotes_untouched(forge):
        outcome = shop.publish(plan)
    assert "main.lock" in outcome.problems[-1].message
    lock.unlink()
    assert shop.publish(plan).state is State.PUBLISHED
    return outcome.state


def test_a_ref_that_another_push_holds_is_refused(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """Without HTTP nothing repeats a request, so the refusal is certain."""
    assert state_while_held(forge, shop, api) is State.FAILED


def test_a_server_without_atomic_pushes_gets_none(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """The refs are not pushed one after another instead."""
    plan = shop.plan()
    api.remote_git("config", "receive.advertiseAtomic", "false")
    with remotes_untouched(forge):
        outcome = shop.publish(plan)
    assert outcome.state is State.FAILED
    assert "atomic" in outcome.problems[0].message


def test_a_colleague_who_was_faster_is_named(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """The message has the planned commit, and the commit that is there now."""
    plan = shop.plan()
    planned = api.tip("main")
    theirs = api.commit("main", {"hotfix": "1\n"})
    with remotes_untouched(forge):
        (problem,) = shop.publish(plan).problems
    assert f"main moved from {planned[:7]} to {theirs[:7]}" in problem.message


def test_private_tags_stay_private(shop: Shop, api: ForgeRepo) -> None:
    """They are not pushed even if `push.followTags` is set."""
    api.git("config", "push.followTags", "true")
    plan = shop.plan()
    api.git("tag", "-a", "-m", "mine", "private", plan.repos[0].source_sha)
    before = set(api.remote_refs())
    assert shop.publish(plan).state is State.PUBLISHED
    assert set(api.remote_refs()) - before == {TAG}


def test_only_what_is_planned_is_pushed(shop: Shop, api: ForgeRepo) -> None:
    """The remote's own push refspecs and `push.default` are ignored."""
    api.git("config", "--add", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    api.git("config", "push.default", "matching")
    api.local_commit({"own": "1\n"})
    before = api.remote_refs()
    outcome = shop.publish(shop.plan())
    assert outcome.state is State.PUBLISHED
    assert api.remote_refs() == {**before, **outcome.made}


def test_a_promotion_arrives_over_http(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """It takes two connections: one to fetch, and one to push."""
    with GitHttpServer(forge.remotes) as server:
        api.use_url(server.url("api", with_password=True))
        outcome = shop.publish(shop.plan())
        assert outcome.state is State.PUBLISHED
        assert server.connections("api", "upload-pack") == 1
        assert server.connections("api", "receive-pack") == 1
        assert server.connections("api") == 2
    assert on_remote(api) == outcome.made


# --- Pushes that never left this machine


def refuse_here(forge: Forge, api: ForgeRepo, script: str) -> None:
    """Install a pre-push hook that runs a script and fails."""
    hook = api.clone / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    assert forge.shop in hook.parents


def a_hook(forge: Forge, api: ForgeRepo) -> None:
    """Fail in a pre-push hook with a message on standard error."""
    refuse_here(forge, api, "echo 'tests are red' >&2")


def a_hook_that_pushes(forge: Forge, api: ForgeRepo) -> None:
    """Push elsewhere in the hook, then fail with output that looks like git's report."""
    elsewhere = forge.root / "elsewhere.git"
    git(forge.root, "init", "--quiet", "--bare", str(elsewhere))
    script = f"git push --no-verify -q '{elsewhere}' HEAD:refs/heads/x\necho 'tests are red'\n"
    refuse_here(forge, api, f"{script}printf '!\\tx:{BRANCH}\\t(x)\\n!\\tx:{TAG}\\t(x)\\n'")


def a_signature(_forge: Forge, api: ForgeRepo) -> None:
    """Require a signed push, which the server does not support."""
    api.git("config", "push.gpgSign", "true")


def a_helper(_forge: Forge, api: ForgeRepo) -> None:
    """Use a protocol for which git has no helper."""
    api.git("remote", "set-url", "origin", "nonsense://host/api.git")


def a_proxy(_forge: Forge, api: ForgeRepo) -> None:
    """Use a proxy whose host name does not exist."""
    api.git("config", "http.proxy", "http://nowhere.invalid:3128")
    api.git("remote", "set-url", "origin", "http://127.0.0.1:1/api.git")


def a_program(_forge: Forge, api: ForgeRepo) -> None:
    """Push with an ssh that is not installed."""
    api.git("config", "core.sshCommand", "/nowhere/ssh")
    api.git("remote", "set-url", "origin", "git@host:api.git")


def a_mirror(_forge: Forge, api: ForgeRepo) -> None:
    """Configure the remote as a mirror after planning."""
    api.git("config", "remote.origin.mirror", "true")


def a_hang_up(forge: Forge, api: ForgeRepo) -> None:
    """Use a server that hangs up before it says anything."""
    program = forge.root / "leave"
    program.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    program.chmod(0o755)
    api.git("config", "remote.origin.receivepack", str(program))


HERE: dict[Callable[[Forge, ForgeRepo], None], str] = {
    a_hook: "not_sent",
    a_hook_that_pushes: "not_sent",
    a_signature: "no_signed_push",
    a_helper: "no_transport",
    a_proxy: "unreachable",
    a_program: "program_missing",
    a_mirror: "not_sent",
    a_hang_up: "not_sent",
}


@pytest.mark.parametrize("refuse", HERE, ids=lambda each: each.__name__)
def test_what_never_left_this_machine_is_not_published(
    refuse: Callable[[Forge, ForgeRepo], None], forge: Forge, api: ForgeRepo, shop: Shop
) -> None:
    """The result is failed, not unknown, and the message says that nothing was sent."""
    shop = Shop(forge, hooks=True)
    plan = shop.plan()
    refuse(forge, api)
    later = Shop(forge, hooks=True)  # has not read the configuration yet
    with remotes_untouched(forge):
        outcome = later.publish(plan)
    (problem,) = outcome.problems
    assert (outcome.state, problem.code) == (State.FAILED, HERE[refuse]), problem
    assert "nothing was sent" in problem.message
    if "hook" in refuse.__name__:
        assert "tests are red" in problem.message


def test_a_push_that_only_deletes_is_in_doubt(forge: Forge, shop: Shop, api: ForgeRepo) -> None:
    """Deleting needs no pack, so it proves nothing that none was sent."""
    tag = api.remote_git("rev-parse", "main").strip()
    api.remote_git("update-ref", TAG, tag)
    repository = shop.repository(shop.workspace.repos[0])
    assert not repository.facts().detour  # reads the configuration before it is changed
    a_hang_up(forge, api)
    report = repository.push([Publication(TAG, tag, "")])
    assert (report.accepted, report.sent, report.final) == (False, True, False)


def test_a_push_without_notes_is_judged_by_words(
    shop: Shop, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder for git's trace, a push whose error does not decide it stays unknown."""

    def full(*_args: object, **_kwargs: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    plan = shop.plan()
    a_hang_up(shop.forge, api)
    monkeypatch.setattr("tempfile.mkdtemp", full)
    assert shop.publish(plan).state is State.UNKNOWN


def test_a_lock_error_that_names_a_stranger_is_a_race(shop: Shop, api: ForgeRepo) -> None:
    """The lock error names a commit that was not expected, so someone else pushed first."""
    plan = shop.plan()
    theirs = api.remote_git("commit-tree", "-m", "theirs", "main^{tree}").strip()
    hook = api.bare / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    steal = f"git update-ref {BRANCH} {theirs}"
    hook.write_text(f'#!/bin/sh\n[ "$1" = {BRANCH} ] && {steal}\nexit 0\n', encoding="utf-8")
    hook.chmod(0o755)
    outcome = shop.publish(plan)
    assert (outcome.state, [each.code for each in outcome.problems]) == (State.FAILED, ["moved"])
    assert api.tip("main") == theirs
    assert TAG not in api.remote_refs()
