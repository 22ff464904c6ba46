"""Roll-backs that GitHub deploys: by the push of a restore, or by a dispatch on the old tag."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.answers import DONE, codes, rows, states
from tests.cli.hosts import GITHUB, RELEASE, WORKFLOW, Host, deployment
from tests.cli.test_pushed_workflows import BY_PUSH, RUNS
from tests.support.forge import Forge

BACK = ("rollback", "main", "--yes")
TOLD = 'inputs = {version = "{release}", rollback = "{rollback}"}'
ON_TAG = GITHUB.replace('inputs = {version = "{release}"}', f'ref = "tag"\n{TOLD}')
ON_BRANCH = ON_TAG.replace('"tag"', '"branch"')
INPUTS = WORKFLOW.replace("jobs:", "      rollback:\n        required: true\njobs:")


def hosted(forge: Forge, workflow: str, extra: str) -> Iterator[Host]:
    """Yield an api and a web with a workflow."""
    made = Host(forge, ["api", "web"])
    for repo in forge.repos.values():
        for branch in ("main", "stg"):
            repo.commit(branch, {".github/workflows/deploy.yml": workflow})
    with made.double:
        made.configure(extra)
        yield made
    assert made.double.violations == []


@pytest.fixture
def pushed(forge: Forge) -> Iterator[Host]:
    """Return a host where a push to main that changes src deploys."""
    yield from hosted(forge, RUNS, BY_PUSH)


def released(host: Host, files: dict[str, dict[str, str]]) -> str:
    """Let colleagues bring files to stg, promote them to main, and return the release."""
    for name, changes in files.items():
        host.forge.repos[name].commit("stg", changes, message="feat: it")
    return str(host.forge.json(*RELEASE, check=DONE)["release"])


def hows(document: dict[str, object]) -> dict[str, str]:
    """Return how each repository that takes part goes back."""
    found = rows(document)
    return {name: row["steps"][0]["how"] for name, row in found.items() if row["steps"]}


def test_a_restore_is_deployed_by_its_push(pushed: Host) -> None:
    """Its run is found and watched; one that changes nothing that the workflow needs has none."""
    forge = pushed.forge
    old = released(pushed, {"api": {"src/a": "1\n"}, "web": {"src/a": "1\n"}})
    released(pushed, {"api": {"src/a": "2\n"}, "web": {"docs": "2\n"}})
    before = len(pushed.double.runs())
    plan = forge.json(*BACK, "--last-good", "--dry-run", check=DONE)
    assert {name: codes(row) for name, row in rows(plan).items()} == {
        "api": [],
        "web": ["path_filter"],
    }
    back = forge.json(*BACK, "--last-good", check=DONE)
    assert hows(back) == {"api": "restore", "web": "restore"}
    assert back["release"] != old
    assert states(back) == {"api": "published", "web": "published"}
    assert deployment(back, "api")["state"] == "succeeded"
    assert deployment(back, "web")["state"] == "skipped"
    (run,) = pushed.double.runs()[before:]
    api = forge.repos["api"]
    assert (run.repo, run.sha) == ("acme/api", api.tip("main"))
    assert api.remote_git("rev-parse", f"{back['release']}^{{commit}}") == run.sha
    assert api.tree("main")["src/a"] == "1\n"

    api.commit("stg", {"src/fix": "fix\n"}, message="fix: it")
    onward = forge.json(*RELEASE, "-r", "api", check=DONE)
    assert codes(rows(onward)["api"]) == ["brings_back"]
    assert deployment(onward, "api")["state"] == "succeeded"
    assert pushed.double.runs()[-1].sha == api.tip("main")
    assert (api.tree("main")["src/a"], api.tree("main")["src/fix"]) == ("2\n", "fix\n")


def test_a_redeploy_runs_on_the_old_tags_with_their_inputs(forge: Forge) -> None:
    """Also where the release did not touch a repository: there the tag is an older one."""
    for host in hosted(forge, INPUTS, ON_TAG):
        first = released(host, {"api": {"a": "1\n"}, "web": {"a": "1\n"}})
        second = released(host, {"api": {"a": "2\n"}})
        third = released(host, {"api": {"a": "3\n"}, "web": {"a": "3\n"}})
        before = len(host.double.runs())
        back = forge.json(*BACK, second, check=DONE)
        assert hows(back) == {"api": "redeploy", "web": "redeploy"}
        got = {run.repo: (run.start.ref, dict(run.start.inputs)) for run in host.double.runs()}
        assert len(host.double.runs()) == before + 2
        assert got == {
            "acme/api": (second, {"version": second, "rollback": "true"}),
            "acme/web": (first, {"version": first, "rollback": "true"}),
        }
        told = {dict(run.start.inputs)["rollback"] for run in host.double.runs()[:before]}
        assert told == {"false"}
        assert third not in {ref for ref, _ in got.values()}


def test_what_runs_on_a_branch_is_restored(forge: Forge) -> None:
    """Its workflow can only deploy what the branch has, so that gets the old files."""
    for host in hosted(forge, INPUTS, ON_BRANCH):
        first = released(host, {"api": {"a": "1\n"}})
        released(host, {"api": {"a": "2\n"}})
        back = forge.json(*BACK, first, check=DONE)
        assert hows(back) == {"api": "restore"}
        run = host.double.runs()[-1]
        assert (run.start.ref, run.sha) == ("main", forge.repos["api"].tip("main"))
        assert dict(run.start.inputs) == {"version": back["release"], "rollback": "true"}
