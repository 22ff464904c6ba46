"""multigit lock: who holds the locks across machines, and releasing one that is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.cli.help import Command, Group
from multigit.hints import Hint

if TYPE_CHECKING:
    from multigit.core.planning.plan import Result
    from multigit.core.progress.locks import Holder
    from multigit.operation.session import Session

lock_app = typer.Typer(
    cls=Group, help="See who holds the locks across machines, or release one that is left over."
)


@lock_app.callback(invoke_without_command=True)
def lock_root(context: typer.Context) -> None:
    """See who holds the locks across machines, or release one that is left over."""
    if context.invoked_subcommand is None:
        context.get_help()


@lock_app.command("status", cls=Command)
def lock_status(json: o.Json = False, config: o.Config = None, no_color: o.NoColor = False) -> int:
    """Show which stages are locked, by whom, since when, and why.

    Examples:
      multigit lock status
    """
    from multigit.core.reports.report import frame

    session = _open(o.Common(config, json, no_color))
    found = _held(session)
    for stage, _, holder in found:
        session.screen.say(
            holder.sentence(stage) if holder else f"{stage} is locked by a stranger."
        )
        if holder:
            session.screen.say(f"  id {holder.nonce}, operation {holder.operation}", "dim")
    sentence = f"{len(found)} locked." if found else "No stage is locked."
    session.screen.say(sentence, "bold")
    session.screen.document(frame("lock status", sentence, locks=_told(found)))
    return errors.OK


@lock_app.command("release", cls=Command)
def lock_release(
    nonce: Annotated[
        str, typer.Option("--id", metavar="ID", help="The lock's id, as lock status shows it.")
    ],
    reason: Annotated[
        str,
        typer.Option(
            "--reason", metavar="TEXT", help="Why nobody can give it back; the log keeps it."
        ),
    ],
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Release a lock that nobody can give back. The deployment log keeps who did it, and why.

    Where its operation was begun, run multigit continue instead.

    Examples:
      multigit lock release --id 1f0c9a2b77d3e4f5 --reason "laptop was stolen"
    """
    from multigit.core.planning.checks import check_message
    from multigit.core.planning.plan import Result
    from multigit.core.reports.report import frame

    check_message(reason)
    session = _open(o.Common(config, json, no_color))
    chosen = [each for each in _held(session) if each[2] and each[2].nonce == nonce]
    if not chosen:
        raise errors.RefusedError(
            f"No stage is locked with the id {nonce}.",
            hint=Hint.LOCK_STATUS,
            code="no_such_lock",
        )
    with session.exclusive("lock release"):
        for stage, sha, holder in chosen:
            why = f"{reason} (was: {holder.sentence(stage)})" if holder else reason
            _record(session, stage, Result.PLANNED, why)  # an override never happens unrecorded
            released = session.locks().release(stage, sha)
            _record(session, stage, Result.DONE if released else Result.FAILED, why)
            if not released:
                raise errors.RefusedError(
                    f"The lock of {stage} changed hands meanwhile.",
                    hint=Hint.LOCK_STATUS,
                    code="lock_changed",
                )
    sentence = f"Released: {', '.join(stage for stage, _, _ in chosen)}."
    session.screen.say(sentence, "bold")
    session.screen.document(frame("lock release", sentence, locks=_told(chosen)))
    return errors.OK


def _open(common: o.Common) -> Session:
    from multigit.operation.session import Session

    session = Session.open(common)
    if not session.workspace.lock_repo:
        raise errors.UsageError(
            "The configuration names no repository for locks.",
            hint='Add two lines at the end of multigit.toml: [lock], and below it repo = "NAME" '
            "with the name of a repository.",
            code="no_lock_repo",
        )
    return session


def _held(session: Session) -> list[tuple[str, str, Holder | None]]:
    locks = session.locks()
    names = [stage.name for stage in session.workspace.stages]
    return [(name, *found) for name in names if (found := locks.read(name))]


def _told(found: list[tuple[str, str, Holder | None]]) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [
        {"stage": stage, "sha": sha, "holder": asdict(holder) if holder else None}
        for stage, sha, holder in found
    ]


def _record(session: Session, stage: str, result: Result, message: str) -> None:
    from multigit.adapters.system import clock as moments
    from multigit.core.records.record import Record

    record = Record(
        at=moments.utc_now(),
        operation=session.moment.operation("lock-release", stage),
        command="lock release",
        result=str(result),
        actor=moments.actor(""),
        stage=stage,
        message=message,
    )
    session.files.log.append(record.content())
