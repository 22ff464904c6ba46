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


FORWARD = ("colleague api stg", "promote stg main -r api --yes")
TWICE = (*FORWARD, *FORWARD, "rollback main %2 -r api --yes")
COUNTED = (*TWICE, FORWARD[0], FORWARD[1].replace("--yes", "--dry-run"))
HOTFIX = (*FORWARD, "colleague api main")
RESTORED = (*HOTFIX, "rollback main %1 -r api --yes")
DEPLOYED = (*HOTFIX, "runner main", "rollback main %1 -r api --yes")
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
            """
assert callable(read_after_push)
read_after_push = lambda repository, plan, flight, read, **_: read()
""",
            (
                "colleague web dev",
                "hold web",
                "kill:push-1/orphan promote dev stg -r web --yes",
                "undo --yes",
                "hurry",
            ),
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
            "engine/observe/status.py",
            """
assert callable(brought_back)
brought_back = lambda _, __, merge, *___, **____: replace(merge, reversals=())
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
            ("locks", "colleague api dev", "promote dev stg --yes"),
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
    "a roll-back does not hold the stage": Lie(
        Bug(
            "operation/confirmed.py",
            """
assert callable(hold_of)
hold_of = lambda *_: None
""",
            DEPLOYED,
        ),
        "a_roll_back_holds_what_it_deploys_again",
    ),
    "a hold is released by what does not go out": Lie(
        Bug(
            "core/progress/holds.py",
            """
_changes = hold_changes


def hold_changes(plan, reached, *more):
    return {plan.target: None} if plan.releases else _changes(plan, reached, *more)
""",
            (
                *DEPLOYED,
                *FORWARD,
                "colleague web stg",
                "promote stg main -r web --release-hold --reason tried --yes",
            ),
        ),
        "a_release_of_a_hold_keeps_what_did_not_go_out",
    ),
    "a promotion does not ask whether its target is held": Lie(
        Bug(
            "operation/merging.py",
            """
assert callable(with_holds)
with_holds = lambda session, plan, *_, **__: (session.noting_holds(plan), None)
""",
            (*DEPLOYED, *FORWARD),
        ),
        "what_is_held_does_not_go_out",
    ),
    "a restore changes nothing": Lie(
        Bug(
            "operation/way_back.py",
            """
_restores = restores


def restores(request, space, seen, ways):
    def tree(name):
        return seen[name].refs.branch(request.stage.branch).remote.tree

    found = _restores(request, space, seen, ways)
    return {name: replace(each, tree=tree(name)) for name, each in found.items()}
""",
            RESTORED,
        ),
        "a_restore_has_the_old_files",
    ),
    "a promotion drops what was rolled back": Lie(
        Bug(
            "engine/bringing_back.py",
            """
_brought_back = brought_back


def brought_back(repository, hop, merge, date, *, roll_forward):
    made = _brought_back(repository, hop, merge, date, roll_forward=roll_forward)
    if made.fold is None or made.fold.tip is None or not date:
        return made
    _, later = merge.sides(forward=hop.forward)
    sha = repository.commit_tree(later.tree, later.sha, Signature(made.fold.message, date))
    fold = replace(made.fold, tip=Tip(sha, later.tree), strays=())
    return replace(made, fold=fold, result=merged_with(repository, merge, fold, date))
""",
            (*COUNTED, FORWARD[1]),
        ),
        "what_comes_back_is_there",
    ),
    "more comes back than was rolled back": Lie(
        Bug(
            "core/planning/bringing_back.py",
            """
_plural = plural


def plural(count, what):
    return _plural(count + 1, what)
""",
            COUNTED,
        ),
        "what_comes_back_is_counted",
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
