"""The diagnosis of `multigit doctor`: what is ok, a warning or a problem, and how it is worded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from multigit.core.records.chain import BadLine, Head
from multigit.core.reports.checkup import Checkup, DoctorRequest, LockTrial, Surroundings
from multigit.core.reports.diagnosis import CLOCK_SLACK, diagnose
from multigit.core.reports.findings import (
    Finding,
    Level,
    doctor_document,
    doctor_exit_code,
    doctor_summary,
    grouped,
)
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo
from multigit.hints import Hint
from tests.core.builders import API, FACTS, ROOT, WEB, branch, refs, snapshot, unreadable
from tests.core.builders import workspace as shop

NOW = 1_736_953_290  # 2025-01-15 15:01:30 UTC
PROBE = "refs/multigit/locks/doctor-1"
AROUND = Surroundings(git="2.39.5", now=NOW, log=Head(3), jobs=8, possible=64, files=96)
WELL = Checkup(snapshot(), newest=NOW)
OK, WARNING, PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM


def findings(
    *seen: Checkup, repos: tuple[Repo, ...] = (API,), around: Surroundings = AROUND
) -> tuple[Finding, ...]:
    """Return all findings about these repositories."""
    request = DoctorRequest(repos, shop(*repos), PROBE)
    names = [repo.name for repo in repos]
    return diagnose(request, around, dict(zip(names, seen, strict=True)))


def about(repo: Repo, seen: Checkup) -> list[Finding]:
    """Return the findings about one repository."""
    return [each for each in findings(seen, repos=(repo,)) if each.repo]


def bad(seen: Checkup, repo: Repo = API) -> Finding:
    """Return the only finding about a repository that is not ok."""
    (found,) = (each for each in about(repo, seen) if each.state is not OK)
    assert found.hint
    return found


def around(**changes: object) -> dict[str, Finding]:
    """Return the findings about the workspace by code, with all else being ok."""
    seen = findings(WELL, around=replace(AROUND, **changes))  # type: ignore[arg-type]
    return {each.code: each for each in seen if not each.repo}


def with_facts(facts: CloneFacts) -> Checkup:
    """Return the checkup of a clone with these facts."""
    return replace(WELL, snapshot=snapshot(facts=facts))


# --- No problems


def test_a_healthy_workspace_is_all_ok() -> None:
    """There are four findings without a hint, and the exit code is 0."""
    seen = findings(WELL)
    assert [(each.repo, each.code, each.state, each.hint) for each in seen] == [
        ("", "git_version", OK, ""),
        ("", "log", OK, ""),
        ("", "clock", OK, ""),
        ("api", "remote", OK, ""),
    ]
    assert "2.39.5" in seen[0].message
    assert "3 records" in seen[1].message
    assert "Ada <ada@example.com>" in seen[3].message
    assert doctor_exit_code(seen) == 0
    assert doctor_summary(seen, 1) == ("Checked 1 repository: no problems found.", "")


# --- Repositories


UNREACHABLE = Problem("unreachable", "the remote cannot be reached.", "Check the network.")


@pytest.mark.parametrize(
    ("seen", "state", "code", "phrase"),
    [
        (Checkup(unreadable()), PROBLEM, "unreachable", "cannot be reached"),
        (
            replace(WELL, snapshot=replace(snapshot(), stale=UNREACHABLE)),
            PROBLEM, "unreachable", "cannot be reached",
        ),
        (with_facts(replace(FACTS, shallow=True)), PROBLEM, "shallow", "shallow"),
        (with_facts(replace(FACTS, push_urls=2)), PROBLEM, "several_push_urls", "2 push URLs"),
        (with_facts(replace(FACTS, identity="")), PROBLEM, "no_identity", "no name"),
        (
            with_facts(replace(FACTS, credentials=True)),
            WARNING, "credentials_in_url", "password or token",
        ),
        (
            replace(WELL, snapshot=snapshot(refs=refs(staging=branch()))),
            PROBLEM, "branch_missing", "no branch staging",
        ),
        (
            replace(WELL, push=Problem("no_atomic", "takes no atomic pushes.", "Set it.")),
            PROBLEM, "no_atomic", "no atomic pushes",
        ),
        (replace(WELL, newest=NOW + 7200), WARNING, "clock", "2 hours in the future"),
        (replace(WELL, lock=LockTrial(refused="no locks")), PROBLEM, "lock_refused", "no locks"),
        (replace(WELL, lock=LockTrial(stays="no way")), PROBLEM, "lock_stays", "no way"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)  # fmt: skip
def test_each_finding_has_its_state_and_a_hint(
    seen: Checkup, state: Level, code: str, phrase: str
) -> None:
    """The message has the reason, and the exit code is 3 for a problem but 0 for a warning."""
    found = bad(seen)
    assert (found.state, found.code, found.repo) == (state, code, "api")
    assert phrase in found.message
    assert doctor_exit_code([found]) == (3 if state is PROBLEM else 0)


@pytest.mark.parametrize(
    ("failure", "hint"),
    [
        (Problem("authentication", "refused the credentials.", "git ls-remote must work."), "Ask"),
        (Problem("git", "git push failed: no."), "Ask"),
        (Problem("timeout", "git push did not end.", "Check the network."), "Check"),
    ],
)
def test_a_push_that_would_fail_says_that_reading_works(failure: Problem, hint: str) -> None:
    """The message has git's reason, and a hint about reading is replaced."""
    found = bad(replace(WELL, push=failure))
    assert found.code == "not_pushable"
    assert "can be read" in found.message
    assert found.message.endswith(failure.message)
    assert found.hint.startswith(hint)


