"""The hints about deployments: started, running, failed, unknown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    at_terminal,
    codes,
    rows,
    told,
)
from tests.cli.hosts import (
    COMMAND,
    GITHUB,
    RELEASE,
    STAGES,
    WORKFLOW,
    Host,
    deployed,
    scripted,
)
from tests.doubles.github import faults
from tests.doubles.receivers import Health, healthy
from tests.hints.typing import follow
from tests.support.forge import Forge
from tests.support.patience import until

PROMOTE = ("promote", "dev", "stg", "--yes")
START = "actions/create-workflow-dispatch"
PUSHED = "  push:\n    branches: [main]\n  workflow_dispatch:\n    inputs:\n"
BY_PUSH = 'trigger = "push"\nref = "branch"'


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two services with a deployment script; api comes after database."""
    return scripted(forge)


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return two repositories on GitHub, of which web waits for a review."""
    made = Host(forge, ["api", "web"], gated=frozenset({"web"}))
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def block(shop: Forge, name: str) -> Path:
    """Make the script of a service fail until the returned folder is gone."""
    folder = Path(shop.env["PLACE"]) / name
    folder.mkdir()
    return folder


def test_a_failure_with_later_waves_is_continued(shop: Forge) -> None:
    """Once its cause is fixed, continue deploys the later waves, too."""
    place = block(shop, "database")
    document = shop.json(*PROMOTE, check=FAILED)
    again = shop.json("continue", check=FAILED)
    watched = shop.run("watch", check=FAILED)
    place.rmdir()
    assert document["hint"] == again["hint"]
    assert "is unfinished" not in watched.stderr, "the hint names continue"
    follow(shop, watched.stdout, Hint.DEPLOY_CONTINUE, "multigit continue")
    follow(shop, document, Hint.DEPLOY_CONTINUE, "multigit continue", check=REFUSED)
    assert set(deployed(shop)) == {"database", "api"}


def test_a_failure_that_needs_a_commit_is_abandoned(shop: Forge) -> None:
    """Afterwards nothing is left to continue."""
    block(shop, "database")
    document = shop.json(*PROMOTE, check=FAILED)
    follow(shop, document, Hint.DEPLOY_CONTINUE, "multigit abandon")


def test_a_failure_alone_is_deployed_again(shop: Forge) -> None:
    """The hint names it, so another one that failed before is left alone."""
    place, other = block(shop, "api"), block(shop, "database")
    shop.json(*PROMOTE, "-r", "database", check=FAILED)
    document = shop.json(*PROMOTE, "-r", "api", check=FAILED)
    unwell = shop.json("deploy", "stg", "--failed", "--dry-run", check=DONE)
    assert unwell["message"] == "2 repositories will be deployed."
    place.rmdir()
    follow(shop, document, Hint.DEPLOY_FAILED, "multigit deploy stg --failed -r api", "--yes")
    other.rmdir()
    shop.json("deploy", "stg", "--failed", "--yes", check=DONE)
    assert {name: len(releases) for name, releases in deployed(shop).items()} == {
        "api": 1,
        "database": 1,
    }
    none = shop.json("deploy", "stg", "--failed", "--yes", check=REFUSED)
    follow(shop, none, Hint.DEPLOY_ANYWAY, "multigit deploy stg", "--yes")


def test_a_release_that_failed_is_deployed_again_not_what_came_after_it(shop: Forge) -> None:
    """Going back to it was the purpose: without its name, the branch's last commit is deployed."""
    first = shop.json(*PROMOTE, "-r", "database", check=DONE)["release"]
    shop.repos["database"].commit("dev", {"a": "2\n"}, message="feat: more")
    shop.json(*PROMOTE, "-r", "database", check=DONE)
    seen = Path(shop.env["PLACE"]) / "database"
    seen.rename(seen.with_suffix(".before"))
    place = block(shop, "database")
    document = shop.json("deploy", "stg", first, "--yes", check=FAILED)
    place.rmdir()
    command = f"multigit deploy stg {first} --failed -r database"
    follow(shop, document, Hint.DEPLOY_FAILED, command, "--yes")
    assert deployed(shop)["database"] == [first]


