"""Push: what is committed, what goes along, and what a person has to look at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.dangers import matches
from multigit.core.planning.merges import Hop
from multigit.core.planning.plan import (
    AdvanceStep,
    CommitStep,
    MergeStep,
    Plan,
    PushStep,
    RefUpdate,
    RepoPlan,
    Result,
    State,
    Step,
    TagStep,
)
from multigit.core.planning.push import PushRequest, plan_push, push_message, to_commit
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import (
    Change,
    Facts,
    Outgoing,
    PreparedCommit,
    Refs,
    Snapshot,
    Waiting,
    WorkTree,
)
from multigit.core.values.workspace import Confirm, PushRules, Repo
from multigit.errors import UsageError
from tests.core.builders import (
    API,
    DEV,
    MAIN,
    MOMENT,
    NEWEST,
    STG,
    UNREADABLE,
    WEB,
    branch,
    change,
    clash,
    merge,
    nothing,
    refs,
    snapshot,
    tip,
    unreadable,
    work,
    workspace,
)

TAG = "stg-deploy-20250115-160130"
RULES = PushRules()
TO_HOOKS = "Add to multigit.toml below [repos.api]: hooks = true"
CODE = change("src/app.py")
IN_STEP = refs(develop=branch("dev-2", "dev-2", "/shop/services/api"))
AHEAD = refs(develop=branch("dev-1", "dev-2", "/shop/services/api"))
LEASE = RefUpdate("refs/heads/develop", "dev-2")
TO_DEV = Plan(
    command="push",
    operation="20250115T150130Z-push-dev-7f3a",
    time="2025-01-15T15:01:30Z",
    date="1736953290 +0100",
    source="",
    target="dev",
    message="feat: x",
    repos=(),
    release="",
    confirm=Confirm.NONE,
    word="dev",
    checklist=(),
    skip_blocked=False,
)


def request(*repos: Repo, promote: bool = False, allow: tuple[str, ...] = ()) -> PushRequest:
    """Return a push of dev, and on to stg with `promote`."""
    promotion = Hop(DEV, STG, "Merge dev into stg") if promote else None
    return PushRequest(DEV, "feat: x", MOMENT, repos or (API,), promotion, allow)


def planned(
    seen: Snapshot, *, promote: bool = False, allow: tuple[str, ...] = (), repo: Repo = API
) -> RepoPlan:
    """Return the plan of api alone."""
    asked = request(repo, promote=promote, allow=allow)
    return plan_push(asked, workspace(repo), {"api": seen}).repos[0]


def with_changes(*changes: Change) -> Snapshot:
    """Return what was seen of a clone on develop, in step with the remote, with these changes."""
    return snapshot(refs=IN_STEP, work=work(*changes))


def commit_step(*changes: Change, commit: str = "") -> CommitStep:
    """Return the commit of these changes."""
    return CommitStep(
        stage="dev",
        branch="develop",
        parent="dev-2",
        commit=commit,
        message="feat: x",
        changes=changes,
        verify=True,
    )


def on_dev(state: State, *steps: Step, problems: tuple[Problem, ...] = ()) -> RepoPlan:
    """Return the plan of api for a push of dev."""
    return RepoPlan("api", "services/api", state, steps, problems, "develop", "dev-2", "")


# --- What is published


def test_a_changed_repository_is_committed_and_an_unchanged_one_left() -> None:
    """The commit's parent is the checked-out commit, the lease is what the remote has."""
    seen = {"api": with_changes(CODE), "web": snapshot(repo=WEB, refs=IN_STEP, work=work())}
    assert plan_push(request(API, WEB), workspace(API, WEB), seen) == Plan(
        command="push",
        operation="20250115T150130Z-push-dev-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="",
        target="dev",
        message="feat: x",
        release="",
        confirm=Confirm.NONE,
        word="dev",
        checklist=(),
        skip_blocked=False,
        repos=(
            RepoPlan(
                repo="api",
                path="services/api",
                state=State.PLANNED,
                steps=(
                    CommitStep(
                        stage="dev",
                        branch="develop",
                        parent="dev-2",
                        commit="",
                        message="feat: x",
                        changes=(Change("src/app.py", "modified"),),
                        verify=True,
                    ),
                    PushStep((RefUpdate("refs/heads/develop", "dev-2"),)),
                ),
                problems=(),
                branch="develop",
                before="dev-2",
                source_sha="",
            ),
            RepoPlan(
                repo="web",
                path="frontends/web",
                state=State.UP_TO_DATE,
                steps=(),
                problems=(),
                branch="develop",
                before="dev-2",
                source_sha="",
            ),
        ),
    )


