"""The options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from multigit import errors
from multigit.cli.completion import (
    complete_confirm,
    complete_group,
    complete_operation,
    complete_override,
    complete_repo,
    complete_stage,
)

if TYPE_CHECKING:
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.overrides import Override
    from multigit.core.values.workspace import Repo, Workspace
    from multigit.operation.session import Session


_selection = partial(typer.Option, rich_help_panel="Repositories", metavar="NAME")
_confirmation = partial(typer.Option, rich_help_panel="Confirmation")
_output = partial(typer.Option, rich_help_panel="Output and execution")

Repos = Annotated[
    list[str] | None,
    _selection(
        "--repo", "-r", help="Only this repository (repeatable).", autocompletion=complete_repo
    ),
]
Groups = Annotated[
    list[str] | None,
    _selection(
        "--group",
        "-g",
        help="Only the repositories of this group (repeatable).",
        autocompletion=complete_group,
    ),
]
Exclude = Annotated[
    list[str] | None,
    _selection(
        "--exclude", "-x", help="Skip this repository (repeatable).", autocompletion=complete_repo
    ),
]
DryRun = Annotated[bool, _confirmation("--dry-run", "-n", help="Show the plan and stop.")]
Yes = Annotated[bool, _confirmation("--yes", "-y", help="Skip the yes/no question.")]
ConfirmName = Annotated[
    str | None,
    _confirmation(
        "--confirm",
        help="Confirm by stage name, for stages that require it. Implies --yes.",
        metavar="STAGE",
        autocompletion=complete_confirm,
    ),
]
ChecklistDone = Annotated[
    bool,
    _confirmation(
        "--checklist-done",
        help="Confirm the checklist without checking off its items; the log says so.",
    ),
]
SkipBlocked = Annotated[
    bool, _confirmation("--skip-blocked", help="Continue without blocked repositories.")
]
AcceptReverts = Annotated[
    bool,
    _confirmation(
        "--accept-reverts", help="Merge even though commits are reverted on the later stage."
    ),
]
RollForward = Annotated[
    bool,
    _confirmation(
        "--roll-forward",
        help="Bring back all that was rolled back on the later stage, and what looks like it.",
    ),
]
ReleaseHold = Annotated[
    bool,
    _confirmation(
        "--release-hold", help="Let it go out although the stage is held; requires --reason."
    ),
]
AcceptDoubt = Annotated[
    bool,
    _confirmation(
        "--accept-doubt", help="Deploy even though an earlier deployment may still be running."
    ),
]
OverrideCodes = Annotated[
    list[str] | None,
    _confirmation(
        "--override",
        help="Override a rule: irreversible, bad_release (repeatable). Requires --reason.",
        metavar="CODE",
        autocompletion=complete_override,
    ),
]
Reason = Annotated[
    str | None,
    _confirmation(
        "--reason",
        help="Why you roll back, release a hold or override a rule; the log keeps it.",
        metavar="TEXT",
    ),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Start deployments without waiting for them to finish.")
]
Message = Annotated[
    str | None, typer.Option("--message", "-m", help="The commit message.", metavar="TEXT")
]
Jobs = Annotated[
    int | None,
    _output(
        "--jobs",
        "-j",
        min=1,
        max=64,
        metavar="N",
        help="Number of repositories to process at a time.",
        show_default="from the configuration",
    ),
]
Json = Annotated[bool, _output("--json", help="Print a JSON document to standard output.")]
JsonLines = Annotated[
    bool,
    _output(
        "--json-lines", help="Print a JSON event on each line as it happens, then the document."
    ),
]
Config = Annotated[
    Path | None,
    _output(
        "--config",
        metavar="PATH",
        help="Use this configuration instead of the nearest multigit.toml.",
    ),
]
NoColor = Annotated[bool, _output("--no-color", help="Disable color output (also: NO_COLOR).")]
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="REPO", help="Only these repositories.", autocompletion=complete_repo),
]
Operation = Annotated[
    str | None,
    typer.Argument(
        metavar="OPERATION",
        help="Operation id or release tag; default: the last operation.",
        autocompletion=complete_operation,
    ),
]


def stage_argument(metavar: str, text: str, complete: Any = complete_stage) -> Any:
    """Return a stage argument that the shell completes."""
    return typer.Argument(metavar=metavar, help=text, autocompletion=complete)


def require_one_decision(*, accept_reverts: bool, roll_forward: bool) -> None:
    """Raise UsageError if both decisions about reverts are made."""
    if accept_reverts and roll_forward:
        raise errors.UsageError(
            "--accept-reverts leaves out what was reverted, and --roll-forward brings it back.",
            hint="Pass one of them.",
            code="contradictory_options",
        )


# Groups of options, which commands take as one parameter; see `with_options`.


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which repositories: names, groups, and names to skip. All if none is named."""

    repos: Repos = None
    groups: Groups = None
    exclude: Exclude = None

    def of(self, workspace: Workspace, *more: str) -> tuple[Repo, ...]:
        """Return the chosen repositories in configuration order, `more` names among them."""
        names = (*more, *(self.repos or ()))
        return workspace.select(names, tuple(self.groups or ()), tuple(self.exclude or ()))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is confirmed by options."""

    dry_run: DryRun = False
    yes: Yes = False
    confirm: ConfirmName = None

    def consent(
        self,
        workspace: Workspace,
        repos: tuple[Repo, ...],
        *,
        checklist_done: bool = False,
        accept_doubt: bool = False,
        override: Override | None = None,
    ) -> Consent:
        """Return what is confirmed; the stage may be named by its branch in these repositories."""
        from multigit.core.planning.consent import Consent
        from multigit.core.planning.overrides import NOTHING_OVERRIDDEN
        from multigit.core.values.stage_names import stage_confirmed

        stage = self.confirm and stage_confirmed(self.confirm, workspace, repos)
        given = override or NOTHING_OVERRIDDEN
        return Consent(self.dry_run, self.yes, stage, checklist_done, accept_doubt, given)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Which rules are overridden, and why."""

    override: OverrideCodes = None
    reason: Reason = None

    def given(self, *, release_hold: bool = False) -> Override:
        """Return what is overridden; raises UsageError as `override_of` does."""
        from multigit.core.planning.overrides import override_of

        return override_of(self.override or (), self.reason, release_hold=release_hold)