def test_many_failures_are_found_by_their_stage(shop: Forge) -> None:
    """Four names would make a long command."""
    script = {"deploy.sh": 'echo "$1" >> "$PLACE/$MULTIGIT_REPO"\n', "a": "1\n"}
    for name in ("jobs", "web"):
        shop.add(name).commit("dev", script)
    tables = [f'\n[repos.{name}]\nurl = "{repo.url}"\n' for name, repo in shop.repos.items()]
    shop.write_config(STAGES + COMMAND + "".join(tables))
    places = [block(shop, name) for name in shop.repos]
    document = shop.json(*PROMOTE, check=FAILED)
    for place in places:
        place.rmdir()
    assert " -r " not in document["hint"]
    follow(shop, document, Hint.DEPLOY_FAILED, "multigit deploy stg --failed", "--yes")


def test_what_may_still_run_is_watched_not_deployed_again(shop: Forge) -> None:
    """A second deployment next to it would be refused."""
    config, place = shop.shop / "multigit.toml", Path(shop.env["PLACE"])
    waits = 'while [ ! -e "$PLACE/go" ]; do sleep 0.05; done'
    slow = COMMAND.replace('["sh", "deploy.sh", "{release}"]', f"['sh', '-c', '{waits}']")
    config.write_text(config.read_text().replace(COMMAND, slow))
    document = shop.json(*PROMOTE, "-r", "database", "--no-wait", check=DONE)
    none = shop.json("deploy", "stg", "-r", "database", "--failed", "--yes", check=REFUSED)
    (place / "go").touch()
    command = f"multigit watch {document['operation']}"
    follow(shop, none, Hint.WATCH_OPERATION, command)


def test_a_failure_that_was_deployed_again_since_asks_for_nothing(shop: Forge) -> None:
    """The report of the older operation says so, and has no hint."""
    place = block(shop, "database")
    old = shop.json(*PROMOTE, "-r", "database", check=FAILED)["operation"]
    place.rmdir()
    shop.json("deploy", "stg", "-r", "database", "--failed", "--yes", check=DONE)
    document = shop.json("watch", old, check=FAILED)
    assert (codes(document), document["hint"]) == (["deployed_since"], None)
    assert document["problems"][0]["message"] == "Deployed to stg again since then: database."
    follow(shop, document, Hint.STATUS, "multigit status")


def test_what_only_a_push_deploys_is_not_deployed_again(shop: Forge) -> None:
    """A hint that names only the stage would be refused, so there is none."""
    config = shop.shop / "multigit.toml"
    by_push = '\nrunner = "github"\nworkflow = "deploy.yml"\ntrigger = "push"\n'
    table = f"\n[repos.api.deploy.stg]{by_push}"
    config.write_text(config.read_text("utf-8") + table, "utf-8")
    document = shop.json("deploy", "stg", "-r", "database", "--failed", "--yes", check=REFUSED)
    assert (codes(document), document["hint"]) == (["nothing_failed"], None)


@pytest.fixture
def checked(shop: Forge) -> Iterator[Health]:
    """Return the health endpoint of both services of the shop, which is unhealthy."""
    with Health() as health:
        health.answer(healthy(status=503))
        config = shop.shop / "multigit.toml"
        check = f'\n[stages.stg.health]\nurl = "{health.url}/health"\nattempts = 1\n'
        config.write_text(config.read_text() + check)
        yield health