def test_unpushed_commits_are_pushed() -> None:
    """Also of a branch that is not checked out."""
    elsewhere = work(on="feature/x")
    seen = snapshot(refs=AHEAD, work=elsewhere, ahead=2)
    step = AdvanceStep("dev", "develop", "dev-1", "dev-2", Waiting(2, NEWEST))
    push = PushStep((RefUpdate("refs/heads/develop", "dev-1"),))
    assert planned(seen) == replace(on_dev(State.PLANNED, step, push), before="dev-1")


def test_a_branch_that_the_remote_lacks_is_created() -> None:
    """The lease says that it must not exist."""
    seen = snapshot(refs=refs(develop=branch("", "dev-2")), ahead=1)
    step = AdvanceStep("dev", "develop", "", "dev-2", Waiting(1, NEWEST))
    push = PushStep((RefUpdate("refs/heads/develop", ""),))
    assert planned(seen) == replace(on_dev(State.PLANNED, step, push), before="")


def test_a_commit_on_unpushed_ones_is_one_push() -> None:
    """One lease, on what the remote has."""
    seen = snapshot(refs=AHEAD, work=work(CODE), ahead=1)
    advance, commit, push = planned(seen).steps
    assert isinstance(advance, AdvanceStep)
    assert commit == commit_step(CODE)
    assert push == PushStep((RefUpdate("refs/heads/develop", "dev-1"),))


def test_a_push_that_goes_on_to_a_promotion_is_one_plan() -> None:
    """Unpushed commits, the new commit and the merge of both go in one push, with one tag."""
    seen = replace(
        snapshot(merge(theirs="dev-3"), refs=AHEAD, work=work(CODE), ahead=2),
        commit=PreparedCommit("dev-3", "dev-3 tree"),
    )
    assert plan_push(request(promote=True), workspace(API), {"api": seen}) == Plan(
        command="push",
        operation="20250115T150130Z-push-dev-stg-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="dev",
        target="stg",
        message="feat: x",
        release=TAG,
        confirm=Confirm.YES,
        word="stg",
        checklist=(),
        skip_blocked=False,
        repos=(
            RepoPlan(
                repo="api",
                path="services/api",
                state=State.PLANNED,
                steps=(
                    AdvanceStep("dev", "develop", "dev-1", "dev-2", Waiting(2, NEWEST)),
                    commit_step(CODE, commit="dev-3"),
                    MergeStep(
                        source="dev",
                        target="stg",
                        source_branch="develop",
                        branch="staging",
                        ours=tip("stg-1"),
                        theirs=tip("dev-3"),
                        commit="merge-1",
                        tree="merge-1 tree",
                        message="Merge dev into stg",
                        files=5,
                        waiting=Waiting(3, NEWEST),
                    ),
                    TagStep(TAG, "staging", "Merge dev into stg"),
                    PushStep(
                        (
                            RefUpdate("refs/heads/develop", "dev-1"),
                            RefUpdate("refs/heads/staging", "stg-1"),
                            RefUpdate(f"refs/tags/{TAG}", ""),
                        )
                    ),
                ),
                problems=(),
                branch="staging",
                before="stg-1",
                source_sha="dev-1",
            ),
        ),
    )


