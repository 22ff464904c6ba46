"""The settings that git always runs with, whatever the user's configuration says.

A setting for work by hand (`pull.rebase`, `merge.ff`, `fetch.prune`) must change neither what a
command does nor how its output is read. If a command has an option for it, the option is used;
here is what has no option, or what many commands share. Identity, signing, credentials, transport,
`insteadOf` and how files are written remain the user's.
"""

from __future__ import annotations

import os
from pathlib import Path

OPTIONS = (
    # No helpers that a repository's configuration names, and no maintenance.
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",  # ext::COMMAND as a URL, or as a URL that insteadOf rewrites
    "push.negotiate=false",  # would need another connection
    "push.recurseSubmodules=no",
    "submodule.recurse=false",
    # The slowest server to wait for: bytes per second, over so many seconds.
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=60",
    # Push only the planned refs, and without options: one such as ci.skip changes what it starts.
    "push.followTags=false",
    "push.pushOption=",
    "push.useForceIfIncludes=false",
    # A merge has the same result for everyone, and runs none of the repository's filters.
    "diff.algorithm=histogram",
    "diff.renameLimit=1000",
    "merge.conflictStyle=merge",
    "merge.default=text",
    "merge.directoryRenames=conflict",
    "merge.renameLimit=-1",
    "merge.renames=true",
    "merge.renormalize=false",
    "merge.verbosity=2",
    # The form of output that is parsed.
    "color.advice=false",
    "color.push=false",
    "color.remote=false",
    "color.transport=false",
    "color.ui=false",
    "core.quotePath=false",
    "diff.ignoreSubmodules=none",
    f"diff.orderFile={os.devnull}",
    "diff.relative=false",
    "grep.extendedRegexp=false",
    "grep.patternType=default",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "log.diffMerges=separate",
    "log.follow=false",
    "log.showRoot=true",
    "log.showSignature=false",
)
FETCH = (  # only the given refspecs
    "fetch",
    *("--quiet", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head"),
    *("--no-recurse-submodules", "--no-prune-tags", "--refmap="),
)
NO_HOOKS = f"core.hooksPath={os.devnull}"


def in_environment(*settings: tuple[str, str]) -> dict[str, str]:
    """Return settings as environment variables: only there may a key contain an equals sign."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def index_in(folder: Path) -> dict[str, str]:
    """Return an environment in which git uses an index of its own there, in a single file."""
    file = {"GIT_INDEX_FILE": str(folder / "index")}
    return file | in_environment(("core.splitIndex", "false"))  # else a part stays in .git
