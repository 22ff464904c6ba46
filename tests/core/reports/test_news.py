"""Notifications about an operation."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, RollsBack, State
from multigit.core.progress.outcome import (
    Outcome,
    Report,
    cancelled,
    ended,
    planned,
    refused,
    under_way,
)
from multigit.core.reports.news import NOTES, ROWS, News, event_of, job_summary, news
from multigit.core.values.agreement import Accepted
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deployment import Deployment, Run, RunState, RunStatus
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Event
from multigit.phrase import Phrase, Typed
from tests.core.builders import (
    API,
    MADE,
    NEWEST,
    ROOT,
    WEB,
    plan,
    published,
    to_publish,
    without_steps,
)

DONE = Deployment(
    state=RunState.SUCCEEDED, run=Run("1"), status=RunStatus(RunState.SUCCEEDED, url="https://ci/1")
)
IDLE = without_steps(ROOT, State.UP_TO_DATE)
BOTH = plan(to_publish(API), to_publish(WEB))


def deployed(*deployments: Deployment) -> Outcome:
    """Return api, published and deployed."""
    return Outcome(to_publish(API), State.PUBLISHED, MADE, deployments=deployments)


def report(*outcomes: Outcome, **changes: object) -> Report:
    """Return the report of a promotion with these outcomes; keywords change its plan."""
    whole: Plan = replace(plan(*(o.plan for o in outcomes)), **changes)  # type: ignore[arg-type]
    return ended(whole, outcomes)


def news_of(*outcomes: Outcome, **changes: object) -> News:
    """Return the notification about the end of a promotion."""
    whole = report(*outcomes, **changes)
    event = event_of(whole)
    assert event
    return news(whole, event)


def rows(message: News) -> list[str]:
    """Return the rows of the message's table."""
    return [line for line in message.body.splitlines() if line.startswith("| ")][1:]


def test_a_good_end() -> None:
    """It has the summary, the operation's message, the table, the release and the operation."""
    message = news_of(deployed(DONE), Outcome(IDLE, State.UP_TO_DATE))
    assert message == News(
        event=Event.SUCCEEDED,
        title="promote dev → stg succeeded: stg-deploy-20250115-160130",
        body="""\
1 published, 1 deployed.

Merge dev into stg

| repository | state | from → to | commits | newest | link |
|---|---|---|---|---|---|
| api | succeeded | stg-1 → merge-1 | 3 | fix: time-out on upload | [open](https://ci/1) |

Release: `stg-deploy-20250115-160130`

Operation: `20250115T150130Z-promote-dev-stg-7f3a`
""",
    )


def test_what_was_accepted_is_said_with_its_reason() -> None:
    """In the message and in the job's summary, a paragraph each; a doubt has no reason."""
    doubt = Accepted("deployment_in_doubt", "web", "run 7 was deleted.", "op/web/1")
    bad = Accepted("bad_release", "api", "r-1 was marked bad.", reason="r-2 loses\n<orders>")
    whole = report(deployed(DONE), accepted=(doubt, bad))
    expected = (
        "\n\nMerge dev into stg\n\nAccepted: web: run 7 was deleted.\n\n"
        "Accepted: api: r-1 was marked bad. Reason: r-2 loses &lt;orders&gt;\n\n| repository |"
    )
    assert expected in news(whole, Event.SUCCEEDED).body
    assert expected in job_summary(whole)


def test_a_skipped_deployment_is_a_good_end() -> None:
    """The table says why nothing was deployed."""
    why = "no changed file matches the path filter of deploy.yml."
    state = RunState.SKIPPED
    message = news_of(deployed(Deployment(state=state, status=RunStatus(state, detail=why))))
    assert (message.event, message.body.partition("\n")[0]) == (
        Event.SUCCEEDED,
        "1 published, 1 skipped.",
    )
    assert f"| skipped: {why} |" in rows(message)[0]


def arriving(count: int, *subjects: str) -> Outcome:
    """Return api, published, with this number of commits, of which these subjects are known."""
    repo = to_publish(API)
    waiting = PendingCommits(count, NEWEST, subjects=subjects)
    (step,) = repo.merges()
    bringing = replace(step, merge=replace(step.merge, waiting=waiting))
    steps = tuple(bringing if each is step else each for each in repo.steps)
    return Outcome(replace(repo, steps=steps), State.PUBLISHED, MADE)


