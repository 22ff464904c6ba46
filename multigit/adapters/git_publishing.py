"""Pushing, and asking the remote what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multigit.adapters.git_outcome import failure, last_line
from multigit.adapters.git_process import GitDoor
from multigit.core.repository import Publication, PushReport

PUSH = ("push", "--porcelain", "--atomic")
PUSH_ENDED = (0, 1, 128)
# Fast-forwarded, new, already there, set back, deleted; see git-push(1) --porcelain.
DONE = {" ", "*", "=", "+", "-"}
# With these the server never got what it could act on.
BEFORE_SENDING = {
    "authentication",
    "foreign_owner",
    "host_key",
    "no_atomic",
    "read_only",
    "remote_missing",
    "unreachable",
}

# Another push is at work on the ref. It may be this very one: where a connection that was used
# before breaks off, libcurl sends a request again, and does not say so.
LOCKED = "cannot lock ref"


def push(
    door: GitDoor, remote: str, publications: Sequence[Publication], *, hooks: bool
) -> PushReport:
    """Publish all refs or none, each only while the remote still holds its `before`.

    The report is `accepted` only when git ended well and named every ref as done. Anything else
    is no proof that nothing happened: the answer may have been lost on the way.
    """
    done = door.run(
        *PUSH,
        *(f"--force-with-lease={each.ref}:{each.before}" for each in publications),
        *("--", remote),
        *(f"{each.after}:{each.ref}" for each in publications),
        accept=PUSH_ENDED,
        hooks=hooks,
    )
    rows = _rows(done.text)
    flags = {row[1].rpartition(":")[2]: row[0] for row in rows}
    accepted = done.status == 0 and all(flags.get(each.ref) in DONE for each in publications)
    if accepted:
        return PushReport(accepted=True)
    answered = all(each.ref in flags for each in publications) and LOCKED not in done.stderr
    final = answered or failure("push", done).code in BEFORE_SENDING
    return PushReport(accepted=False, reason=_reason(rows, done.stderr), final=final)


def rehearse(door: GitDoor, remote: str, publication: Publication) -> bool:
    """Make the connection of a push and send nothing; tell whether the ref already is `after`.

    The server shows what it supports only to who may push, and neither side runs a hook. For a
    ref that already is where it should be, git over http does not ask for atomicity at all: a
    new ref is a better rehearsal. Raises GitError when the push could not be made.
    """
    done = door.run(
        *PUSH,
        "--dry-run",
        f"--force-with-lease={publication.ref}:{publication.before}",
        *("--", remote, f"{publication.after}:{publication.ref}"),
    )
    return any(row[0] == "=" for row in _rows(done.text))


def _rows(report: str) -> list[list[str]]:
    """Return flag, refspec and summary of each ref in a push's report."""
    return [line.split("\t") for line in report.split("\n") if line.count("\t") > 1]


def _reason(rows: Sequence[Sequence[str]], stderr: str) -> str:
    """Return what the server said, the part for people first."""
    told = [
        line.removeprefix("remote:").strip().removeprefix("error: ")
        for line in stderr.split("\n")
        if line.startswith("remote:") and line.removeprefix("remote:").strip()
    ]
    summaries = [row[2].partition("(")[2].rstrip(")") for row in rows if row[0] == "!"]
    told = [line for line in told if not line.startswith("hook declined to update")]
    own = [text for text in summaries if text and text != "atomic push failed"]
    if told:  # why it declined is worth more than that it did
        own = [text for text in own if "hook declined" not in text]
    return "; ".join([*own[:1], *told[:3]]) or last_line(stderr)


def remote_refs(
    door: GitDoor, remote: str, refs: Sequence[str], environment: Mapping[str, str]
) -> Mapping[str, str]:
    """Return where these refs stand on the remote now; absent ones are left out."""
    done = door.run("ls-remote", "--refs", "--", remote, *refs, environment=environment)
    found = (line.partition("\t") for line in done.text.split("\n"))
    return {ref: sha for sha, _, ref in found if ref in refs}