def test_a_promotion_alone_is_left_when_there_is_nothing_to_push() -> None:
    """What waits on the remote is promoted all the same."""
    repo = planned(snapshot(merge(), refs=IN_STEP, work=work()), promote=True)
    assert [step.type for step in repo.steps] == ["merge", "tag", "push"]
    assert [update.ref for update in repo.updates()] == [
        "refs/heads/staging",
        f"refs/tags/{TAG}",
    ]


def test_without_anything_to_do_nothing_is_done() -> None:
    """No commit, no merge, no tag."""
    seen = snapshot(nothing(), refs=IN_STEP, work=work())
    plan = plan_push(request(promote=True), workspace(API), {"api": seen})
    assert plan.result is Result.NOTHING


def test_a_promotion_takes_the_next_free_tag() -> None:
    """As it does on its own."""
    seen = {"api": snapshot(merge(), refs=refs(TAG, f"{TAG}-2/x"))}
    assert plan_push(request(promote=True), workspace(API), seen).release == f"{TAG}-3"


def test_a_promotion_to_a_strict_stage_is_asked_for_by_that_stage() -> None:
    """The strictest of the two asks, and its checklist is shown."""
    strict = PushRequest(STG, "fix: x", MOMENT, (API,), Hop(STG, MAIN, "fix: x"))
    plan = plan_push(strict, workspace(API), {"api": unreadable()})
    assert (plan.confirm, plan.word, plan.checklist) == (Confirm.NAME, "main", MAIN.checklist)


def test_an_emergency_on_production_is_a_push_of_that_stage() -> None:
    """It asks as the stage says, shows no checklist, and makes no tag."""
    hotfix = PushRequest(MAIN, "hotfix: x", MOMENT, (API,))
    plan = plan_push(hotfix, workspace(API), {"api": unreadable()})
    assert (plan.confirm, plan.word, plan.checklist, plan.release) == (Confirm.NAME, "main", (), "")


def test_hooks_are_skipped_only_when_asked_for() -> None:
    """The step says whether they run."""
    unverified = replace(request(), verify=False)
    step = plan_push(unverified, workspace(API), {"api": with_changes(CODE)}).repos[0].steps[0]
    assert isinstance(step, CommitStep)
    assert not step.verify


# --- What is committed


@pytest.mark.parametrize(
    "path", [".DS_Store", "docs/.DS_Store", "._x", "a/Thumbs.db", "desktop.ini", "a.swp", "b~"]
)
def test_litter_is_never_committed(path: str) -> None:
    """It is no change at all: alone it leads to no commit."""
    assert planned(with_changes(change(path, "untracked"))) == on_dev(State.UP_TO_DATE)
    assert planned(with_changes(CODE, change(path))).steps[0] == commit_step(CODE)


def test_litter_that_is_staged_beside_a_change_blocks() -> None:
    """A commit would take it along."""
    staged = replace(change(".DS_Store", "added"), staged=True)
    problem = Problem(
        "staged_litter",
        ".DS_Store is staged, and is never committed.",
        "Run: git -C services/api reset -- .DS_Store",
        files=(".DS_Store",),
    )
    assert planned(with_changes(CODE, staged)) == on_dev(State.BLOCKED, problems=(problem,))


def test_what_is_litter_can_be_configured() -> None:
    """The list replaces the default one."""
    space = workspace(API, push=PushRules(ignore=("*.log", "!keep.log")))
    changes = (change("a.log"), change("keep.log"), change(".DS_Store"))
    seen = {"api": with_changes(*changes)}
    assert plan_push(request(), space, seen).repos[0].steps[0] == commit_step(*changes[1:])


