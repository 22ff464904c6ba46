"""Commands that publish: planned, carried out, recorded, and left to continue."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from multigit.core.planning.plan import Result, State
from multigit.core.planning.pull import PullRequest
from multigit.core.values.workspace import Stage
from multigit.errors import LockedError, RefusedError, UsageError
from multigit.hints import Hint
from multigit.operation.continuing import continue_
from multigit.operation.exclusive import exclusive
from multigit.operation.pulling import pull
from multigit.operation.recovery import abandon
from multigit.operation.run import Closed, Ended
from multigit.operation.session import Session
from multigit.operation.status import read_status
from multigit.operation.undoing import undo
from multigit.operation.unfinished import in_flight, last_deployed, say_unfinished
from multigit.operation.watching import watch
from tests.operation.desk import DRY, YES, Desk, KilledError
from tests.support.fake_git import answer_lost, gone_afterwards, never_arrived

STG = "refs/heads/stg"


def states(ended: Ended | Closed) -> dict[str, State]:
    """Return the state of each repository."""
    assert isinstance(ended, Ended)
    return {each.repo: each.state for each in ended.report.outcomes}


def results(desk: Desk) -> list[tuple[str, str]]:
    """Return the command and the result of each record."""
    return [(each.command, each.result) for each in desk.records]


def go_on(desk: Desk, **options: bool) -> Ended | Closed:
    """Run `multigit continue`."""
    chosen = {"skip_blocked": False, "accept_reverts": False} | options
    return continue_(desk.session(), YES, **chosen)


# --- Complete commands


def test_a_promotion(desk: Desk) -> None:
    """It publishes in each repository, leaves one record, and nothing is unfinished."""
    ended = desk.promote()
    assert states(ended) == {"api": State.PUBLISHED, "web": State.PUBLISHED}
    assert results(desk) == [("promote", "done")]
    assert desk.unfinished == ()


def test_a_dry_run_leaves_nothing(desk: Desk) -> None:
    """Neither the remotes nor the workspace changes."""
    before = desk.git.remote_refs()
    assert desk.promote(DRY).report.result is Result.PLANNED
    assert desk.git.remote_refs() == before
    assert list(desk.root.iterdir()) == []


def test_a_push_and_a_back_merge(desk: Desk) -> None:
    """Push publishes local changes, and backmerge what stg has and dev lacks."""
    desk.git["api"].write({"new.txt": "1"})
    for repo in desk.git.repos.values():
        repo.update_work_tree("dev", repo.remote.tip("dev"))
    assert states(desk.push())["api"] is State.PUBLISHED
    desk.git["web"].remote.commit("stg", {"fix.txt": "1"})
    assert states(desk.backmerge()) == {"api": State.UP_TO_DATE, "web": State.PUBLISHED}
    assert results(desk) == [("push", "done"), ("backmerge", "done")]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_pull(desk: Desk, *, dry_run: bool) -> None:
    """It only moves the clones, and is not recorded."""
    session = desk.session()
    request = PullRequest(
        session.workspace.stage("dev"), session.start_time, session.workspace.repos
    )
    report = pull(session, request, dry_run=dry_run)
    wanted = State.PLANNED if dry_run else State.UPDATED
    assert {each.state for each in report.outcomes} == {wanted}
    moved = desk.git["api"].local_tip("dev") == desk.git["api"].remote.tip("dev")
    assert moved is not dry_run
    assert desk.records == []


def test_nobody_agrees(desk: Desk) -> None:
    """The refusal is recorded, and nothing is published."""
    before = desk.git.remote_refs()
    ended = desk.promote(replace(YES, yes=False))
    assert ended.report.result is Result.BLOCKED
    assert desk.git.remote_refs() == before
    assert results(desk) == [("promote", "blocked")]


def test_a_person_answers(desk: Desk) -> None:
    """At a terminal the question is asked, and the answer decides."""
    desk.screen.person, desk.screen.answer = True, False
    assert desk.promote(replace(YES, yes=False)).report.result is Result.CANCELLED
    desk.screen.answer = True
    assert desk.promote(replace(YES, yes=False)).report.result is Result.DONE
    assert len(desk.screen.asked) == 2


# --- One at a time


def test_who_is_at_work_keeps_others_out(desk: Desk) -> None:
    """A dry run is not refused while another command runs."""
    with exclusive(desk.session(), "promote"):
        with pytest.raises(LockedError):
            desk.promote()
        assert desk.promote(DRY).report.result is Result.PLANNED
        assert continue_is_refused(desk) == "nothing_unfinished"
    assert desk.promote().report.result is Result.DONE


def continue_is_refused(desk: Desk) -> str:
    """Return why a dry run of `multigit continue` is refused."""
    with pytest.raises(RefusedError) as refused:
        continue_(desk.session(), DRY, skip_blocked=False, accept_reverts=False)
    return refused.value.code


def test_a_torn_log_is_set_aside(desk: Desk) -> None:
    """Its complete lines stay, and the next command says so."""
    desk.promote()
    log = desk.session().files.log
    log.file.write_bytes(log.file.read_bytes() + b'{"torn')
    desk.git["api"].remote.commit("dev", {"more.txt": "1"})
    desk.promote()
    assert any(log.aside.name in text for text in desk.screen.said)
    assert results(desk) == [("promote", "done"), ("promote", "done")]


# --- After an operation was killed


def died(desk: Desk) -> str:
    """Kill a promotion at a push; return its id."""
    with desk.killed("web"):
        desk.promote()
    [operation] = desk.unfinished
    return operation


def test_nothing_new_begins_while_an_operation_is_unfinished(desk: Desk) -> None:
    """The refusal says how to continue or undo it."""
    died(desk)
    with pytest.raises(RefusedError) as refused:
        desk.push()
    assert refused.value.code == "unfinished_operation"
    assert refused.value.hint == Hint.FINISH_OR_UNDO


def test_a_dry_run_names_the_unfinished_operation_at_its_end(desk: Desk) -> None:
    """Without the option it would be refused. While a command runs, that one is named."""
    operation = died(desk)
    for look in (desk.promote, desk.push, desk.backmerge):
        assert look(DRY).report.result in {Result.PLANNED, Result.NOTHING}
        assert operation in desk.screen.said[-1]
        assert "would be refused now" in desk.screen.said[-1]
        assert desk.screen.said[-1].endswith(Hint.FINISH_OR_UNDO)
    with exclusive(desk.session(), "continue"):
        desk.promote(DRY)
        assert "running multigit continue here" in desk.screen.said[-1]
    go_on(desk)
    before = len(desk.screen.said)
    desk.promote(DRY)
    assert not any("refused" in text for text in desk.screen.said[before:])


def test_continue_publishes_what_is_missing(desk: Desk) -> None:
    """Each repository is published once, and there is one record of the first operation."""
    operation = died(desk)
    assert states(go_on(desk)) == {"api": State.PUBLISHED, "web": State.PUBLISHED}
    assert [each.operation for each in desk.records] == [operation]
    assert desk.unfinished == ()


def test_a_dry_run_of_continue_only_looks(desk: Desk) -> None:
    """The operation stays unfinished, and no ref moves."""
    operation, before = died(desk), desk.git.remote_refs()
    ended = continue_(desk.session(), DRY, skip_blocked=False, accept_reverts=True)
    assert isinstance(ended, Ended)
    assert ended.report.result is Result.PLANNED
    assert desk.unfinished == (operation,)
    assert desk.git.remote_refs() == before


def test_continue_merges_again_where_somebody_pushed(desk: Desk) -> None:
    """The new merge has the colleague's commit as its first parent."""
    died(desk)
    theirs = desk.git["web"].remote.commit("stg", {"theirs.txt": "1"})
    assert states(go_on(desk))["web"] is State.PUBLISHED
    objects, tip = desk.git["web"].objects, desk.git["web"].remote.tip("stg")
    assert objects.commits[tip].parents[0] == theirs


