"""Which commit a stage has of each repository, and whether that is certain.

The log of one workspace does not know what others deployed. A deploy tag that is newer than the
last deployment here shows that someone did, and so does a hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from multigit.core.records.last_deployments import LastDeployment
from multigit.core.records.release_line import began
from multigit.core.values.hold import Hold


@dataclass(frozen=True, slots=True)
class DeployedNow:
    """The `commits` that a stage has, by repository; where one is missing, it has the branch's tip.

    Those `settled` are not known to have failed to deploy that commit, or to have another.
    """

    commits: Mapping[str, str]
    settled: frozenset[str]


def deployed_now(
    repos: Iterable[str],
    last: Mapping[str, LastDeployment],
    succeeded: Mapping[str, str],
    newest: Mapping[str, int],
    hold: Hold | None,
) -> DeployedNow:
    """Return what a stage has of these repositories.

    `last` are the last deployments of this workspace's log, `succeeded` the commits of those that
    succeeded; `newest` is the time of the newest deploy tag, in Unix seconds; all by repository.
    """
    commits, settled = dict[str, str](), set[str]()
    held = hold.repos if hold else {}
    left = hold.left if hold else ()
    for repo in repos:
        known = last.get(repo)
        if known and known.held and repo not in held:
            continue  # another machine has ended the hold, and may have deployed the branch
        fresh = known is not None and began(known.started_by, known.at) >= newest.get(repo, 0)
        logged = succeeded.get(repo, "") if fresh else ""
        since = began(known.started_by) - began(hold.operation, hold.since) if hold and known else 0
        back = repo in held and logged == held[repo].to
        by_name = logged and since > 0  # a release that was deployed to the held stage
        seen = back and since >= 0  # the end of the roll-back, from here
        unsure = repo in left and not seen  # it may have changed something, or nothing
        if repo in held and not (unsure or by_name):
            commits[repo] = held[repo].to
            if back:
                settled.add(repo)
        elif logged:
            commits[repo] = logged
            settled.update({repo} - {*left})
        elif not (fresh or unsure):
            settled.add(repo)
    return DeployedNow(commits, frozenset(settled))
