"""Litter, secrets and large files in a push, in the work tree and in commits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.dangers import matches
from multigit.core.planning.plan import State
from multigit.core.planning.push import plan_push
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import PendingCommits
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.push_rules import PushRules
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Outgoing
from tests.core.builders import API, NEWEST, change, snapshot, tip, work, workspace
from tests.core.planning.pushes import (
    AHEAD,
    CODE,
    IN_SYNC,
    commit_step,
    on_dev,
    planned,
    request,
    with_changes,
)

TO_HOOKS = "Add to multigit.toml below [repos.api]: hooks = true"
OUT = "To leave it out: git -C services/api reset --soft dev-1 && git -C services/api reset -- {}; "
REST = "the rest stays staged, to be committed again. To push it anyway: --allow {}"
BY_HAND = "Remove it from the unpushed commits of develop, or pass --allow {}"
STRAIGHT = PendingCommits(2, NEWEST, (tip("dev-1"),))


# --- Litter


@pytest.mark.parametrize(
    "path", [".DS_Store", "docs/.DS_Store", "._x", "a/Thumbs.db", "desktop.ini", "a.swp", "b~"]
)
def test_litter_is_never_committed(path: str) -> None:
    """It does not count as a change, so it alone causes no commit."""
    assert planned(with_changes(change(path, "untracked"))) == on_dev(State.UP_TO_DATE)
    assert planned(with_changes(CODE, change(path))).steps[0] == commit_step(CODE)


def test_staged_litter_blocks() -> None:
    """If there is something to commit, the commit would include it."""
    staged = replace(change(".DS_Store", "added"), staged=True)
    problem = Problem(
        "staged_litter",
        ".DS_Store is staged, but multigit never commits it.",
        "Run: git -C services/api reset -- .DS_Store",
        files=(".DS_Store",),
    )
    assert planned(with_changes(CODE, staged)) == on_dev(State.BLOCKED, problems=(problem,))


def test_litter_is_configurable() -> None:
    """The list replaces the default one."""
    space = workspace(API, push=PushRules(ignore=("*.log", "!keep.log")))
    changes = (change("a.log"), change("keep.log"), change(".DS_Store"))
    seen = {"api": with_changes(*changes)}
    assert plan_push(request(), space, seen).repos[0].steps[0] == commit_step(*changes[1:])


# --- Secrets


@pytest.mark.parametrize(
    ("path", "patterns", "found"),
    [
        (".env", (".env",), True),
        ("services/.env", (".env",), True),
        (".envrc", (".env",), False),
        ("a/b.key", ("*.key",), True),
        ("a/b.key", ("a/*.key",), True),
        ("x/a/b.key", ("a/*.key",), False),
        ("b.key", ("a/*.key",), False),
        ("a.key", ("*.key", "!a.key"), False),
        ("a.key", ("!a.key", "*.key"), True),
        ("a.key", ("*.key", "!a.key", "a.*"), True),
        ("B.KEY", ("*.key",), True),
        ("tmp/a/b", ("tmp/",), True),
        ("tmp", ("tmp/",), False),
        ("anything", (), False),
    ],
)
def test_the_last_pattern_that_fits_decides(
    path: str,
    patterns: tuple[str, ...],
    found: bool,  # noqa: FBT001
) -> None:
    """A pattern with a slash matches the whole path, and `!` excludes a path."""
    assert matches(path, patterns) is found


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "services/api/.env.production",
        "server.pem",
        "keys/server.key",
        "cert.p12",
        "cert.pfx",
        "store.jks",
        "release.keystore",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".npmrc",
        ".pypirc",
        ".netrc",
        ".htpasswd",
        "credentials.json",
        "service-account-prod.json",
        "terraform.tfstate",
        "terraform.tfstate.backup",
    ],
)
def test_what_looks_like_a_secret_blocks(path: str) -> None:
    """The hint names both solutions."""
    problem = Problem(
        "secret_file",
        f"{path} looks like a secret.",
        f"Add it to .gitignore, or pass --allow {path}",
        files=(path,),
    )
    seen = with_changes(CODE, change(path, "untracked"))
    assert planned(seen) == on_dev(State.BLOCKED, problems=(problem,))


@pytest.mark.parametrize("path", [".env.example", "a/.env.sample", ".env.template", "monkey.py"])
def test_examples_of_secrets_are_not_secrets(path: str) -> None:
    """The default list excludes them."""
    assert planned(with_changes(change(path))).state is State.PLANNED


@pytest.mark.parametrize(
    ("allow", "state"),
    [
        ((".env",), State.BLOCKED),
        (("config/.env",), State.PLANNED),
        (("*.env",), State.PLANNED),
        (("other/.env",), State.BLOCKED),
        (("server.pem",), State.BLOCKED),
    ],
)
def test_a_named_file_is_allowed(allow: tuple[str, ...], state: State) -> None:
    """It is named by its path, or by a pattern that matches the whole path."""
    new = change("config/.env", "untracked")
    assert planned(with_changes(new), allow=allow).state is state


def test_a_file_whose_name_is_a_pattern_is_allowed_by_name() -> None:
    """Anyone who types such a name means the file, not the pattern."""
    new = change("[id].key", "untracked")
    assert planned(with_changes(new), allow=("[id].key",)).state is State.PLANNED


def test_a_secret_that_is_published_already_only_warns() -> None:
    """Otherwise every change to it would block; --allow silences the warning as well."""
    seen = replace(with_changes(change(".npmrc")), published=frozenset({".npmrc"}))
    assert planned(seen).state is State.PLANNED
    assert planned(seen).problems == (
        Problem(
            "secret_file",
            ".npmrc looks like a secret, and is already on the remote.",
            "To leave it out: git -C services/api rm --cached --force --ignore-unmatch .npmrc, "
            "and add it to .gitignore; the file stays. To push it anyway: --allow .npmrc",
            Severity.WARN,
            files=(".npmrc",),
        ),
    )
    assert planned(seen, allow=(".npmrc",)).problems == ()


@pytest.mark.parametrize("kind", ["untracked", "added", "modified"])
def test_a_new_secret_blocks(kind: str) -> None:
    """It may be untracked, staged or modified."""
    assert planned(with_changes(change(".npmrc", kind))).state is State.BLOCKED


# --- In unpushed commits


def with_commits(*outgoing: Outgoing, **facts: Any) -> Snapshot:
    """Return the snapshot of a clone with two unpushed commits that change these files."""
    seen = snapshot(refs=AHEAD, work=work(head="dev-2"), ahead=2)
    return replace(seen, **{"unpushed": STRAIGHT, "outgoing": outgoing, **facts})


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        (
            Outgoing(".env"),
            "secret_file",
            ".env looks like a secret, and is in an unpushed commit.",
        ),
        (
            Outgoing("big.bin", 20_000_000),
            "large_file",
            "big.bin is large: 20.0 MB, more than 10 MB, in an unpushed commit.",
        ),
    ],
)
def test_unpushed_commits_are_checked(file: Outgoing, code: str, message: str) -> None:
    """They have a different hint, and --allow works as for uncommitted files."""
    hint = (OUT + REST).format(file.path, file.path)
    problem = Problem(code, message, hint, files=(file.path,))
    assert planned(with_commits(file)).problems == (problem,)
    assert planned(with_commits(file), allow=(file.path,)).problems == ()
    assert planned(with_commits(replace(file, pointer=True))).problems == ()


@pytest.mark.parametrize(
    "facts",
    [
        {"work": work(on="feature/x")},
        {"work": replace(work(), unfinished="merge")},
        {"ahead": 3},  # one is a merge
        {"unpushed": PendingCommits(2, NEWEST)},
        {"unpushed": PendingCommits(2, NEWEST, (tip("dev-1"), tip("main-1")))},
    ],
)
def test_commits_that_cannot_be_squashed_are_left_to_a_person(facts: dict[str, Any]) -> None:
    """Another branch is checked out, there is a merge, or there is no single base."""
    problems = planned(with_commits(Outgoing(".env"), **facts)).problems
    assert [p.hint for p in problems if p.code == "secret_file"] == [BY_HAND.format(".env")]


def test_commits_that_change_a_published_secret_warn() -> None:
    """Leaving the change out requires resetting the commits and untracking the file."""
    facts = {"published": frozenset({".env"})}
    (problem,) = planned(with_commits(Outgoing(".env"), **facts)).problems
    assert problem == Problem(
        "secret_file",
        ".env looks like a secret, is already on the remote, and is changed by an unpushed commit.",
        "To leave it out: git -C services/api reset --soft dev-1 && "
        "git -C services/api reset -- .env && git -C services/api rm --cached -- .env, and add it "
        f"to .gitignore; {REST.format('.env')}",
        Severity.WARN,
        files=(".env",),
    )
    elsewhere = with_commits(Outgoing(".env"), **facts, work=work(on="feature/x"))
    assert [p.hint for p in planned(elsewhere).problems] == [BY_HAND.format(".env")]


@pytest.mark.parametrize("published", [(), (".env",)])
def test_a_branch_that_is_behind_is_pulled_first(published: tuple[str, ...]) -> None:
    """The pull changes the base of the commits, so a command with the old base would be wrong."""
    facts = {"behind": 1, "published": frozenset(published)}
    problems = planned(with_commits(Outgoing(".env"), **facts)).problems
    by_hand = BY_HAND.format(".env")
    assert [p.hint for p in problems if p.code == "secret_file"] == [
        f"Pull first, then r{by_hand[1:]}"
    ]


def test_a_published_secret_is_untracked_after_the_pull() -> None:
    """The autostash of a pull tracks it again."""
    seen = replace(with_changes(change(".npmrc")), published=frozenset({".npmrc"}), behind=1)
    (hint,) = [p.hint for p in planned(seen).problems if p.code == "secret_file"]
    assert hint.startswith("Pull first. To leave it out: git -C services/api rm --cached")


def test_a_warning_about_commits_hides_no_secret_in_the_work_tree() -> None:
    """A commit changed the published file, a later one deleted it, and now there is a new one."""
    changes = work(change(".env", "untracked"), head="dev-2")
    seen = with_commits(Outgoing(".env"), published=frozenset({".env"}), work=changes)
    assert [p.severity for p in planned(seen).problems] == [Severity.WARN, Severity.BLOCK]
    assert planned(seen).state is State.BLOCKED


def test_a_file_that_is_committed_and_changed_again_is_reported_once() -> None:
    """It has the hint for the commit."""
    seen = with_commits(Outgoing(".env"), work=work(change(".env"), head="dev-2"))
    (problem,) = planned(seen).problems
    assert "reset --soft" in problem.hint


# --- Large files


def test_a_large_file_that_a_filter_stores_elsewhere_is_not_large() -> None:
    """The commit only contains its pointer."""
    seen = with_changes(change("data.bin", size=20_000_000))
    carried = replace(
        seen, carried={"data.bin": "lfs"}, facts=CloneFacts(identity="A", pre_push=True)
    )
    repo = replace(API, hooks=True)
    assert planned(carried, repo=repo).problems == ()


@pytest.mark.parametrize(
    ("hooks", "pre_push", "hint"),
    [
        (False, True, TO_HOOKS),
        (True, False, "Run: git -C services/api lfs install"),
        (
            False,
            False,
            f"Run: git -C services/api lfs install; then a{TO_HOOKS[1:]}",
        ),
        (True, True, None),
    ],
)
def test_pointers_are_published_only_with_their_content(
    hint: str | None, *, hooks: bool, pre_push: bool
) -> None:
    """A pre-push hook uploads it, if there is one and multigit runs hooks."""
    seen = replace(
        with_changes(CODE),
        carried={"a.bin": "lfs"},
        facts=CloneFacts(identity="A", pre_push=pre_push),
    )
    problems = planned(seen, repo=replace(API, hooks=hooks)).problems
    assert [(p.code, p.hint, p.files) for p in problems] == (
        [("content_not_uploaded", hint, ("a.bin",))] if hint else []
    )


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (10_000_000, None),
        (10_000_001, "data.bin is large: 10.0 MB, more than 10 MB."),
        (123_456_789, "data.bin is large: 123.5 MB, more than 10 MB."),
    ],
)
def test_a_file_above_the_limit_blocks(size: int, message: str | None) -> None:
    """One at the limit does not."""
    problems = planned(with_changes(change("data.bin", size=size))).problems
    assert [problem.message for problem in problems] == ([message] if message else [])


def test_a_large_file_can_be_allowed() -> None:
    """Its code differs from that of a secret."""
    large = with_changes(change("data.bin", "untracked", size=20_000_000))
    problem = Problem(
        "large_file",
        "data.bin is large: 20.0 MB, more than 10 MB.",
        "Add it to .gitignore, or pass --allow data.bin",
        files=("data.bin",),
    )
    assert planned(large).problems == (problem,)
    assert planned(large, allow=("data.bin",)).problems == ()


@pytest.mark.parametrize("path", [".env", "data.bin"])
def test_a_deleted_file_is_not_reported(path: str) -> None:
    """Removing a secret or a large file is welcome."""
    gone = change(path, "deleted", size=20_000_000)
    assert planned(with_changes(gone)).steps[0] == commit_step(gone)


def test_secrets_on_another_branch_do_not_matter() -> None:
    """They are not committed."""
    seen = snapshot(refs=IN_SYNC, work=work(change(".env"), on="feature/x"))
    assert [problem.code for problem in planned(seen).problems] == ["other_branch"]
