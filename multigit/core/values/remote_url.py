"""What the URL of a remote says: the repository that it names, and whether it holds a secret.

The forms are those of git-fetch(1) "GIT URLS": scheme://user@host:port/path, the short form for
ssh (user@host:path), helper::address, and paths on this machine.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_HELPER = re.compile(r"(?P<helper>[A-Za-z0-9][A-Za-z0-9+.-]*)::(?P<address>.*)", re.DOTALL)
_SHORT = re.compile(
    r"(?:(?P<user>[^/:\[]+)@)?(?P<host>\[[^/\]]+\]|[^/:\[@]+):(?P<path>.*)", re.DOTALL
)
_AUTHORITY = re.compile(r"(?:(?P<user>.*)@)?(?P<host>\[[^\]]*\]|[^:@]*)(?::(?P<port>\d*))?")
_USER = re.compile(r"^((?:[a-z0-9]+::)?([a-z][a-z0-9+.-]*)://)([^/\s]*)@", re.IGNORECASE)
_TOKEN = re.compile(r"gh[oprsu]_|github_pat_|gl(pat|dt|rt|cbt|ptt|ft|oas|soat)-")
_LONG = 30  # characters of a user without an @ that are too many for a name

SSH = {"ssh", "git+ssh", "ssh+git"}
_WEB_PORTS = {"http": "80", "https": "443"}
WEB = _WEB_PORTS.keys()
# Under these names the hosts serve the same repositories, most of them over ssh at port 443.
_OTHER_NAMES = {
    "ssh.github.com": "github.com",
    "www.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
    "vs-ssh.visualstudio.com": "dev.azure.com",
}
_AZURE, _OLD_AZURE = "dev.azure.com", ".visualstudio.com"
# Hosts that ignore the case of a repository's path.
_CASELESS = {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", _AZURE}


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """The parts of a URL; `scheme` is file for a path, ssh for the short form, NAME:: for helpers.

    `user` is what comes before the @, including a password; `host` is in lower case.
    """

    scheme: str
    path: str
    host: str = ""
    user: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is, whatever the protocol; `host` is empty on this machine."""

    host: str
    path: str


def parsed(url: str) -> RemoteUrl:
    """Return the parts of a URL as git parses it."""
    if helper := _HELPER.fullmatch(url):
        return RemoteUrl(f"{helper['helper']}::", helper["address"])
    if match := _SCHEME.fullmatch(url):
        scheme = match["scheme"].lower()
        authority, slash, path = match["rest"].partition("/")
        parts = _AUTHORITY.fullmatch(authority)
        if scheme == "file" or parts is None:
            return RemoteUrl(scheme, f"{slash}{path}" if parts else match["rest"])
        host, user, port = parts["host"].lower(), parts["user"] or "", parts["port"] or ""
        return RemoteUrl(scheme, f"{slash}{path}", host, user, port)
    if short := _SHORT.fullmatch(url):
        host, _, port = short["host"].strip("[]").partition(":")
        if ":" in port:  # an IPv6 address
            host, port = short["host"], ""
        return RemoteUrl("ssh", short["path"], host.lower(), short["user"] or "", port)
    return RemoteUrl("file", url)


def place(url: str) -> Place:
    """Return the repository that a URL names: the same for each protocol, user and port."""
    parts = parsed(url)
    if parts.scheme.endswith("::"):
        return Place(parts.scheme, parts.path)
    if parts.scheme == "file":
        return Place("", _plain(parts.path))
    host, path = _OTHER_NAMES.get(parts.host, parts.host), _plain(unquote(parts.path)).strip("/")
    if host.endswith(_OLD_AZURE):
        path, host = f"{host.removesuffix(_OLD_AZURE)}/{path}", _AZURE
    if host == _AZURE:
        path = _azure(path.casefold())
    elif parts.scheme in WEB:  # Bitbucket's own servers and Gerrit put this before it
        path = re.sub(r"^(scm|a)/(?=.+/)", "", path)
    return Place(host, path.casefold() if host in _CASELESS else path)


def at_other_ports(one: str, other: str) -> bool:
    """Return whether two web URLs of one protocol have different ports, so maybe different servers.

    Different protocols have different ports anyway, and an ssh server often listens on two.
    """
    ours, theirs = parsed(one), parsed(other)
    if ours.scheme not in WEB or ours.scheme != theirs.scheme:
        return False
    standard = _WEB_PORTS[ours.scheme]
    return (ours.port or standard) != (theirs.port or standard)


def _plain(path: str) -> str:
    """Return a path without double slashes, `..` and an optional end such as .git."""
    path = posixpath.normpath(re.sub("/+", "/", path)) if path else ""
    return path.removesuffix("/.git").removesuffix(".git") or path


def _azure(path: str) -> str:
    """Return organization, project and repository, however Azure DevOps writes them."""
    words = {"_git", "v3", "defaultcollection", "_ssh"}
    parts = [part for part in path.split("/") if part not in words]
    if len(parts) == 2:  # noqa: PLR2004  (a project's first repository has its name)
        parts.append(parts[1])
    return "/".join(parts)


def has_credentials(url: str) -> bool:
    """Return whether a URL holds a password or token. A user's name is neither."""
    match = _USER.match(url)
    if match is None:
        return False
    user, _, password = match[3].partition(":")
    return bool(password) or _is_token(match[2], unquote(user))


def _is_token(scheme: str, user: str) -> bool:
    """Return whether it looks like a token; ssh has keys, so there a long name is just a name."""
    long = scheme.lower() in WEB and len(user) >= _LONG and "@" not in user
    return long or _TOKEN.match(user) is not None


def without_credentials(url: str) -> str:
    """Return the URL without what comes before the @, if that holds a secret."""
    return without_user(url) if has_credentials(url) else url


def without_user(url: str) -> str:
    """Return the URL without what comes before the @; the short form for ssh needs its user."""
    return _USER.sub(r"\1", url)
