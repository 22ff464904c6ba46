"""The single values of `multigit.toml`: names, paths, durations, …, each with its rule in words.

Editors check a type's pattern, which is in the JSON Schema; multigit calls its validator.
"""

from __future__ import annotations

import json
import os
import re
import zoneinfo
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from multigit.adapters.config import FILE
from multigit.core.values.start_time import STAMP
from multigit.core.values.text import nearest, visible

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
# git-check-ref-format(1), within the characters that multigit uses in names.
REF = r"(?!HEAD$|.*(\.\.|//|/\.|\.lock(/|$)|[./]$))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}"
PATTERN = r"(!|(?!!))(?!~|\.{0,2}(/|$))(?!.*/(\.{0,2}/|\.{1,2}$)).+"
SLUG = r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+"
DURATION = r"[1-9][0-9]{0,4}(s|m|h)"
NO_PAUSE = "0s"
SIZE = r"[1-9][0-9]{0,5}(B|KB|MB|GB)"
_LONGEST = 86_400.0
LONGEST_NAME, LONGEST_PATH = 255, 1000  # bytes that file systems allow, with some to spare

USE_NAME = "Use letters, digits, '.', '_' and '-', a letter or digit first, at most 100 of them."
USE_REF = (
    "Use letters, digits, '.', '_', '-' and '/', such as release/2.x. See git-check-ref-format(1)."
)
_USE_TAG = "Write {timestamp} once, such as deploy-{timestamp}."


def wrong(sentence: str, hint: str) -> PydanticCustomError:
    """Return what a validator raises: a sentence and a hint, passed through pydantic."""
    return PydanticCustomError("multigit", "{sentence}", {"sentence": sentence, "hint": hint})


def shown(text: str) -> str:
    """Return a text from the file for a message: quoted, harmless, of a URL only its scheme."""
    text = re.sub(r"://.*", "://…", text, flags=re.DOTALL)
    return repr(text if len(text) <= 60 else f"{text[:60]}…")  # noqa: PLR2004


def dotted(*keys: str | int) -> str:
    """Return a key as in TOML: repos."api.v2".path; a number is the index of a list's item."""
    path = ".".join(
        key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)
        for key in keys
        if isinstance(key, str)
    )
    return path + "".join(f", item {key + 1}" for key in keys if isinstance(key, int))


def quoted(text: str) -> str:
    """Return a text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def duration(text: str) -> float:
    """Return the seconds of "10s", "5m" or "1h"."""
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def size(text: str) -> int:
    """Return the bytes of "800B", "500KB", "10MB" or "1GB": 1 KB is 1000 bytes."""
    number, unit = re.sub(r"\D", "", text), re.sub(r"\d", "", text)
    return int(number) * {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}[unit]


def is_name(text: str) -> bool:
    """Return whether a stage or a repository may have this name."""
    return re.fullmatch(NAME, text) is not None


def is_ref(text: str) -> bool:
    """Return whether a branch, tag or remote may have this name."""
    return re.fullmatch(REF, text) is not None


def check_text(text: str) -> str:
    """Refuse a text that is empty, or that has control or invisible characters."""
    if not text.strip():
        raise wrong("must not be empty.", "Write a text, or remove the key.")
    if visible(text) != text:
        raise wrong("has control or invisible characters.", "Type the text again without them.")
    return text


def check_path(text: str) -> str:
    """Return a repository's path normalized: without "./", double or trailing slashes."""
    path = PurePosixPath(check_text(text))
    if path.is_absolute() or path.parts[:1] == ("~",) or "://" in text:
        hint = "Write a path relative to the configuration's folder, such as services/api."
        raise wrong(f"must be a relative path, not {shown(text)}.", hint)
    if ".." in path.parts:
        hint = f"Keep all repositories below the folder of {FILE}, and do not use '..'."
        raise wrong(f"{shown(text)} may leave the workspace folder.", hint)
    if len(os.fsencode(path)) > LONGEST_PATH or any(
        len(os.fsencode(part)) > LONGEST_NAME for part in path.parts
    ):
        hint = f"Use at most {LONGEST_NAME} bytes for each part, and {LONGEST_PATH} in all."
        raise wrong(f"{shown(text)} is too long for a path.", hint)
    return str(path)