def test_the_commits_that_reach_the_stage_are_listed() -> None:
    """They follow the table, by repository, with the number of the rest; long subjects are cut."""
    body = news_of(arriving(12, "fix: *a*", "x" * 200), published(WEB)).body
    assert (
        f"""
Commits in api:

- fix: \\*a\\*
- {"x" * 100}…
- … and 10 more

Release: """
        in body
    )
    assert "more" not in news_of(arriving(1, "fix: a")).body
    assert "Commits in web" not in body


def test_a_start() -> None:
    """It shows the plan, and there are no links yet."""
    message = news(planned(BOTH), Event.STARTED)
    assert message.title == "promote dev → stg started: stg-deploy-20250115-160130"
    assert rows(message) == [
        "| api | planned | stg-1 → merge-1 | 3 | fix: time-out on upload |  |",
        "| web | planned | stg-1 → merge-1 | 3 | fix: time-out on upload |  |",
    ]
    assert message.body.startswith("Merge dev into stg")


def test_a_bad_end() -> None:
    """Failures come first, with their reasons."""
    status = RunStatus(RunState.FAILED, detail="#17 is a FAILURE.", url="https://ci/17")
    bad = Deployment("fra", RunState.FAILED, status=status)
    refused = Problem("refused_by_remote", "the remote refused: protected branch.")
    web = Outcome(to_publish(WEB), State.FAILED, problems=(refused,))
    message = news_of(deployed(replace(DONE, target="nrt"), bad, Deployment("syd")), web)
    assert message.event is Event.FAILED
    moved = "stg-1 → merge-1 | 3 | fix: time-out on upload"
    assert rows(message) == [
        f"| api (fra) | failed: #17 is a FAILURE. | {moved} | [open](https://ci/17) |",
        f"| web | failed: the remote refused: protected branch. | {moved} |  |",
        f"| api (nrt) | succeeded | {moved} | [open](https://ci/1) |",
        f"| api (syd) | not started | {moved} |  |",
    ]


def test_waiting_for_approval() -> None:
    """The reviewers are named during the operation; an interrupted watch sends nothing."""
    status = RunStatus(RunState.WAITING, reviewers=("ada", "grace"))
    one = Deployment(state=RunState.WAITING, status=status)
    message = news(under_way(BOTH, {"api": (one,)}), Event.WAITING)
    assert message.title == "promote dev → stg is waiting for approval: stg-deploy-20250115-160130"
    assert "| api | waiting for ada, grace |" in message.body
    assert "| web | planned |" in message.body
    nobody = under_way(BOTH, {"api": (replace(one, status=DONE.status),)})
    assert "waiting for a reviewer" in news(nobody, Event.WAITING).body
    assert event_of(report(deployed(one))) is None


def test_nothing_was_done() -> None:
    """There is no notification of a plan or of a “no”."""
    assert event_of(planned(BOTH)) is None
    assert event_of(cancelled(planned(BOTH), interrupted=False)) is None
    assert event_of(report(published())) is Event.SUCCEEDED


def test_a_new_branch_without_a_release() -> None:
    """Missing parts are left out."""
    new = replace(to_publish(API), before="")
    message = news_of(Outcome(new, State.PUBLISHED, MADE), release="", source="", message="")
    assert message.title == "promote stg succeeded"
    assert rows(message) == ["| api | published | new → merge-1 | 3 | fix: time-out on upload |  |"]
    assert "Release" not in message.body


def test_text_from_outside_is_only_shown() -> None:
    """Markdown and HTML are escaped, control characters are shown, and passwords are masked."""
    detail = "<b>[x](y)</b> | `a`\x1b[2J\n& https://ada:secret@host/"
    status = RunStatus(RunState.FAILED, detail=detail, url="https://ci/a) b|c")
    body = news_of(deployed(Deployment("", RunState.FAILED, status=status))).body
    assert (
        r"failed: &lt;b&gt;\[x\](y)&lt;/b&gt; \| \`a\`\\x1b\[2J &amp; https://\*\*\*@host/" in body
    )
    assert "[open](https://ci/a%29%20b%7Cc)" in body