def test_the_health_is_checked_again_before_anything_is_deployed_again(
    shop: Forge, checked: Health
) -> None:
    """Watch only checks; it names the operation if it was named. Deploy starts the script again."""
    document = shop.json("deploy", "stg", "-r", "database", "--yes", check=FAILED)
    follow(shop, document, Hint.HEALTH_OR_DEPLOY, "multigit watch", check=FAILED)
    named = shop.json("watch", document["operation"], check=FAILED)
    again = f"multigit watch {document['operation']}"
    follow(shop, named, Hint.HEALTH_OR_DEPLOY, again, check=FAILED)
    checked.answer(healthy())
    started = len(deployed(shop)["database"])
    follow(shop, document, Hint.HEALTH_OR_DEPLOY, "multigit watch", check=DONE)
    assert len(deployed(shop)["database"]) == started
    checked.answer(healthy(status=503))
    document = shop.json("deploy", "stg", "-r", "database", "--yes", check=FAILED)
    checked.answer(healthy())
    command = "multigit deploy stg --failed -r database"
    follow(shop, document, Hint.HEALTH_OR_DEPLOY, command, "--yes", check=DONE)


def test_what_depends_on_a_failed_deployment_warns(shop: Forge) -> None:
    """The command in the hint deploys the failed repository first."""
    place = block(shop, "database")
    shop.json(*PROMOTE, check=FAILED)
    shop.json("abandon", check=DONE)
    document = shop.json("deploy", "stg", "-r", "api", "--dry-run", check=DONE)
    place.rmdir()
    command = "multigit deploy stg -r database"
    follow(shop, document, Hint.DEPLOY_ALONE, command, "--yes")


def test_the_release_before_is_deployed_where_undo_refuses(shop: Forge) -> None:
    """The hint names its repositories: in each row one, and above all of them."""
    first = shop.json(*PROMOTE, check=DONE)["release"]
    for repo in shop.repos.values():
        repo.commit("dev", {"a": "2\n"}, message="feat: more")
    shop.json(*PROMOTE, check=DONE)
    refused = shop.json("undo", "--yes", check=REFUSED)
    command = f"multigit deploy stg {first} -r database"
    follow(shop, rows(refused)["database"], Hint.DEPLOY_BEFORE, command, "--yes")
    assert deployed(shop)["database"][-1] == first
    command = f"multigit deploy stg {first} -r database -r api"
    assert refused["hint"].endswith(command)
    follow(shop, refused, Hint.DEPLOY_BEFORE, command, "--yes")
    assert {name: releases[-1] for name, releases in deployed(shop).items()} == {
        "database": first,
        "api": first,
    }


def test_no_release_is_deployed_during_an_unfinished_operation(shop: Forge) -> None:
    """An undo names the ways out of it first: a new deployment would be refused."""
    shop.json(*PROMOTE, check=DONE)
    for name in shop.repos:
        shop.repos[name].commit("dev", {"a": "2\n"}, message="feat: more")
    (Path(shop.env["PLACE"]) / "database").unlink()
    place = block(shop, "database")
    shop.json(*PROMOTE, check=FAILED)
    place.rmdir()
    refused = shop.json("undo", "--yes", check=REFUSED)
    assert "multigit deploy" not in told(refused)
    follow(shop, refused, Hint.FINISH, "multigit continue")


def test_a_failure_is_looked_up_where_only_a_push_deploys(shop: Forge) -> None:
    """What depends on it is not told to deploy it first."""
    block(shop, "database")
    shop.json(*PROMOTE, check=FAILED)
    shop.json("abandon", check=DONE)
    config = shop.shop / "multigit.toml"
    by_push = '\nrunner = "github"\nworkflow = "deploy.yml"\ntrigger = "push"\n'
    config.write_text(config.read_text() + f"\n[repos.database.deploy.stg]{by_push}")
    document = shop.json("deploy", "stg", "-r", "api", "--dry-run", check=DONE)
    assert codes(rows(document)["api"]) == ["after_unwell"]
    follow(shop, document, Hint.LOG, "multigit log")


def test_what_is_not_in_a_release_is_looked_up(shop: Forge) -> None:
    """The hint is to run status."""
    release = shop.json(*PROMOTE, "-r", "database", check=DONE)["release"]
    document = shop.json("deploy", "stg", release, "--dry-run", check=DONE)
    follow(shop, document, Hint.STATUS, "multigit status")