@dataclass(frozen=True, slots=True)
class OnHold:
    """Whether the hold of the stage is released, and why."""

    release_hold: ReleaseHold = False
    reason: Reason = None

    def given(self) -> Override:
        """Return what is overridden; raises UsageError as `override_of` does."""
        from multigit.core.planning.overrides import override_of

        return override_of((), self.reason, release_hold=self.release_hold)


@dataclass(frozen=True, slots=True)
class Running:
    """How a command runs: its configuration, and the form of its output."""

    jobs: Jobs = None
    json: Json = False
    config: Config = None
    no_color: NoColor = False

    def session(self) -> Session:
        """Open a session; raises ConfigError with every mistake in the configuration."""
        from multigit.operation.session import Session

        return Session.open(self.config, json=self.json, no_color=self.no_color, jobs=self.jobs)


@dataclass(frozen=True, slots=True)
class RunningLong(Running):
    """How a command runs that may take long: it can also report events."""

    json_lines: JsonLines = False

    def session(self) -> Session:
        """Open a session; raises ConfigError with every mistake in the configuration."""
        from multigit.operation.session import Session

        return Session.open(
            self.config,
            json=self.json,
            json_lines=self.json_lines,
            no_color=self.no_color,
            jobs=self.jobs,
        )


def with_options(command: Callable[..., int]) -> Callable[..., int]:
    """Return the command with each group of options spelled out, as typer reads them."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: h for name, h in hints.items() if is_dataclass(h)}
    parameters: list[Parameter] = []
    for each in signature(command).parameters.values():
        if group := groups.get(each.name):
            parameters += _options_of(group)
        else:
            parameters.append(each.replace(annotation=hints[each.name]))

    @wraps(command)
    def run(**given: Any) -> int:
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        return command(**given)

    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _options_of(group: Any) -> list[Parameter]:
    kinds = get_type_hints(group, include_extras=True)
    only = Parameter.KEYWORD_ONLY
    return [
        Parameter(each.name, only, default=each.default, annotation=kinds[each.name])
        for each in fields(group)
    ]
