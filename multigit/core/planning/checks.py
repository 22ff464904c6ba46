"""The checks: each function yields the problems that it finds in one snapshot."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from shlex import quote

from multigit.core.planning.losses import keeping
from multigit.core.planning.sides import Sides
from multigit.core.values.clone_facts import Detour
from multigit.core.values.merge import Merge
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.text import pathspec, plural, shortened
from multigit.core.values.work_tree import WorkTree
from multigit.core.values.workspace import Repo, Stage
from multigit.errors import UsageError
from multigit.hints import Hint
from multigit.phrase import marked

PASS_ONE = marked('Pass one: `-m "what changes and why"`.')
SAY_WHY = marked('Say why: `--reason "why"`.')


def check_message(message: str) -> None:
    """Raise UsageError if a message is blank or contains control characters.

    Line breaks, tabs and the joiner inside emoji are fine. On a terminal, escape sequences and
    other controls could hide part of the history, and bidirectional overrides (Unicode class Cf)
    would reorder it.
    """
    _check_plain("message", message, PASS_ONE)


def check_reason(reason: str) -> None:
    """Raise UsageError for a reason that would be refused as a message."""
    _check_plain("reason", reason, SAY_WHY)


def _check_plain(what: str, text: str, hint: str) -> None:
    if not text.strip():
        raise UsageError(f"The {what} is empty.", hint=hint)
    if controls := [character for character in text if _is_control(character)]:
        raise UsageError(
            f"The {what} contains the control character U+{ord(controls[0]):04X}.",
            hint=f"Write the {what} in plain text.",
            code="message_control_character",
        )


def without_controls(message: str) -> str:
    """Return a message without the characters that `check_message` refuses."""
    return "".join(character for character in message if not _is_control(character))


def _is_control(character: str) -> bool:
    allowed = character in "\n\t\u200d"
    return not allowed and unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def unreadable(snapshot: Snapshot) -> Iterable[Problem]:
    """Report a repository that could not be read."""
    if snapshot.error:
        yield snapshot.error


def unpublishable(repo: Repo, snapshot: Snapshot, remote: str) -> Iterable[Problem]:
    """Report what makes publishing from this clone unsafe or impossible."""
    if snapshot.error:
        return
    facts, where = snapshot.facts, {"path": repo.typed(), "remote": remote}
    yield from shallow(repo, snapshot)
    if facts.push_urls > 1:
        yield Problem(
            "several_push_urls",
            f"{remote} has {facts.push_urls} push URLs, so no push can be atomic.",
            Hint.ONE_PUSH_URL.format(file=in_file(facts.push_url_in), **where),
        )
    if facts.mirror:
        yield Problem(
            "mirror_remote",
            f"{remote} is a mirror: git pushes all branches and tags to it, or none.",
            Hint.NO_MIRROR.format(file=in_file(facts.mirror_in), **where),
        )
    if facts.detour:
        yield _detour(repo, facts.detour, remote, facts.push_url_in)
    if not facts.identity:
        yield Problem(
            "no_identity",
            "no name and e-mail address are configured for commits.",
            Hint.IDENTITY,
        )


def shallow(repo: Repo, snapshot: Snapshot) -> Iterable[Problem]:
    """Report a clone that lacks part of its history."""
    if snapshot.facts.shallow:
        yield Problem(
            "shallow",
            "has a shallow clone, in which merges cannot be trusted.",
            Hint.UNSHALLOW.format(path=repo.typed()),
        )


def in_file(file: str) -> str:
    """Return the option that makes git config change this file; empty: the clone's own."""
    return f"--file {quote(file)} " if file else ""


def _detour(repo: Repo, detour: Detour, remote: str, file: str) -> Problem:
    """Return the problem of a push that would go to the wrong place."""
    if detour.named:
        return Problem(
            "other_push_url",
            f"{remote} is pushed to {detour.to}, but push_url names {detour.wanted}.",
            Hint.SET_PUSH_URL.format(path=repo.typed(), remote=remote, url=quote(detour.wanted)),
        )
    where = {"path": repo.typed(), "file": in_file(file), "remote": remote}
    if detour.nowhere:
        return Problem(
            "push_disabled",
            f"pushing to {remote} is disabled: its push URL is {detour.to or 'empty'}.",
            (Hint.PUSH_AGAIN if detour.own else Hint.SEE_REMOTES).format(**where),
        )
    meant = f'If that is intended, set push_url = "{detour.to}" in [repos.{repo.name}]'
    otherwise = Hint.UNSET_PUSH_URL if detour.own else Hint.CORRECT_PUSH_INSTEAD_OF
    return Problem(
        "other_push_url",
        f"{remote} is fetched from {detour.wanted}, but pushed to {detour.to}.",
        otherwise.format(meant=meant, **where),
    )


