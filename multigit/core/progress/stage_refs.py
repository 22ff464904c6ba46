"""The ref of a stage, which all machines read: who has its lock, and whether it is held.

Lock and hold share one ref, so that taking the lock also proves that no hold came since the plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from multigit.core.progress.locks import PREFIX, Holder
from multigit.core.values.hold import HeldRepo, Hold, SeenHold
from multigit.core.values.problem import Problem
from multigit.core.values.untrusted import known, table
from multigit.hints import Hint

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StageRef:
    """What the object at a stage's ref says, or its `file` in the workspace; `sha` is its id.

    `written` is the hold as it was read: it is kept as it is, since a later version may have
    written more than this one knows. If there is neither a holder nor a hold, the object cannot be
    read, and blocks.
    """

    sha: str
    holder: Holder | None = None
    hold: Hold | None = None
    written: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def readable(self) -> bool:
        """Return whether multigit wrote it, in a form that this version knows."""
        return self.holder is not None or self.hold is not None

    def unreadable(self, stage: str) -> Problem:
        """Return the problem that no one knows whether a stage is held."""
        where = self.file or f"{PREFIX}{stage}"
        message = f"it is unknown whether {stage} is held: {where} cannot be read."
        hint = "Look at that file, then correct it or move it away."
        return Problem("hold_unreadable", message, hint if self.file else Hint.LOCK_STATUS)

    def seen(self) -> SeenHold | None:
        """Return the hold as a plan keeps it, or None."""
        if self.hold is None:
            return None
        sha = "" if self.holder or self.file else self.sha
        running = () if self.holder else self.hold.running  # it is the lock that says so then
        return SeenHold(self.hold.operation, sha, running)


def lock_bytes(holder: Holder, hold: Mapping[str, Any]) -> bytes:
    """Return the content of a lock's object, with the hold that is kept in it, or none."""
    return _bytes({**asdict(holder), "hold": hold} if hold else asdict(holder))


def hold_bytes(hold: Mapping[str, Any]) -> bytes:
    """Return the content of the object of a stage that is held, and not locked."""
    return _bytes({"hold": hold})


def within(written: Mapping[str, Any], rest: Hold) -> Mapping[str, Any]:
    """Return what is written of the rest of a hold: with all that a later version wrote of it."""
    same = written.get("operation") == rest.operation
    return {**written, **rest.document()} if same else rest.document()


def stage_ref(stage: str, sha: str, content: bytes, *, file: str = "") -> StageRef:
    """Return what an object says about the stage at whose ref, or in whose file, it is."""
    unreadable = StageRef(sha, file=file)
    try:
        read = table(json.loads(content))
    except (ValueError, RecursionError):
        return unreadable
    locked, held = read.keys() != {"hold"} and not file, "hold" in read or bool(file)
    holder = _whole(Holder, read) if locked else None
    hold = _hold(stage, table(read.get("hold")), local=bool(file)) if held else None
    if (locked and not holder) or (held and not hold):
        return unreadable
    return StageRef(sha, holder, hold, table(read.get("hold")), file)


def _hold(stage: str, content: Mapping[str, Any], *, local: bool) -> Hold | None:
    repos = {name: _whole(HeldRepo, table(of)) for name, of in table(content.get("repos")).items()}
    whole = {name: repo for name, repo in repos.items() if repo}
    hold = _whole(Hold, content, repos=whole, local=local)
    return hold if hold and hold.stage == stage and len(whole) == len(repos) else None


def _whole(kind: type[T], content: Mapping[str, Any], **more: object) -> T | None:
    """Return the value of a class whose fields are all there, whatever else is."""
    try:
        return kind(**known(kind, content), **more)
    except TypeError:
        return None


def _bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, indent=1).encode() + b"\n"
