"""Bugs that are put into a copy of the package, to prove that the campaign finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.torture.world import PACKAGE, frozen


@dataclass(frozen=True, slots=True)
class Bug:
    """Code that is appended to one module of multigit, and the cases that must detect it."""

    module: str
    code: str
    cases: tuple[str, ...]


BUGS: Mapping[str, Bug] = {
    "continue does not read the remotes": Bug(
        "engine/remote_state.py",
        """
_compared = compared


def compared(plan, made, now, *more, **others):
    known = {update.ref: update.before for update in plan.updates() if update.before}
    return _compared(plan, made, known, *more, **others)
""",
        ("colleague/promote/web/stg/mktag-3/after/push-and-kill",),
    ),
    "two pushes instead of an atomic one": Bug(
        "adapters/git/push/publishing.py",
        """
_whole = _push


def _push(door, publications, **options):
    reports = [_whole(door, [each], **options) for each in publications]
    return next((report for report in reports if not report.accepted), reports[0])
""",
        ("git/promote/push-1/after/continue", "git/promote/push-2/after/continue"),
    ),
    "the log takes the same record twice": Bug(
        "adapters/files/deployment_log.py",
        """
assert callable(DeploymentLog.holds)
DeploymentLog.holds = lambda self, operation: False
""",
        ("edge/promote/replace-1/before/continue",),
    ),
    "undo and abandon do not wait for a push that is on its way": Bug(
        "engine/pending_push.py",
        """
assert callable(read_after_push)


def read_after_push(repository, repo, flight, read, **_):
    return read()
""",
        ("rivals/promote-locked/early-abandon",),
    ),
    "continue starts again what was asked for": Bug(
        "engine/start.py",
        """
assert callable(Start.find)
Start.find = lambda self, starting, *_, **__: self._start(
    replace(starting, state=RunState.NOT_STARTED)
)
""",
        ("request/github/start-2/after",),
    ),
}


def infected(folder: Path, bug: Bug, package: Path = PACKAGE) -> Path:
    """Copy the package into a folder, add the bug, and return that folder."""
    frozen(package, folder)
    with (folder / "multigit" / bug.module).open("a", encoding="utf-8") as module:
        module.write(bug.code)
    return folder
