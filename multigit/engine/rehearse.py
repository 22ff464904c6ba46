"""Rehearse: find out while planning what would keep deployments from starting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from multigit.core.deployment import Order
from multigit.core.deploys import planned_orders, with_problems
from multigit.core.plan import Plan
from multigit.core.problem import Problem
from multigit.engine.fleet import look_everywhere
from multigit.engine.ports import Listener, Runners
from multigit.errors import MultigitError

Checks = Callable[[str, str], Sequence[Problem]]  # repository, commit


def rehearse(
    plan: Plan,
    runners: Runners,
    *,
    jobs: int,
    listener: Listener,
    checks: Checks | None = None,
) -> Plan:
    """Return the plan with the problems that its deployments would meet; it may block now.

    `checks`, where given, tell why a repository's source commit is not green at its host.
    """
    orders: dict[str, list[Order]] = {}
    for order in planned_orders(plan):
        orders.setdefault(order.repo, []).append(order)
    ahead = (repo for repo in plan.planned() if repo.merges() and not repo.published)
    merges = {repo.repo: repo.merges()[-1] for repo in ahead}
    sources = {name: merge.theirs.sha for name, merge in merges.items()} if checks else {}
    names = tuple(dict.fromkeys((*orders, *sources)))
    if not names:
        return plan

    def check(name: str) -> list[Problem]:
        listener.started(name, "checking its deployment")
        try:
            found = [p for order in orders.get(name, []) for p in runners.check(order)]
            return [*found, *(checks(name, sources[name]) if checks and name in sources else ())]
        except MultigitError as error:
            return [Problem(error.code, error.message, error.hint)]
        finally:
            listener.finished(name, "read")

    listener.phase("Checking deployments", names)
    return with_problems(plan, look_everywhere(names, check, jobs=jobs))
