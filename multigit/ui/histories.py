"""The deployment log for people: two lines per operation or three, in 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import State
from multigit.core.reports.history import History, history_hint, history_sentence
from multigit.core.reports.summary import CLOSED_BY
from multigit.core.values.deployment import RunState
from multigit.core.values.text import shortened, visible
from multigit.ui.problems import problem_lines
from multigit.ui.render import Fitting, indented, one_line

STYLES = {"done": "green", "failed": "red", "blocked": "yellow", "cancelled": "yellow"}
REFUSED = {
    "confirmation_needed": "not agreed to",
    "confirmation_differs": "not agreed to",
    "locked": "locked",
    "locked_remotely": "locked",
}
BY = {"ci": " (CI)", "agent": " (agent)"}
CHECKLISTS = {
    "not_ticked": "checklist not ticked",
    "confirmed_by_option": "checklist confirmed by option",
}
LOSSES = {"reverted_work", "returned_files"}
RUNS = {"succeeded": "deployed", "failed": "not deployed"}
PUBLISHING = ("published", "taken_back", "failed", "unknown", "not_published")
ORDER = {  # as a command itself says how it ended
    state: place
    for place, state in enumerate((*PUBLISHING, *(RUNS.get(run, str(run)) for run in RunState)))
    if place < len(PUBLISHING) or state not in PUBLISHING
}
ROUTE, ENDING = 20, 21  # columns


def history_view(seen: History) -> RenderableType:
    """Return the lines of each operation, oldest first, then the sentence."""
    parts: list[RenderableType] = [line for each in seen.records for line in lines(each)]
    if parts:
        parts.append(Text())
    parts.append(Text(history_sentence(seen), "bold"))
    parts += problem_lines(seen.unasked_rows())
    if hint := history_hint(seen):
        parts.append(Text(f"Hint: {hint}"))
    return Group(*parts)


def lines(record: Mapping[str, Any]) -> tuple[RenderableType, ...]:
    """Return when, what, how it ended and who; below that the release and the message.

    A checklist that nobody ticked has a line of its own; so have reverts that were let pass.
    """
    source, target = word(record, "source"), word(record, "stage")
    route = f"{word(record, 'command')} {source}{' → ' if source else ''}{target}"
    result = word(record, "result")
    who = word(record, "who").partition(" <")[0] + BY.get(word(record, "actor"), "")
    when = f"  {word(record, 'at')[:16].replace('T', ' ')}  "
    closed = any(each.get("code") in CLOSED_BY for each in record.get("problems") or ())
    end = Text(ending(record), "yellow" if closed else STYLES.get(result, ""))
    folded = Group(Text(f"{when}{route}"), indented(Text.assemble(end, f"  {who}"), len(when)))
    padding = " " * (ENDING - len(end))
    head = Text.assemble(when, f"{route:<{ROUTE}}  ", end, padding, f"  {who}")
    about = "  ".join(filter(None, (word(record, "release"), word(record, "message"))))
    checklist = CHECKLISTS.get(word(record, "checklist"), "")
    below = filter(None, (about, checklist, reverts(record)))
    dim = (one_line(Text(f"{'':{len(when)}}{text}", "dim")) for text in below)
    return Fitting(head, folded), *dim


def reverts(record: Mapping[str, Any]) -> str:
    """Return where something was published in spite of work that a later stage took back."""
    names = tuple(
        visible(str(repo.get("repo")))
        for repo in record.get("repos", [])
        if repo.get("state") == State.PUBLISHED
        and any(each.get("code") in LOSSES for each in repo.get("problems") or ())
    )
    if not names:
        return ""
    down = word(record, "command") == "backmerge"
    what = "reverts carried down" if down else f"reverted work stays out of {word(record, 'stage')}"
    return f"! {what}: {shortened(names)}"


def word(record: Mapping[str, Any], key: str) -> str:
    """Return a field of a record, whatever it holds, as harmless text."""
    return visible(str(record.get(key) or ""))


def ending(record: Mapping[str, Any]) -> str:
    """Return how it ended: blocked, not agreed to, or 3 published, 1 failed, or 2 approved."""
    repos = record.get("repos", [])
    counts = Counter(map(_published, repos))
    counts += Counter(str(each.get("state")) for each in record.get("reviewed") or ())
    runs = Counter(str(run.get("state")) for repo in repos for run in repo.get("deployments") or ())
    counts += Counter({RUNS.get(state, state): number for state, number in runs.items()})
    ordered = sorted(counts.items(), key=lambda each: ORDER.get(each[0], len(ORDER)))
    quiet = {"", "up_to_date", "planned", "skipped"}
    told = [f"{number} {state}" for state, number in ordered if state not in quiet]
    result = word(record, "result")
    if result in {"done", "failed"} and told:
        sentence = visible(", ".join(told).replace("_", " "))
        return sentence.replace("published", "taken back") if record.get("undoes") else sentence
    return REFUSED.get(reason(record), result) if result == "blocked" else result


def _published(repo: Mapping[str, Any]) -> str:
    """Return a repository's state, or nothing where its deployments tell all of it."""
    state = str(repo.get("state", ""))
    if any(each.get("code") == "taken_back" for each in repo.get("problems") or ()):
        return "taken_back"
    alone = state in {"deployed", "started"} or (state == "failed" and repo.get("deployments"))
    return "" if alone else state


def reason(record: Mapping[str, Any]) -> str:
    """Return why nothing was done; records of earlier versions have only the problems."""
    problems = record.get("problems") or [{}]
    return str(record.get("reason") or problems[0].get("code", ""))