def test_continue_of_what_is_all_there_only_records(desk: Desk) -> None:
    """The answers were lost, but everything was published."""
    for repo in desk.git.repos.values():
        repo.remote.next_push = gone_afterwards
    assert set(states(desk.promote()).values()) == {State.UNKNOWN}
    for repo in desk.git.repos.values():
        repo.remote.reachable = True
    dry = continue_(desk.session(), DRY, skip_blocked=False, accept_reverts=False)
    assert isinstance(dry, Ended)
    assert [each.code for each in dry.report.problems] == ["only_the_record"]
    assert states(go_on(desk)) == {"api": State.PUBLISHED, "web": State.PUBLISHED}
    assert results(desk) == [("promote", "done")]


def test_a_push_whose_answer_was_lost_is_read_from_the_remote(desk: Desk) -> None:
    """It is published if the remote has it, and unknown if it does not."""
    desk.git["api"].remote.next_push = answer_lost
    desk.git["web"].remote.next_push = never_arrived
    assert states(desk.promote()) == {"api": State.PUBLISHED, "web": State.UNKNOWN}


def test_undo_takes_back_what_is_there(desk: Desk) -> None:
    """It also closes the operation that it undid, with a record of its own."""
    before = desk.git["api"].remote.tip("stg")
    operation = died(desk)
    ended = undo(desk.session(), None, YES)
    assert ended.report.result is Result.DONE
    assert desk.git["api"].remote.tip("stg") == before
    assert desk.records[0].operation == operation
    assert desk.unfinished == ()


def test_undo_of_what_never_arrived_only_closes(desk: Desk) -> None:
    """A dry run says so."""
    with desk.killed("api", "web"):
        desk.promote()
    assert undo(desk.session(), None, DRY).report.problems[0].code == "only_to_close"
    undo(desk.session(), None, YES)
    assert desk.unfinished == ()
    assert [each.command for each in desk.records] == ["promote"]


def test_undo_of_the_last_release_by_its_name_or_none(desk: Desk) -> None:
    """A second undo changes nothing, and an undo cannot be undone."""
    release = desk.promote().report.plan.release
    before = desk.git.remote_refs()
    assert undo(desk.session(), release, DRY).report.result is Result.PLANNED
    assert desk.git.remote_refs() == before
    undo(desk.session(), None, YES)
    again = undo(desk.session(), release, YES)
    assert again.report.problems[0].code == "undone_already"
    with pytest.raises(RefusedError) as refused:
        undo(desk.session(), desk.records[-1].operation, YES)
    assert refused.value.code == "undo_of_undo"


