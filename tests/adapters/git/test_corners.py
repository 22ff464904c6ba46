"""Odd states of repositories, servers and hooks that once led the engine or git's door astray."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from multigit.adapters.files.deployment_log import DeploymentLog
from multigit.adapters.git.config import read_config
from multigit.adapters.git.outcome import Completed, failure
from multigit.adapters.git.publishing import BEFORE_SENDING
from multigit.adapters.git.repository import GitRepository
from multigit.core.planning.push import to_commit
from multigit.core.values.git_answers import Publication, PushReport, RefQuery, Signature
from multigit.core.values.snapshot import Change
from multigit.core.values.workspace import PushRules, Stage
from multigit.engine.fleet import sweep
from multigit.errors import GitError, RefusedError
from tests.adapters.git.clones import SIGNATURE, open_clone, open_door, open_folder, sides
from tests.engine.operations import (
    STG,
    TAG,
    execute,
    outcome,
    plan_backmerge,
    plan_promotion,
    plan_work,
    states,
)
from tests.support.fake_git import BROKEN_OFF, FakeGit, FakeRemote, first_ref_only, never_arrived
from tests.support.forge import Forge, ForgeRepo
from tests.support.gitenv import git, init

DEV = Stage("dev", "dev")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository."""
    return forge.add("api", files={"README.md": "1\n", "conf": "1\n", "d/a": "1\n"})


def commit_all(repository: GitRepository) -> None:
    """Commit what `multigit push dev --promote stg` would: preview, then commit the same."""
    work = repository.work_tree(sizes=True)
    changes = to_commit(work, DEV, PushRules())
    preview = repository.commit_preview(work.head, changes, SIGNATURE)
    made = repository.commit(changes, SIGNATURE, verify=True)
    assert made.tree == preview.tree


# --- The engine