@pytest.mark.parametrize("tree", [None, work(CODE, on="feature/x"), work(CODE, on="")])
def test_only_the_stages_branch_is_committed(tree: WorkTree | None) -> None:
    """Not another branch, not a detached HEAD, not a clone without a work tree."""
    assert to_commit(tree, DEV, RULES) == ()


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
    """A pattern with a slash is held against the whole path, `!` takes back."""
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
    """With the file's name and both ways out."""
    problem = Problem(
        "secret_file",
        f"{path} looks like a secret.",
        f"Add it to .gitignore, or pass --allow {path}",
        files=(path,),
    )
    seen = with_changes(CODE, change(path, "untracked"))
    assert planned(seen) == on_dev(State.BLOCKED, problems=(problem,))


@pytest.mark.parametrize("path", [".env.example", "a/.env.sample", ".env.template", "monkey.py"])
def test_examples_of_secrets_are_none(path: str) -> None:
    """The default list takes them back."""
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
    """By its path or a pattern for the whole path; no other file is."""
    new = change("config/.env", "untracked")
    assert planned(with_changes(new), allow=allow).state is state


def test_a_file_with_a_pattern_for_a_name_is_allowed_by_that_name() -> None:
    """Brackets in a name are no set of characters to who types it."""
    new = change("[id].key", "untracked")
    assert planned(with_changes(new), allow=("[id].key",)).state is State.PLANNED


def test_a_secret_that_is_published_already_only_warns() -> None:
    """Each change of it would block else, for ever; --allow says that it is none."""
    seen = replace(with_changes(change(".npmrc")), published=frozenset({".npmrc"}))
    assert planned(seen).state is State.PLANNED
    assert planned(seen).problems == (
        Problem(
            "secret_file",
            ".npmrc looks like a secret, and is on the remote already.",
            "To take it out: git -C services/api rm --cached --force --ignore-unmatch .npmrc, "
            "and add it to .gitignore; the file stays. If it is meant: --allow .npmrc",
            Severity.WARN,
            files=(".npmrc",),
        ),
    )
    assert planned(seen, allow=(".npmrc",)).problems == ()


@pytest.mark.parametrize("kind", ["untracked", "added", "modified"])
def test_a_new_secret_blocks(kind: str) -> None:
    """Also as the new name of a file, where it is staged already, and where HEAD alone has it."""
    assert planned(with_changes(change(".npmrc", kind))).state is State.BLOCKED


OUT = "To take it out: git -C services/api reset --soft dev-1 && git -C services/api reset -- {}; "
ANEW = "the rest stays staged and is committed anew. If it is meant: --allow {}"
BY_HAND = "Take it out of the commits of develop that are not pushed, or pass --allow {}"
STRAIGHT = Waiting(2, NEWEST, (tip("dev-1"),))


def with_commits(*outgoing: Outgoing, **facts: Any) -> Snapshot:
    """Return what was seen of a clone whose develop has two commits that bring these files."""
    seen = snapshot(refs=AHEAD, work=work(head="dev-2"), ahead=2)
    return replace(seen, **{"unpushed": STRAIGHT, "outgoing": outgoing, **facts})


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        (
            Outgoing(".env"),
            "secret_file",
            ".env looks like a secret, and is in a commit that is not pushed yet.",
        ),
        (
            Outgoing("big.bin", 20_000_000),
            "large_file",
            "big.bin is large: 20.0 MB, more than 10 MB, in a commit that is not pushed yet.",
        ),
    ],
)
def test_commits_made_by_hand_are_looked_at(file: Outgoing, code: str, message: str) -> None:
    """They have another way out; --allow works as for files that are not committed yet."""
    hint = (OUT + ANEW).format(file.path, file.path)
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
        {"unpushed": Waiting(2, NEWEST)},
        {"unpushed": Waiting(2, NEWEST, (tip("dev-1"), tip("main-1")))},
    ],
)
def test_commits_that_cannot_simply_become_one_are_left_to_a_person(facts: dict[str, Any]) -> None:
    """Another branch is checked out, or there is a merge, or nothing to go back to."""
    problems = planned(with_commits(Outgoing(".env"), **facts)).problems
    assert [p.hint for p in problems if p.code == "secret_file"] == [BY_HAND.format(".env")]


