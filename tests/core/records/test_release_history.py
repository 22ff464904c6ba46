"""The releases of a stage, from deploy tags and the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multigit.core.records.record import Record
from multigit.core.records.release_history import releases_of
from multigit.core.records.release_results import ReleaseResult
from multigit.core.records.releases import Known, Release, Releases, Stood
from multigit.core.records.repo_record import MoveRecord
from multigit.core.values.hold import HeldRepo, Hold
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.refs import Refs, Tag
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Stage
from tests.core.builders import ADA, MAIN, UNREADABLE, branch, record, row

TAGLESS = replace(MAIN, tag="")
START = 1736953200  # 2025-01-15T15:00:00Z
GRACE = "Grace <grace@example.org>"
LOG = "Multigit-Log: l\nMultigit-Log-Seq: 1\nMultigit-Log-Head: h"


def name(minute: int, number: int = 1) -> str:
    """Return the deploy tag of a minute after four."""
    return f"deploy-20250115-16{minute:02}00" + (f"-{number}" if number > 1 else "")


def operation(minute: int, command: str = "promote") -> str:
    """Return the id of an operation that began in that minute."""
    return f"20250115T15{minute:02}00Z-{command}-stg-main-7f3a"


def tag(minute: int, commit: str, number: int = 1, *, late: int = 0) -> Tag:
    """Return a tag of that minute, made some seconds late."""
    return Tag(name(minute, number), START + 60 * minute + late, commit, GRACE)


def seen(*tags: Tag, messages: Mapping[str, str] | None = None, tip: str = "tip") -> Snapshot:
    """Return what was read in a repository whose remote has these tags; `messages` replace some."""
    said = {each.name: "Release" for each in tags} | dict(messages or {})
    return Snapshot("x", refs=Refs({"master": branch(tip)}, tags), tag_messages=said)


def logged(minute: int, *rows: object, command: str = "promote", **more: object) -> Record:
    """Return the record of an operation on main; it ended ten minutes later."""
    fields = {"stage": "main", "actor": ADA, "at": f"2025-01-15T15:{minute + 10:02}:00Z", **more}
    return record(operation(minute, command), *rows, command=command, **fields)  # type: ignore[arg-type]


def known(
    snapshots: Mapping[str, Snapshot],
    *records: Record,
    stage: Stage = MAIN,
    hold: Hold | None = None,
    marks: Mapping[str, Mark] | None = None,
    among: Collection[str] | None = None,
) -> Releases:
    """Return the releases of main in these repositories."""
    return releases_of(dict.fromkeys(snapshots, stage), snapshots, records, marks, hold, among)


def commits(releases: Releases) -> dict[str, dict[str, str]]:
    """Return the commits of each release, newest first; `?` where the history must be read."""
    return {
        each.name: {r: s.sha or ("-" if s.missing else "?") for r, s in each.repos.items()}
        for each in releases.known
    }


def test_tags_alone_tell_the_set_of_each_release() -> None:
    """A repository without the release's tag has what the newest tag before it says."""
    web = seen(tag(2, "w2"))
    api = seen(
        tag(1, "a1"), tag(3, "a3"), messages={name(3): f"x\n\nMultigit-Operation: o3\n{LOG}"}
    )
    releases = known({"api": api, "web": web})
    assert releases == Releases(
        "main",
        (
            Release(
                name(3),
                START + 180,
                GRACE,
                "o3",
                ReleaseResult(missing=frozenset({"api"})),
                "x",
                touched=frozenset({"api"}),
                repos={
                    "api": Stood("a3", Known.TAG, name(3)),
                    "web": Stood("w2", Known.TAG, name(2)),
                },
            ),
            Release(
                name(2),
                START + 120,
                GRACE,
                result=ReleaseResult(missing=frozenset({"web"})),
                message="Release",
                touched=frozenset({"web"}),
                repos={
                    "api": Stood("a1", Known.TAG, name(1)),
                    "web": Stood("w2", Known.TAG, name(2)),
                },
            ),
            Release(
                name(1),
                START + 60,
                GRACE,
                result=ReleaseResult(missing=frozenset({"api"})),
                message="Release",
                touched=frozenset({"api"}),
                repos={"api": Stood("a1", Known.TAG, name(1)), "web": Stood()},
            ),
        ),
        now=name(3),
        tags={"api": {"a1": name(1), "a3": name(3)}, "web": {"w2": name(2)}},
    )