def test_a_half_applied_push_that_cannot_be_completed_is_not_called_refused() -> None:
    """The branch has moved: whoever reads the report must not believe that nothing happened."""
    fake = FakeGit("web")
    fake["web"].remote.commit("dev", {"a": "1"})
    plan = plan_promotion(fake)

    def half(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        remote.reject("refs/tags/*", "no tags")
        remote.next_push = None
        remote.refs[STG] = publications[0].after
        return BROKEN_OFF

    fake["web"].remote.next_push = half
    found = outcome(execute(fake, plan), "web")
    assert fake["web"].remote.tip("stg") == found.made[STG]
    said = " ".join(problem.message for problem in found.problems)
    assert found.made[STG][:7] in said, said


def test_a_half_applied_push_whose_tag_was_taken_tells_of_the_branch() -> None:
    """The branch is ours, the tag is somebody else's: both have to be said."""
    fake = FakeGit("web")
    fake["web"].remote.commit("dev", {"a": "1"})
    plan = plan_promotion(fake)

    def half(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        report = first_ref_only(remote, publications)
        remote.tag(TAG.removeprefix("refs/tags/"), remote.tip("main"))
        return report

    fake["web"].remote.next_push = half
    found = outcome(execute(fake, plan), "web")
    said = " ".join(problem.message for problem in found.problems)
    assert found.made[STG][:7] in said, said


def test_a_push_with_a_colleagues_on_top_is_published() -> None:
    """The answer was lost; before we look, somebody builds on our merge. Our tag is there."""
    fake = FakeGit("web")
    fake["web"].remote.commit("dev", {"a": "1"})
    plan = plan_promotion(fake)

    def overtaken(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        remote.receive(publications)
        remote.commit("stg", {"theirs": "1"})
        return BROKEN_OFF

    fake["web"].remote.next_push = overtaken
    report = execute(fake, plan)
    assert outcome(report, "web").made[TAG] == fake["web"].remote.refs[TAG]
    assert states(report) == {"web": "published"}


def test_a_commit_that_was_made_is_known_again_by_a_long_subject() -> None:
    """Git's subject is the whole first paragraph, not its first line."""
    fake = FakeGit("web")
    fake["web"].write({"a": "1"})
    plan = plan_work(fake, message="feat: one\nand two\n\nWith a body.")
    fake["web"].remote.next_push = never_arrived
    execute(fake, plan)
    report = execute(fake, plan, again=True)
    assert states(report) == {"web": "published"}


def test_a_merge_that_is_gone_is_noticed_before_anything_is_pushed() -> None:
    """A back-merge has no tag, so nothing looks at the object until the push."""
    fake = FakeGit("api", "web")
    for repo in fake.repos.values():
        repo.remote.commit("main", {"hotfix": "1"})
    plan = plan_backmerge(fake)
    before = fake.remote_refs()
    for merge in plan.repos[1].merges():
        del fake["web"].objects.commits[merge.commit]
    if states(execute(fake, plan)) != {"api": "published", "web": "published"}:
        assert fake.remote_refs() == before


def test_what_was_begun_is_never_forgotten() -> None:
    """Ctrl-C may come while the pool starts its threads: the one that started counts."""
    begun: list[str] = []
    pressed = threading.Event()

    def work(name: str) -> str:
        begun.append(name)
        if not pressed.is_set():
            pressed.set()
            os.kill(os.getpid(), 2)
        time.sleep(0.3)
        return name

    done = sweep(tuple("abcdefgh"), work, jobs=8)
    assert done.interrupted
    assert sorted(done.results) == sorted(begun)


# --- Reading


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0c", "\x1c"])
def test_a_subject_may_hold_any_character(odd: str, forge: Forge, api: ForgeRepo) -> None:
    """`str.splitlines` knows more line breaks than git; one such commit stops every command."""
    base = api.tip("dev")
    tip = api.commit("dev", {"a": "1\n"}, message=f"one{odd}two")
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev",)))
    waiting = repository.waiting(base, tip)
    assert waiting.commits == 1
    assert waiting.newest
    assert waiting.newest.subject == f"one{odd}two"


def test_a_tag_may_hold_any_character(forge: Forge, api: ForgeRepo) -> None:
    """A colleague's tag must not stop every command."""
    api.remote_git("update-ref", "refs/tags/deploy-1\u2028x", api.tip("main"))
    repository = open_clone(forge, api)
    query = RefQuery(("dev",), ("deploy-*",))
    repository.fetch(query)
    assert [tag.name for tag in repository.refs(query).tags] == ["deploy-1\u2028x"]


def test_a_tag_below_the_releases_name_is_seen(forge: Forge, api: ForgeRepo) -> None:
    """`tag_name` counts deploy-1/x as in the way of deploy-1, but is never told of it."""
    api.remote_git("update-ref", "refs/tags/deploy-1/x", api.tip("main"))
    repository = open_clone(forge, api)
    query = RefQuery(("dev",), ("deploy-1*",))
    repository.fetch(query)
    assert [tag.name for tag in repository.refs(query).tags] == ["deploy-1/x"]


def test_a_tag_without_a_message_hides_no_other(forge: Forge, api: ForgeRepo) -> None:
    """Two NULs in a row are also what an empty message and its end look like."""
    for name, message in (("deploy-1", ""), ("deploy-2", "two")):
        header = f"object {api.tip('main')}\ntype commit\ntag {name}\n"
        body = f"tagger A <a@example.org> 1 +0000\n\n{message}"
        sha = api.remote_git("mktag", input=header + body)
        api.remote_git("update-ref", f"refs/tags/{name}", sha)
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev",), ("deploy-*",)))
    assert repository.tag_messages(["deploy-*"]) == {"deploy-1": "", "deploy-2": "two"}


def test_a_repository_that_vanished_is_not_taken_for_the_current_folder(
    forge: Forge, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitPython runs git in the current folder when the given one is gone; commits, too."""
    shop = forge.add("shop", path=".")
    repository = open_clone(forge, api)
    repository.facts()
    shutil.rmtree(api.clone)
    monkeypatch.chdir(shop.clone)
    with pytest.raises(GitError):
        repository.refs(RefQuery(("dev",)))
    shop.write({"mine": "1\n"})
    with pytest.raises(GitError):
        repository.commit([Change("mine", "untracked")], SIGNATURE, verify=True)


def test_a_colon_above_does_not_open_an_outer_repository(forge: Forge) -> None:
    """GIT_CEILING_DIRECTORIES is a list with colons, so such a parent is no ceiling."""
    outer = forge.add("outer", path="a:b")
    (outer.clone / "plain").mkdir()
    with pytest.raises(GitError):
        open_folder(outer.clone / "plain").facts()


def test_a_file_in_a_repositorys_place_is_something(forge: Forge) -> None:
    """`exists` ends in NotADirectoryError, so `multigit pull` calls it a bug."""
    (forge.shop / "api").touch()
    assert open_folder(forge.shop / "api").exists()


@pytest.mark.parametrize(("value", "expected"), [(" =", False), (" = 2", True)])
def test_a_flag_is_what_git_takes_it_for(value: str, tmp_path: Path, *, expected: bool) -> None:
    """An empty value is false, any number but 0 is true."""
    init(tmp_path)
    with (tmp_path / ".git/config").open("a", encoding="utf-8") as file:
        file.write(f"[commit]\n\tgpgSign{value}\n")
    truth = git(tmp_path, "config", "--type=bool", "commit.gpgSign") == "true"
    assert truth == expected
    assert read_config(open_door(tmp_path)).flag("commit.gpgsign") == expected


# --- Committing


def test_a_staged_file_that_is_gone_again_is_no_obstacle(forge: Forge, api: ForgeRepo) -> None:
    """Status says AD; preview and commit end in "pathspec did not match"."""
    api.write({"new": "1\n", "other": "1\n"})
    api.git("add", "new")
    api.write({"new": None})
    commit_all(open_clone(forge, api))


def test_a_file_can_become_a_folder_without_its_litter(forge: Forge, api: ForgeRepo) -> None:
    """The pathspec of the old file takes in all that lies in the new folder; the commit fails."""
    api.write({"conf": None})
    api.write({"conf/a": "1\n", "conf/.DS_Store": "litter"})
    repository = open_clone(forge, api)
    commit_all(repository)
    assert "conf/.DS_Store" not in api.git("ls-files").splitlines()


def test_a_folder_can_become_a_link(forge: Forge, api: ForgeRepo) -> None:
    """Git refuses a pathspec beyond a symbolic link."""
    shutil.rmtree(api.clone / "d")
    (api.clone / "d").symlink_to("conf")
    commit_all(open_clone(forge, api))


def test_a_file_whose_content_only_a_filter_knows_is_no_change(
    forge: Forge, api: ForgeRepo
) -> None:
    """Without its filter a touched file looks modified; then there is nothing to commit."""
    api.git("config", "filter.up.clean", "tr a-z A-Z")
    api.git("config", "filter.up.smudge", "tr A-Z a-z")
    api.local_commit({".gitattributes": "*.big filter=up\n", "x.big": "content\n"})
    os.utime(api.clone / "x.big", (1, 1))
    assert api.git("--no-optional-locks", "status", "--porcelain") == ""
    commit_all(open_clone(forge, api))


def test_changes_inside_a_submodule_are_nothing_to_commit(forge: Forge, api: ForgeRepo) -> None:
    """A file more in a submodule's work tree stops `multigit push` in all repositories."""
    lib = forge.add("lib")
    api.git("submodule", "--quiet", "add", lib.url, "lib")
    api.git("commit", "--quiet", "--message", "Add a submodule")
    (api.clone / "lib/new").touch()
    commit_all(open_clone(forge, api))


def test_an_ignored_file_can_be_added_by_force(forge: Forge, api: ForgeRepo) -> None:
    """It is staged, so the user wants it; the preview refuses it."""
    api.local_commit({".gitignore": "*.log\n"})
    api.write({"a.log": "1\n"})
    api.git("add", "--force", "a.log")
    commit_all(open_clone(forge, api))


def test_a_sparse_checkout_is_no_obstacle(forge: Forge, api: ForgeRepo) -> None:
    """A new file outside of it is listed, and then cannot be added."""
    api.git("sparse-checkout", "set", "d")
    api.write({"d/a": "2\n", "e/new": "1\n"})
    commit_all(open_clone(forge, api))


def test_a_repository_inside_is_not_committed(forge: Forge) -> None:
    """One that the configuration does not know becomes a gitlink, or stops the commit."""
    shop = forge.add("shop", path=".")
    init(forge.shop / "stray")
    (forge.shop / "stray/a").touch()
    repository = open_clone(forge, shop)
    assert [change.path for change in repository.work_tree(sizes=True).changes] == []


def test_a_message_is_committed_as_it_is(forge: Forge, api: ForgeRepo) -> None:
    """The preview keeps it, `git commit` tidies it up: another commit than was shown."""
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    work = repository.work_tree()
    signature = Signature("feat: x  \n\n\nbody", SIGNATURE.date)
    preview = repository.commit_preview(work.head, work.changes, signature)
    made = repository.commit(work.changes, signature, verify=True)
    assert made.sha == preview.sha


def test_a_message_may_begin_with_a_hash(forge: Forge, api: ForgeRepo) -> None:
    """With `commit.cleanup = strip` the whole message is a comment."""
    api.git("config", "commit.cleanup", "strip")
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    changes = repository.work_tree().changes
    made = repository.commit(changes, Signature("#12: fix", SIGNATURE.date), verify=True)
    assert api.git("show", "--no-patch", "--format=%s", made.sha) == "#12: fix"


@pytest.mark.parametrize(
    "words", ["line 2: flake8: not found", "./lint: Permission denied", "error: 500 style errors"]
)
def test_a_hooks_words_are_not_taken_for_the_remotes(
    words: str, forge: Forge, api: ForgeRepo
) -> None:
    """A commit hook without its linter is reported as "the remote repository was not found"."""
    hook = api.clone / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\necho '{words}' >&2; exit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    api.write({"new": "1\n"})
    repository = open_clone(forge, api)
    with pytest.raises(GitError) as caught:
        repository.commit(repository.work_tree().changes, SIGNATURE, verify=True)
    assert "remote" not in caught.value.message
    assert words in caught.value.message


def test_a_hook_may_leave_something_running(forge: Forge, api: ForgeRepo) -> None:
    """The commit is made; waiting for the hook's child ends in "git commit did not end"."""
    hook = api.clone / ".git/hooks/post-commit"
    hook.write_text("#!/bin/sh\nsleep 20 &\n", encoding="utf-8")
    hook.chmod(0o755)
    api.write({"new": "1\n"})
    repository = open_clone(forge, api, timeout=3)
    repository.commit(repository.work_tree().changes, SIGNATURE, verify=True)


# --- Publishing


def test_a_helper_that_ignores_term_is_killed(forge: Forge, api: ForgeRepo) -> None:
    """When git itself ends at once, the rest of its group is not killed."""
    pid = forge.root / "pid"
    helper = forge.root / "upload-pack"
    helper.write_text(f"#!/bin/sh\ntrap '' TERM\necho $$ > {pid}\nsleep 20\nsleep 20\n")
    helper.chmod(0o755)
    api.git("config", "--global", "remote.origin.uploadpack", str(helper))
    with pytest.raises(GitError):
        open_clone(forge, api, timeout=1).fetch(RefQuery(("dev",)))
    time.sleep(0.5)
    stat = Path(f"/proc/{pid.read_text().strip()}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_connection_that_is_reset_in_the_middle_is_not_final() -> None:
    """What curl says when a push breaks off after it was sent; the server may still act on it."""
    said = (
        "error: RPC failed; curl 56 Recv failure: Connection reset by peer\n"
        "send-pack: unexpected disconnect while reading sideband packet\n"
        "fatal: the remote end hung up unexpectedly\n"
    )
    assert failure("push", Completed(1, b"", said)).code not in BEFORE_SENDING


def test_a_connection_that_ends_at_once_is_tried_again() -> None:
    """Git's other words for a server that went away are not among the known ones."""
    said = "fatal: the remote end hung up upon initial contact\n"
    assert failure("fetch", Completed(128, b"", said)).code == "connection_lost"


def test_why_a_server_went_away_is_told() -> None:
    """The first thing that git gave up for; the rest follows from it."""
    gone = "the remote end hung up unexpectedly"
    said = f"fatal: protocol error: bad line length 17\nfatal: {gone}\n"
    error = failure("fetch", Completed(128, b"", said))
    assert error.message.endswith("broke off: protocol error: bad line length 17")
    assert failure("fetch", Completed(128, b"", f"fatal: {gone}\n")).message.endswith("broke off.")


def test_a_tag_that_should_be_signed_is_signed(forge: Forge, api: ForgeRepo) -> None:
    """Git 2.39 makes an unsigned tag, and says exit 0, where an ssh key is missing."""
    api.git("config", "tag.gpgSign", "true")
    api.git("config", "gpg.format", "ssh")
    api.git("config", "user.signingKey", "/nowhere")
    repository = open_clone(forge, api)
    ours, _ = sides(repository)
    with pytest.raises(GitError):
        repository.tag("deploy-1", ours.sha, SIGNATURE)


# --- The log


def test_a_link_in_the_logs_place_is_refused_before_it_is_cut(tmp_path: Path) -> None:
    """The torn tail is cut off before the link is noticed."""
    victim = tmp_path / "victim"
    victim.write_text("no line break at the end", encoding="utf-8")
    (tmp_path / "deployment.log").symlink_to(victim)
    log = DeploymentLog(tmp_path / "deployment.log", tmp_path / ".multigit/log.lock")
    with pytest.raises(RefusedError):
        log.append({"operation": "x"})
    assert victim.read_text() == "no line break at the end"
