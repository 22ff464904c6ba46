"""What git's configuration says in one repository, read with one process."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from multigit.adapters.git.outcome import Completed
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.remote import Remote, is_true
from multigit.adapters.git.settings import in_environment
from multigit.core.values.clone_facts import CloneFacts
from multigit.errors import GitError

HARMLESS = (  # settings whose values the transcript shows, with passwords in URLs masked
    "branch.",
    "commit.",
    "core.",
    "extensions.",
    "fetch.",
    "gpg.",
    "merge.",
    "pack.",
    "push.",
    "remote.",
    "submodule.",
    "tag.",
    "user.",
)
_CRUD = " .,:;<>\"\\'\t\r\n"


@dataclass(frozen=True, slots=True)
class GitConfig:
    """All values by key, of which the last one counts, and the repository's common directory.

    `pre_push` is true if there is such a hook, whether it is run or not. `own` are the keys that
    the repository's own configuration sets. `places` are the files that set a key, if that is not
    its `config`: another one for a work tree, or one that it includes.
    """

    values: Mapping[str, tuple[str, ...]]
    common_dir: Path
    pre_push: bool = False
    own: frozenset[str] = frozenset()
    places: Mapping[str, Path] = field(default_factory=dict)

    def last(self, key: str) -> str:
        """Return the value that counts, or empty."""
        return self.values.get(key, ("",))[-1]

    def flag(self, key: str) -> bool:
        """Return a boolean as git reads it."""
        return is_true(self.last(key))

    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes that have a URL."""
        keys = (re.fullmatch(r"remote\.(.+)\.url", key, re.DOTALL) for key in self.values)
        return frozenset(key[1] for key in keys if key)

    def remote(self) -> str:
        """Return `origin`, or the only remote; empty if there is neither."""
        remotes = self.remotes()
        only = next(iter(remotes)) if len(remotes) == 1 else ""
        return "origin" if "origin" in remotes else only

    def facts(self, remote: Remote) -> CloneFacts:
        """Return what publishing from here to this remote depends on."""
        shallow = self.common_dir / "shallow"
        return CloneFacts(
            shallow=shallow.exists() and shallow.stat().st_size > 0,
            push_urls=len(remote.pushed()),
            identity=self.identity(os.environ),
            credentials=remote.has_credentials(),
            plain_url=remote.plain_url(),
            follow_tags=self.flag("push.followtags"),
            signs_commits=self.flag("commit.gpgsign"),
            signs_tags=self.flag("tag.gpgsign"),
            signs_pushes=self.flag("push.gpgsign"),
            detour=remote.detour(),
            mirror=remote.is_mirror(),
            push_url_in=str(self.places.get(f"remote.{remote.name}.pushurl", "")),
            mirror_in=str(self.places.get(f"remote.{remote.name}.mirror", "")),
            pre_push=self.pre_push,
        )

    def identity(self, environment: Mapping[str, str]) -> str:
        """Return the committer, "Name <email>", or empty; see git-commit(1) "COMMIT INFORMATION".

        Unlike in git, a name or address that is only guessed from the machine does not count.
        """
        own_name, own_email = self.last("committer.name"), self.last("committer.email")
        name = environment.get("GIT_COMMITTER_NAME") or own_name or self.last("user.name")
        email = environment.get("GIT_COMMITTER_EMAIL") or own_email or self.last("user.email")
        email = email or environment.get("EMAIL", "")
        name, email = (re.sub(r"[<>\n]", "", part.strip(_CRUD)) for part in (name, email))
        return f"{name} <{email}>" if name and email else ""

    def signing(self) -> tuple[str, ...]:
        """Return the settings by which git signs in this repository, as `key=value`.

        A repository elsewhere needs them: `includeIf "gitdir:…"` may include other ones there.
        """
        kinds = ("gpg.", "user.", "committer.")
        return tuple(f"{key}={self.last(key)}" for key in self.values if key.startswith(kinds))

    def inert(self) -> dict[str, str]:
        """Return an environment in which no configured filter or merge driver runs.

        A path that needs a driver of its own then counts as a conflict, which a person resolves.
        """
        settings: list[tuple[str, str]] = []
        for key in self.values:
            if re.fullmatch(r"merge\..+\.driver", key, re.DOTALL):
                settings.append((key, "false"))
            elif match := re.fullmatch(r"(filter\..+)\.(clean|smudge|process)", key, re.DOTALL):
                settings += [(key, ""), (f"{match[1]}.required", "false")]
        return in_environment(*settings)


def without_secrets(listing: Completed) -> str:
    """Return the settings, one per line, with the values of those that never hold a secret.

    A header, a credential helper or a setting of the user's own may hold a token.
    """
    fields = listing.fields()
    lines = []
    for scope, origin, entry in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        key, _, value = entry.partition("\n")
        lines.append(f"{scope} {origin} {key}={value if key.startswith(HARMLESS) else '***'}\n")
    return "".join(lines)


def read_config(door: GitDoor) -> GitConfig:
    """Open the repository in the door's folder.

    Raises GitError when there is no repository, or one that git does not trust.
    """
    if not door.folder.is_dir():
        raise GitError(
            "is not cloned yet.",
            hint="Clone it, or correct its path in multigit.toml.",
            code="missing",
        )
    listing = ("config", "--list", "-z", "--show-scope", "--show-origin")
    fields = door.run(*listing, kept=without_secrets).fields()
    values: dict[str, list[str]] = {}
    own: set[str] = set()
    places: dict[str, Path] = {}
    common_dir: Path | None = None
    for scope, origin, entry in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        if scope == "command":  # our own options, which say nothing about the user's
            continue
        key, has_value, value = entry.partition("\n")
        values.setdefault(key, []).append(value if has_value else "true")
        if scope in {"local", "worktree"}:
            own.add(key)
        if origin.startswith("file:"):
            file = door.folder / origin.removeprefix("file:")
            places[key] = file.resolve()
            if scope == "local":
                common_dir = common_dir or file.parent.resolve()
    common_dir = common_dir or _ask_git(door)
    dot_git = door.folder / ".git"
    if not dot_git.exists() or (dot_git.is_dir() and dot_git.resolve() != common_dir):
        raise _not_a_repository()  # git found one in a folder above, which is another one
    hooks = Path(values.get("core.hookspath", [""])[-1] or common_dir / "hooks").expanduser()
    hook = door.folder / hooks / "pre-push"  # a relative path begins at the work tree
    elsewhere = {key: file for key, file in places.items() if file != common_dir / "config"}
    return GitConfig(
        {key: tuple(settings) for key, settings in values.items()},
        common_dir,
        pre_push=os.access(hook, os.X_OK),
        own=frozenset(own),
        places=elsewhere,
    )


def _ask_git(door: GitDoor) -> Path:
    """Ask git where the repository is, or why it finds none: there is no `local` configuration."""
    try:
        answer = door.run("rev-parse", "--path-format=absolute", "--git-common-dir")
    except GitError as error:
        if "not a git repository" not in error.output:
            raise
        raise _not_a_repository() from error
    return Path(answer.text.strip())


def _not_a_repository() -> GitError:
    return GitError(
        "the folder is not a git repository.",
        hint="Correct its path in multigit.toml, or clone it there.",
        code="not_a_repository",
    )