def test_undo_of_what_somebody_built_on_is_refused(desk: Desk) -> None:
    """The colleague's commit stays."""
    desk.promote()
    for repo in desk.git.repos.values():
        repo.remote.commit("stg", {"theirs.txt": "1"})
    before = desk.git.remote_refs()
    assert undo(desk.session(), None, YES).report.result is Result.BLOCKED
    assert desk.git.remote_refs() == before


def test_undo_needs_something_to_take_back(desk: Desk) -> None:
    """It is refused if there is none, or if another operation is unfinished."""
    with pytest.raises(RefusedError) as refused:
        undo(desk.session(), None, YES)
    assert refused.value.code == "nothing_to_undo"
    died(desk)
    with pytest.raises(RefusedError) as refused:
        undo(desk.session(), "another", YES)
    assert refused.value.code == "unfinished_operation"


def test_abandon_records_how_it_stands(desk: Desk) -> None:
    """No ref moves."""
    died(desk)
    before = desk.git.remote_refs()
    assert states(abandon(desk.session()))["api"] is State.PUBLISHED
    assert desk.git.remote_refs() == before
    assert desk.unfinished == ()
    with pytest.raises(RefusedError) as refused:
        abandon(desk.session())
    assert refused.value.code == "nothing_unfinished"


@pytest.mark.parametrize("command", ["continue", "abandon"])
def test_what_is_recorded_is_only_closed(
    desk: Desk, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died after the record, before the journal was closed."""

    def die(_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("multigit.adapters.files.journal.Journal.close", die)
        with pytest.raises(KilledError):
            desk.promote()
    assert desk.session().files.recorded() != ()
    closed = go_on(desk) if command == "continue" else abandon(desk.session())
    assert isinstance(closed, Closed)
    assert closed.command == command
    assert desk.session().files.recorded() == ()
    assert results(desk) == [("promote", "done")]


# --- What other commands say about it


def test_who_looks_is_told(desk: Desk) -> None:
    """The unfinished operation and its running pushes are reported unless a command is running."""
    assert say_unfinished(desk.session()) == {"unfinished": None, "in_flight": []}
    operation = died(desk)
    desk.git["web"].sights = [True]
    assert say_unfinished(desk.session()) == {"unfinished": operation, "in_flight": ["web"]}
    assert any(operation in text for text in desk.screen.said)
    with exclusive(desk.session(), "continue"):
        assert say_unfinished(desk.session()) == {"unfinished": operation, "in_flight": []}
        assert in_flight(desk.session(), operation) == []


def test_a_journal_that_cannot_be_read_keeps_nobody_from_looking(desk: Desk) -> None:
    """Continue reports what is wrong with it."""
    operation = died(desk)
    journal = desk.session().files.operations / f"{operation}.jsonl"
    journal.write_bytes(b"not a journal\n" + journal.read_bytes())
    assert say_unfinished(desk.session()) == {"unfinished": operation, "in_flight": []}
    assert last_deployed(desk.session()) == {}
    with pytest.raises(RefusedError) as refused:
        go_on(desk)
    assert refused.value.code != "nothing_unfinished"


@pytest.mark.parametrize("fetch", [True, False])
def test_status_reads_where_everything_stands(desk: Desk, *, fetch: bool) -> None:
    """There is a row for each repository."""
    session = desk.session()
    rows = read_status(session, session.workspace.repos, fetch=fetch).rows
    assert [row.repo for row in rows] == ["api", "web"]


def test_stages_are_those_of_the_configuration(desk: Desk) -> None:
    """The session reads the configuration for each command."""
    assert [stage.name for stage in desk.session().workspace.stages] == ["dev", "stg", "main"]
    assert isinstance(desk.session().workspace.stage("dev"), Stage)


def test_what_has_no_journal_is_named_as_it_was_typed(desk: Desk) -> None:
    """The log knows what became of it; it may be named by its id, or by the release planned."""
    desk.screen.person, desk.screen.answer = True, False
    cancelled = desk.promote(replace(YES, yes=False)).report.plan
    blocked = desk.promote(replace(YES, confirm="another")).report.plan
    done = desk.promote().report.plan
    shutil.rmtree(desk.session().files.operation(done.operation))

    def refused(look: Callable[[Session, str], object], name: str) -> str:
        with pytest.raises(UsageError) as error:
            look(desk.session(), name)
        assert error.value.code == "unknown_operation"
        return error.value.message

    for look in (watch, lambda session, name: undo(session, name, DRY)):
        for plan, word in ((cancelled, "cancelled"), (blocked, "blocked")):
            for typed in (plan.operation, plan.release):
                expected = f"{typed} was {word} before it began, so it changed nothing."
                assert refused(look, typed) == expected
        assert refused(look, done.operation) == (
            f"The journal of {done.operation} is not in this workspace."
        )
        assert "no journal of an operation 'nope' here" in refused(look, "nope")
