"""Programs of this machine that a repository's own configuration names for reaching a remote.

A command that only reads must not run them unasked. What connects or signs for the user, such as
core.sshCommand and credential.helper, counts as the user's own wherever it is set; so does
everything in a configuration outside of the repository. `ext::` is switched off in `settings`.
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
    """Raise GitError if git would run such a program, unless the repository is trusted."""
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
    """Yield those keys of a repository's own that name a program of this machine.

    Over ssh such a program runs on the server. The remote `.` is the clone itself.
    """
    schemes = {parsed(url).scheme for url in urls if url}
    local = {".", *(() if schemes <= SSH else (remote, PUBLISHED))}
    for key in sorted(own):
        served = _SERVER.fullmatch(key)
        if (served and served["remote"] in local) or (key == "core.gitproxy" and "git" in schemes):
            yield key