def test_deployments_without_waiting_are_watched(shop: Forge) -> None:
    """The hint is also shown when the next deployment is refused."""
    config, place = shop.shop / "multigit.toml", Path(shop.env["PLACE"])
    waits = 'while [ ! -e "$PLACE/go" ]; do sleep 0.05; done'
    slow = COMMAND.replace('["sh", "deploy.sh", "{release}"]', f"['sh', '-c', '{waits}']")
    config.write_text(config.read_text().replace(COMMAND, slow))
    document = shop.json("deploy", "stg", "-r", "database", "--no-wait", "--yes", check=DONE)
    refused = shop.json("deploy", "stg", "-r", "database", "--yes", check=REFUSED)
    (place / "go").touch()
    command = f"multigit watch {document['operation']}"
    follow(shop, refused, Hint.WATCH_OPERATION, command)
    follow(shop, document, Hint.WATCH, "multigit watch")


def test_what_runs_is_watched_without_publishing_the_rest(shop: Forge) -> None:
    """Continue would publish and deploy the later waves as well."""
    config, place = shop.shop / "multigit.toml", Path(shop.env["PLACE"])
    waits = 'while [ ! -e "$PLACE/go" ]; do sleep 0.05; done'
    slow = COMMAND.replace('["sh", "deploy.sh", "{release}"]', f"['sh', '-c', '{waits}']")
    config.write_text(config.read_text().replace(COMMAND, slow))
    document = shop.json(*PROMOTE, "--no-wait", check=REFUSED)
    (place / "go").touch()
    tip = shop.repos["api"].tip("stg")
    follow(shop, document, Hint.RUNNING_AND_MORE, "multigit watch", check=FAILED)
    assert shop.repos["api"].tip("stg") == tip
    follow(shop, document, Hint.RUNNING_AND_MORE, "multigit continue", "--no-wait")
    assert shop.repos["api"].tip("stg") != tip
    watched = shop.json("watch", check=DONE)
    assert rows(watched)["api"]["deployment"]["state"] == "succeeded"


def test_what_runs_at_one_target_is_watched_where_another_was_not_reached(shop: Forge) -> None:
    """Nothing else is started until it has ended; then the other target is deployed."""
    config, place = shop.shop / "multigit.toml", Path(shop.env["PLACE"])
    says = 'echo "$MULTIGIT_TARGET" >> "$PLACE/begun"'
    script = f'{says}; while [ ! -e "$PLACE/go" ]; do sleep 0.05; done'
    slow = COMMAND.replace('["sh", "deploy.sh", "{release}"]', f"['sh', '-c', '{script}']")
    config.write_text(config.read_text().replace(COMMAND, f'{slow}targets = ["one", "two"]\n'))
    shop.json("promote", "dev", "stg", "-r", "database", "--no-wait", "--yes", check=REFUSED)
    closed = shop.json("abandon", check=DONE)
    retry = ("deploy", "stg", "-r", "database", "--yes")
    running = shop.json(*retry, check=REFUSED)
    refused = shop.json(*retry, "--failed", check=REFUSED)
    assert codes(rows(running)["database"]) == ["still_deploying"]
    assert codes(refused) == ["nothing_failed"]
    until((place / "begun").exists)
    (place / "go").touch()
    command = f"multigit watch {closed['operation']}"
    follow(shop, refused, Hint.WATCH_OPERATION, command, check=REFUSED)
    shop.json(*retry, "--failed", check=DONE)
    assert (place / "begun").read_text().split() == ["one", "one", "two"]


def test_a_reviewer_is_asked_to_approve(host: Host) -> None:
    """The hint is shown after the watch is interrupted. What is deployed then has to be closed."""
    with at_terminal(host.forge, *RELEASE, "-r", "web") as terminal:
        terminal.expect("waiting")
        terminal.expect("ada")
        terminal.press_ctrl_c()
        assert terminal.finish() == INTERRUPTED
        said = terminal.text
    follow(host.forge, said, Hint.APPROVE, "multigit approve", "--yes")
    watched = host.forge.run("watch", check=DONE)
    follow(host.forge, watched.stderr, Hint.UNFINISHED, "multigit continue")


