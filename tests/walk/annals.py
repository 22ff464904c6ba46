"""What the oracle remembers of a walk: what was on the remotes, who wrote it, what was denied."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.torture.objects import HEADS, TAGS
from tests.walk.commands import LETTING_OUT, Said, redeploys
from tests.walk.seen import Graphs, Record, Seen
from tests.walk.town import REPOS, STAGES, branch_of

OPERATION = re.compile(r"^Multigit-Operation: (\S+)$", re.MULTILINE)
ID = re.compile(r"\d{8}T\d{6}Z-[a-z]+-[a-z-]+-[0-9a-f]{4}")
RESTORES = re.compile(r"^Rolls-back-to: (\w+)$", re.MULTILINE)
NOT_THERE = {"not_published", "failed"}
CERTAIN = {"not_started", "succeeded", "failed"}  # deployment states that leave no doubt
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a walk, what came of it, and the state before and after.

    `loose`: something of a killed multigit was still running when it began. `hinted` is the hint
    that proposed the command, `planned` what a dry run of the same command said just before.
    """

    number: int
    line: str
    said: Said | None
    before: Seen
    after: Seen
    loose: bool = False
    hinted: str = ""
    planned: Said | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """Return the records that the command added to its log."""
        if self.said is None:
            return ()
        here = self.said.workspace
        return self.after.records[here][len(self.before.records[here]) :]


