"""Rules that a person may override with a reason, which the log, tags and notifications keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote

from multigit.core.planning.checks import SAY_WHY, check_reason
from multigit.core.values.agreement import Accepted
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem
from multigit.core.values.text import nearest
from multigit.errors import UsageError
from multigit.hints import Hint
from multigit.phrase import Instant, phrase

IRREVERSIBLE = "irreversible"
BAD_RELEASE = "bad_release"
HELD = "held"  # --release-hold does the same for this one

OVERRIDABLE: Mapping[str, str] = {  # code → what happens then
    IRREVERSIBLE: "Roll back although files changed that the configuration calls irreversible.",
    BAD_RELEASE: "Deploy a release that was marked bad.",
}


@dataclass(frozen=True, slots=True)
class Override:
    """The codes of the problems that a person overrides, and why."""

    codes: tuple[str, ...] = ()
    reason: str = ""

    def applied(
        self, repo: str, problems: Iterable[Problem]
    ) -> tuple[tuple[Problem, ...], tuple[Accepted, ...]]:
        """Return a repository's problems, of which the overridden ones only warn, and their notes.

        Only what blocks is overridden. The others stay as they are, in the same order.
        """
        kept, notes = list[Problem](), list[Accepted]()
        for problem in problems:
            if problem.blocks and problem.code in self.codes:
                notes.append(Accepted(problem.code, repo, problem.message, reason=self.reason))
                kept.append(replace(problem.as_warning(), hint=""))
            else:
                kept.append(problem)
        return tuple(kept), tuple(notes)


NOTHING_OVERRIDDEN = Override()


def override_of(
    codes: Sequence[str],
    reason: str | None,
    *,
    release_hold: bool = False,
    reason_alone: bool = False,
) -> Override:
    """Return what the options --override, --reason and --release-hold say together.

    A command that has a reason anyway takes a `reason_alone`. Raises UsageError for a code that
    cannot be overridden, for one without the other, and for a reason that is blank or has control
    characters.
    """
    for code in codes:
        if code not in OVERRIDABLE:
            raise _not_overridable(code)
    asked = (*dict.fromkeys(codes), *([HELD] if release_hold else []))
    if reason is None and asked:
        option = f"--override {asked[0]}" if codes else "--release-hold"
        raise UsageError(f"{option} requires a reason.", hint=SAY_WHY, code="reason_missing")
    if reason is not None and not (asked or reason_alone):
        raise UsageError(
            "--reason says why a rule is overridden, but none is.",
            hint=f"Omit it, or name the rule with --override: {', '.join(OVERRIDABLE)}.",
            code="nothing_overridden",
        )
    if reason is not None:
        check_reason(reason)
    return Override(asked, reason or "")


def _not_overridable(code: str) -> UsageError:
    """Return the error for a code of another problem, or of none, with what can be overridden."""
    choices = " ".join(f"{each}: {what}" for each, what in OVERRIDABLE.items())
    near = nearest(code, OVERRIDABLE)
    return UsageError(
        f"{code!r} cannot be overridden.",
        hint=f"Did you mean {near}? {choices}" if near else f"These can be. {choices}",
        code="not_overridable",
    )


def bad_release(release: str, marks: Mapping[str, Mark | None]) -> Iterable[Problem]:
    """Report that a release was marked bad, or may have been.

    `marks` are the last ones, by release; None is one that cannot be read.
    """
    mark = marks.get(release)
    if release in marks and mark is None:
        sentence = f"the mark of {release} cannot be read, so it may be bad."
        yield Problem(BAD_RELEASE, sentence, Hint.OVERRIDE_BAD_RELEASE)
    if mark and mark.quality is Quality.BAD:
        sentence = phrase(
            "{release} was marked bad by {who} on {since}: {reason}.",
            release=release,
            who=mark.who.partition(" <")[0] or "someone",
            since=Instant(mark.since),
            reason=" ".join(mark.reason.split()).removesuffix("."),
        )
        yield Problem(BAD_RELEASE, sentence, Hint.OVERRIDE_BAD_RELEASE)


def deploying_again(accepted: Iterable[Accepted]) -> str:
    """Return the options, after a blank, with which a release is deployed again that was accepted.

    Empty if it was not marked bad then.
    """
    reason = next((each.reason for each in accepted if each.code == BAD_RELEASE), None)
    if reason is None:
        return ""
    return f" --override {BAD_RELEASE} --reason {quote(' '.join(reason.split()))}"
