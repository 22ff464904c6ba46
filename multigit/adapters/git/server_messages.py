"""Why a server refused, out of all that it printed: the lines that say it, without their frames.

Hosts put the reason into boxes, below headings, between advice and progress. The whole text is in
the transcript; a sentence has room for a few lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_GIT_ITSELF = re.compile(r"error: failed to push some refs to |To \S+$|Done$")
LINES = 4  # that a sentence has room for
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_FRAME = " \t*#|=+~_<>─━═│┃║┌┐└┘╔╗╚╝├┤╠╣-–—"  # noqa: RUF001  (dashes of boxes)
_SPOKEN = re.compile(r"\s*(?:remote:|ERROR:|FATAL:|fatal: remote error:)\s*(.*)")
_BULLET = re.compile(r"[-*•]\s+\w")
_PROGRESS = re.compile(
    r"(?:Enumerating|Counting|Compressing|Writing|Resolving|Receiving|Unpacking|Checking|"
    r"Processing|Total|Analyzing|Storing|Validating|Updating references)\b.*\d|.*: +\d+% \("
)
_NOISE = re.compile(
    r"(error: )?hook declined to update |To https?://\S+$|Traceback|\s*File \".*\", line \d"
    r"|Could not read from remote repository|Please make sure you have the correct access"
    r"|and the repository exists",
    re.IGNORECASE,
)
# Advice comes after reasons: it says what to do next, or where to read on.
_ADVICE = re.compile(
    r"\(\?\)|https?://\S+$|learn (how|more)|(see|visit|contact|ask|read|help|docs?|more) |for more|"
    r"review all|if you |thank|welcome|hint:|user:|locations:|(- )?(commit|path):|resolve the",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b(GH\d{3}|TF\d{5,6}|VS\d{6})\b|^(GitLab|Gitea|Forgejo|Gogs|Gerrit):")
_REASON = re.compile(
    r"\b(not|no|cannot|can't|must|required?s?|needs?|only|denied|declined|reject(ed|s)?|refus\w+|"
    r"forbidden|protected|violat\w+|exceed\w*|too (large|big|long)|limit|block(ed|s)|invalid|"
    r"missing|fail(ed|s|ure)?|errors?|fatal|archived|disabled|read[- ]only|expected|frozen|freeze|"
    r"locked|unable|prohibited|suspended|expired|maintenance|without|lacks?|illegal|bad|secrets?|"
    r"unauthori[sz]ed|larger than|does(n't| not))\b",
    re.IGNORECASE,
)
_WORDLESS = {  # what git says of a ref when the reason stands elsewhere
    "atomic push failed",
    "atomic transaction failed",
    "failed to update ref",
    "hook declined",
    "pre-receive hook declined",
    "protected branch hook declined",
    "push declined due to repository rule violations",
    "remote failed to report status",
    "transaction failed",
    "unpacker error",
}


def plain_lines(text: str) -> list[str]:
    """Return the lines that stay on a screen: of progress the last state, no colours."""
    shown = (line.rstrip().rpartition("\r")[2] for line in _ANSI.sub("", text).split("\n"))
    return [line.rstrip() for line in shown if line.strip()]


def server_lines(stderr: str) -> list[str]:
    """Return what the other side said, each line as it meant it, frames and progress left out."""
    found: list[str] = []
    for line in plain_lines(stderr.replace("\r", "\n")):
        match = _SPOKEN.match(line)
        said = _unframed(match[1]) if match else ""
        if not said or _PROGRESS.match(said) or _NOISE.match(said):
            continue
        broken = found and said[0].islower() and found[-1][-1] not in ".:;!?" and said[:4] != "http"
        if broken:
            found[-1] = f"{found[-1]} {said}"
        elif said not in found:
            found.append(said)
    return found


def _unframed(line: str) -> str:
    """Return the words of a line, without the box around them and git's own prefix."""
    line = re.sub(r"^(remote: |error: |ERROR: |FATAL: )+", "", line.strip())
    words = line.strip(_FRAME)
    if not re.search(r"\w{2}", words):
        return ""
    return f"- {words}" if _BULLET.match(line) and line.rstrip(_FRAME) == line else words


def hook_words(stdout: str, stderr: str) -> str:
    """Return what a hook of this repository printed, without git's own line below it."""
    lines = [line.strip() for line in plain_lines(f"{stderr}\n{stdout}".replace("\r", "\n"))]
    return "; ".join(_chosen([line for line in lines if not _GIT_ITSELF.match(line)], LINES))


def why(summaries: Sequence[str], stderr: str) -> str:
    """Return the reason in at most a few lines, "; " between them; empty where none was told.

    `summaries` are what git says of each ref.
    """
    own = list(dict.fromkeys(text for text in summaries if text))
    told = server_lines(stderr)
    telling = [text for text in own if text not in _WORDLESS][:1]
    chosen = _chosen(told, LINES - len(telling))
    if not chosen and not telling:
        telling = [text for text in own if text != "atomic push failed"][:1]
    return "; ".join([*telling, *(line.removeprefix("- ") for line in chosen)])


def _chosen(lines: Sequence[str], room: int) -> list[str]:
    """Return the lines that say most, in their order."""
    ranked = sorted(range(len(lines)), key=lambda place: (-_weight(lines[place]), place))
    return [lines[place] for place in sorted(ranked[:room])]


def _weight(line: str) -> int:
    if _CODE.search(line):
        return 4
    if _ADVICE.match(line):
        return 0
    return 1 + bool(_REASON.search(line)) + bool(_BULLET.match(line))