def test_commits_that_change_a_published_secret_warn() -> None:
    """The remote has the file, and not what they made of it: they have to go, and it with them."""
    facts = {"published": frozenset({".env"})}
    (problem,) = planned(with_commits(Outgoing(".env"), **facts)).problems
    assert problem == Problem(
        "secret_file",
        ".env looks like a secret, is on the remote already, and is changed by a commit that is "
        "not pushed yet.",
        "To take it out: git -C services/api reset --soft dev-1 && "
        "git -C services/api reset -- .env && git -C services/api rm --cached -- .env, and add it "
        f"to .gitignore; {ANEW.format('.env')}",
        Severity.WARN,
        files=(".env",),
    )
    elsewhere = with_commits(Outgoing(".env"), **facts, work=work(on="feature/x"))
    assert [p.hint for p in planned(elsewhere).problems] == [BY_HAND.format(".env")]


@pytest.mark.parametrize("published", [(), (".env",)])
def test_a_branch_that_is_behind_is_pulled_first(published: tuple[str, ...]) -> None:
    """Its commits will build on another one then: a command with today's would be wrong."""
    facts = {"behind": 1, "published": frozenset(published)}
    problems = planned(with_commits(Outgoing(".env"), **facts)).problems
    by_hand = BY_HAND.format(".env")
    assert [p.hint for p in problems if p.code == "secret_file"] == [
        f"Pull first, then t{by_hand[1:]}"
    ]


def test_a_published_secret_is_untracked_after_the_pull() -> None:
    """The autostash of a pull tracks it again."""
    seen = replace(with_changes(change(".npmrc")), published=frozenset({".npmrc"}), behind=1)
    (hint,) = [p.hint for p in planned(seen).problems if p.code == "secret_file"]
    assert hint.startswith("Pull first. To take it out: git -C services/api rm --cached")


def test_a_warning_about_commits_hides_no_secret_in_the_work_tree() -> None:
    """A commit changed the published file, a later one deleted it, and a new one lies there."""
    changes = work(change(".env", "untracked"), head="dev-2")
    seen = with_commits(Outgoing(".env"), published=frozenset({".env"}), work=changes)
    assert [p.severity for p in planned(seen).problems] == [Severity.WARN, Severity.BLOCK]
    assert planned(seen).state is State.BLOCKED


def test_a_file_that_is_committed_and_changed_again_is_told_once() -> None:
    """With the way out of the commit."""
    seen = with_commits(Outgoing(".env"), work=work(change(".env"), head="dev-2"))
    (problem,) = planned(seen).problems
    assert "reset --soft" in problem.hint


def test_a_large_file_that_a_filter_stores_elsewhere_is_not_large() -> None:
    """The commit holds its pointer."""
    seen = with_changes(change("data.bin", size=20_000_000))
    carried = replace(seen, carried={"data.bin": "lfs"}, facts=Facts(identity="A", pre_push=True))
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
def test_pointers_go_out_only_with_their_content(
    hint: str | None, *, hooks: bool, pre_push: bool
) -> None:
    """A pre-push hook uploads it, if there is one and it may run."""
    seen = replace(
        with_changes(CODE), carried={"a.bin": "lfs"}, facts=Facts(identity="A", pre_push=pre_push)
    )
    problems = planned(seen, repo=replace(API, hooks=hooks)).problems
    assert [(p.code, p.hint, p.files) for p in problems] == (
        [("content_not_uploaded", hint, ("a.bin",))] if hint else []
    )


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (10_000_000, None),
        (10_000_001, "data.bin is large: 10.0 MB, more than 10 MB."),
        (123_456_789, "data.bin is large: 123.5 MB, more than 10 MB."),
    ],
)
def test_a_file_above_the_limit_blocks(size: int, said: str | None) -> None:
    """At the limit it does not."""
    problems = planned(with_changes(change("data.bin", size=size))).problems
    assert [problem.message for problem in problems] == ([said] if said else [])


