"""An operation for people who do not see the terminal: messages, and the page of a CI job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from multigit.core.planning.plan import Plan, Result, State
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.recovery.automatic import NOT_ROLLED_BACK
from multigit.core.reports.roll_back_words import about_holds, about_roll_back
from multigit.core.reports.summary import summary
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.text import cut, masked, plural, visible
from multigit.core.values.workspace import Event
from multigit.phrase import Phrase, Typed, parts_of

ROWS = 60  # of the table; failures come first
SHORT = 7  # digits of a commit
NOTES = 4000  # characters of the operation's message
SUBJECT = 100  # characters of a commit's first line
HEAD = "| repository | state | from → to | commits | newest | link |\n|---|---|---|---|---|---|"
STILL = {State.UP_TO_DATE, State.SKIPPED}


@dataclass(frozen=True, slots=True)
class News:
    """One message: a line, and a text in Markdown."""

    event: Event
    title: str
    body: str


def is_news(plan: Plan) -> bool:
    """Return whether people are notified of such a plan: it promotes or deploys."""
    deploys = plan.command == "deploy" or plan.rolls_back is not None
    return bool(plan.planned()) and (bool(plan.release) or deploys)


def event_of(report: Report) -> Event | None:
    """Return the event of an operation that ended, or None: it is running, or nothing was done.

    That it waits for approval is an event of its own, when the waiting starts.
    """
    states = {each.state for o in report.outcomes for each in o.deployments}
    running = any(not state.over for state in states - {RunState.NOT_STARTED})
    return None if running else _EVENTS.get(report.result)


def news(report: Report, event: Event) -> News:
    """Return the message about an event of this report's operation."""
    release = f": {_line(report.plan.release)}" if report.plan.release else ""
    return News(event, f"{_what(report.plan)} {_WORDS[event]}{release}", _body(report, event))


def job_summary(report: Report) -> str:
    """Return how a command ended, in Markdown for the page of a CI job."""
    plan, (sentence, hint) = report.plan, summary(report)
    title = f"## {_what(plan)}: {str(report.reported_result).replace('_', ' ')}"
    said = (_with_code(sentence), *_not_rolled_back(report), *_said(plan), *_holds(report))
    about = [*said, _table(report), *_commits(report)]
    if report.result not in {Result.BLOCKED, Result.CANCELLED}:
        about += _ids(plan)
    return "\n\n".join(filter(None, (title, *about, _with_code(hint)))) + "\n"


def _what(plan: Plan) -> str:
    way = f"{plan.source} → {plan.target}" if plan.source else plan.target
    return _line(f"{plan.command} {way}".strip())


def _ids(plan: Plan) -> Sequence[str]:
    release = f"Release: `{_line(plan.release)}`" if plan.release else ""
    return release, f"Operation: `{_line(plan.operation)}`"


_EVENTS = {Result.DONE: Event.SUCCEEDED, Result.FAILED: Event.FAILED, Result.ERROR: Event.FAILED}
_WORDS = {
    Event.STARTED: "started",
    Event.SUCCEEDED: "succeeded",
    Event.FAILED: "failed",
    Event.WAITING: "is waiting for approval",
}


def _body(report: Report, event: Event) -> str:
    plan = report.plan
    sentence = "" if event is Event.STARTED else _harmless(summary(report)[0])
    held = _holds(report, started=event is Event.STARTED)
    said = (sentence, *_not_rolled_back(report), *_said(plan), *held)
    parts = (*said, _table(report), *_commits(report), *_ids(plan))
    return "\n\n".join(filter(None, parts)) + "\n"


def _not_rolled_back(report: Report) -> Iterator[str]:
    """Yield why a stage was not rolled back by itself, and what to type."""
    for each in report.problems:
        if each.code == NOT_ROLLED_BACK:
            yield _with_code(Phrase(each.message, " " if each.hint else "", each.hint))


def _said(plan: Plan) -> Iterator[str]:
    """Yield the operation's message, or what a roll-back does, and then what was accepted."""
    if plan.rolls_back:
        yield from map(_harmless, about_roll_back(plan))
    else:
        yield _notes(plan.message)
    yield from _accepted(plan)


def _holds(report: Report, *, started: bool = False) -> Iterator[str]:
    return map(_harmless, about_holds(report, started=started))


def _accepted(plan: Plan) -> Iterator[str]:
    """Yield what was in the way of it, and a person accepted, with the reason if there is one."""
    for each in plan.accepted:
        why = f" Reason: {each.reason}" if each.reason else ""
        yield f"Accepted: {_harmless(f'{each.repo}: {each.message}{why}')}"


def _notes(message: str) -> str:
    """Return the operation's message, which is Markdown by its user, without HTML."""
    lines = cut(message, NOTES).strip().splitlines()
    return "\n".join(visible(masked(line)).replace("<", "&lt;") for line in lines)


