"""Pushing, and asking the remote what became of it."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.outcome import Completed, failure, last_line
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.push_trace import BROKEN_PIPE, VARIABLE, PushTrace, read_trace
from multigit.adapters.git.server_messages import hook_words, why
from multigit.adapters.git.settings import FETCH
from multigit.core.values.flight import Flight, flight
from multigit.core.values.git_answers import Publication, PushReport
from multigit.errors import GitError, MultigitError

PUSH = ("push", "--porcelain", "--atomic")
PUSH_ENDED = (0, 1, 128, -BROKEN_PIPE)
NO_BLOB = 128  # what git cat-file ends with for an object of another type
# Fast-forwarded, new, already there, set back, deleted; see git-push(1) --porcelain.
DONE = {" ", "*", "=", "+", "-"}
NO_REPORT = "remote failed to report status"
# With these the server never got what it could act on.
BEFORE_SENDING = {
    "authentication",
    "foreign_owner",
    "host_key",
    "no_atomic",
    "no_signed_push",
    "no_transport",
    "program_missing",
    "read_only",
    "remote_missing",
    "unreachable",
}
# A web server that answers the pack itself, so, has not passed it on.
TURNED_AWAY = re.compile(r"^error: RPC failed; HTTP (401|403|404|413)\b", re.MULTILINE)

# Another push is at work on the ref. Over http it may be this very one: where a connection that
# was used before breaks off, libcurl sends a request again, and does not say so.
LOCKED = "cannot lock ref"
OVER_HTTP = re.compile(r"^To https?:", re.MULTILINE)
# Somebody else has moved the ref meanwhile, as git and other servers say it.
OVERTAKEN = re.compile(r"is at ([0-9a-f]{40,64}) but expected")
FASTER = {"fetch first", "failed to lock", "lock error", "needs force", "stale info"}


class Publishes(Clone):
    """Pushes, and asks the remote itself."""

    def remote_refs(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Ask the remote where these refs stand now; absent ones are left out: one connection."""
        remote, environment = self._place().published()
        done = self._door.run("ls-remote", "--refs", "--", remote, *refs, environment=environment)
        found = (line.partition("\t") for line in done.text.split("\n"))
        return {ref: sha for sha, _, ref in found if ref in refs}

    def remote_content(self, ref: str) -> tuple[str, bytes] | None:
        """Read a ref of the remote that points at a blob: its id and content, None if absent."""
        sha = self.remote_refs([ref]).get(ref)
        if sha is None:
            return None
        remote, environment = self._place().published()
        self._door.run(*FETCH, "--no-prune", "--", remote, ref, environment=environment)
        found = self._door.run("cat-file", "blob", sha, accept=(0, NO_BLOB))
        return sha, found.stdout if found.status == 0 else b""

    def rehearse(self, publication: Publication) -> bool:
        """Make the connection of a push and send nothing; tell whether the ref already is `after`.

        The server shows what it supports only to who may push, and neither side runs a hook. For a
        ref that already is where it should be, git over http does not ask for atomicity at all: a
        new ref is a better rehearsal. Raises GitError when the push could not be made.
        """
        done = self._door.run(
            *PUSH,
            "--dry-run",
            f"--force-with-lease={publication.ref}:{publication.before}",
            *("--", self._remote, f"{publication.after}:{publication.ref}"),
        )
        return any(row[0] == "=" for row in _rows(done.text))

    def flight(self) -> Flight:
        """Return what is to be noted before the next push begins."""
        local = self._place().serves_itself()
        mark, timeout = self._mark.make(), self._workspace.git_timeout
        return flight(time.time(), timeout, host=socket.gethostname(), mark=mark, local=local)

    def in_flight(self, flight: Flight) -> bool | None:
        """Tell whether a push that was noted is still at work; None where that cannot be seen.

        What runs on another machine cannot, nor can a server that is reached over a network.
        """
        seen = self._mark.seen(flight.mark) if flight.host == socket.gethostname() else None
        return seen if seen or flight.local else None

    def push(self, publications: Sequence[Publication]) -> PushReport:
        """Publish all or none, each ref only while it holds `before`: one connection."""
        with ExitStack() as stack:
            try:
                elsewhere = self._place().detour()
                mark = stack.enter_context(self._mark.held())
            except MultigitError as error:  # the clone is gone, or is not ours any more
                return not_sent(error)
            if elsewhere:
                reason = f"{self._remote} is pushed to {elsewhere.to}, not to {elsewhere.wanted}."
                return PushReport(accepted=False, reason=reason, sent=False, code="other_push_url")
            hooks = self._repo.hooks
            return push(self._door, self._remote, publications, hooks=hooks, inherits=mark)


