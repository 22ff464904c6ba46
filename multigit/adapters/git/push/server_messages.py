"""Why a server refused a push: the lines of its output that say so, without their frames.

Hosts put the reason into boxes, below headings, between advice and progress. The whole output is in
the transcript; a message has room for a few lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_GIT_ITSELF = re.compile(r"error: failed to push some refs to |To \S+$|Done$")
LINES = 4  # that a message has room for
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
# Advice counts less than reasons: it says what to do next, or where to read more.
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
_WORDLESS = {  # git's summaries that leave the reason to other lines
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
    """Return the lines as a screen shows them in the end: without progress and colors."""
    shown = (line.rstrip().rpartition("\r")[2] for line in _ANSI.sub("", text).split("\n"))
    return [line.rstrip() for line in shown if line.strip()]


def server_lines(stderr: str) -> list[str]:
    """Return the server's lines, without frames and progress; a broken line is joined again."""
    joined: list[str] = []
    for line in plain_lines(stderr.replace("\r", "\n")):
        match = _SPOKEN.match(line)
        words = _unframed(match[1]) if match else ""
        if not words or _PROGRESS.match(words) or _NOISE.match(words):
            continue
        begins_low = words[0].islower() and not words.startswith("http")
        if joined and begins_low and joined[-1][-1] not in ".:;!?":
            joined[-1] = f"{joined[-1]} {words}"
        elif words not in joined:
            joined.append(words)
    return joined


def _unframed(line: str) -> str:
    """Return the words of a line, without the box around them and git's own prefix."""
    line = re.sub(r"^(remote: |error: |ERROR: |FATAL: )+", "", line.strip())
    words = line.strip(_FRAME)
    if not re.search(r"\w{2}", words):
        return ""
    return f"- {words}" if _BULLET.match(line) and line.rstrip(_FRAME) == line else words


def hook_words(stdout: str, stderr: str) -> str:
    """Return what a hook of this repository printed, without git's own line after it."""
    lines = [line.strip() for line in plain_lines(f"{stderr}\n{stdout}".replace("\r", "\n"))]
    return "; ".join(_chosen([line for line in lines if not _GIT_ITSELF.match(line)], LINES))


def why(summaries: Sequence[str], stderr: str) -> str:
    """Return the reason in at most a few lines, with "; " between them; empty if none was given.

    `summaries` are git's reasons for each ref.
    """
    own = list(dict.fromkeys(text for text in summaries if text))
    summary = [text for text in own if text not in _WORDLESS][:1]
    chosen = _chosen(server_lines(stderr), LINES - len(summary))
    if not chosen and not summary:
        summary = [text for text in own if text != "atomic push failed"][:1]
    return "; ".join([*summary, *(line.removeprefix("- ") for line in chosen)])


def _chosen(lines: Sequence[str], room: int) -> list[str]:
    """Return the most important lines, in their order."""
    ranked = sorted(range(len(lines)), key=lambda place: (-_weight(lines[place]), place))
    return [lines[place] for place in sorted(ranked[:room])]


def _weight(line: str) -> int:
    if _CODE.search(line):
        return 4
    if _ADVICE.match(line):
        return 0
    return 1 + bool(_REASON.search(line)) + bool(_BULLET.match(line))
