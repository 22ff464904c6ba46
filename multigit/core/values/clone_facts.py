"""What a clone's configuration says about publishing from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detour:
    """A push that goes `to` another repository than the `wanted` one; both can be shown.

    The wanted one is what is fetched, or what the configuration `named`. The remote may have a push
    URL of its `own`; otherwise git rewrites it. `nowhere` is True for a URL that is not a place but
    a word, to keep people from pushing by mistake.
    """

    to: str
    wanted: str
    named: bool = False
    own: bool = True
    nowhere: bool = False


@dataclass(frozen=True, slots=True)
class CloneFacts:
    """What the clone and the user's configuration say about publishing from it.

    `identity` is the committer as "Name <email>", or empty if none is configured. `credentials` is
    True if a URL of the remote holds a password or token; `plain_url` is the URL without it, if the
    remote has only one. `follow_tags` means that the user's own pushes include tags;
    `signs_commits`, `signs_tags` and `signs_pushes`, what is to be signed; `mirror`, that git
    pushes all refs to this remote or none; `pre_push`, that there is such a hook, whether multigit
    runs it or not. `push_url_in` and `mirror_in` are the files that set these, empty for the
    clone's own configuration.
    """

    shallow: bool = False
    push_urls: int = 1
    identity: str = ""
    credentials: bool = False
    plain_url: str = ""
    follow_tags: bool = False
    signs_commits: bool = False
    signs_tags: bool = False
    signs_pushes: bool = False
    detour: Detour | None = None
    mirror: bool = False
    pre_push: bool = False
    push_url_in: str = ""
    mirror_in: str = ""