def test_the_log_adds_who_what_became_of_it_and_what_has_no_tag() -> None:
    """A back-merge moves the stage without a tag; the later of tag and log counts."""
    moved = (MoveRecord("main", "master", "w1", "w2"), MoveRecord("stg", "staging", "s1", "s2"))
    records = (
        logged(1, row("a1", "succeeded", tag=name(1)), row("w1", repo="web", tag=name(1)),
               release=name(1)),
        logged(2, row("s2", repo="web", moves=moved), command="backmerge", stage="stg"),
        logged(3, row("a3", "failed", tag=name(3)), release=name(3), message="VAT\n\nmore"),
    )  # fmt: skip
    snapshots = {
        "api": seen(tag(1, "a1"), tag(3, "a3")),
        "web": seen(tag(1, "w1")),
    }
    newest, oldest = known(snapshots, *records).known
    assert newest == Release(
        name(3),
        START + 180,
        ADA.identity,
        operation(3),
        ReleaseResult(whole=True, states={"api": "failed"}),
        "VAT",
        touched=frozenset({"api"}),
        repos={"api": Stood("a3", Known.TAG, name(3)), "web": Stood("w2", Known.LOG)},
    )
    assert oldest == Release(
        name(1),
        START + 60,
        ADA.identity,
        operation(1),
        ReleaseResult(whole=True, states={"api": "succeeded"}, missing=frozenset({"web"})),
        "Release",
        touched=frozenset({"api", "web"}),
        repos={"api": Stood("a1", Known.TAG, name(1)), "web": Stood("w1", Known.TAG, name(1))},
    )


def test_without_tags_an_operation_is_a_release() -> None:
    """Named by its id; a back-merge into the stage is none, but counts for the next one."""
    records = (
        logged(1, row("a1"), row("w1", repo="web")),
        logged(2, row("w2", repo="web"), command="backmerge"),
        logged(3, row("a3"), command="push"),
        logged(4, row("x"), stage="stg"),
    )
    releases = known({"api": seen(), "web": seen()}, *records, stage=TAGLESS)
    assert commits(releases) == {
        operation(3, "push"): {"api": "a3", "web": "w2"},
        operation(1): {"api": "a1", "web": "w1"},
    }
    assert releases.now == operation(3, "push")
    assert releases.known[0].result == ReleaseResult(whole=True, missing=frozenset({"api"}))


def test_tags_of_one_operation_may_differ_by_seconds() -> None:
    """It is one moment: another release in between does not divide it."""
    api = seen(tag(1, "a1"), tag(2, "a2", late=3))
    web = seen(tag(1, "w1", late=9), tag(2, "w2"))
    docs = seen(tag(1, "d1", late=59))
    assert commits(known({"api": api, "web": web, "docs": docs})) == {
        name(2): {"api": "a2", "web": "w2", "docs": "d1"},
        name(1): {"api": "a1", "web": "w1", "docs": "d1"},
    }


def test_an_operation_ends_with_its_last_tag() -> None:
    """So one that was quicker is the earlier one, whatever the names say."""
    api, web = seen(tag(1, "a1")), seen(tag(1, "w1", late=50), tag(2, "w2", late=-20))
    assert commits(known({"api": api, "web": web})) == {
        name(1): {"api": "a1", "web": "w1"},
        name(2): {"api": "?", "web": "w2"},
    }


def test_what_only_looks_or_goes_on_moves_nothing() -> None:
    """A watch repeats what it watched; a promotion through the stage has another release."""
    through = (MoveRecord("main", "master", "w1", "w2"), MoveRecord("prod", "prod", "p1", "p2"))
    records = (
        logged(1, row("a1", tag=name(1)), row("w1", repo="web"), release=name(1)),
        logged(2, row("a2", tag=name(2)), release=name(2)),
        logged(3, row("a1", "succeeded"), command="watch", watches=operation(1)),
        logged(4, row("p2", repo="web", moves=through), stage="prod", release="prod-1"),
        logged(5, row("d5", repo="docs", tag=name(5)), release=name(5)),
    )
    snapshots = {"api": seen(tag(1, "a1"), tag(2, "a2")), "web": seen(), "docs": seen()}
    releases = known(snapshots, *records)
    assert commits(releases) == {
        name(5): {"api": "a2", "web": "w2", "docs": "d5"},
        name(2): {"api": "a2", "web": "w1", "docs": "?"},
        name(1): {"api": "a1", "web": "w1", "docs": "?"},
    }
    assert releases.now == name(5)


