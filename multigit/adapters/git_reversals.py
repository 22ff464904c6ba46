"""Reading which commits of a stage take back work of another: what they say, what they put back.

A merge takes such a commit for the newer will, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict. The rules are in
`core/reversals.py`; this asks git for what they judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from multigit.adapters.git_process import GitDoor
from multigit.core import reversals
from multigit.core.reversals import ABSENT, Span, Step
from multigit.core.snapshot import Evidence, Reversal, Tip

LOOK_BACK = 1000  # first-parent commits in which an earlier content is searched
MANY_PATHS = 500  # more are not named to git, which then reads all
MERGES = 50  # of the stage's own are looked into for work that they dropped

Changes = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Commit:
    sha: str
    parents: tuple[str, ...]
    author: str
    message: str

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


def read_reversals(door: GitDoor, earlier: Tip, later: Tip, merged: str) -> tuple[Reversal, ...]:
    """Return the later side's own commits through which `merged` lacks work of the earlier one.

    `merged` is the tree of their merge, with markers where that conflicts. One that was itself
    taken back later does not count. Newest first.
    """
    if not merged or merged == earlier.tree:
        return ()
    own = _own_commits(door, earlier.sha, later.sha)
    if not own:
        return ()
    return _Search(door, earlier.sha, later.sha, merged, own).reversals()


class _Search:
    """What was read for one merge. The rarer a fact is needed, the later it is asked for."""

    def __init__(
        self, door: GitDoor, earlier: str, later: str, merged: str, own: Mapping[str, _Commit]
    ) -> None:
        self._door, self._earlier, self._own = door, earlier, own
        self._differing = frozenset(_changes(door, merged, earlier))
        self._line = _line(door, later, own, self._differing)
        self._unexplained = reversals.untouched_by(self._line, self._differing)
        self._moved = frozenset[str]()
        if self._unexplained:
            left = _changes(door, later, earlier)
            self._moved = frozenset(path for path in left if left[path][1] == ABSENT)
        if self._moved:
            self._line = _line(door, later, own, self._differing | self._moved)
        self._accepted = {
            sha: commit.sha
            for commit in own.values()
            for sha in reversals.accepted_in(commit.message)
        }

    def reversals(self) -> tuple[Reversal, ...]:
        """Return what is lost: first by the ids that messages name, then by content."""
        named = {each.sha: each for each in self._by_id()}
        found = [*named.values()]
        for step, paths in self._by_content():
            brought = [named[c.sha] for c in self._brought_by(step) if c.sha in named]
            known = {path for each in brought for path in each.paths}
            if rest := tuple(path for path in paths if path not in known):
                found.append(self._described(step, rest))
        found += self._dropped()
        order = {sha: place for place, sha in enumerate(self._own)}
        unique = {each.sha: each for each in reversed(found)}
        return tuple(sorted(unique.values(), key=lambda each: order[each.sha]))

    def _by_id(self) -> list[Reversal]:
        """Return the commits whose message names what they revert, by commit ids."""
        taken_back: set[str] = set()
        found = []
        for commit in self._own.values():
            if commit.sha in taken_back or len(commit.parents) > 1:
                continue
            lost: set[str] = set()
            spans = reversals.reverted_spans(commit.message)
            for span in spans:
                work = _commits(self._door, span)
                taken_back |= work
                lost |= work - _commits(self._door, span, without=self._earlier)
            changes = _of_commit(self._door, commit) if lost else {}
            meant = {
                p for span in spans if lost for p in _changes(self._door, span.older, span.newer)
            }
            if paths := self._lossy({path: changes[path] for path in changes.keys() & meant}):
                whole = changes.keys() <= meant
                found.append(self._reversal(commit, paths, lost=len(lost), whole=whole))
        return found

    def _by_content(self) -> Iterator[tuple[Step, tuple[str, ...]]]:
        """Yield the commits of the line that put paths back, and those that say that they do."""
        returned = reversals.returned(self._line)
        for step in self._line:
            if step.brings:
                continue
            paths = returned.get(step.sha, ())
            if not paths and (spoken := self._spoken_of(step, without_id=True)):
                rewritten = reversals.rewritten(self._line, step.sha)
                paths = tuple(path for path in rewritten if path in spoken)
            if paths := self._lossy({path: step.changes[path] for path in paths}):
                paths = self._without_moved(step, paths)
            if paths:
                yield step, paths

    def _dropped(self) -> Iterator[Reversal]:
        """Yield the merges that took nothing of work which only their other side had changed."""
        merges = [step for step in self._line if len(step.parents) > 1 and step.sha in self._own]
        left = set(self._unexplained)
        for step in merges[-MERGES:]:
            for parent in step.parents[1:]:
                if not left:
                    return
                offered = _since_fork(self._door, step.parents[0], parent)
                if not left & offered.keys():
                    continue
                lacking = _changes(self._door, parent, step.sha)
                paths = reversals.dropped(left, step, offered, lacking)
                if paths:
                    left -= {*paths}
                    yield replace(self._described(step, paths), kept_in=parent, whole=False)

    def _spoken_of(self, step: Step, *, without_id: bool = False) -> set[str]:
        """Return the paths of those commits, in what a step brought, that say that they revert.

        With `without_id` not of those that name a commit which is known here.
        """
        paths = set[str]()
        for commit in self._brought_by(step):
            if not reversals.says_so(commit.message):
                continue
            spans = reversals.reverted_spans(commit.message)
            if not (without_id and any(_commits(self._door, span) for span in spans)):
                paths |= _of_commit(self._door, commit).keys()
        return paths

    def _brought_by(self, step: Step) -> Iterator[_Commit]:
        """Yield the commit of the line, and the stage's own ones that it merged."""
        open_, seen = [step.sha], {step.parents[0] if step.parents else ""}
        while open_:
            commit = self._own.get(sha := open_.pop())
            if commit and sha not in seen:
                seen.add(sha)
                open_ += commit.parents
                yield commit

    def _lossy(self, changes: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
        """Return the paths that come out of the merge otherwise than the earlier stage has them.

        One that the earlier stage does not have any more counts where something comes out otherwise
        at a path that no commit of the line touched: git carried it there, after a rename.
        """
        lossy = self._differing | self._moved
        return tuple(sorted(path for path in changes if path in lossy))

    def _without_moved(self, step: Step, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out what the commit only moved elsewhere."""
        if all(step.changes[path][1] for path in paths):
            return paths
        moved = _moved(self._door, step)
        return tuple(path for path in paths if path not in moved)

    def _described(self, step: Step, paths: tuple[str, ...]) -> Reversal:
        commit = self._own[step.sha]
        kind = Evidence.NAMED if self._spoken_of(step) & {*paths} else Evidence.CONTENT
        every = _changes(self._door, step.parents[0], step.sha)
        one = self._reversal(commit, paths, kind=kind, whole=every.keys() <= {*paths})
        accepted = one.accepted
        if reversals.accepted_in(commit.message):  # a back-merge that a person let pass
            accepted = accepted or step.sha
        deletes = all(path in every and every[path][1] == ABSENT for path in paths)
        slight = deletes and len(paths) == 1 and self._part_of_more(step, paths[0])
        return replace(one, deletes=deletes, slight=slight, accepted=accepted)

    def _part_of_more(self, step: Step, path: str) -> bool:
        """Tell whether the work that brought a path, before this commit, brought others, too."""
        work = reversals.brought(self._line, path, step.sha)
        return bool(work and _changes(self._door, work.parents[0], work.sha).keys() - {path})

    def _reversal(
        self,
        commit: _Commit,
        paths: tuple[str, ...],
        *,
        whole: bool,
        lost: int = 0,
        kind: Evidence = Evidence.NAMED,
    ) -> Reversal:
        return Reversal(
            commit.sha,
            commit.subject,
            lost,
            kind,
            author=commit.author,
            paths=paths,
            whole=whole,
            is_merge=len(commit.parents) > 1,
            kept_in=commit.parents[0] if commit.parents else "",
            accepted=self._accepted.get(commit.sha, ""),
        )


def _own_commits(door: GitDoor, base: str, tip: str) -> dict[str, _Commit]:
    """Return the commits of `tip` that `base` lacks, newest first."""
    done = door.run(
        *("log", "-z", "--topo-order", "--no-show-signature"),
        *("--format=%H%n%P%n%an%n%B", tip, f"^{base}", "--"),
    )
    records = done.text.removesuffix("\0").split("\0") if done.text else []
    rows = (record.split("\n", 3) for record in records)
    return {
        sha: _Commit(sha, tuple(parents.split()), author, message)
        for sha, parents, author, message in rows
    }


def _line(
    door: GitDoor, tip: str, own: Collection[str], paths: Collection[str]
) -> tuple[Step, ...]:
    """Read the first-parent commits of `tip` and what they did to these paths, oldest first."""
    done = door.run(
        *("log", "-z", "--first-parent", "--sparse", f"--max-count={LOOK_BACK}", "--root"),
        *("--diff-merges=first-parent", "--raw", "--no-renames", "--ignore-submodules=none"),
        *("--no-abbrev", "--no-follow", "--no-show-signature", "--format=%x01%H %P"),
        *(tip, "--"),
        *(f":(top,literal){path}" for path in paths if len(paths) <= MANY_PATHS),
    )
    steps = list[Step]()
    for head, fields in _records(done.fields()):
        sha, *parents = head.split()
        changes = {path: pair for path, pair in _raw(fields) if path in paths}
        brings = sha not in own or any(parent not in own for parent in parents[1:])
        steps.append(Step(sha, tuple(parents), brings, changes))
    return tuple(reversed(steps))


def _records(fields: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each commit's own line, which begins with a mark, and the fields behind it."""
    head, rest, path_follows = "", list[str](), False
    for text in fields:
        field = text if path_follows else text.lstrip("\n")
        if field.startswith("\x01") and not path_follows:
            if head:
                yield head, rest
            head, rest = field[1:], []
        else:
            rest.append(field)
        path_follows = field.startswith(":") and not path_follows
    if head:
        yield head, rest


def _raw(fields: Iterable[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each path of a raw difference with its content, mode and object, on both sides."""
    given = iter(fields)
    for meta in given:
        if meta.startswith(":"):
            modes, ids = meta[1:].split(" ")[:2], meta.split(" ")[2:4]
            before, after = (
                f"{mode} {sha}" if mode.strip("0") else ABSENT
                for mode, sha in zip(modes, ids, strict=True)
            )
            yield next(given), (before, after)


def _changes(
    door: GitDoor, before: str, after: str, *options: str, accept: tuple[int, ...] = (0,)
) -> Changes:
    """Compare two commits or trees."""
    done = door.run(
        *("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"),
        *("--ignore-submodules=none", *options),
        *(before, after),
        accept=accept,
    )
    return dict(_raw(done.fields())) if done.status == 0 else {}


def _since_fork(door: GitDoor, ours: str, theirs: str) -> Changes:
    """Compare `theirs` with the one commit where both parted; nothing where that is not one."""
    return _changes(door, ours, theirs, "--merge-base", accept=(0, 128))


def _between(door: GitDoor, span: Span) -> Changes:
    """Return what a span of history changed; nothing where a commit is not known here."""
    return _changes(door, span.older, span.newer, accept=(0, 128))


def _of_commit(door: GitDoor, commit: _Commit) -> Changes:
    return _changes(door, commit.parents[0], commit.sha) if commit.parents else {}


def _moved(door: GitDoor, step: Step) -> set[str]:
    """Return the paths that a commit moved elsewhere."""
    done = door.run(
        *("diff-tree", "-r", "-z", "--name-status", "-M", "--diff-filter=R"),
        *(step.parents[0], step.sha),
    )
    return set(done.fields()[1::3])


def _commits(door: GitDoor, span: Span, *, without: str = "") -> set[str]:
    """Return the span's commits, merges left out; none where a commit is not known here."""
    done = door.run(
        *("rev-list", "--no-merges", span.newer, f"^{span.older}"),
        *([f"^{without}"] if without else []),
        "--",
        accept=(0, 128),
    )
    return set(done.text.split()) if done.status == 0 else set()
