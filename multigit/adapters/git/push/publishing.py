"""Pushing, and asking the remote for the result."""

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
from multigit.adapters.git.push.server_messages import hook_words, why
from multigit.adapters.git.push.trace import BROKEN_PIPE, VARIABLE, PushTrace, read_trace
from multigit.core.values.flight import Flight, flight
from multigit.core.values.git_answers import Publication, PushReport
from multigit.errors import GitError, MultigitError

PUSH = ("push", "--porcelain", "--atomic")
PUSH_ENDED = (0, 1, 128, -BROKEN_PIPE)
# Fast-forwarded, new, up to date, forced, deleted; see git-push(1) --porcelain.
DONE = {" ", "*", "=", "+", "-"}
NO_REPORT = "remote failed to report status"
# After these the server received nothing that it could act on.
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
# A web server that answers a pack like this has not passed it on.
TURNED_AWAY = re.compile(r"^error: RPC failed; HTTP (401|403|404|413)\b", re.MULTILINE)

# Another push is updating the ref. Over http it may be the same one: if a reused connection is
# lost, libcurl silently sends the request again.
LOCKED = "cannot lock ref"
OVER_HTTP = re.compile(r"^To https?:", re.MULTILINE)
# Someone else has moved the ref meanwhile, in the words of git and of other servers.
OVERTAKEN = re.compile(r"is at ([0-9a-f]{40,64}) but expected")
FASTER = {"fetch first", "failed to lock", "lock error", "needs force", "stale info"}


