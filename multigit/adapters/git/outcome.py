"""The result of a git process, and what its errors mean in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from multigit.adapters.git.paths import typed
from multigit.errors import GitError
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a git process: exit status, output as bytes, standard error masked."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Return standard output as text; bytes that are not UTF-8 become surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    def fields(self) -> list[str]:
        """Return the NUL-terminated fields of a `-z` output."""
        return self.text.split("\0")[:-1]


_NOT_STARTED = (  # printed by the shell that starts core.sshCommand, or by git itself
    r"^(?!remote:).*: (line )?\d+: .*: (command not found|not found|No such file or directory|"
    r"Permission denied)$|^(fatal|error): cannot run (?!gpg)"
)
_READ_ONLY = (
    r"^(remote: |ERROR: )*(The key .* read only|Permission to \S+ denied|You are not allowed|"
    r"Write access to repository not granted|This deploy key does not have write access|"
    r"The repository is (temporarily )?read-only)"
)
_BROKEN_OFF = r"RPC failed|early EOF|hung up|error: 5\d\d|unexpected disconnect|Connection reset"
_CONNECTING = {"clone", "fetch", "ls-remote", "push"}  # only these can lose a connection
_HUNG_UP = r"^(fatal|error): (the remote end hung up|packet write)"  # else of a local filter
_REASONS = (
    # What git prints → code, sentence, hint. Only what people read depends on this.
    (
        r"dubious ownership",
        "foreign_owner",
        "the repository belongs to another user.",
        Hint.TRUST,
    ),
    (
        r"transport '.*' not allowed",
        "transport_not_allowed",
        "the protocol of the remote's URL is not allowed: it would run a command.",
        Hint.OTHER_PROTOCOL,
    ),
    (
        r"does not support (the )?--?atomic",
        "no_atomic",
        "the remote does not accept atomic pushes, so a branch could move without its tag.",
        "Set receive.advertiseAtomic there, or serve it with git 2.4 or newer.",
    ),
    (
        _NOT_STARTED,
        "program_missing",
        "a program that git needs cannot be started.",
        "Check core.sshCommand, GIT_SSH_COMMAND and PATH.",
    ),
    (
        r"does not support (the )?--signed push",
        "no_signed_push",
        "the remote does not accept signed pushes.",
        "Set push.gpgSign to if-asked, or receive.certNonceSeed on the server.",
    ),
    (
        r"^git: 'remote-\S+' is not a git command|^fatal: unable to find remote helper for",
        "no_transport",
        "git has no helper for this kind of URL.",
        Hint.INSTALL_TRANSPORT,
    ),
    (
        r"^(remote: |ERROR: |fatal: remote error: )+.*\b(was|is|has been) archived",
        "read_only",
        "the remote repository is archived, so it is read-only.",
        "Unarchive it on its host, or leave it out with --exclude.",
    ),
    (
        r"^(remote: |ERROR: |fatal: remote error: )+.*(?i:repository|project)\b.* disabled",
        "read_only",
        "the remote repository is disabled.",
        "Ask its owner, or leave it out with --exclude.",
    ),
    (
        r"Could not resolve (host|proxy)|Name or service not known|nodename nor servname",
        "unreachable",
        "the remote's host name cannot be resolved.",
        "Check the network and the remote's URL.",
    ),
    (
        _BROKEN_OFF,
        "connection_lost",
        "the connection to the remote was lost.",
        "Try again; if it is lost again, check the remote's status page.",
    ),
    (
        r"(Connection|Operation) (refused|timed out)|No route to host|Failed to connect",
        "unreachable",
        "the remote cannot be reached.",
        "Check the network and the remote's URL.",
    ),
    (
        _READ_ONLY,
        "read_only",
        "you do not have permission to push.",
        "Ask its owner for access, or use another key or token.",
    ),
    (
        r"Permission denied \(|Authentication failed|could not read (User|Pass)|error: 40[13]",
        "authentication",
        "the remote refused the credentials.",
        Hint.SIGN_IN,
    ),
    (
        r"Host key verification failed",
        "host_key",
        "the remote's ssh host key is not trusted.",
        "Connect once with ssh and check the key.",
    ),
    (
        r"does not appear to be a git repository|[Rr]epository .*not found|not found$",
        "remote_missing",
        "the remote repository was not found.",
        Hint.CHECK_URL,
    ),
    (
        r"[Rr]ead-only file system|Permission denied|insufficient permission|unable to create",
        "not_writable",
        "git cannot write to the repository.",
        "Check its owner and permissions.",
    ),
    (
        r"failed to sign|cannot run gpg|unable to sign|Couldn't (load|find) .*key|No private key",
        "signing_failed",
        "the commit or tag could not be signed.",
        "Check gpg.program and user.signingKey, or turn commit.gpgSign and tag.gpgSign off.",
    ),
    (
        r"No space left on device|Disk quota exceeded",
        "disk_full",
        "the disk is full.",
        "Free some space and try again.",
    ),
)


_CLONING: dict[str, str] = {  # instead, where there is no clone yet
    Hint.OTHER_PROTOCOL: "Correct its url in multigit.toml: give it an ssh, https or file URL.",
    Hint.INSTALL_TRANSPORT: "Install it, or correct the url in multigit.toml.",
    Hint.SIGN_IN: "Check your ssh key or credential helper: git must not have to ask.",
    Hint.CHECK_URL: "Check its url in multigit.toml and your access.",
}


def failure(
    subcommand: str, done: Completed, folder: Path = Path(), remote: str = "origin"
) -> GitError:
    """Return the error of a failed command: a sentence in plain words if the reason is known.

    `folder` is where git ran, `remote` the remote that it used.
    """
    if subcommand not in _CONNECTING and re.search(_HUNG_UP, done.stderr, re.MULTILINE):
        return GitError(
            "a filter process ended before it had filtered a file.",
            hint=Hint.SEE_FILTERS.format(path=typed(folder)),
            code="filter_failed",
            output=done.stderr,
        )
    for pattern, code, sentence, hint in _REASONS:
        if re.search(pattern, done.stderr, re.MULTILINE):
            advice = _CLONING.get(hint, hint) if subcommand == "clone" else hint
            named = re.search(r"dubious ownership in repository at '(.+)'", done.stderr)
            where = quote(named[1]) if named else typed(folder)
            advice = advice.format(path=where, remote=remote)
            cause = _cause(done.stderr) if code == "connection_lost" else ""
            message = f"{sentence.removesuffix('.')}: {cause}" if cause else sentence
            return GitError(message, hint=advice, code=code, output=done.stderr)
    reason = last_line(done.stderr) or f"it ended with status {done.status}"
    return GitError(f"git {subcommand} failed: {reason}", output=done.stderr)


def _cause(stderr: str) -> str:
    """Return why git gave up before it reported that the connection was lost; or empty."""
    lines = [line.strip() for line in stderr.split("\n")]
    fatal = (line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: "))
    return next((line for line in fatal if not re.search(_BROKEN_OFF, line)), "")


def last_line(stderr: str) -> str:
    """Return the most important line: the first fatal or error line, else the last one."""
    lines = [line.strip() for line in stderr.split("\n") if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (errors or lines[-1:] or [""])[0].removeprefix("fatal: ").removeprefix("error: ")