def missing_branches(
    repo: Repo, snapshot: Snapshot, remote: str, stages: Iterable[Stage]
) -> Iterable[Problem]:
    """Report each stage whose branch the remote does not have."""
    if snapshot.error:
        return
    branches = [stage.branch for stage in stages]
    there = [branch for branch in branches if snapshot.refs.branch(branch).remote]
    for branch in branches:
        if branch not in there:
            where = {"path": repo.typed(), "remote": remote, "branch": branch}
            yield Problem(
                "branch_missing",
                f"{remote} has no branch {branch}.",
                Hint.CREATE_BRANCH.format(base=there[-1], **where) if there else "Create it there.",
            )


def unmergeable(merge: Merge, sides: Sides, *, first: str = "") -> Iterable[Problem]:
    """Report a merge that a person has to resolve.

    `first` is what has to be done first if the merge builds on one that is not published yet.
    """
    source, target = sides.source, sides.target
    if merge.result.unrelated:
        yield Problem(
            "unrelated_histories",
            f"{source} and {target} have no commit in common.",
            "Check that the remote is the right one.",
        )
    elif merge.result.conflicted:
        files = merge.result.conflicts
        where = f"in {plural(len(files), 'file')}: {shortened(files)}"
        yield Problem(
            "conflict",
            f"{source} conflicts with {target} {where if files else 'over renamed folders'}.",
            _by_hand(merge, sides, first),
            files=files,
        )


def _by_hand(merge: Merge, sides: Sides, first: str) -> str:
    """Return how to resolve a conflict on the earlier stage, before or after a promotion."""
    known = {"first": first, "here": sides.earlier, "remote": sides.remote}
    if merge.fold and merge.fold.tip:
        back = merge.fold.tip.sha[:12]
        return Hint.CONFLICT_REAPPLIED.format(path=sides.repo.typed(), there=back, **known)
    if merge.reversals:  # which a plain merge of the later stage would carry along
        then = Hint.THEN_CHECKOUT if sides.edited else ""
        how = keeping(merge.reversals, sides)
        return Hint.CONFLICT_KEEPING.format(keeping=how, then=then, **known)
    return Hint.CONFLICT.format(path=sides.repo.typed(), there=sides.later, **known)


def unpushed_source(snapshot: Snapshot, stage: Stage) -> Iterable[Problem]:
    """Warn about local commits of the source, which a promotion does not include."""
    ahead = snapshot.ahead
    if ahead and snapshot.refs.branch(stage.branch).remote:
        yield Problem(
            "unpushed_commits",
            f"{stage.branch} has {plural(ahead, 'unpushed commit')}, not included here.",
            Hint.PUSH_FIRST.format(stage=stage.name),
            Severity.WARN,
        )


def unfinished_work(repo: Repo, work: WorkTree) -> Iterable[Problem]:
    """Report a merge, rebase or the like that is under way, or else unmerged files."""
    if work.unfinished:
        yield Problem(
            "operation_in_progress",
            f"a {work.unfinished} is under way in the work tree.",
            work_hint(repo, work),
        )
    elif work.conflicted:
        yield Problem(
            "unmerged_files",
            f"unmerged files: {shortened(work.conflicted)}.",
            work_hint(repo, work),
            files=work.conflicted,
        )


def work_hint(repo: Repo, work: WorkTree) -> str:
    """Return the hint that finishes what is under way in a work tree; empty if nothing is."""
    path = repo.typed()
    if work.unfinished:
        way_out = "reset" if work.unfinished == "bisect" else "--abort"
        return Hint.FINISH_WORK.format(path=path, work=work.unfinished, way_out=way_out)
    files = " ".join(map(pathspec, work.conflicted))
    return Hint.RESOLVE.format(path=path, files=files) if files else ""