@pytest.mark.parametrize("named", [False, True])
def test_a_reviewer_approves_in_another_terminal(host: Host, *, named: bool) -> None:
    """While it is watched; the operation is named if its deployments are watched by name."""
    document = host.forge.json(*RELEASE, "-r", "web", "--no-wait", check=DONE)
    operation = document["operation"] if named else ""
    with at_terminal(host.forge, "watch", *operation.split(), rows=10) as terminal:
        terminal.expect("multigit approve")
        terminal.expect("Ctrl-C leaves the deployments running.")
        command = f"multigit approve {operation}".rstrip()
        follow(host.forge, terminal.text, Hint.APPROVE_ELSEWHERE, command, "--yes")
        assert terminal.finish() == DONE


def test_a_run_that_takes_too_long_is_still_running(host: Host) -> None:
    """Continue watches it until it ends."""
    host.configure(GITHUB + 'timeout = "1s"\n')
    host.double.script("acme/api", ["queued"] + ["in_progress"] * 50 + ["success"], times=1)
    document = host.forge.json(*RELEASE, "-r", "api", check=FAILED)
    (run,) = host.double.runs()
    host.double.put(run, "success")
    follow(host.forge, document, Hint.RUNNING_CONTINUE, "multigit continue")


def test_a_run_of_an_abandoned_operation_is_watched(host: Host) -> None:
    """The hint is to run watch."""
    host.configure(GITHUB + 'timeout = "1s"\n')
    host.double.script("acme/api", ["queued"] + ["in_progress"] * 50 + ["success"], times=1)
    host.forge.json(*RELEASE, "-r", "api", check=FAILED)
    document = host.forge.json("abandon", check=DONE)
    (run,) = host.double.runs()
    host.double.put(run, "success")
    follow(host.forge, document, Hint.RUNNING_WATCH, "multigit watch")


def test_a_later_wave_that_was_refused_is_continued(shop: Forge) -> None:
    """Once the push is accepted, continue deploys the later wave."""
    api = shop.repos["api"]
    api.reject_pushes("refs/heads/stg")
    document = shop.json(*PROMOTE, check=FAILED)
    api.allow_pushes()
    follow(shop, document, Hint.FINISH_WAVES, "multigit continue")
    assert set(deployed(shop)) == {"database", "api"}


def test_what_is_unknown_is_checked_again(shop: Forge) -> None:
    """Continue checks while the operation is unfinished, and watch after abandon."""
    config = shop.shop / "multigit.toml"
    suicide = COMMAND.replace('["sh", "deploy.sh", "{release}"]', "['sh', '-c', 'kill -9 $PPID']")
    config.write_text(config.read_text().replace(COMMAND, suicide))
    document = shop.json("deploy", "stg", "-r", "database", "--yes", check=FAILED)
    follow(shop, document, Hint.UNKNOWN_CONTINUE, "multigit continue", check=FAILED)
    accept = "multigit continue --accept-doubt"
    follow(shop, document, Hint.UNKNOWN_CONTINUE, accept, check=FAILED)
    (seen,) = rows(shop.json("watch", check=FAILED))["database"]["deployment"]["targets"]
    assert (seen["state"], seen["attempt"]) == ("unknown", 2)
    follow(shop, document, Hint.UNKNOWN_CONTINUE, "multigit abandon")
    left = shop.json("watch", check=FAILED)
    follow(shop, left, Hint.UNKNOWN_WATCH, "multigit watch", check=FAILED)