@dataclass(frozen=True, slots=True)
class Write:
    """A branch that an operation moved in one repository."""

    branch: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A claim that something of an operation is not on a remote, and where it was made."""

    operation: str
    why: str


@dataclass(frozen=True, slots=True)
class Rollback:
    """A commit that reverted work, and each of its files as it was before.

    It is `silent` if it does not say so; `to` is the commit whose files it restored.
    """

    sha: str
    files: Mapping[str, str]
    silent: bool
    to: str


@dataclass
class Annals:
    """The memory of one walk."""

    graphs: Graphs
    ever: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    excused: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    writes: dict[str, dict[str, set[Write]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    releases: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    denied: dict[tuple[str, str], Denial] = field(default_factory=dict)
    may_begin: set[str] = field(default_factory=set)  # deployments that were reported as under way
    undo_cut_short: bool = False
    let_out: set[str] = field(default_factory=set)  # operations that release a hold, or need not
    rollbacks: dict[str, list[Rollback]] = field(default_factory=lambda: defaultdict(list))
    edits: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def heads(self, repo: str, seen: Seen) -> list[str]:
        """Return the tips of the branches of a remote."""
        return [sha for ref, sha in seen.refs[repo].items() if ref.startswith(HEADS)]

    def reached(self, repo: str, seen: Seen) -> frozenset[str]:
        """Return every commit reachable from the branches of a remote."""
        return self.graphs[repo].reached(*self.heads(repo, seen))

    def operation_of(self, repo: str, seen: Seen, tag: str) -> str:
        """Return the operation that a remote's tag names as its origin."""
        found = self.graphs[repo].tag(seen.refs[repo][f"{TAGS}{tag}"])
        named = OPERATION.search(found.message) if found else None
        return named[1] if named else ""

    def tags_of(self, operation: str, repo: str, seen: Seen) -> list[str]:
        """Return the tags that an operation made on a remote."""
        if not operation:
            return []
        return [tag for tag in seen.tags(repo) if self.operation_of(repo, seen, tag) == operation]

    def undone_by(self, step: Step) -> str:
        """Return the operation that an undo reverts, from its record or from its message."""
        named = [str(each["undoes"]) for each in step.records if each.get("undoes")]
        said = ID.findall(step.said.message) if step.said else []
        return (named or said or [""])[0]

    def begin(self, seen: Seen) -> None:
        """Remember the commits and releases that exist."""
        for repo in REPOS:
            self.ever[repo] |= self.reached(repo, seen)
            for tag in seen.tags(repo):
                if operation := self.operation_of(repo, seen, tag):
                    self.releases[operation][repo] = tag

    def note(self, step: Step) -> None:
        """Remember what a step has shown, once it has been judged."""
        for repo in REPOS:
            self._note_restores(repo, step)
        self.begin(step.after)
        if step.line.startswith("edit "):
            self._note_edit(step)
        if step.line.startswith(("roll-back ", "put-back ")):
            self._note_rollback(step)
        if step.said is not None and not step.said.dry:
            self._note_run(step, step.said)

    def _note_edit(self, step: Step) -> None:
        """Remember what someone has written but not yet committed."""
        for here, files in step.after.files.items():
            known = step.before.files[here]
            new = {f: text for f, text in files.items() if f.endswith(": content")}
            self.edits[here] |= {f: text for f, text in new.items() if known.get(f) != text}

    def _note_rollback(self, step: Step) -> None:
        """Remember which files a colleague has restored."""
        how, repo, stage = step.line.split()
        branch = branch_of(repo, stage)
        sha, before = (seen.branch(repo, branch) for seen in (step.after, step.before))
        if sha == before:
            return
        to = self.graphs[repo].commit(before).parents[0]
        self._note_reverted(repo, sha, to, silent=how == "put-back")

    def _note_restores(self, repo: str, step: Step) -> None:
        """Remember which files multigit has restored: the commits say so, even of a killed one."""
        for sha in self.reached(repo, step.after) - self.ever[repo]:
            if found := RESTORES.search(self.graphs[repo].message(sha)):
                self._note_reverted(repo, sha, found[1], silent=False)

    def _note_reverted(self, repo: str, sha: str, to: str, *, silent: bool) -> None:
        before = self.graphs[repo].commit(sha).parents[0]
        now, then = (self.graphs[repo].files(each) for each in (sha, before))
        files = {path: then.get(path, "") for path in now.keys() | then.keys()}
        changed = {path: each for path, each in files.items() if now.get(path, "") != each}
        self.rollbacks[repo].append(Rollback(sha, changed, silent, to))

    def _note_run(self, step: Step, said: Said) -> None:
        if said.command == "continue":
            self._allow({said.operation, *step.before.unfinished[said.workspace]})
        if said.command in {"push", "continue"}:
            self.edits[said.workspace].clear()  # it may be committed by now
        if lets_out(said):
            self.let_out |= operations_of(step) - {*step.before.unfinished[said.workspace]}
        if said.command in {"undo", "continue"}:
            self.undo_cut_short |= said.cut_short or said.status == INTERRUPTED
        self.may_begin |= {key for key, state in said.deployments if state not in CERTAIN}
        for row in said.rows if said.about != "undo" else ():
            self._note_row(said.operation, row)
        for record, row in ((each, row) for each in step.records for row in each["repos"]):
            if row["state"] in NOT_THERE:
                why = f"the log called it {row['state']}"
                self._deny(record["operation"], row["repo"], why)
        if said.about == "undo" and said.status == 0:
            self._note_undo(said, self.undone_by(step))

    def _note_undo(self, said: Said, undone: str) -> None:
        for row in said.rows:
            if row["state"] in {"published", "up_to_date", *NOT_THERE}:
                told = "undone" if row["state"] == "published" else row["state"]
                self._deny(undone, row["repo"], f"undo called it {told}")

    def _note_row(self, operation: str, row: Record) -> None:
        moves = [
            each
            for each in row.get("steps") or ()
            if each["type"] not in {"restore", "delete_tag"} and not redeploys(each)
        ]
        if row.get("state") == "published":
            for each in moves:
                write = Write(each["branch"], each["before"] or "", each["after"] or "")
                self.writes[operation][row["repo"]].add(write)
        elif row.get("state") in NOT_THERE:
            for what in (operation, *(each["after"] for each in moves if each.get("after"))):
                self._deny(operation, row["repo"], f"it was called {row['state']}", what)

    def _deny(self, operation: str, repo: str, why: str, what: str = "") -> None:
        if operation:
            self.denied.setdefault((repo, what or operation), Denial(operation, why))

    def _allow(self, operations: set[str]) -> None:
        """Forget the denials of operations that were continued."""
        for key in [key for key, each in self.denied.items() if each.operation in operations]:
            del self.denied[key]


def lets_out(said: Said) -> bool:
    """Return whether a person lets something out to a held stage: all of it, or one by its name."""
    named = said.words[2:3]
    by_name = said.command == "deploy" and bool(named) and not named[0].startswith("-")
    return (LETTING_OUT in said.words or by_name) and not said.dry


def operations_of(step: Step) -> set[str]:
    """Return the operations that a command began, continued or closed, as far as is known."""
    if step.said is None:
        return set()
    here = step.said.workspace
    open_ = {*step.before.unfinished[here], *step.after.unfinished[here]}
    recorded = {str(each["operation"]) for each in step.records}
    return {step.said.operation, *open_, *recorded} - {""}


def later(stage: str) -> Iterator[str]:
    """Yield the stages after this one."""
    if stage in STAGES:
        yield from STAGES[STAGES.index(stage) + 1 :]