def test_a_large_file_can_be_allowed() -> None:
    """The problem is its own, with its own code."""
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
def test_a_deleted_file_is_no_danger(path: str) -> None:
    """To take a secret out is welcome."""
    gone = change(path, "deleted", size=20_000_000)
    assert planned(with_changes(gone)).steps[0] == commit_step(gone)


def test_secrets_on_another_branch_do_not_matter() -> None:
    """What is not committed needs no permission."""
    seen = snapshot(refs=IN_STEP, work=work(change(".env"), on="feature/x"))
    assert [problem.code for problem in planned(seen).problems] == ["other_branch"]


# --- What is left to a person


@pytest.mark.parametrize(
    ("on", "changes", "message"),
    [
        ("feature/x", (CODE,), "1 changed file on branch feature/x stays as it is."),
        ("", (CODE, CODE), "2 changed files on a detached HEAD stay as they are."),
    ],
)
def test_another_branch_is_left_alone_and_reported(
    on: str, changes: tuple[Change, ...], message: str
) -> None:
    """A warning: the other repositories go on."""
    problem = Problem(
        "other_branch",
        message,
        "To push them, switch first: git -C services/api -c checkout.defaultRemote=origin "
        "switch develop",
        Severity.WARN,
    )
    seen = snapshot(refs=IN_STEP, work=work(*changes, on=on))
    assert planned(seen) == on_dev(State.UP_TO_DATE, problems=(problem,))


def test_a_clean_tree_on_another_branch_is_not_worth_a_word() -> None:
    """There is nothing that could be missed."""
    seen = snapshot(refs=IN_STEP, work=work(on="feature/x"))
    assert planned(seen) == on_dev(State.UP_TO_DATE)


PULL = "git -C services/api pull --rebase --autostash origin develop"


@pytest.mark.parametrize(
    ("tree", "ahead", "hint"),
    [
        (work(), 1, f"Run: {PULL}"),
        (work(CODE), 0, f"Run: {PULL}"),
        (work(on="feature/x"), 1, f"Run: git -C services/api switch develop, then {PULL}"),
        (None, 1, f"Run: git -C services/api switch develop, then {PULL}"),
    ],
)
def test_a_diverged_branch_blocks(tree: WorkTree | None, ahead: int, hint: str) -> None:
    """With the command that mends it, where it can be run."""
    message = "develop is 2 behind origin and has work of its own."
    problem = Problem("diverged", message, hint)
    seen = snapshot(refs=IN_STEP, work=tree, ahead=ahead, behind=2)
    assert planned(seen) == on_dev(State.BLOCKED, problems=(problem,))


@pytest.mark.parametrize("tree", [None, work(), work(CODE, on="feature/x")])
def test_to_be_behind_is_no_matter_without_work_of_ones_own(tree: WorkTree | None) -> None:
    """There is nothing to push."""
    seen = snapshot(refs=IN_STEP, work=tree, behind=2)
    assert planned(seen).state is State.UP_TO_DATE


def test_an_unborn_branch_blocks() -> None:
    """The first commit of a repository is a person's."""
    seen = snapshot(refs=Refs(), work=work(CODE, head=""))
    problem = Problem(
        "unborn",
        "develop has no commit yet.",
        'Make the first one: git -C services/api commit --allow-empty -m "Begin"; '
        "then run the command again.",
    )
    assert planned(seen) == replace(on_dev(State.BLOCKED, problems=(problem,)), before="")


def test_an_empty_repository_without_files_is_up_to_date() -> None:
    """There is nothing to commit."""
    assert planned(snapshot(refs=Refs(), work=work(head=""))).state is State.UP_TO_DATE


@pytest.mark.parametrize("unfinished", ["merge", "rebase", "cherry-pick", "revert"])
def test_an_operation_under_way_blocks(unfinished: str) -> None:
    """Nobody else concludes it."""
    tree = replace(work(CODE), unfinished=unfinished, conflicted=("src/app.py",))
    problem = Problem(
        "operation_in_progress",
        f"a {unfinished} is under way in the work tree.",
        f"Finish it or run: git -C services/api {unfinished} --abort",
    )
    seen = snapshot(refs=IN_STEP, work=tree)
    assert planned(seen) == on_dev(State.BLOCKED, problems=(problem,))