def test_a_taken_name_comes_after_the_one_that_took_it() -> None:
    """In the same second, what the later one tagged does not belong to the earlier one."""
    api = seen(tag(1, "a1"), tag(1, "a1-10", 10))
    web = seen(tag(0, "w0"), tag(1, "w1-2", 2))
    assert commits(known({"api": api, "web": web})) == {
        name(1, 10): {"api": "a1-10", "web": "w1-2"},
        name(1, 2): {"api": "a1", "web": "w1-2"},
        name(1): {"api": "a1", "web": "w0"},
        name(0): {"api": "?", "web": "w0"},
    }


def test_two_operations_may_share_a_name() -> None:
    """They published different repositories in the same second."""
    first = logged(1, row("a1"), release=name(1))
    second = logged(1, row("w1", repo="web"), release=name(1))
    second = replace(second, operation=second.operation.replace("7f3a", "8a4b"))
    found = commits(known({"api": seen(), "web": seen()}, first, second))
    assert found == {name(1): {"api": "a1", "web": "w1"}}


def test_an_undone_release_is_none() -> None:
    """Where it was undone, what was there before counts; elsewhere it stays."""
    records = (
        logged(1, row("a1", tag=name(1)), row("w1", repo="web", tag=name(1)), release=name(1)),
        logged(2, row("a2", tag=name(2)), row("w2", repo="web", tag=name(2)), release=name(2)),
        logged(3, row("a1"), command="undo", undoes=operation(2)),
        logged(4, row("a4", tag=name(4)), release=name(4)),
        logged(5, row("a1"), command="undo", undoes=operation(4)),
    )
    snapshots = {"api": seen(tag(1, "a1")), "web": seen(tag(1, "w1"), tag(2, "w2"))}
    assert commits(known(snapshots, *records)) == {
        name(2): {"api": "a1", "web": "w2"},
        name(1): {"api": "a1", "web": "w1"},
    }


def test_a_tag_that_only_the_clone_has_is_no_release() -> None:
    """It is left from a release that was undone; nor is one that has another form."""
    api = seen(tag(1, "a1"), tag(2, "a2"), Tag("deploy-latest", START + 999, "a2", GRACE))
    messages = {each: text for each, text in api.tag_messages.items() if each != name(2)}
    assert commits(known({"api": replace(api, tag_messages=messages)})) == {name(1): {"api": "a1"}}


def test_a_tag_that_someone_deleted_leaves_what_the_log_knows() -> None:
    """The release keeps its name; a tag at that commit is one to start on."""
    records = [logged(1, row("a1", tag=name(1)), row("w1", repo="web"), release=name(1))]
    (release,) = known({"api": seen(), "web": seen(tag(0, "w1"))}, *records).known[:1]
    assert release.name == name(1)
    assert release.repos == {
        "api": Stood("a1", Known.LOG),
        "web": Stood("w1", Known.LOG, name(0)),
    }


def test_a_tag_is_believed_where_the_log_says_something_else() -> None:
    """Someone moved it: everyone sees it there."""
    records = [logged(1, row("a1", tag=name(1)), release=name(1))]
    assert commits(known({"api": seen(tag(1, "moved"))}, *records)) == {name(1): {"api": "moved"}}


def test_a_repository_without_the_stage_says_why() -> None:
    """It could not be read, or has no such branch; neither is asked for its history."""
    lost = replace(seen(), error=UNREADABLE)
    releases = known({"api": seen(tag(1, "a1")), "lost": lost, "new": seen(tip="")})
    assert releases.known[0].repos == {
        "api": Stood("a1", Known.TAG, name(1)),
        "lost": Stood(missing="It could not be read."),
        "new": Stood(missing="The remote has no branch master."),
    }
    assert releases.known[0].unread() == ()


def test_what_was_not_published_moved_nothing() -> None:
    """Nor did a deployment; the release is not whole, and a continue completes it."""
    failed = row("", repo="web", state="not_published", tag=name(1))
    first = logged(1, row("a1", "succeeded", tag=name(1)), failed, release=name(1))
    snapshots = {"api": seen(tag(1, "a1")), "web": seen()}
    (release,) = known(snapshots, first).known
    assert release.result == ReleaseResult(whole=False, states={"api": "succeeded"})
    assert release.repos["web"] == Stood()
    done = row("w1", "succeeded", repo="web", tag=name(1))
    again = logged(1, done, release=name(1))
    (release,) = known({**snapshots, "api": seen()}, first, again).known
    assert release.repos["api"] == Stood("a1", Known.LOG)
    assert release.result == ReleaseResult(
        whole=True, states={"api": "succeeded", "web": "succeeded"}
    )
    assert release.repos["web"] == Stood("w1", Known.LOG)


