"""Journals of older versions, converted to what this version writes.

Up to 0.1.0 the plan of a continued operation also had the progress of earlier attempts, the step
of a merge had what is now in the merge, the key of a deployment's status was `sight`, and only the
message told whether a release was asked for.
"""

from __future__ import annotations

from typing import Any

PROGRESS = ("made", "published", "begun", "deployed")  # keys of a repository's plan, once
OF_MERGE = ("source", "target", "ours", "theirs", "message", "waiting")  # of a merge's step, once
ASKED = "asked_release"
OF_RESULT = ("commit", "tree", "files")  # as above


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a journal with everything where this version expects it.

    What none of the older versions wrote stays as it is, and is refused by the reader.
    """
    plan = content.get("plan")
    if isinstance(plan, dict) and plan.get("command") == "deploy" and ASKED not in plan:
        release = plan.get("release")
        plan[ASKED] = release if release and plan.get("message") == f"Deploy {release}" else ""
    rows = plan.get("repos") if isinstance(plan, dict) else None
    repos = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    for repo in repos:
        if isinstance(steps := repo.get("steps"), list):
            repo["steps"] = [_step(step) if isinstance(step, dict) else step for step in steps]
    progress = {
        str(repo.get("repo")): _progress(repo)
        for repo in repos
        if any(key in repo for key in PROGRESS)
    }
    made = {name: state for name, state in progress.items() if any(state.values())}
    if "deployment" in content:
        content["deployment"] = _deployment(content["deployment"])
    known = content.get("progress")
    for state in known.values() if isinstance(known, dict) else ():
        if isinstance(state, dict) and isinstance(deployments := state.get("deployments"), dict):
            state["deployments"] = {key: _deployment(row) for key, row in deployments.items()}
    return {**content, "progress": made} if made else content


def _progress(repo: dict[str, Any]) -> dict[str, Any]:
    """Take a repository's progress out of its plan: the state in which the attempt started.

    It has nothing about a deployment that was not started.
    """
    made, published, begun, deployed = (repo.pop(key, None) for key in PROGRESS)
    is_published = published or repo.get("state") == "published"
    return {
        "made": made or {},
        "settled": "published" if is_published else None,
        "begun": bool(begun),
        "deployments": _by_target(deployed or []),
    }


def _by_target(deployed: Any) -> Any:
    if not isinstance(deployed, list) or not all(isinstance(row, dict) for row in deployed):
        return deployed
    started = (row for row in deployed if row.get("state") != "not_started")
    return {str(row.get("target", "")): _deployment(row) for row in started}


def _deployment(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return {"status" if key == "sight" else key: value for key, value in row.items()}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step with what belongs to its merge in the merge."""
    if step.get("type") != "merge" or "merge" in step:
        return step
    merge = {key: step.pop(key) for key in OF_MERGE if key in step}
    result = {key: step.pop(key) for key in OF_RESULT if key in step}
    return {**step, "merge": {**merge, "result": result}}