def test_a_remote_with_a_problem_is_not_called_ok_and_with_a_warning_it_is() -> None:
    """A message never says “can be pushed to” next to the reason why not."""
    shallow = about(API, with_facts(replace(FACTS, shallow=True)))
    secret = about(API, with_facts(replace(FACTS, credentials=True)))
    assert [each.code for each in shallow] == ["shallow"]
    assert [each.code for each in secret] == ["remote", "credentials_in_url"]


def test_branches_of_an_unread_remote_are_not_missing() -> None:
    """The branches that were fetched earlier may not be there any more."""
    stale = replace(snapshot(refs=refs(staging=branch())), stale=UNREACHABLE)
    assert [each.code for each in about(API, Checkup(stale))] == ["unreachable"]


def test_follow_tags_is_fine_since_it_is_overridden() -> None:
    """It is still mentioned for people who wonder about it."""
    found = about(API, with_facts(replace(FACTS, follow_tags=True)))
    assert [(each.code, each.state) for each in found] == [("remote", OK), ("follow_tags", OK)]
    assert "overrides" in found[1].message


def test_a_lock_that_was_taken_and_released_is_ok() -> None:
    """Without a lock, there is no finding about locks."""
    tried = about(API, replace(WELL, lock=LockTrial()))
    assert [each.code for each in tried] == ["remote", "lock_refs"]


def test_a_lock_that_stays_is_named_so_that_it_can_be_deleted() -> None:
    """The hint has the ref that was used."""
    assert PROBE in bad(replace(WELL, lock=LockTrial(stays="no"))).hint


@pytest.mark.parametrize("ahead", [-86_400, 0, CLOCK_SLACK])
def test_clocks_may_differ_a_little(ahead: int) -> None:
    """The date of old commits does not matter, either."""
    assert [each.code for each in about(API, replace(WELL, newest=NOW + ahead))] == ["remote"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(121, "2 minutes"), (7199, "119 minutes"), (7200, "2 hours"), (30 * 86_400, "30 days")],
)
def test_the_future_is_in_one_unit(seconds: int, words: str) -> None:
    """Either clock may be wrong, so both are named, and the clock is not reported as ok."""
    seen = findings(replace(WELL, newest=NOW + seconds))
    (found,) = (each for each in seen if each.code == "clock")
    assert (found.repo, found.state) == ("api", WARNING)
    assert words in found.message
    assert "this machine's clock" in found.message
    assert "committer's" in found.message
    assert "Here it is 2025-01-15T15:01:30Z." in found.hint


def test_exposed_files_name_the_gitignore_that_keeps_them_out() -> None:
    """The message is short, and the hint has every line to add."""
    paths = ("deployment.log", ".multigit/", "services/api/", "web/")
    found = bad(replace(WELL, exposed=paths), ROOT)
    assert (found.code, found.state) == ("exposed_files", WARNING)
    assert "and 1 more" in found.message
    assert "/deployment.log /.multigit/ /services/api/ /web/ >>.gitignore" in found.hint


def test_secrets_in_any_reason_are_masked() -> None:
    """This includes anything that a server says, even about locks."""
    said = "see https://ada:canary@host/x"
    for seen in (
        replace(WELL, lock=LockTrial(refused=said)),
        replace(WELL, push=Problem("git", said, said)),
        Checkup(Snapshot("api", error=Problem("git", said, said))),
    ):
        assert "canary" not in str(about(API, seen))
        assert "***@host" in bad(seen).message