def check_url(text: str) -> str:
    """Refuse what git would read as an option, or relative to the folder that it runs in."""
    if check_text(text).startswith(("-", ".")):
        hint = "Such as git@host:group/api.git, https://host/group/api.git or /srv/git/api.git."
        raise wrong("must be a URL or an absolute path.", hint)
    return text


def _check_pattern(text: str) -> str:
    parts = check_text(text).removeprefix("!").removesuffix("/").split("/")
    if parts[0].startswith("~") or {"", ".", ".."} & set(parts):
        hint = "Such as migrations/**: without a / at the beginning, without '.' and '..' in it."
        raise wrong(f"must be a pattern of paths in the repository, not {shown(text)}.", hint)
    return text


def _check_ref(text: str) -> str:
    if not is_ref(text):
        raise wrong(f"{shown(text)} is not a valid name.", USE_REF)
    return text


def _check_tag(text: str) -> str:
    if text.count(STAMP) != 1:
        raise wrong(f"must contain {STAMP} exactly once.", _USE_TAG)
    if re.search(r"[{}]", text.replace(STAMP, "")):
        raise wrong(f"can contain no placeholder but {STAMP}.", _USE_TAG)
    if not is_ref(text.replace(STAMP, "20250115-150130")):
        raise wrong(f"{shown(text)} does not make a valid tag name.", USE_REF)
    return text


def _check_slug(text: str) -> str:
    if not re.fullmatch(SLUG, text):
        raise wrong(f"must be owner/name, not {shown(text)}.", "Such as acme/api.")
    return text


def _check_log(text: str) -> str:
    if not is_name(text) or text.casefold() == FILE:
        hint = "Such as deployment.log; the file is in the folder of the configuration."
        raise wrong(f"must be a plain file name, not {shown(text)}.", hint)
    return text


def _check_timezone(text: str) -> str:
    if text == "UTC":  # known even without a timezone database
        return text
    try:
        zoneinfo.ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        near = nearest(text, sorted(zoneinfo.available_timezones()))
        hint = f"Did you mean {near}?" if near else "Such as UTC, Europe/Berlin or Asia/Tokyo."
        raise wrong(f"there is no timezone {shown(text)}.", hint) from None
    return text


def _check_duration(text: str) -> str:
    if not re.fullmatch(DURATION, text) or duration(text) > _LONGEST:
        hint = "Write a whole number with s, m or h, such as 10s, 5m or 1h; at most 24h."
        raise wrong(f"must be a duration, not {shown(text)}.", hint)
    return text


def _check_pause(text: str) -> str:
    return text if text == NO_PAUSE else _check_duration(text)


def _check_size(text: str) -> str:
    if not re.fullmatch(SIZE, text):
        hint = "Write a whole number with B, KB, MB or GB and no space, such as 500KB or 10MB."
        raise wrong(f"must be a size, not {shown(text)}.", hint)
    return text


def _like(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


Text = Annotated[
    str, AfterValidator(check_text), WithJsonSchema({"type": "string", "minLength": 1})
]
Texts = Annotated[tuple[Text, ...], Strict(strict=False)]  # TOML has lists instead of tuples
Ref = Annotated[str, AfterValidator(_check_ref), _like(REF)]
Tag = Annotated[str, AfterValidator(_check_tag), _like(r"[^{}]*\{timestamp\}[^{}]*")]
Folder = Annotated[str, AfterValidator(check_path), _like(r"(?![/~])(?!(.*/)?\.\.(/|$)).+")]
Patterns = Annotated[
    tuple[Annotated[str, AfterValidator(_check_pattern), _like(PATTERN)], ...], Strict(strict=False)
]
Url = Annotated[str, AfterValidator(check_url), _like("[^.-].*")]
Slug = Annotated[str, AfterValidator(_check_slug), _like(SLUG)]
LogName = Annotated[str, AfterValidator(_check_log), _like(NAME)]
Timezone = Annotated[str, AfterValidator(_check_timezone)]
Duration = Annotated[str, AfterValidator(_check_duration), _like(DURATION)]
Pause = Annotated[str, AfterValidator(_check_pause), _like(f"({NO_PAUSE}|{DURATION})")]
Size = Annotated[str, AfterValidator(_check_size), _like(SIZE)]
