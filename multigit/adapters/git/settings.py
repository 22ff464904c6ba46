"""The settings under which our git runs, whatever the user's configuration says.

A setting that steers what a person does by hand (`pull.rebase`, `merge.ff`, `fetch.prune`) must
neither change what our commands do nor how their output is read. Where an option of the command
says the same it stands there; here is what no option says, or what many commands have in common.
Identity, signing, credentials, transport, `insteadOf` and how files are written stay the user's.
"""

from __future__ import annotations

import os
from pathlib import Path

OPTIONS = (
    # No helpers that a repository's configuration names, and no work that nobody asked for.
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",  # ext::COMMAND as a URL, or as what insteadOf makes of one
    "push.negotiate=false",  # would be one more connection
    "push.recurseSubmodules=no",
    "submodule.recurse=false",
    # A server that drips: bytes a second, over seconds.
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=60",
    # What is pushed: the planned refs. A push option such as ci.skip changes what it starts.
    "push.followTags=false",
    "push.pushOption=",
    "push.useForceIfIncludes=false",
    # What a merge is: the same for everybody, and none that runs the repository's filters.
    "diff.algorithm=histogram",
    "merge.conflictStyle=merge",
    "merge.default=text",
    "merge.directoryRenames=conflict",
    "merge.renameLimit=-1",
    "merge.renames=true",
    "merge.renormalize=false",
    "merge.verbosity=2",
    # How output looks that we read.
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
FETCH = (  # exactly what is asked for
    "fetch",
    *("--quiet", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head"),
    *("--no-recurse-submodules", "--no-prune-tags", "--refmap="),
)
NO_HOOKS = f"core.hooksPath={os.devnull}"


def of_remote(remote: str) -> tuple[str, ...]:
    """Return what counts for one remote: a fetch sets no refs/remotes/origin/HEAD."""
    return (f"remote.{remote}.followRemoteHEAD=never",)


def in_environment(*settings: tuple[str, str]) -> dict[str, str]:
    """Return settings as environment variables: only there may a key hold an equals sign."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def index_in(folder: Path) -> dict[str, str]:
    """Return what makes git use an index of its own there, all in one file."""
    file = {"GIT_INDEX_FILE": str(folder / "index")}
    return file | in_environment(("core.splitIndex", "false"))  # else a part stays in .git
