"""The URLs that a remote is fetched from and pushed to, as git resolves them from its settings.

These are all settings by key, in git's order; see git-config(1) for `url.*.insteadOf`. Nothing
here connects to a host: ssh resolves aliases of hosts from its configuration.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from multigit.adapters.git.settings import in_environment
from multigit.adapters.system.programs import shell_output
from multigit.core.values.clone_facts import Detour
from multigit.core.values.remote_url import (
    SSH,
    at_other_ports,
    has_credentials,
    parsed,
    place,
    without_credentials,
    without_user,
)
from multigit.core.values.text import masked, visible

Settings = Mapping[str, tuple[str, ...]]

PUBLISHED = "multigit-published"  # a remote for the push URL, if another one is fetched
RESETTING_GIT = (2, 46)  # since this version an empty URL clears the list before it
_HOST = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.:-]*")
_NOWHERE = re.compile(r"[^/:\\]*|/dev/null|file:///dev/null|[a-z_-]*disabled?://.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote of one clone.

    `named` is the URL to push to that the workspace's configuration names, or empty. `git` is git's
    version, `folder` the work tree, `ssh` the command that git uses if it is OpenSSH.
    """

    name: str
    settings: Settings
    git: tuple[int, ...]
    folder: Path
    named: str = ""
    ssh: str = ""

    def fetched(self) -> str:
        """Return the URL that git fetches from, or empty."""
        return rewritten(self.settings, next(iter(self._listed("url")), ""))

    def pushed(self) -> tuple[str, ...]:
        """Return the URLs that git pushes to; `pushInsteadOf` does not touch explicit ones."""
        if own := self._listed("pushurl"):
            return tuple(rewritten(self.settings, url) for url in own)
        urls = self._listed("url")
        redirected = [(url, rewritten(self.settings, url, "pushinsteadof")) for url in urls]
        return tuple(to for url, to in redirected if to != url) or tuple(
            rewritten(self.settings, url) for url in urls
        )

    def urls(self) -> tuple[str, ...]:
        """Return the URLs that git uses, with aliases of ssh resolved; then those as written."""
        used = (*self.pushed(), self.fetched())
        return (*(without_alias(url, self.ssh) for url in used), *self._listed("url"))

    def has_credentials(self) -> bool:
        """Return whether one of its URLs, or what git rewrites it to, holds a secret."""
        urls = (*self._listed("url"), *self._listed("pushurl"), self.fetched(), *self.pushed())
        return any(map(has_credentials, urls))

    def plain_url(self) -> str:
        """Return its URL without the secret in it, or empty if another setting has the secret."""
        urls = self._listed("url")
        return without_credentials(urls[0]) if len(urls) == 1 and has_credentials(urls[0]) else ""

    def is_mirror(self) -> bool:
        """Return whether git pushes all refs to it or none."""
        return is_true(self.settings.get(f"remote.{self.name}.mirror", ("",))[-1])

    def serves_itself(self) -> bool:
        """Return whether a push needs no server except what git itself starts on this machine."""
        return all(url.startswith(("file://", "/")) for url in self.pushed())

    def detour(self) -> Detour | None:
        """Return where a push goes instead of its target; several push URLs are another fault."""
        pushed, named = self.pushed(), rewritten(self.settings, self.named)
        target = named or self.fetched()
        if len(pushed) != 1 or same_repository(pushed[0], target, self.folder, self.ssh):
            return None
        to, wanted = (visible(masked(without_user(url))) for url in (pushed[0], target))
        return Detour(
            to=to,
            wanted=wanted,
            named=bool(named),
            own=bool(self._listed("pushurl")),
            nowhere=_NOWHERE.fullmatch(pushed[0]) is not None,
        )

    def published(self) -> tuple[str, Mapping[str, str]]:
        """Return the remote that has what is published, and the environment that defines it.

        It is another one only if the configuration names a push URL: the mirror that is fetched
        may be late. In the environment, the URL is not in any process list.
        """
        pushed = self.pushed()
        if not self.named or not pushed:
            return self.name, {}
        return PUBLISHED, in_environment((f"remote.{PUBLISHED}.url", pushed[0]))

    def _listed(self, key: str) -> list[str]:
        urls: list[str] = []
        for url in self.settings.get(f"remote.{self.name}.{key}", ()):
            if not url and self.git >= RESETTING_GIT:
                urls.clear()
            else:
                urls.append(url)
        return urls


def is_true(value: str) -> bool:
    """Read a boolean as git does: words, or any number but zero."""
    value = value.lower()
    return value in {"true", "yes", "on"} or (value.isdecimal() and int(value) != 0)


def rewritten(settings: Settings, url: str, key: str = "insteadof") -> str:
    """Return a URL as git rewrites it: the longest prefix wins, among equals the first one."""
    best, base = None, ""
    for name, prefixes in settings.items():
        match = re.fullmatch(rf"url\.(.*)\.{key}", name, re.DOTALL)
        for prefix in prefixes if match else ():
            if match and url.startswith(prefix) and (best is None or len(prefix) > len(best)):
                best, base = prefix, match[1]
    return url if best is None or not url else base + url[len(best) :]


def same_repository(url: str, other: str, folder: Path, ssh: str) -> bool:
    """Return whether two URLs name the same repository; relative paths start in `folder`."""
    places = place(url), place(other)
    if not any(each.host for each in places):
        return _on_disk(parsed(url).path, folder) == _on_disk(parsed(other).path, folder)
    if at_other_ports(url, other):
        return False
    if places[0] == places[1]:
        return True
    return place(without_alias(url, ssh)) == place(without_alias(other, ssh))


def _on_disk(path: str, folder: Path) -> str:
    """Return where git finds the repository of a path, with symbolic links followed."""
    start = os.path.normpath(folder / path)
    for suffix in ("/.git", "", ".git/.git", ".git"):
        if os.path.isfile(f"{start}{suffix}/HEAD"):  # noqa: PTH113  (false if it is unreadable)
            return os.path.realpath(f"{start}{suffix}")
    return os.path.realpath(start)


def without_alias(url: str, ssh: str) -> str:
    """Return an ssh URL with the host that its alias stands for; any other URL as it is."""
    parts = parsed(url)
    if parts.scheme not in SSH or not ssh or not _HOST.fullmatch(parts.host):
        return url
    user = parts.user.partition(":")[0]
    host = _host_name(ssh, f"{user}@{parts.host}" if user else parts.host, parts.port)
    return url if host in {"", parts.host} else f"ssh://{host}/{parts.path.lstrip('/')}"


@cache
def _host_name(ssh: str, destination: str, port: str) -> str:
    """Return the host that ssh would connect to by its configuration; empty if ssh fails."""
    options = ("-p", port) if port else ()
    answer = shell_output(f'{ssh} -G "$@"', *options, "--", destination)
    host = re.search(r"^hostname (\S+)$", answer, re.MULTILINE)
    return host[1].lower() if host else ""