@pytest.mark.parametrize(
    ("later", "state"),
    [
        ([], "failed"),
        ([logged(2, row("a1", "succeeded", tag=name(1), state="deployed"), command="deploy")],
         "succeeded"),
        ([logged(2, row("a1", "skipped", tag=name(1), state="skipped"), command="deploy")],
         "failed"),
        ([logged(2, row("a1", "succeeded", tag=name(1)), command="watch", watches=operation(1))],
         "succeeded"),
        ([logged(2, row("a1", "unhealthy", tag=name(1), state="failed"), command="deploy"),
          logged(3, row("a1", "succeeded", tag=name(1)), command="watch", watches=operation(1))],
         "unhealthy"),
        ([logged(2, row("a1", "succeeded", state="deployed"), command="deploy")], "succeeded"),
        ([logged(2, row("x", "succeeded", state="deployed"), command="deploy")], "failed"),
    ],
)  # fmt: skip
def test_the_last_deployment_of_a_release_counts(later: list[Record], state: str) -> None:
    """Whichever operation made it; one that did nothing changes nothing."""
    first = logged(1, row("a1", "failed", tag=name(1)), release=name(1))
    (release,) = known({"api": seen(tag(1, "a1"))}, first, *later).known
    assert release.result.state == state
    assert release.result.whole is True


def test_a_deployment_belongs_to_the_release_that_its_row_names() -> None:
    """By its tag, its operation, or the record's release; else to the newest with its commit."""
    first, second = operation(1), operation(2)
    tagless = (
        logged(1, row("a1", "failed"), row("w1", repo="web")),
        logged(2, row("w2", "succeeded", repo="web")),
        logged(3, row("", "succeeded", repo="docs", state="deployed"), command="deploy"),
    )
    snapshots = {"api": seen(), "web": seen(), "docs": seen()}
    states = {
        each.name: each.result.states for each in known(snapshots, *tagless, stage=TAGLESS).known
    }
    assert states == {second: {"web": "succeeded"}, first: {"api": "failed"}}
    again = (
        logged(7, row("w1", "failed", repo="web", state="failed"), command="deploy",
               release=name(1)),
        logged(8, row("w1", "succeeded", repo="web", state="deployed"), command="deploy"),
    )  # fmt: skip
    states = {each.name: each.result.states for each in known(API_WEB, *again).known}
    assert states == {name(1): {"web": "failed"}, name(2): {"web": "succeeded"},
                      name(3): {}, name(4): {}}  # fmt: skip


# --- Roll-backs, and what the stage has


def rolled(minute: int, *rows: object, **more: object) -> Record:
    """Return the record of a roll-back."""
    return logged(minute, *rows, command="rollback", **more)


API_WEB = {
    "api": seen(tag(1, "a1"), tag(2, "a2"), tag(3, "a3"), tag(4, "a4")),
    "web": seen(tag(1, "w1"), tag(3, "w3")),
}


def test_a_redeployed_release_is_what_the_stage_has() -> None:
    """Those in between were rolled back, also by their commits alone."""
    again = (
        row("a2", "succeeded", tag=name(2), state="deployed"),
        row("w1", "succeeded", repo="web", tag=name(1), state="deployed"),
    )
    for release in (name(2), ""):
        releases = known(API_WEB, rolled(9, *again, release=release))
        assert releases.now == name(2)
        back = {each.name: each.rolled_back for each in releases.known}
        by = operation(9, "rollback")
        assert back == {name(4): by, name(3): by, name(2): "", name(1): ""}


def test_the_oldest_of_what_was_deployed_again_counts() -> None:
    """A commit that stayed for two releases does not make it the newer one."""
    again = (
        row("a1", "succeeded", tag=name(1), state="deployed"),
        row("w1", "succeeded", repo="web", tag=name(1), state="deployed"),
    )
    assert known(API_WEB, rolled(9, *again)).now == name(1)
    assert known(API_WEB, rolled(9, *again[::-1])).now == name(1)


