"""Which releases a stage had, and what each repository had then: from deploy tags and the log.

Operations are ordered by when they began: a tag's date, and the beginning of an operation's id. In
one operation the tags of several repositories may differ by seconds, so it counts as one moment,
that of its last tag. Of two in the same second the higher number of the name is the later one. Only
clocks can order the operations of several machines. They decide about the order, and about what a
repository had that a release did not touch; never about one that has the release's tag.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from multigit.core.lineage.revert_messages import rolled_back_to
from multigit.core.records.record import ROLLBACK, Record
from multigit.core.records.release_line import ReleaseLine, began
from multigit.core.records.releases import Known, Release, Releases, Stood
from multigit.core.records.tag_anchors import anchor_in
from multigit.core.values.hold import Hold
from multigit.core.values.mark import Mark
from multigit.core.values.refs import Tag
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import is_deploy_tag
from multigit.core.values.workspace import Stage

NOT_MOVING = {"undo", "watch", "deploy"}  # an undo moves a branch back to where it was before
RELEASING = {"promote", "push", ROLLBACK}


@dataclass(frozen=True, slots=True)
class _Move:
    """One operation that moved a stage: in the log, by its tags, or both.

    `release` is empty if it made none, as a back-merge; `message` is the first line of its message;
    `to` are the commits by repository that the log knows, `tags` the remote's tags, `restored` the
    old commits that their messages name.
    """

    release: str
    operation: str = ""
    time: int = 0
    who: str = ""
    command: str = ""
    message: str = ""
    to: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, Tag] = field(default_factory=dict)
    restored: Mapping[str, str] = field(default_factory=dict)

    @property
    def repos(self) -> frozenset[str]:
        """Return the repositories that it moved."""
        return frozenset({*self.to, *self.tags})

    @property
    def is_rollback(self) -> bool:
        """Return whether it rolled back: by its command, or by what a tag says."""
        return self.command == ROLLBACK or bool(self.restored)

    def stood(self, repo: str, newest: Mapping[str, str]) -> Stood:
        """Return where it left a repository; `newest` is the newest tag at each commit."""
        if tag := self.tags.get(repo):
            return Stood(tag.commit, Known.TAG, tag.name)
        sha = self.to[repo]
        return Stood(sha, Known.LOG, newest.get(sha, ""))


def releases_of(
    stages: Mapping[str, Stage],
    snapshots: Mapping[str, Snapshot],
    records: Sequence[Record],
    marks: Mapping[str, Mark] | None = None,
    hold: Hold | None = None,
    among: Collection[str] | None = None,
) -> Releases:
    """Return the releases of a stage, newest first; `now` is the one that these have, or all.

    `stages` has the stage as each repository has it, `snapshots` its refs with the messages of the
    tags; `records` are those that concern the stage, oldest first; `marks` are by release.
    """
    stage = next(iter(stages.values()))
    tagged = {repo: _deploy_tags(stages[repo], snapshots[repo]) for repo in stages}
    newest = {repo: {tag.commit: tag.name for tag in tags} for repo, tags in tagged.items()}
    moves = _in_order(_tagged(stages, snapshots, tagged), _logged(records, stage), stage)
    marked = {n: mark for n, mark in (marks or {}).items() if mark.stage == stage.name}
    at = {repo: _nothing_known(stages[repo], snapshots[repo]) for repo in stages}
    found: list[Release] = []
    restored: dict[str, Mapping[str, str]] = {}
    for move in moves:
        at |= {repo: move.stood(repo, newest[repo]) for repo in move.repos if repo in stages}
        if move.release:
            restored[move.release] = move.restored
            found.append(
                Release(
                    move.release,
                    move.time,
                    move.who,
                    move.operation,
                    message=move.message,
                    is_rollback=move.is_rollback,
                    mark=marked.get(move.release),
                    touched=move.repos & stages.keys(),
                    repos=dict(at),
                )
            )
    line = ReleaseLine(stage.name, tuple(found))
    told = line.told(records, restored, hold)
    return Releases(stage.name, told[::-1], line.now(records, hold, among), newest)


def _deploy_tags(stage: Stage, snapshot: Snapshot) -> tuple[Tag, ...]:
    """Return the remote's deploy tags of a stage, oldest first.

    Not those that only the clone has: they may be left from a release that was undone.
    """
    return tuple(
        tag
        for tag in snapshot.refs.tags
        if tag.name in snapshot.tag_messages and is_deploy_tag(stage.tag, tag.name)
    )


def _nothing_known(stage: Stage, snapshot: Snapshot) -> Stood:
    """Return what to say of a repository before anything is known to have moved it."""
    if snapshot.error:
        return Stood(missing="It could not be read.")
    if snapshot.refs.branch(stage.branch).remote is None:
        return Stood(missing=f"The remote has no branch {stage.branch}.")
    return Stood()


def _tagged(
    stages: Mapping[str, Stage],
    snapshots: Mapping[str, Snapshot],
    tagged: Mapping[str, Sequence[Tag]],
) -> dict[str, _Move]:
    """Return the releases that tags know, by name."""
    found: dict[str, dict[str, Tag]] = {}
    for repo in stages:
        for tag in tagged[repo]:
            found.setdefault(tag.name, {})[repo] = tag
    return {name: _tagged_move(name, tags, snapshots) for name, tags in found.items()}


def _tagged_move(name: str, tags: Mapping[str, Tag], snapshots: Mapping[str, Snapshot]) -> _Move:
    """Return what is known of a release by its tags and their messages."""
    messages = {repo: snapshots[repo].tag_messages[name] for repo in tags}
    anchors = filter(None, (anchor_in(name, message) for message in messages.values()))
    operation = next((each.operation for each in anchors), "")
    restored = {repo: rolled_back_to(message) for repo, message in messages.items()}
    return _Move(
        name,
        operation,
        max(tag.time for tag in tags.values()),
        next(iter(tags.values())).who,
        _command_in(operation),
        _first_line(next(iter(messages.values()))),
        tags=tags,
        restored={repo: old for repo, old in restored.items() if old},
    )


def _logged(records: Sequence[Record], stage: Stage) -> dict[str, _Move]:
    """Return what the log knows to have moved a stage, and not to be undone, by operation."""
    undone = {(r.undoes, row.repo) for r in records if r.undoes for row in r.repos if row.published}
    found: dict[str, _Move] = {}
    for record in records:
        if record.command in NOT_MOVING:
            continue
        moved = {
            row.repo: sha
            for row in record.repos
            if row.published and (record.operation, row.repo) not in undone
            if (sha := record.moved_to(row, stage.name))
        }
        if moved:
            known = found.get(record.operation)
            found[record.operation] = _Move(
                _release_of(record, stage),
                record.operation,
                began(record.operation, record.at),
                record.actor.identity,
                record.command,
                _first_line(record.message),
                {**(known.to if known else {}), **moved},
            )
    return found


def _release_of(record: Record, stage: Stage) -> str:
    """Return the release that an operation made on a stage, or empty.

    A roll-back that makes no tag is recorded with the release that it went back to.
    """
    if record.stage != stage.name or record.command not in RELEASING:
        return ""
    own = "" if record.command == ROLLBACK and not stage.tag else record.release
    return own or ("" if stage.tag else record.operation)


def _in_order(
    tagged: Mapping[str, _Move], logged: Mapping[str, _Move], stage: Stage
) -> list[_Move]:
    """Return all that moved a stage, oldest first; what tags and the log both know is one."""
    moves: dict[str, _Move] = {}
    for operation, each in logged.items():
        name = each.release or operation
        known = moves.get(name, each)  # two operations of one second, with different repositories
        moves[name] = replace(each, to={**known.to, **each.to})
    for name, each in tagged.items():
        known = moves.get(name, _Move(name))
        moves[name] = replace(
            each,
            operation=known.operation or each.operation,
            command=known.command or each.command,
            who=known.who or each.who,
            message=known.message or each.message,
            to=known.to,
        )
    return sorted(moves.values(), key=lambda each: (each.time, _number(each.release, stage.tag)))


def _number(name: str, template: str) -> int:
    """Return which of the tags of one second a name is: 2 for deploy-20250115-160130-2."""
    numbered = re.fullmatch(r"(.+)-(\d{1,9})", name)
    return int(numbered[2]) if numbered and is_deploy_tag(template, numbered[1]) else 1


def _first_line(message: str) -> str:
    return message.partition("\n")[0]


def _command_in(operation: str) -> str:
    """Return the command in an operation's id: 20250115T150130Z-promote-stg-main-7f3a."""
    return operation.split("-")[1] if operation.count("-") > 1 else ""
