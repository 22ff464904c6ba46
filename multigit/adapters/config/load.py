"""Finds and reads `multigit.toml`: all mistakes at once, in plain words, or a Workspace."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from multigit.adapters.config import FILE
from multigit.adapters.config.deploys import deploy_of, deploys_of, pace_of
from multigit.adapters.config.misspelt_stages import put_right, strays
from multigit.adapters.config.rules import Key, Mistake, mistakes
from multigit.adapters.config.sections import Configuration, section_at
from multigit.adapters.config.values import dotted, duration, shown, size
from multigit.adapters.files.durable import NO_WAITING
from multigit.core.planning.waves import everything_before, waves
from multigit.core.values.push_rules import PushRules
from multigit.core.values.text import masked, plural, visible
from multigit.core.values.workspace import Repo, Stage, Tell, Workspace, unknown
from multigit.errors import ConfigError
from multigit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

VARIABLE = "MULTIGIT_CONFIG"
MOST_BYTES = 1_000_000
DOT = re.compile(r"[\w\"'-]\s*\.\s*(?=[\w\"'-])")  # between two parts of a key
MOST_DOTS = 200  # in a line
MOST_LETTERS = 10_000  # before the =
MOST_MISTAKES = 200
MOST_DIGITS = 20  # of a number that is repeated in a message

_KINDS = {  # what pydantic finds missing → what should be there, and the hint
    "bool_type": ("true or false", "Without quotes."),
    "dict_type": ("made of tables", "Write each as in [{table}.NAME]."),
    "int_type": ("a whole number", "Without quotes and without a fraction."),
    "model_type": ("a table", "Write it as [{table}]."),
    "string_type": ("a text", 'Put it in "quotes".'),
    "tuple_type": ("a list", 'Write it as ["one", "two"].'),
}


def find_config(start: Path, environment: Mapping[str, str], explicit: Path | None) -> Path:
    """Return the absolute path of the configuration file.

    `explicit` (--config) comes first, then MULTIGIT_CONFIG, both seen from `start`; then the
    nearest `multigit.toml` in `start` or above. Raises ConfigError when there is none.
    """
    named = explicit or environment.get(VARIABLE)
    if named:
        path = Path(os.path.abspath(start / named))  # noqa: PTH100  (no symlinks resolved)
        if not os.path.isfile(path):  # noqa: PTH113  (false also where we may not look)
            source = "--config" if explicit else VARIABLE
            raise ConfigError(
                f"{visible(str(path))} is no file; {source} names it.",
                hint=Hint.NAME_CONFIG,
                code="no_config",
            )
        return path
    folder = Path(os.path.abspath(start))  # noqa: PTH100
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate / FILE):  # whatever it is: load() says what is wrong with it
            return candidate / FILE
    raise ConfigError(
        f"There is no {FILE} in {visible(str(folder))} or above it.",
        hint=Hint.NO_CONFIG,
        code="no_config",
    )


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
            details=tuple(_told(_in_words(error)) for error in errors[:MOST_MISTAKES]),
        )
    wrong = [_in_words(error) for error in errors]
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
            details=tuple(_told(mistake) for mistake in wrong),
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
            f"{where}, {_syntax(str(error), text)}",
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


def _syntax(said: str, text: str) -> str:
    """Turn what tomllib says around: the place first, then the reason."""
    if "integer string conversion" in said:  # it tells no place
        found = re.search(rf"\d(?:_?\d){{{sys.get_int_max_str_digits()},}}", text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        return f"line {line}: a number has too many digits."
    reason, _, place = said.removesuffix(")").rpartition(" (at ")
    if not place.startswith("line"):  # it is the end of the document
        place = f"line {text.count(chr(10)) + 1}, column {len(text) - text.rfind(chr(10))}"
    reason = visible(masked(reason or said))
    return f"{place}: {reason[:1].lower()}{reason[1:]}."


def _errors(document: dict[str, Any]) -> list[ErrorDetails]:
    try:
        Configuration.model_validate(document)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _in_words(error: ErrorDetails) -> Mistake:
    """Say it in our words: pydantic's are for programmers."""
    key, value, context = error["loc"], error["input"], error.get("ctx", {})
    match error["type"]:
        case "multigit":
            return Mistake(key, context["sentence"], context["hint"])
        case "extra_forbidden":
            fields = section_at(key).model_fields
            known = [field.alias or name for name, field in fields.items()]
            return Mistake(key, "there is no such key.", unknown("key", str(key[-1]), known).hint)
        case "enum" | "literal_error":
            return Mistake(key, f"must be {context['expected']}, not {_kind(value)}.", "")
        case "greater_than_equal":
            return Mistake(key, f"must be at least {context['ge']}, not {_number(value)}.", "")
        case "less_than_equal":
            return Mistake(key, f"must be at most {context['le']}, not {_number(value)}.", "")
        case kind:
            wanted, hint = _KINDS.get(kind, ("something else", ""))
            hint = hint.format(table=dotted(*key))
            return Mistake(key, f"must be {wanted}, not {_kind(value)}.", hint)


def _number(value: float) -> str:
    """Return a number, unless it has too many digits to be shown."""
    return "a very large number" if abs(value) >= 10**MOST_DIGITS else str(value)


def _kind(value: object) -> str:
    """Name a value for a message; what may be long or secret is not repeated."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the text {shown(value)}"
        case int() | float():
            return _number(value) if abs(value) >= 10**MOST_DIGITS else f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


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


def _told(mistake: Mistake) -> tuple[str, str]:
    sentence = f"{dotted(*mistake.key)}: {mistake.sentence}"
    return visible(masked(sentence)), visible(masked(mistake.hint))


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
        tell=Tell(notify.addresses, notify.events, notify.stages),
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
