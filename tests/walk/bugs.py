"""Bugs that are put into a copy of the package, to prove that a walk finds them.

Most remove the fix for a statement that was once untrue; the others break a promise on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.torture.bugs import Bug


@dataclass(frozen=True, slots=True)
class Lie:
    """A bug, whose cases are the lines of a walk, and the statement that it makes untrue.

    `hasty`: the walk has a host, of which multigit would ask too seldom for a test.
    """

    bug: Bug
    statement: str
    hasty: bool = False


NOT_WAITING = """
assert callable(read_after_push)
read_after_push = lambda repository, plan, flight, read, **_: read()
"""
HELD = ("colleague web dev", "hold web")

FAILED = ("jenkins", "runner stg", "badly stg", "colleague api dev", "promote dev stg -r api --yes")

LIES: Mapping[str, Lie] = {
    "undo leaves what was published before a continue": Lie(
        Bug(
            "operation/undoing.py",
            """
_undone, _run, _begun = undone, OperationRun, []


def undone(operation, *more, **named):
    _begun[:] = [operation.before]
    return _undone(operation, *more, **named)


def OperationRun(*parts):
    return _run(*parts, state=_begun[0])
""",
            (
                "colleague api dev",
                "colleague web dev",
                "refuse web",
                "promote dev stg --yes",
                "accept web",
                "hint 1",
                "undo --yes",
            ),
        ),
        "undo_takes_back_all_or_says_why",
    ),
    "undo takes back what was deployed since": Lie(
        Bug(
            "core/records/history.py",
            """
OperationHistory.deployed = lambda self, commits: {}
""",
            (
                "colleague api dev",
                "promote dev stg -r api --yes",
                "runner stg",
                "deploy stg -r api --yes",
                "undo %1 --yes",
            ),
        ),
        "undo_leaves_what_went_further",
    ),
    "undo takes back what was promoted onwards": Lie(
        Bug(
            "core/recovery/undo.py",
            """
_Undo._onward = lambda self, there: None
""",
            (
                "colleague api dev",
                "promote dev stg -r api --yes",
                "by-hand api stg main",
                "undo %1 --yes",
            ),
        ),
        "undo_leaves_what_went_further",
    ),
    "undo does not wait for a push that outlived multigit": Lie(
        Bug(
            "engine/remote_state.py",
            NOT_WAITING,
            (*HELD, "kill:push-1/orphan promote dev stg -r web --yes", "undo --yes", "hurry"),
        ),
        "denied_never_comes",
    ),
    "abandon does not wait for a server that goes on": Lie(
        Bug(
            "engine/remote_state.py",
            NOT_WAITING,
            (*HELD, "int2:mid-push promote dev stg -r web --yes", "abandon", "hurry"),
        ),
        "denied_never_comes",
    ),
    "a promotion does not look for work that was taken back": Lie(
        Bug(
            "engine/observe/preview.py",
            """
lost_on_the_way = lambda *_: ()
""",
            (
                "colleague api stg",
                "promote stg main -r api --yes",
                "roll-back api main",
                "colleague api stg",
                "promote stg main -r api --yes",
            ),
        ),
        "work_is_kept",
    ),
    "status does not look for work that was taken back": Lie(
        Bug(
            "core/reports/status.py",
            """
blocking_reversals = lambda reversals, **_: ()
""",
            (
                "colleague api stg",
                "promote stg main -r api --yes",
                "roll-back api main",
                "colleague api stg",
                "status",
            ),
        ),
        "status_is_right",
    ),
    "a repository has the stages of the others": Lie(
        Bug(
            "core/values/workspace.py",
            """
Repo.has = lambda self, stage: True
""",
            ("colleague db dev", "promote dev main -r db --yes", "promote dev stg --yes"),
        ),
        "only_what_has_the_stages_takes_part",
    ),
    "locks across machines are not given back": Lie(
        Bug(
            "adapters/git/shared/taken.py",
            """
TakenRefs._released = lambda self: ()
""",
            ("locks", "colleague api dev", "promote dev stg -r api --yes"),
        ),
        "locks_are_given_back",
    ),
    "a lock of somebody else keeps nobody out": Lie(
        Bug(
            "adapters/git/shared/locks.py",
            """
from contextlib import suppress

_taking = RemoteLocks._take


def _anyway(self, *args):
    with suppress(LockedError):
        _taking(self, *args)


RemoteLocks._take = _anyway
""",
            (
                "locks",
                "colleague api dev",
                "colleague web dev",
                "hold api",
                "kill:mid-push promote dev stg -r api --yes",
                "hurry",
                "theirs promote dev stg -r web --yes",
            ),
        ),
        "locks_keep_others_out",
    ),
    "a mark that no one else sees": Lie(
        Bug(
            "adapters/git/shared/marks.py",
            """
RemoteMarks.replace = lambda self, mark: None
""",
            (
                "locks",
                "colleague api dev",
                "promote dev stg --yes",
                "mark %1 bad --reason tried",
            ),
        ),
        "a_mark_is_where_it_says",
    ),
    "what no command works on is running": Lie(
        Bug(
            "operation/pending.py",
            """
_pending = pending


def pending(config):
    operation, line = _pending(config)
    return operation, line.replace("unfinished", "running")
""",
            (
                "colleague api dev",
                "colleague web dev",
                "refuse web",
                "promote dev stg --yes",
                "status --pending",
            ),
        ),
        "status_is_right",
    ),
    "what is unknown counts as ended": Lie(
        Bug(
            "adapters/command/runs.py",
            """
assert callable(CommandRuns._unsupervised)
CommandRuns._unsupervised = lambda *_, **__: RunStatus(RunState.FAILED)
""",
            (
                "runner stg",
                "hold stg",
                "deploy stg -r api --no-wait --yes",
                "lose stg",
                "hurry",
                "deploy stg -r api --yes",
            ),
        ),
        "a_doubt_is_decided_by_a_person",
    ),
    "continue accepts what is unknown by itself": Lie(
        Bug(
            "core/planning/consent.py",
            """
assert Consent.accept_doubt
Consent.accept_doubt = property(lambda self: True, lambda self, _: None)
""",
            (
                "runner stg",
                "hold stg",
                "int:mid-deploy deploy stg -r api --yes",
                "lose stg",
                "hurry",
                "continue --yes",
                "continue --yes",
            ),
        ),
        "a_doubt_is_decided_by_a_person",
    ),
    "what has ended counts as unknown": Lie(
        Bug(
            "core/progress/earlier.py",
            """
assert Look.doubts
Look.doubts = property(lambda self: self.seen)
""",
            (
                "runner stg",
                "deploy stg -r api --no-wait --yes",
                "hurry",
                "deploy stg -r api --yes",
            ),
        ),
        "only_what_may_run_blocks",
    ),
    "a rerun of a failed run is not looked for": Lie(
        Bug(
            "core/progress/earlier.py",
            """
assert Earlier.may_be_rerun
Earlier.may_be_rerun = property(lambda self: False)
""",
            (*FAILED, "hold stg", "rerun stg", "deploy stg -r api --no-wait --yes"),
        ),
        "nothing_starts_beside_another",
        hasty=True,
    ),
}
