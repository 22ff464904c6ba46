"""Programs of this machine that a repository's own configuration names for reaching a remote.

Whoever only looks must not run them unasked. What connects or signs for the user, as
core.sshCommand and credential.helper do, is the user's own wherever it stands; so is all that is
set in a configuration outside of the repository. `ext::` is switched off in `git_settings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from shlex import quote

from multigit.adapters.git.config import GitConfig
from multigit.adapters.git.remote import PUBLISHED, Remote
from multigit.core.planning.checks import in_file
from multigit.core.values.remote_url import SSH, parsed
from multigit.core.values.workspace import Repo
from multigit.errors import GitError
from multigit.hints import Hint

_SERVER = re.compile(r"remote\.(?P<remote>.+)\.(?:upload|receive)pack", re.DOTALL)


def refuse_programs(config: GitConfig, remote: Remote, repo: Repo) -> None:
    """Raise GitError when git would run such a program, unless the repository is trusted."""
    if repo.hooks:
        return
    for key in programs(config.own, remote.name, (remote.fetched(), *remote.pushed())):
        place = str(config.places.get(key, ""))
        raise GitError(
            f"{place or 'its .git/config'} names a program that git would run to reach "
            f"{remote.name}: {key}.",
            hint=Hint.REMOVE_PROGRAM.format(
                path=repo.typed(), file=in_file(place), key=quote(key), repo=repo.name
            ),
            code="program_in_config",
        )


def programs(own: frozenset[str], remote: str, urls: Sequence[str]) -> Iterator[str]:
    """Yield the keys among a repository's own that name a program of this machine.

    Over ssh the server's program is named, which runs there. The remote `.` is the clone itself.
    """
    schemes = {parsed(url).scheme for url in urls if url}
    here = {".", *(() if schemes <= SSH else (remote, PUBLISHED))}
    for key in sorted(own):
        named = _SERVER.fullmatch(key)
        if (named and named["remote"] in here) or (key == "core.gitproxy" and "git" in schemes):
            yield key