def test_the_message_keeps_its_markdown() -> None:
    """Release notes may use Markdown; only HTML is escaped, and the length is limited."""
    body = news_of(published(), message="Notes\n\n- **one**\n- <img src=x>\x1b").body
    assert "Notes\n\n- **one**\n- &lt;img src=x>\\x1b\n" in body
    assert f"{'x' * NOTES}…\n" in news_of(published(), message="x" * (NOTES + 1)).body


def test_a_long_table_is_cut() -> None:
    """The rows that are left out are counted."""
    targets = [replace(DONE, target=f"t{number}") for number in range(ROWS + 2)]
    message = news_of(deployed(*targets))
    assert len(rows(message)) == ROWS
    assert "… and 2 rows more." in message.body


def test_a_job_summary_has_the_sentence_the_table_and_what_to_run() -> None:
    """In Markdown, for the page of a CI job."""
    bad = Deployment(state=RunState.FAILED, status=RunStatus(RunState.FAILED, detail="it failed."))
    text = job_summary(report(deployed(bad)))
    assert text.startswith("## promote dev → stg: failed\n\n1 published, 1 not deployed.\n")
    assert "| api | failed: it failed. |" in text
    assert f"Release: `{BOTH.release}`" in text
    half = ended(BOTH, [published(API), Outcome(to_publish(WEB), State.FAILED)])
    assert job_summary(half).endswith("to close it as is, `multigit abandon`.\n")


def test_a_command_in_a_job_summary_is_code_as_it_stands() -> None:
    """It is copied from there: nothing in it is escaped, and its own marks do not end it."""
    hint = Phrase("Remove <it>: ", Typed("git rm 'a`<*>'"), ", or wait.")
    asked = refused(planned(BOTH), Problem("odd", "No.", hint))
    assert job_summary(asked).endswith("Remove &lt;it&gt;: `` git rm 'a`<*>' ``, or wait.\n")


def test_the_job_summary_of_what_was_not_done_names_no_release() -> None:
    """Its tag does not exist."""
    assert "Release" not in job_summary(cancelled(planned(BOTH), interrupted=False))
    assert "Release" in job_summary(planned(BOTH))


def test_what_a_deployment_did_not_reach_was_not_started() -> None:
    """It publishes nothing, so it leaves nothing unpublished."""
    waits = Outcome(replace(to_publish(WEB), steps=()), State.NOT_PUBLISHED)
    whole = replace(plan(to_publish(API), waits.plan), command="deploy")
    assert "| web | not started |" in job_summary(ended(whole, [deployed(DONE), waits]))


FAILED_RUN = Deployment(state=RunState.FAILED, status=RunStatus(RunState.FAILED))
BACK = replace(
    plan(to_publish(API)),
    command="rollback",
    operation="op-2",
    release="deploy-1",
    rolls_back=RollsBack("deploy-1", "deploy-2", after="op-1"),
)


def test_people_are_told_that_a_failure_is_rolled_back() -> None:
    """When the roll-back begins; how that ends is a message of its own."""
    whole = replace(report(deployed(FAILED_RUN)), rolled_back=planned(BACK))
    said = news(whole, Event.FAILED)
    assert said.title == "promote dev → stg failed: stg-deploy-20250115-160130"
    assert said.body.startswith("1 published, 1 not deployed. stg goes back to deploy-1.\n")
    done = news(ended(BACK, [published()]), Event.SUCCEEDED)
    assert done.title == "rollback dev → stg succeeded: deploy-1"


def test_people_are_told_why_a_failure_is_not_rolled_back() -> None:
    """With the command that does it nevertheless."""
    hint = Phrase("To roll it back: ", Typed("multigit rollback stg --last-good"))
    why = Problem("not_rolled_back", "stg was not rolled back: it is late.", hint, Severity.WARN)
    whole = replace(report(deployed(FAILED_RUN)), problems=(why,))
    sentence = "stg was not rolled back: it is late."
    line = f"{sentence} To roll it back: `multigit rollback stg --last-good`"
    assert line in news(whole, Event.FAILED).body.split("\n\n")
    assert line in job_summary(whole).split("\n\n")