def test_a_second_attempt_that_was_refused_is_tried_again(forge: Forge) -> None:
    """By continue while something else is left of the operation, then by deploy."""
    host = Host(forge, ["api", "web"])
    web = forge.repos["web"]
    with host.double as double:
        host.configure()
        double.script("acme/api", ["queued", "failure"], times=1)
        web.reject_pushes("refs/heads/main")
        said = forge.run(*RELEASE, check=FAILED).stdout
        for pushed in ("1 published, 1 failed", "2 published"):
            double.inject(faults.error(422, "No."), "acme/api", START, times=1)
            said = follow(forge, said, Hint.DEPLOY_CONTINUE, "multigit continue", check=FAILED)
            assert "GitHub refuses deploy.yml of acme/api: No." in said
            assert pushed in said
            web.allow_pushes()
        assert codes(forge.json("continue", check=REFUSED)) == ["nothing_unfinished"]
        command = "multigit deploy main --failed -r api"
        follow(forge, said, Hint.DEPLOY_FAILED, command, "--yes")
        assert [start.repo for start in double.starts.elements()].count("acme/api") == 2
    assert double.violations == []


def test_what_a_push_deploys_is_run_again_at_github(host: Host) -> None:
    """`deploy --failed` is not suggested if a push starts the deployment."""
    workflow = WORKFLOW.replace("  workflow_dispatch:\n    inputs:\n", PUSHED)
    for branch in ("main", "stg"):
        host.forge.repos["api"].commit(branch, {".github/workflows/deploy.yml": workflow})
    host.configure(GITHUB.replace('inputs = {version = "{release}"}', BY_PUSH))
    host.double.script("acme/api", ["queued", "failure"], times=1)
    document = host.forge.json(*RELEASE, "-r", "api", check=FAILED)
    (run,) = host.double.runs()
    host.double.put(run, "success")
    follow(host.forge, document, Hint.RERUN, "multigit watch")


def test_the_health_of_what_a_push_deployed_is_checked_again(host: Host) -> None:
    """Before it is run again at GitHub."""
    workflow = WORKFLOW.replace("  workflow_dispatch:\n    inputs:\n", PUSHED)
    for branch in ("main", "stg"):
        host.forge.repos["api"].commit(branch, {".github/workflows/deploy.yml": workflow})
    with Health() as health:
        health.answer(healthy(status=503))
        check = f'[stages.main.health]\nurl = "{health.url}"\nattempts = 1\n'
        host.configure(GITHUB.replace('inputs = {version = "{release}"}', BY_PUSH) + check)
        document = host.forge.json(*RELEASE, "-r", "api", check=FAILED)
        health.answer(healthy())
        follow(host.forge, document, Hint.HEALTH_OR_RERUN, "multigit watch")


@pytest.fixture
def careful(shop: Forge) -> Forge:
    """Return the services with a good release, and work that may not be rolled back by itself."""
    config = shop.shop / "multigit.toml"
    tag = 'tag = "stg-deploy-{timestamp}"\n'
    text = config.read_text().replace(tag, f'{tag}on_unhealthy = "rollback"\n')
    for repo in shop.repos.values():
        url = f'url = "{repo.url}"\n'
        text = text.replace(url, f'{url}irreversible = ["*.sql"]\n')
    config.write_text(text)
    shop.json(*PROMOTE, check=DONE)
    for name in ("database", "api"):
        shop.repos[name].commit("dev", {"a.sql": "2\n"}, message="feat: table")
    Path(shop.env["PLACE"], "database").unlink()
    return shop


BACK = 'multigit rollback stg --last-good --override irreversible --reason "why"'


def test_what_did_not_go_back_by_itself_is_rolled_back_by_hand(careful: Forge) -> None:
    """The command is whole, with what has to be overridden."""
    folder = block(careful, "database")
    document = careful.json(*PROMOTE, "-r", "database", check=FAILED)
    folder.rmdir()
    follow(careful, document, Hint.ROLL_BACK, BACK, "--yes", check=DONE)


def test_what_can_be_continued_is_closed_before_it_is_rolled_back(careful: Forge) -> None:
    """Otherwise the roll-back would be refused."""
    folder = block(careful, "database")
    document = careful.json(*PROMOTE, check=FAILED)
    folder.rmdir()
    follow(careful, document, Hint.ABANDON_AND_ROLL_BACK, "multigit abandon", check=DONE)
    follow(careful, document, Hint.ABANDON_AND_ROLL_BACK, BACK, "--yes", check=DONE)