def _table(report: Report) -> str:
    """Return a row for each deployment, or for each repository that has none."""
    changed = [outcome for outcome in report.outcomes if outcome.state not in STILL]
    rows = [row for outcome in changed for row in _rows(outcome)]
    if not rows:
        return ""
    rows.sort(key=lambda row: not row[0])
    more = f"\n\n… and {plural(len(rows) - ROWS, 'row')} more." if len(rows) > ROWS else ""
    return "\n".join([HEAD, *(text for _, text in rows[:ROWS])]) + more


def _rows(outcome: Outcome) -> Iterator[tuple[bool, str]]:
    """Yield whether it failed, and the row."""
    newest, back = _waiting(outcome).newest, outcome.plan.goes_back
    for one in outcome.deployments or (None,):
        target = f" ({one.target})" if one and one.target else ""
        cells = (
            _harmless(f"{outcome.repo}{target}"),
            _harmless(_state(outcome, one)),
            _moved(outcome),
            str(back.lost.commits if back else outcome.plan.commit_count),
            _harmless(newest.subject if newest else ""),
            f"[open]({quote(one.url, safe=_IN_URLS)})" if one and one.url else "",
        )
        bad = outcome.state in BAD or bool(one and one.state.bad)
        yield bad, f"| {' | '.join(cells)} |"


def _waiting(outcome: Outcome) -> PendingCommits:
    """Return the commits that reach the last branch that moves, or that a roll-back loses."""
    if back := outcome.plan.goes_back:
        return back.lost
    pending = [step.move().brings for step in outcome.plan.branch_steps()]
    return next((each for each in reversed(pending) if each), PendingCommits())


def _commits(report: Report) -> Iterator[str]:
    """Yield, for each repository of the table, a list of the commits that reach or leave it."""
    changed = (outcome for outcome in report.outcomes if outcome.state not in STILL)
    with_commits = [(o.repo, _waiting(o)) for o in changed if _waiting(o).subjects]
    for repo, waiting in with_commits[:ROWS]:
        lines = [f"- {_harmless(cut(subject, SUBJECT))}" for subject in waiting.subjects]
        more = waiting.commits - len(lines)
        lines += [f"- … and {more} more"] if more > 0 else []
        what = "Rolled-back commits" if report.plan.rolls_back else "Commits"
        yield "\n".join([f"{what} in {_harmless(repo)}:", "", *lines])


BAD = {State.BLOCKED, State.NOT_PUBLISHED, State.FAILED, State.UNKNOWN}
_IN_URLS = ":/?#@!$&'*+,;=%~"  # not the brackets, which would end a link


def _state(outcome: Outcome, one: Deployment | None) -> str:
    """Return its state: a failure with the reason, a waiting run with its reviewers."""
    if one is None or outcome.state in BAD:
        reasons = [p.message for p in outcome.problems if p.blocks or outcome.state in BAD]
        return _with(_word(outcome), reasons[0] if reasons else "")
    if one.state is RunState.WAITING:
        return f"waiting for {', '.join(one.status.reviewers) or 'a reviewer'}"
    explained = one.state.bad or one.state is RunState.SKIPPED
    return _with(one.state.in_words, one.status.detail if explained else "")


def _word(outcome: Outcome) -> str:
    """Return the state of a repository; a deployment alone publishes nothing."""
    if outcome.state is State.NOT_PUBLISHED and not outcome.plan.updates():
        return "not started"
    return str(outcome.state).replace("_", " ")


def _with(state: str, reason: str) -> str:
    return f"{state}: {reason}" if reason else state


def _moved(outcome: Outcome) -> str:
    """Return the commits of the stage's branch before and after."""
    plan = outcome.plan
    deployed = next((step.sha for step in plan.deploys() if step.sha), "")
    after = (outcome.after or plan.after or deployed)[:SHORT]
    moves = after and (plan.branch_steps() or plan.goes_back)
    return f"{plan.before[:SHORT] or 'new'} → {after}" if moves else after


def _line(text: str) -> str:
    """Return text from the user on one line, without characters that would end a code span."""
    return visible(masked(text)).replace("`", "'")


def _harmless(text: str) -> str:
    """Return text from outside as Markdown that only shows it."""
    return _escaped(" ".join(text.split()))


def _with_code(text: str) -> str:
    """Return a text as Markdown that only shows it, each of its commands as code."""
    return "".join(
        _code(part) if isinstance(part, Typed) else _escaped(part) for part in parts_of(text)
    )


def _code(command: str) -> str:
    """Return a command as a code span, which has more marks around it if it has some itself."""
    shown = visible(masked(command))
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def _escaped(text: str) -> str:
    plain = visible(masked(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{letter}" if letter in "\\`*[]|" else letter for letter in plain)
