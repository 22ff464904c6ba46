"""Journals of older versions, read as this one writes them.

Up to 0.1.0 the plan of an operation that was continued also held how far earlier attempts had got,
and the step of a merge held what the merge holds now.
"""

from __future__ import annotations

from typing import Any

PROGRESS = ("made", "published", "begun", "deployed")  # keys of a repository's plan, once
OF_MERGE = ("source", "target", "ours", "theirs", "message", "waiting")  # of a merge's step, once
OF_RESULT = ("commit", "tree", "files")  # as above


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a journal with what older versions noted elsewhere where it belongs now.

    What has another shape than they wrote stays as it is, for whoever reads it to refuse.
    """
    plan = content.get("plan")
    found = plan.get("repos") if isinstance(plan, dict) else None
    repos = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    for repo in repos:
        if isinstance(steps := repo.get("steps"), list):
            repo["steps"] = [_step(each) if isinstance(each, dict) else each for each in steps]
    progress = {
        str(repo.get("repo")): _progress(repo)
        for repo in repos
        if any(key in repo for key in PROGRESS)
    }
    known = {name: each for name, each in progress.items() if any(each.values())}
    return {**content, "progress": known} if known else content


def _progress(repo: dict[str, Any]) -> dict[str, Any]:
    """Take how far a repository got out of its plan, as the state that the attempt began with.

    Of a deployment that was not started nothing was known.
    """
    made, published, begun, deployed = (repo.pop(key, None) for key in PROGRESS)
    there = published or repo.get("state") == "published"
    return {
        "made": made or {},
        "settled": "published" if there else None,
        "begun": bool(begun),
        "deployments": _by_target(deployed or []),
    }


def _by_target(deployed: Any) -> Any:
    if not isinstance(deployed, list) or not all(isinstance(each, dict) for each in deployed):
        return deployed
    begun = (each for each in deployed if each.get("state") != "not_started")
    return {str(each.get("target", "")): each for each in begun}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step with what a merge holds in the merge."""
    if step.get("type") != "merge" or "merge" in step:
        return step
    merge = {key: step.pop(key) for key in OF_MERGE if key in step}
    result = {key: step.pop(key) for key in OF_RESULT if key in step}
    return {**step, "merge": {**merge, "result": result}}