def test_an_operation_under_way_on_another_branch_is_left_alone() -> None:
    """A rebase has a detached HEAD."""
    tree = replace(work(CODE, on=""), unfinished="rebase")
    repo = planned(snapshot(refs=IN_STEP, work=tree))
    assert repo.state is State.UP_TO_DATE
    assert [problem.code for problem in repo.problems] == ["other_branch"]


def test_unmerged_files_block() -> None:
    """Conflict markers are not committed."""
    tree = replace(work(), conflicted=("a.py",))
    repo = planned(snapshot(refs=IN_STEP, work=tree))
    assert repo.state is State.BLOCKED
    assert [(problem.code, problem.files) for problem in repo.problems] == [
        ("unmerged_files", ("a.py",))
    ]


def test_an_unreadable_repository_blocks() -> None:
    """Only the reason is said."""
    expected = replace(on_dev(State.BLOCKED, problems=(UNREADABLE,)), before="")
    assert plan_push(request(), workspace(API), {"api": unreadable()}) == replace(
        TO_DEV, repos=(expected,)
    )


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(shallow=True, identity="Ada"), "shallow"),
        (Facts(push_urls=2, identity="Ada"), "several_push_urls"),
        (Facts(), "no_identity"),
    ],
)
def test_a_clone_that_cannot_publish_blocks(facts: Facts, code: str) -> None:
    """As it does for a promotion."""
    repo = planned(snapshot(refs=IN_STEP, work=work(CODE), facts=facts))
    assert [problem.code for problem in repo.problems] == [code]
    assert repo.state is State.BLOCKED


def test_a_promotion_that_conflicts_blocks_the_push_too() -> None:
    """Nothing is committed that could not go all the way."""
    seen = snapshot(clash("a.py"), refs=IN_STEP, work=work(CODE))
    repo = planned(seen, promote=True)
    assert (repo.state, repo.steps) == (State.BLOCKED, ())
    assert [problem.code for problem in repo.problems] == ["conflict"]


def test_a_promotion_needs_its_target() -> None:
    """The branch of the next stage has to be there."""
    seen = snapshot(refs=replace(IN_STEP, branches={"develop": branch("dev-2", "dev-2")}))
    problems = planned(seen, promote=True).problems
    assert [problem.message for problem in problems] == ["origin has no branch staging."]
    assert planned(seen).state is State.UP_TO_DATE


def test_a_blocked_repository_is_left_out_when_asked_for() -> None:
    """The others go on."""
    seen = {"api": with_changes(CODE), "web": unreadable(WEB)}
    skipping = replace(request(API, WEB), skip_blocked=True)
    plan = plan_push(skipping, workspace(API, WEB), seen)
    assert [repo.state for repo in plan.repos] == [State.PLANNED, State.SKIPPED]
    assert plan.repos[1].problems == (UNREADABLE.as_warning(),)
    assert plan.skip_blocked


# --- Messages


def test_a_push_has_a_default_message() -> None:
    """With the stage in it; a given one is taken as it is."""
    assert push_message(DEV, None) == "dev: auto commit and deploy"
    assert push_message(MAIN, "hotfix: x") == "hotfix: x"


@pytest.mark.parametrize(
    ("say", "code"),
    [
        (lambda: push_message(MAIN, None), "message_required"),
        (lambda: push_message(DEV, ""), "usage"),
        (lambda: push_message(DEV, "\x1b[31m"), "message_control_character"),
    ],
)
def test_a_push_wants_a_message_as_its_stage_does(say: Callable[[], str], code: str) -> None:
    """An empty one or one that steers a terminal is none."""
    with pytest.raises(UsageError) as caught:
        say()
    assert caught.value.code == code