def push(
    door: GitDoor,
    remote: str,
    publications: Sequence[Publication],
    *,
    hooks: bool,
    inherits: Sequence[int] = (),
) -> PushReport:
    """Publish all refs or none, each only while the remote still holds its `before`.

    The report is `accepted` only when git ended well and named every ref as done. Anything else
    is no proof that nothing happened: the answer may have been lost on the way.
    """
    command = (
        *PUSH,
        *(f"--force-with-lease={each.ref}:{each.before}" for each in publications),
        *("--", remote),
        *(f"{each.after}:{each.ref}" for each in publications),
    )
    try:
        done, trace = _traced(door, command, hooks=hooks, inherits=inherits)
    except GitError as error:
        if error.code == "not_started":
            return not_sent(error)
        raise
    rows = _rows(done.text)
    flags = {row[1].rpartition(":")[2]: row[0] for row in rows if NO_REPORT not in row[2]}
    if done.status == 0 and all(flags.get(each.ref) in DONE for each in publications):
        return PushReport(accepted=True)
    if not trace.hook and all(each.ref in flags for each in publications):
        return _answered(done, rows, publications)
    known = failure("push", done, door.folder, door.remote)
    return _unanswered(done, known, rows, trace, publications)


def not_sent(error: MultigitError) -> PushReport:
    """Return the report of a push that did not even begin."""
    return PushReport(
        accepted=False, reason=error.message, sent=False, code=error.code, hint=error.hint
    )


def _traced(
    door: GitDoor, command: Sequence[str], *, hooks: bool, inherits: Sequence[int]
) -> tuple[Completed, PushTrace]:
    """Push, and read what git noted of it; where no note can be taken, nothing is known."""
    with ExitStack() as stack:
        notes = None
        with suppress(GitError):
            notes = stack.enter_context(scratch_folder()) / "push"
        done = door.run(
            *command,
            accept=PUSH_ENDED,
            hooks=hooks,
            environment={VARIABLE: str(notes)} if notes else {},
            inherits=inherits,
        )
        return done, read_trace(notes) if notes else PushTrace()


def _answered(
    done: Completed, rows: Sequence[Sequence[str]], publications: Sequence[Publication]
) -> PushReport:
    """Return the report of a push that was refused ref by ref, by git or by the server."""
    summaries = _summaries(rows)
    there = set(OVERTAKEN.findall(done.stderr))
    theirs = bool(there) and there.isdisjoint(each.after for each in publications)
    return PushReport(
        accepted=False,
        reason=why(summaries, done.stderr) or last_line(done.stderr),
        final=theirs or LOCKED not in done.stderr or not OVER_HTTP.search(done.text),
        faster=theirs or bool(FASTER.intersection(summaries)),
    )


def _unanswered(
    done: Completed,
    known: GitError,
    rows: Sequence[Sequence[str]],
    trace: PushTrace,
    publications: Sequence[Publication],
) -> PushReport:
    """Judge a push of which no refs were reported: by what was seen, else by git's words."""
    if trace.hook:
        words = hook_words(done.text, done.stderr)
        said = f"the pre-push hook refused: {words}" if words else "the pre-push hook refused."
        return PushReport(accepted=False, reason=said, sent=False)
    seen = trace.ended and any(each.after for each in publications)  # a deletion needs no pack
    unclear = trace.ended and trace.sent and known.code != "no_transport"
    told = known.code in BEFORE_SENDING and not unclear
    words = why(_summaries(rows), done.stderr)
    if told:
        sentence = f"{known.message.removesuffix('.')}: {words}" if words else known.message
        return not_sent(GitError(sentence, hint=known.hint, code=known.code))
    sent = trace.sent or not seen
    return PushReport(
        accepted=False,
        reason=words or last_line(done.stderr),
        final=not sent or TURNED_AWAY.search(done.stderr) is not None,
        sent=sent,
    )


def _rows(report: str) -> list[list[str]]:
    """Return flag, refspec and summary of each ref in a push's report.

    It begins with where the push goes to; a hook may have printed anything before that.
    """
    lines = report.split("\n")
    begin = max((at for at, line in enumerate(lines) if line.startswith("To ")), default=len(lines))
    return [line.split("\t") for line in lines[begin:] if line.count("\t") > 1]


def _summaries(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what git says of each ref that was not updated."""
    return [row[2].partition("(")[2].rpartition(")")[0] for row in rows if row[0] == "!"]