# --- The workspace


@pytest.mark.parametrize(
    ("log", "state", "code"),
    [
        (Head(), OK, "log"),
        (BadLine(4, "torn", "ends in the middle"), WARNING, "log_torn"),
        (BadLine(2, "edited", "is not a record"), PROBLEM, "log_edited"),
        (Problem("log_unreadable", "cannot be read.", "Look."), PROBLEM, "log_unreadable"),
    ],
)
def test_the_log_is_sound_torn_or_bad(
    log: BadLine | Head | Problem, state: Level, code: str
) -> None:
    """A torn line is fixed by the next operation, and a bad line is named by its number."""
    found = around(log=log)[code]
    assert found.state is state
    assert bool(found.hint) is (state is not OK)
    if isinstance(log, BadLine):
        assert f"line {log.line}" in found.message


def test_an_unfinished_operation_has_three_ways_out() -> None:
    """It is a problem, since no other operation can start."""
    found = around(unfinished={"20250115T150130Z-promote-dev-stg-7f3a": Hint.FINISH_OR_UNDO})[
        "unfinished_operation"
    ]
    assert found.state is PROBLEM
    assert "20250115T150130Z-promote-dev-stg-7f3a" in found.message
    assert all(way in found.hint for way in ("continue", "undo", "abandon"))


def test_too_few_open_files_are_a_warning_with_the_number_to_set() -> None:
    """Operations work, but with fewer repositories at a time."""
    assert "open_files" not in around(possible=8)
    found = around(possible=3)["open_files"]
    assert found.state is WARNING
    assert "3 repositories at a time, not 8" in found.message
    assert "ulimit -n 96" in found.hint


def test_the_clock_is_not_called_ok_without_commits() -> None:
    """Without commits of a stage branch, there is nothing to compare with."""
    seen = findings(Checkup(unreadable()))
    assert "clock" not in {each.code for each in seen}


# --- The whole result


def test_problems_and_warnings_are_counted() -> None:
    """There is a hint only if there are problems."""
    mixed = findings(
        with_facts(replace(FACTS, shallow=True, credentials=True)),
        with_facts(replace(FACTS, credentials=True)),
        repos=(API, WEB),
    )
    sentence, hint = doctor_summary(mixed, 2)
    assert sentence == "Checked 2 repositories: 1 problem and 2 warnings."
    assert "multigit doctor" in hint
    warned = findings(with_facts(replace(FACTS, credentials=True)))
    assert doctor_summary(warned, 1) == ("Checked 1 repository: 1 warning.", "")


def test_the_document_holds_every_finding() -> None:
    """It has the form of all documents, and findings about the workspace have no repository."""
    found = (
        Finding("", OK, "git_version", "git 2.39.5."),
        Finding("api", PROBLEM, "shallow", "is shallow.", "Unshallow it."),
    )
    assert doctor_document(found, 1) == {
        "schema": "multigit/1",
        "command": "doctor",
        "operation": None,
        "result": "blocked",
        "exit_code": 3,
        "findings": [
            {
                "code": "git_version",
                "repo": None,
                "state": "ok",
                "message": "git 2.39.5.",
                "hint": None,
            },
            {
                "code": "shallow",
                "repo": "api",
                "state": "problem",
                "message": "is shallow.",
                "hint": "Unshallow it.",
            },
        ],
        "repos": [],
        "problems": [],
        "message": "Checked 1 repository: 1 problem.",
        "hint": "Fix the problems, then run multigit doctor again.",
    }
    fine: Mapping[str, object] = doctor_document(found[:1], 1)
    assert (fine["result"], fine["exit_code"], fine["hint"]) == ("done", 0, None)


def test_what_repositories_share_is_shown_once_and_the_worst_last() -> None:
    """Findings with different messages or hints stay separate."""
    found = [
        Finding("api", PROBLEM, "shallow", "is shallow.", "git -C api"),
        Finding("api", OK, "remote", "is fine."),
        Finding("web", OK, "remote", "is fine."),
        Finding("", WARNING, "open_files", "too few."),
        Finding("web", PROBLEM, "shallow", "is shallow.", "git -C web"),
    ]
    assert [(names, each.state, each.hint) for names, each in grouped(found)] == [
        (("api", "web"), OK, ""),
        (("",), WARNING, ""),
        (("api",), PROBLEM, "git -C api"),
        (("web",), PROBLEM, "git -C web"),
    ]