class Publishes(Clone):
    """Pushes, and asks the remote itself."""

    def remote_refs(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Ask the remote what these refs point at now, in one connection; absent ones are left out.

        Raises GitError if it does not answer.
        """
        remote, environment = self._place().published()
        done = self._door.run("ls-remote", "--refs", "--", remote, *refs, environment=environment)
        rows = (line.partition("\t") for line in done.text.split("\n"))
        return {ref: sha for sha, _, ref in rows if ref in refs}

    def dry_run_push(self, publication: Publication) -> bool:
        """Connect as a push does, and send nothing; return whether the ref is already at `after`.

        A server shows what it supports only to those who may push. Neither side runs a hook. Over
        http, git does not ask for atomicity if the ref is already at `after`: a new ref tests more.
        Raises GitError if the push could not be made.
        """
        done = self._door.run(
            *PUSH,
            "--dry-run",
            f"--force-with-lease={publication.ref}:{publication.before}",
            *("--", self._remote, f"{publication.after}:{publication.ref}"),
        )
        return any(row[0] == "=" for row in _rows(done.text))

    def flight(self) -> Flight:
        """Return what to note before the next push starts."""
        local = self._place().serves_itself()
        mark, timeout = self._mark.make(), self._workspace.git_timeout
        return flight(time.time(), timeout, host=socket.gethostname(), mark=mark, local=local)

    def in_flight(self, flight: Flight) -> bool | None:
        """Return whether a push that was noted is still running.

        None if that is unknown: for a push from another machine, or to a server over a network.
        """
        held = self._mark.is_held(flight.mark) if flight.host == socket.gethostname() else None
        return held if held or flight.local else None

    def push(self, publications: Sequence[Publication]) -> PushReport:
        """Publish all or none, each ref only if it is still at `before`: one connection."""
        with ExitStack() as stack:
            try:
                detour = self._place().detour()
                mark = stack.enter_context(self._mark.held())
            except MultigitError as error:  # the clone is gone, or is no longer as it was
                return _not_sent(error)
            if detour:
                reason = f"{self._remote} is pushed to {detour.to}, not to {detour.wanted}."
                return PushReport(accepted=False, reason=reason, sent=False, code="other_push_url")
            hooks = self._repo.hooks
            return _push(self._door, publications, hooks=hooks, inherits=mark)


def _push(
    door: GitDoor, publications: Sequence[Publication], *, hooks: bool, inherits: Sequence[int]
) -> PushReport:
    """Publish all refs or none, each only if the remote still has its `before`.

    The report is `accepted` only if git succeeded and named every ref as done. Anything else does
    not prove that nothing happened: the answer may have been lost.
    """
    command = (
        *PUSH,
        *(f"--force-with-lease={each.ref}:{each.before}" for each in publications),
        *("--", door.remote),
        *(f"{each.after}:{each.ref}" for each in publications),
    )
    try:
        done, trace = _traced(door, command, hooks=hooks, inherits=inherits)
    except GitError as error:
        if error.code == "not_started":
            return _not_sent(error)
        raise
    rows = _rows(done.text)
    flags = {row[1].rpartition(":")[2]: row[0] for row in rows if NO_REPORT not in row[2]}
    if done.status == 0 and all(flags.get(each.ref) in DONE for each in publications):
        return PushReport(accepted=True)
    if not trace.hook and all(each.ref in flags for each in publications):
        return _answered(done, rows, publications)
    failed = failure("push", done, door.folder, door.remote)
    return _unanswered(done, failed, rows, trace, publications)


def _not_sent(error: MultigitError) -> PushReport:
    return PushReport(
        accepted=False, reason=error.message, sent=False, code=error.code, hint=error.hint
    )


def _traced(
    door: GitDoor, command: Sequence[str], *, hooks: bool, inherits: Sequence[int]
) -> tuple[Completed, PushTrace]:
    """Push, and read git's trace of it; without a trace nothing is known."""
    with ExitStack() as stack:
        file = None
        with suppress(GitError):
            file = stack.enter_context(scratch_folder()) / "push"
        done = door.run(
            *command,
            accept=PUSH_ENDED,
            hooks=hooks,
            environment={VARIABLE: str(file)} if file else {},
            inherits=inherits,
        )
        return done, read_trace(file) if file else PushTrace()


def _answered(
    done: Completed, rows: Sequence[Sequence[str]], publications: Sequence[Publication]
) -> PushReport:
    """Return the report of a push that was refused ref by ref, by git or by the server."""
    summaries = _summaries(rows)
    actual = set(OVERTAKEN.findall(done.stderr))
    overtaken = bool(actual) and actual.isdisjoint(each.after for each in publications)
    return PushReport(
        accepted=False,
        reason=why(summaries, done.stderr) or last_line(done.stderr),
        final=overtaken or LOCKED not in done.stderr or not OVER_HTTP.search(done.text),
        faster=overtaken or bool(FASTER.intersection(summaries)),
    )


def _unanswered(
    done: Completed,
    error: GitError,
    rows: Sequence[Sequence[str]],
    trace: PushTrace,
    publications: Sequence[Publication],
) -> PushReport:
    """Judge a push for which no refs were reported: by git's trace, else by its error."""
    if trace.hook:
        words = hook_words(done.text, done.stderr)
        reason = f"the pre-push hook refused: {words}" if words else "the pre-push hook refused."
        return PushReport(accepted=False, reason=reason, sent=False)
    words = why(_summaries(rows), done.stderr)
    contradicted = trace.ended and trace.sent and error.code != "no_transport"
    if error.code in BEFORE_SENDING and not contradicted:
        message = f"{error.message.removesuffix('.')}: {words}" if words else error.message
        return _not_sent(GitError(message, hint=error.hint, code=error.code))
    traced = trace.ended and any(each.after for each in publications)  # a deletion needs no pack
    sent = trace.sent or not traced
    return PushReport(
        accepted=False,
        reason=words or last_line(done.stderr),
        final=not sent or TURNED_AWAY.search(done.stderr) is not None,
        sent=sent,
    )


def _rows(report: str) -> list[list[str]]:
    """Return flag, refspec and summary of each ref in a push's report.

    It begins with the URL; a hook may have printed anything before that.
    """
    lines = report.split("\n")
    begin = max((at for at, line in enumerate(lines) if line.startswith("To ")), default=len(lines))
    return [line.split("\t") for line in lines[begin:] if line.count("\t") > 1]


def _summaries(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return git's reason for each ref that was not updated."""
    return [row[2].partition("(")[2].rpartition(")")[0] for row in rows if row[0] == "!"]