def test_what_did_not_start_changes_nothing() -> None:
    """Neither what the stage has, nor what was rolled back; a watch of an older one does not."""
    stayed = rolled(9, row("a1", "not_started", tag=name(1), state="failed"))
    seen_end = logged(9, row("a1", "succeeded", tag=name(1)), command="watch", watches="o1")
    for each in (stayed, seen_end):
        releases = known(API_WEB, each)
        assert releases.now == name(4)
        assert {release.rolled_back for release in releases.known} == {""}


def test_a_deployment_of_what_was_untouched_goes_nowhere() -> None:
    """Its commit belongs to the newest release that has it."""
    web = row("w3", "succeeded", repo="web", tag=name(3), state="deployed")
    assert known(API_WEB, logged(9, web, command="deploy")).now == name(4)


def test_a_newer_release_is_what_the_stage_has() -> None:
    """Someone else released since the last deployment that this log knows."""
    again = row("a1", "succeeded", tag=name(1), state="deployed")
    assert known(API_WEB, logged(3, again, command="deploy", release=name(1))).now == name(4)
    assert known(API_WEB, logged(4, again, command="deploy", release=name(1))).now == name(1)


def test_a_hold_says_what_the_stage_has_where_the_log_does_not() -> None:
    """It comes from the remote: another machine rolled back."""
    hold = Hold("main", "o9", name(2), name(4), "Ada", "desk", "2025-01-15T15:09:00Z", "It fails")
    for each in (hold, replace(hold, bad="")):
        releases = known(API_WEB, hold=each)
        assert releases.now == name(2)
        assert [r.rolled_back for r in releases.known] == ["o9", "o9", "", ""]
    releases = known(API_WEB, hold=replace(hold, bad=name(3)))
    assert [r.rolled_back for r in releases.known] == ["", "o9", "", ""]
    gone = known(API_WEB, hold=replace(hold, release="deploy-20240101-000000"))
    assert gone.now == name(4)
    assert [r.rolled_back for r in gone.known] == ["", "", "", ""]


def test_what_some_repositories_have_now_is_theirs() -> None:
    """An old release of another one, by name or by a hold, does not count for them."""
    again = row("a1", "succeeded", tag=name(1), state="deployed")
    by_name = logged(9, again, command="deploy", release=name(1))
    held = {"api": HeldRepo("a1", "a4")}
    since = "2025-01-15T15:09:00Z"
    hold = Hold("main", "o9", name(1), name(4), "Ada", "desk", since, "It fails", held)
    for among, wanted in ((["api"], name(1)), (["web"], name(4)), (["api", "web"], name(1))):
        assert known(API_WEB, by_name, among=among).now == wanted
        assert known(API_WEB, hold=hold, among=among).now == wanted


def test_a_roll_back_without_an_end_says_nothing_about_its_release() -> None:
    """That was good, and stays so until a roll-back to it is seen to fail."""
    good = logged(1, row("a1", "succeeded", tag=name(1)), release=name(1))
    for state, stays in (("running", True), ("unknown", True), ("failed", False)):
        back = row("a1", state, tag=name(1), state="deployed")
        record = logged(9, back, command="rollback", release=name(1))
        released = known({"api": API_WEB["api"]}, good, record).find(name(1))
        assert released.result.succeeded is stays


def test_a_restored_release_names_what_it_brought_back() -> None:
    """By the trailer of its tags, with which any machine knows; or it is a roll-back to unknown."""
    api, web, said = API_WEB["api"], API_WEB["web"], "x\n\nRolls-back-to: "
    a2, w1 = "a" * 40, "b" * 40
    api = seen(tag(1, "a1"), tag(2, a2), tag(3, "a3"), tag(4, "a4"),
               messages={name(4): said + a2})  # fmt: skip
    web = seen(tag(1, w1), tag(3, "w3"), tag(4, "w4"), messages={name(4): said + w1})
    newest, *older = known({"api": api, "web": web}).known
    assert (newest.is_rollback, newest.back_to) == (True, name(2))
    assert [each.rolled_back for each in older] == [name(4), "", ""]
    message = {name(4): f"x\n\nMultigit-Operation: {operation(4, 'rollback')}\n{LOG}"}
    newest, *older = known({"api": seen(*api.refs.tags, messages=message), "web": web}).known
    assert (newest.is_rollback, newest.back_to) == (True, name(2))
    web = seen(*web.refs.tags)
    newest, *older = known({"api": seen(*api.refs.tags, messages=message), "web": web}).known
    assert (newest.is_rollback, newest.back_to) == (True, "")
    assert [each.rolled_back for each in older] == [name(4), "", ""]


