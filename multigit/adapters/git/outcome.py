"""What a git process left, and what its complaints mean in our words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from multigit.errors import GitError
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class Completed:
    """What a git process left: exit status, standard output as bytes, masked standard error."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Return standard output as text; bytes that are no UTF-8 survive as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    def fields(self) -> list[str]:
        """Return the NUL-terminated fields of a `-z` output."""
        return self.text.split("\0")[:-1]


_NOT_STARTED = (  # what the shell says that starts core.sshCommand, or git itself
    r"^(?!remote:).*: (line )?\d+: .*: (command not found|not found|No such file or directory|"
    r"Permission denied)$|^(fatal|error): cannot run (?!gpg)"
)
_READ_ONLY = (
    r"^(remote: |ERROR: )*(The key .* read only|Permission to \S+ denied|You are not allowed|"
    r"Write access to repository not granted|This deploy key does not have write access|"
    r"The repository is (temporarily )?read-only)"
)
_BROKEN_OFF = r"RPC failed|early EOF|hung up|error: 5\d\d|unexpected disconnect|Connection reset"
_ASKING = {"clone", "fetch", "ls-remote", "push"}  # what speaks with a remote, and so may lose it
_LEFT = r"^(fatal|error): (the remote end hung up|packet write)"  # by a program of ours, then
_REASONS = (
    # What git prints → our code, sentence, hint. Only words chosen for people depend on this.
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
        "the remote takes no atomic pushes, so a branch could move without its tag.",
        "Set receive.advertiseAtomic there, or let git 2.4 or newer serve it.",
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
        "the remote takes no signed pushes.",
        "Set push.gpgSign to if-asked, or let the server have a receive.certNonceSeed.",
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
        "Take it out of the archive at its host, or leave it out with --exclude.",
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
        "the remote's host name is not known.",
        "Check the network and the remote's URL.",
    ),
    (
        _BROKEN_OFF,
        "connection_lost",
        "the connection to the remote broke off.",
        "Try again; if it stays so, look at the remote's status page.",
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
        "the remote lets you read, not push.",
        "Ask for the right to push there, or use another key or token.",
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
        "the remote's ssh host key is not known.",
        "Connect once by hand with ssh and check the key.",
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
        "git may not write to the repository.",
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
        "Make room and try again.",
    ),
)


_CLONING = {  # where there is no clone yet that could be asked
    Hint.OTHER_PROTOCOL: "Correct its url in multigit.toml: give it an ssh, https or file URL.",
    Hint.INSTALL_TRANSPORT: "Install it, or correct the url in multigit.toml.",
    Hint.SIGN_IN: "Check your ssh key or credential helper: git must not have to ask.",
    Hint.CHECK_URL: "Check its url in multigit.toml and your access.",
}


def failure(
    subcommand: str, done: Completed, folder: Path = Path(), remote: str = "origin"
) -> GitError:
    """Return the error for a failed command: a sentence of ours where we know the reason.

    `folder` is where git ran, `remote` what it was to reach.
    """
    if subcommand not in _ASKING and re.search(_LEFT, done.stderr, re.MULTILINE):
        return _filter_failed(done, folder)
    for pattern, code, sentence, hint in _REASONS:
        if re.search(pattern, done.stderr, re.MULTILINE):
            way = hint
            if isinstance(hint, Hint) and subcommand == "clone":
                way = _CLONING.get(hint, hint)
            named = re.search(r"dubious ownership in repository at '(.+)'", done.stderr)
            where = quote(named[1] if named else str(folder))
            way = way.format(path=where, remote=remote) if isinstance(way, Hint) else way
            why = _before_the_end(done.stderr) if code == "connection_lost" else ""
            told = f"{sentence.removesuffix('.')}: {why}" if why else sentence
            return GitError(told, hint=way, code=code, output=done.stderr)
    said = last_line(done.stderr) or f"it ended with status {done.status}"
    return GitError(f"git {subcommand} failed: {said}", output=done.stderr)


def _filter_failed(done: Completed, folder: Path) -> GitError:
    return GitError(
        "a filter process that git asked about a file ended without an answer.",
        hint=Hint.SEE_FILTERS.format(path=quote(str(folder))),
        code="filter_failed",
        output=done.stderr,
    )


def _before_the_end(stderr: str) -> str:
    """Return what git gave up for before it told that the connection was over; or empty."""
    said = [line.strip() for line in stderr.split("\n")]
    told = (line.removeprefix("fatal: ") for line in said if line.startswith("fatal: "))
    return next((line for line in told if not re.search(_BROKEN_OFF, line)), "")


def last_line(stderr: str) -> str:
    """Return the line that says most: the first fatal or error line, else the last one."""
    lines = [line.strip() for line in stderr.split("\n") if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (telling or lines[-1:] or [""])[0].removeprefix("fatal: ").removeprefix("error: ")
