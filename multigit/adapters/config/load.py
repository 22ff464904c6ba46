"""Reads `multigit.toml`: returns a Workspace, or all mistakes at once, in plain words."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from multigit.adapters.config.deploys import deploy_of, deploys_of, pace_of
from multigit.adapters.config.misspelt_stages import correct, misspelt_stages
from multigit.adapters.config.mistakes import (
    Key,
    Mistake,
    as_detail,
    in_plain_words,
    syntax_mistake,
)
from multigit.adapters.config.rules import mistakes
from multigit.adapters.config.sections import Configuration
from multigit.adapters.config.values import duration, size
from multigit.adapters.files.durable import NO_WAITING
from multigit.core.planning.waves import everything_before, waves
from multigit.core.values.push_rules import PushRules
from multigit.core.values.text import plural, visible
from multigit.core.values.workspace import Notifications, Repo, Stage, Workspace
from multigit.errors import ConfigError
from multigit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

MOST_BYTES = 1_000_000
DOT = re.compile(r"[\w\"'-]\s*\.\s*(?=[\w\"'-])")  # between two parts of a key
MOST_DOTS = 200  # in a line
MOST_LETTERS = 10_000  # before the =
MOST_MISTAKES = 200


def load(path: Path) -> Workspace:
    """Return the workspace that a file describes; its folder is the workspace's root.

    Raises one ConfigError with all mistakes: `details` holds a (message, hint) for each.
    """
    try:
        return _load(path)
    except RecursionError as error:
        raise ConfigError(
            f"{visible(str(path))} has keys that are too long or too deep to be read.",
            hint="No key of multigit needs more than a table in a table.",
        ) from error


def _load(path: Path) -> Workspace:
    document = _read(path)
    misspelt = misspelt_stages(document)
    errors = _errors(document)
    if len(errors) > MOST_MISTAKES:
        raise ConfigError(
            f"{visible(str(path))} has {len(errors)} mistakes; the first {MOST_MISTAKES} are:",
            hint=Hint.CHECK_LONG_CONFIG,
            details=tuple(as_detail(in_plain_words(error)) for error in errors[:MOST_MISTAKES]),
        )
    wrong = [in_plain_words(error) for error in errors]
    for mistake in wrong:
        _forget(document, mistake.key)
    reported: list[Key] = [_of_value(mistake.key) for mistake in wrong]
    wrong += [stage.mistake for stage in misspelt]
    reported += correct(document, misspelt)
    # Without the wrong values, the others can be checked against each other.
    configuration = Configuration.model_validate(document)
    wrong += [mistake for mistake in mistakes(configuration) if not _follows(mistake, reported)]
    if wrong:
        raise ConfigError(
            f"{visible(str(path))} has {plural(len(wrong), 'mistake')}.",
            hint=Hint.CHECK_CONFIG,
            details=tuple(as_detail(mistake) for mistake in wrong),
        )
    return _workspace(Path(os.path.abspath(path)).parent, configuration)  # noqa: PTH100


def _read(path: Path) -> dict[str, Any]:
    where = visible(str(path))
    try:
        text = _content(path).decode("utf-8-sig")
        if any(map(_is_absurd, text.splitlines())):
            raise RecursionError  # it could be read, but that would take minutes
        return tomllib.loads(text)
    except FileNotFoundError as error:
        raise ConfigError(f"{where} does not exist.", hint=Hint.WRITE_CONFIG) from error
    except OSError as error:
        raise ConfigError(
            f"{where} cannot be read: {error.strerror}.", hint="Check its path and permissions."
        ) from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise ConfigError(
            f"{where}, line {line}, column {column}: this is not valid UTF-8.",
            hint="Save the file as UTF-8.",
        ) from error
    except ValueError as error:
        raise ConfigError(
            f"{where}, {syntax_mistake(str(error), text)}",
            hint='Put texts in "quotes", lists in [brackets], and write each key only once.',
        ) from None


def _is_absurd(line: str) -> bool:
    """Return whether a line has a key with more parts, or more letters, than anyone writes."""
    return len(line.partition("=")[0]) > MOST_LETTERS or len(DOT.findall(line)) > MOST_DOTS


def _content(path: Path) -> bytes:
    """Return the content of the file; raises OSError if it is missing or not a plain file."""
    descriptor = os.open(path, os.O_RDONLY | NO_WAITING)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, "it is larger than a megabyte")
    return content


def _errors(document: dict[str, Any]) -> list[ErrorDetails]:
    try:
        Configuration.model_validate(document)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _forget(document: dict[str, Any], key: Key) -> None:
    """Remove a wrong value from the document; of a wrong stage or repository leave the table."""
    table: Any = document
    *above, last = _of_value(key)
    for part in above:
        table = table.get(part, {})
    if len(key) == 2 and key[0] in {"stages", "repos"}:  # noqa: PLR2004
        table[last] = {}
    else:
        table.pop(last, None)


def _of_value(key: Key) -> tuple[str, ...]:
    """Return the key of a whole value: that of the list, if the key is of one of its items."""
    return tuple(part for part in key if isinstance(part, str))


def _follows(mistake: Mistake, reported: list[Key]) -> bool:
    """Return whether a mistake is about a value that has been reported as wrong."""
    keys = (mistake.key, *mistake.beside)
    return any(key[: len(other)] == other for key in keys for other in reported)


def _workspace(root: Path, configuration: Configuration) -> Workspace:
    whole, push, notify = configuration.workspace, configuration.push, configuration.notify
    after = {name: repo.after for name, repo in configuration.repos.items()}
    wave = waves(after)
    return Workspace(
        root=root,
        stages=tuple(_stages(configuration)),
        repos=tuple(
            Repo(
                name,
                repo.path or name,
                repo.url,
                repo.groups,
                repo.hooks,
                everything_before(name, after),
                wave[name],
                repo.github,
                deploys_of(repo, configuration.stages),
                repo.remote,
                repo.push_url,
                branches=repo.branches,
                stages=repo.stages or (),
                irreversible=repo.irreversible,
            )
            for name, repo in configuration.repos.items()
        ),
        name=whole.name or visible(root.name),
        remote=whole.remote,
        timezone=whole.timezone,
        jobs=whole.jobs,
        log=whole.log,
        git_timeout=duration(configuration.git.timeout),
        lock_repo=configuration.lock.repo,
        github_api=configuration.github.api_url,
        notifications=Notifications(notify.addresses, notify.events, notify.stages),
        metrics=configuration.metrics.address,
        metric_tags=configuration.metrics.tags,
        push=PushRules(push.ignore, push.secrets, size(push.max_file_size)),
    )


def _stages(configuration: Configuration) -> Iterator[Stage]:
    """Yield each stage after the earlier one, and by name if their order is open."""

    def line(name: str) -> tuple[str, ...]:
        before = configuration.stages[name].promotes_from
        return (*(line(before) if before else ()), name)

    for name in sorted(configuration.stages, key=line):
        stage = configuration.stages[name]
        yield Stage(
            name,
            stage.branch or name,
            stage.promotes_from,
            stage.tag,
            stage.confirm,
            stage.checklist,
            stage.require_message,
            stage.require_checks,
            stage.environment,
            deploy_of(stage.deploy, stage.health),
            pace_of(stage),
            stage.on_unhealthy,
        )
