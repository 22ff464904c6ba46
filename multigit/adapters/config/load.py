"""Finds and reads `multigit.toml`: all mistakes at once, in plain words, or a Workspace."""

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
from multigit.adapters.config.misspelt_stages import put_right, strays
from multigit.adapters.config.mistakes import as_detail, in_our_words, syntax_mistake
from multigit.adapters.config.rules import Key, Mistake, mistakes
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
            f"{visible(str(path))} holds keys that are too long, or too deep, to be read.",
            hint="No key of multigit needs more than a table in a table.",
        ) from error


def _load(path: Path) -> Workspace:
    document = _read(path)
    lost = strays(document)
    errors = _errors(document)
    if len(errors) > MOST_MISTAKES:
        raise ConfigError(
            f"{visible(str(path))} has {len(errors)} mistakes; {MOST_MISTAKES} are named here.",
            hint=Hint.CHECK_LONG_CONFIG,
            details=tuple(as_detail(in_our_words(error)) for error in errors[:MOST_MISTAKES]),
        )
    wrong = [in_our_words(error) for error in errors]
    for mistake in wrong:
        _forget(document, mistake.key)
    known = [mistake.key for mistake in wrong]
    wrong += [stray.mistake for stray in lost]
    known += put_right(document, lost)
    # What is wrong is out of the way now, so that the rest can be held against each other.
    configuration = Configuration.model_validate(document)
    wrong += [mistake for mistake in mistakes(configuration) if not _follows(mistake, known)]
    if wrong:
        raise ConfigError(
            f"{visible(str(path))} has {plural(len(wrong), 'mistake')}.",
            hint=Hint.CHECK_CONFIG,
            details=tuple(as_detail(mistake) for mistake in wrong),
        )
    return _workspace(Path(os.path.abspath(path)).parent, configuration)  # noqa: PTH100


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `multigit.toml`, for editors."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Configuration.model_json_schema()}


def _read(path: Path) -> dict[str, Any]:
    where = visible(str(path))
    try:
        text = _content(path).decode("utf-8-sig")
        if any(map(_is_absurd, text.splitlines())):
            raise RecursionError  # it could be read, but that would take minutes
        return tomllib.loads(text)
    except FileNotFoundError as error:
        raise ConfigError(f"{where} is not there.", hint=Hint.WRITE_CONFIG) from error
    except OSError as error:
        raise ConfigError(
            f"{where} cannot be read: {error.strerror}.", hint="Check its path and permissions."
        ) from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise ConfigError(
            f"{where}, line {line}, column {column}: this is no UTF-8 text.",
            hint="Save the file with the encoding UTF-8.",
        ) from error
    except ValueError as error:
        raise ConfigError(
            f"{where}, {syntax_mistake(str(error), text)}",
            hint='Texts stand in "quotes", lists in [brackets], and each key appears once.',
        ) from None


def _is_absurd(line: str) -> bool:
    """Tell whether a line has a key of more parts, or of more letters, than anybody writes."""
    return len(line.partition("=")[0]) > MOST_LETTERS or len(DOT.findall(line)) > MOST_DOTS


def _content(path: Path) -> bytes:
    """Return what the file holds; raises OSError where it is none, or one of another kind."""
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
    """Take a wrong value out of the document; a wrong stage or repository stays as a bare table."""
    table: Any = document
    *above, last = [part for part in key if isinstance(part, str)]
    for part in above:
        table = table.get(part, {})
    if len(key) == 2 and key[0] in {"stages", "repos"}:  # noqa: PLR2004
        table[last] = {}
    else:
        table.pop(last, None)


def _follows(mistake: Mistake, known: list[Key]) -> bool:
    """Tell whether a mistake is about a value that is wrong already."""
    keys = (mistake.key, *mistake.beside)
    return any(key[: len(other)] == other for key in keys for other in known)


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
    """Yield each stage after the one before it; where the order is open, by name."""

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
            deploy_of(stage),
            pace_of(stage),
        )