def test_without_tags_a_restored_release_is_named_by_its_operation() -> None:
    """Its record names the release that it went back to."""
    records = (
        *(logged(minute, row(f"a{minute}")) for minute in (1, 2, 3)),
        rolled(4, row("a4"), release=operation(1)),
        logged(5, row("a5")),
    )
    releases = known({"api": seen()}, *records, stage=TAGLESS)
    back = operation(4, "rollback")
    assert commits(releases) == {
        operation(5): {"api": "a5"},
        back: {"api": "a4"},
        operation(3): {"api": "a3"},
        operation(2): {"api": "a2"},
        operation(1): {"api": "a1"},
    }
    told = {
        each.name: (each.is_rollback, each.back_to, each.rolled_back) for each in releases.known
    }
    assert told == {
        operation(5): (False, "", ""),
        back: (True, operation(1), ""),
        operation(3): (False, "", back),
        operation(2): (False, "", back),
        operation(1): (False, "", ""),
    }
    assert releases.last_good() == releases.find(operation(1))


def test_a_roll_back_may_restore_and_redeploy() -> None:
    """Both together say what it went back to."""
    rows = (
        row("a5", "succeeded", tag=name(5)),
        row("w1", "succeeded", repo="web", tag=name(1), state="deployed"),
    )
    api = seen(*API_WEB["api"].refs.tags, tag(5, "a5"))
    releases = known({"api": api, "web": API_WEB["web"]}, rolled(5, *rows, release=name(5)))
    newest, *older = releases.known
    assert (newest.name, newest.is_rollback, newest.back_to) == (name(5), True, name(2))
    assert newest.result.states == {"api": "succeeded"}
    assert older[-1].result.states == {"web": "succeeded"}
    assert [each.rolled_back for each in older] == [name(5), name(5), "", ""]


def test_a_mark_belongs_to_a_release_of_its_stage() -> None:
    """A release of another stage may have the same name."""
    bad = Mark(name(1), "main", Quality.BAD, "Ada", "desk", "2025-01-15T15:01:30Z", "Slow")
    api = {"api": seen(tag(1, "a1"))}
    assert known(api, marks={name(1): bad}).known[0].mark == bad
    assert known(api, marks={name(1): replace(bad, stage="stg")}).known[0].mark is None


def test_a_stage_without_releases_has_none() -> None:
    """Neither tags nor a log."""
    assert known({"api": seen()}) == Releases("main", tags={"api": {}})


# --- Any history

REPOS = ("api", "web", "docs")
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(("promote", "promote", "backmerge")),
        st.frozensets(st.sampled_from(REPOS), min_size=1),
        st.frozensets(st.sampled_from(REPOS)),  # where it was undone
        st.booleans(),  # whether this workspace ran it, and so has it in its log
    ),
    max_size=8,
)


@given(OPERATIONS)
def test_tags_and_the_log_together_know_what_is_in_either(
    history: list[tuple[str, frozenset[str], frozenset[str], bool]],
) -> None:
    """Each release has, of each repository, the last commit before it that one of them knows."""
    tags: dict[str, list[Tag]] = {repo: [] for repo in REPOS}
    records: list[Record] = []
    at = dict.fromkeys(REPOS, "?")
    expected: dict[str, dict[str, str]] = {}
    for minute, (command, repos, undone, here) in enumerate(history):
        shas, stays = {repo: f"{repo}-{minute}" for repo in repos}, repos - undone
        made = name(minute) if command == "promote" else ""
        if here:
            rows = (row(sha, repo=repo, tag=made) for repo, sha in shas.items())
            records.append(logged(minute, *rows, command=command, release=made))
            back = [row("before", repo=repo) for repo in sorted(repos & undone)]
            records += [logged(minute, *back, command="undo", undoes=operation(minute, command))]
        if made:
            for repo in stays:
                tags[repo].append(tag(minute, shas[repo], late=len(repo)))
        if made or here:
            at |= {repo: shas[repo] for repo in stays}
        if made and stays:
            expected[made] = dict(at)
    snapshots = {repo: seen(*tags[repo]) for repo in REPOS}
    releases = known(snapshots, *records)
    assert commits(releases) == expected
    assert [each.name for each in releases.known] == list(expected)[::-1]
    assert releases.now == next(reversed(expected), "")
