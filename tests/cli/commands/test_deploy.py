"""Deployments from the command line: GitHub workflows on a double, and real commands."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import pytest

from multigit.core.progress.marks import mark_bytes, mark_ref
from multigit.core.values.mark import Mark, Quality
from multigit.hints import Hint
from tests.cli.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    USAGE,
    at_terminal,
    codes,
    meanwhile,
    pushing_slowly,
    rows,
    states,
)
from tests.cli.hosts import (
    COMMAND,
    GITHUB,
    RELEASE,
    STAGES,
    Host,
    deployed,
    deployment,
    impatient,
    scripted,
)
from tests.doubles import jenkins as jenkins_faults
from tests.doubles.github import TOKEN, Point, faults
from tests.doubles.jenkins import API_TOKEN, USER, Jenkins, Job
from tests.hints.typing import follow
from tests.support.forge import Forge, remotes_untouched
from tests.support.patience import until


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return three repositories on GitHub; every request keeps the contract."""
    made = Host(forge, ["database", "api", "web"], gated=frozenset({"web"}))
    with made.double:
        made.configure()
        yield made
    assert made.double.violations == []


def starts(host: Host) -> dict[str, int]:
    """Return how often each repository was deployed."""
    counted: Counter[str] = Counter()
    for start, times in host.double.starts.items():
        counted[start.repo] += times
    return dict(counted)


def test_a_release_is_dispatched_watched_and_recorded(host: Host) -> None:
    """Each workflow runs once on the tag with its inputs, and the log has its URL."""
    host.double.script("acme/web", ["queued", "in_progress", "success"], times=1)
    chosen = ("-r", "database", "-r", "api")
    document = host.forge.json(*RELEASE, *chosen, check=DONE)
    assert starts(host) == {"acme/database": 1, "acme/api": 1}
    assert deployment(document, "api")["state"] == "succeeded"
    assert {start.ref for start in host.double.starts} == {document["release"]}
    (record,) = host.forge.json("log", check=DONE)["records"]
    assert record["repos"][0]["deployments"][0]["url"]


def test_what_cannot_be_dispatched_is_found_before_anything_is_pushed(host: Host) -> None:
    """A missing workflow and a missing token block the release."""
    host.configure(GITHUB.replace("deploy.yml", "release.yml"))
    with remotes_untouched(host.forge):
        document = host.forge.json(*RELEASE, check=REFUSED)
    assert codes(rows(document)["api"]) == ["workflow_missing"]
    follow(host.forge, document, Hint.WRITE_WORKFLOW, "multigit init --workflows")
    host.configure()
    del host.forge.env["MULTIGIT_TOKEN"]
    with remotes_untouched(host.forge):
        document = host.forge.json(*RELEASE, check=REFUSED)
    assert codes(rows(document)["api"]) == ["no_token"]
    host.forge.env["MULTIGIT_TOKEN"] = TOKEN


def test_an_override_needs_a_rule_and_a_reason(host: Host) -> None:
    """Otherwise the command line is wrong, and nothing happens."""
    for options, code, hint in (
        (("--override", "bad_relase", "--reason", "x"), "not_overridable", "mean bad_release?"),
        (("--override", "bad_release"), "reason_missing", "--reason"),
        (("--reason", "x"), "nothing_overridden", "--override"),
        (("--override", "bad_release", "--reason", " "), "usage", "--reason"),
    ):
        document = host.forge.json("deploy", "main", "--yes", *options, check=USAGE)
        assert (options, codes(document)) == (options, [code])
        assert hint in document["hint"]
    assert starts(host) == {}


def test_a_release_that_was_marked_bad_on_another_machine(forge: Forge) -> None:
    """It blocks; with the options of the hint it is deployed, and log and notes have the reason."""
    config = scripted(forge).shop / "multigit.toml"
    config.write_text(f'{config.read_text("utf-8")}\n[lock]\nrepo = "api"\n', "utf-8")
    release = forge.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    bad = Mark(release, "stg", Quality.BAD, "Ada <a@b>", "host", "2025-01-15T13:00:00Z", "slow")
    api = forge.repos["api"]
    sha = api.remote_git("hash-object", "-w", "--stdin", input=mark_bytes(bad)).strip()
    api.remote_git("update-ref", mark_ref(release), sha)
    command = ("deploy", "stg", release, "--yes")
    refused = forge.json(*command, check=REFUSED)
    (problem,) = rows(refused)["database"]["problems"]
    assert problem["code"] == "bad_release"
    assert problem["message"] == f"{release} was marked bad by Ada on 2025-01-15T13:00:00Z: slow."
    options = shlex.split(problem["hint"].partition("add: ")[2])
    assert options == ["--override", "bad_release", "--reason", "why"]
    summary = forge.root / "summary.md"
    ci = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    document = json.loads(forge.run(*command, *options, "--json", env=ci, check=DONE).stdout)
    assert deployed(forge) == {"api": [release] * 2, "database": [release] * 2}
    assert {each["reason"] for each in document["accepted"]} == {"why"}
    assert forge.json("log", check=DONE)["records"][-1]["accepted"] == document["accepted"]
    assert "Accepted: database: " in summary.read_text("utf-8")
    assert "! reason: why" in forge.run("log", check=DONE).stdout


def test_ctrl_c_ends_the_waiting_that_github_asked_for(host: Host) -> None:
    """Ctrl-C ends the wait for a rate limit; the deployment continues, and continue reports it."""
    host.double.script("acme/api", ["queued", "in_progress", "success"], times=1)
    slow = faults.secondary_limit(59)
    host.double.inject(slow, "acme/api", "actions/get-workflow-run", times=1)
    with at_terminal(host.forge, *RELEASE, "-r", "api") as terminal:
        terminal.expect("queued")
        terminal.press_ctrl_c()
        terminal.expect("Deployments keep running: api.")
        assert terminal.finish() == INTERRUPTED
    document = host.forge.json("continue", check=DONE)
    assert deployment(document, "api")["state"] == "succeeded"
    assert starts(host) == {"acme/api": 1}


def test_the_token_is_told_nobody(host: Host) -> None:
    """The token is not in the output, the log or .multigit, even if a deployment fails."""
    host.double.inject(faults.error(422), "acme/api", "actions/create-workflow-dispatch", times=1)
    said = host.forge.run(*RELEASE, "-r", "api", "--no-wait")
    folder = host.forge.shop
    kept = "".join(
        file.read_text(errors="replace")
        for file in folder.rglob(".multigit/**/*")
        if file.is_file()
    )
    log = (folder / "deployment.log").read_text()
    assert TOKEN not in said.stdout + said.stderr + kept + log


def test_twenty_repositories_with_lost_answers_and_a_failure(forge: Forge) -> None:
    """Each is dispatched exactly once, the failure names its step, and --failed fixes it alone."""
    names = [f"s{number:02}" for number in range(20)]
    host = Host(forge, names)
    with host.double as double:
        host.configure()
        for name in names[:3]:
            double.inject(
                faults.effect_then(502), f"acme/{name}", "actions/create-workflow-dispatch", times=1
            )
        for name in names:
            double.script(f"acme/{name}", ["queued", "success"])
        bad = [Point("in_progress"), Point("failure", "deploy", "migrate")]
        double.script("acme/s07", bad, times=1)

        document = forge.json(*RELEASE, "-j", "16", check=FAILED)

        assert starts(host) == {f"acme/{name}": 1 for name in names}
        assert set(states(document).values()) == {"published"}
        failed = deployment(document, "s07")
        assert (failed["state"], failed["job"], failed["step"]) == ("failed", "deploy", "migrate")
        assert failed["url"]
        assert {deployment(document, n)["state"] for n in names if n != "s07"} == {"succeeded"}

        mended = forge.json("deploy", "main", "--failed", "--yes", check=DONE)
        assert list(states(mended).items()) == [("s07", "deployed")]
        assert starts(host)["acme/s07"] == 2
        assert sum(starts(host).values()) == 21
    assert double.violations == []


def test_what_is_merged_anew_is_rehearsed_anew(host: Host) -> None:
    """A colleague moved the branch and the workflow is gone: found before anything is pushed."""
    api = host.forge.repos["api"]
    api.reject_pushes("refs/heads/main")
    host.forge.json(*RELEASE, "-r", "api", "-r", "database", check=FAILED)
    api.allow_pushes()
    api.commit("main", {"theirs": "1\n"})
    host.double.inject(faults.not_found(), "acme/api", "actions/get-workflow", times=1)
    with remotes_untouched(host.forge):
        document = host.forge.json("continue", "--yes", check=REFUSED)
    assert codes(rows(document)["api"]) == ["workflow_missing"]
    document = host.forge.json("continue", "--yes", check=DONE)
    assert deployment(document, "api")["state"] == "succeeded"
    assert starts(host) == {"acme/database": 1, "acme/api": 1}


# --- Jenkins


def test_a_job_of_jenkins_builds_each_repository_once(forge: Forge) -> None:
    """Two repositories share the job; a build whose answer was lost is found by its key."""
    for name in ("database", "api"):
        forge.add(name).commit("stg", {"b": "1\n"}, message="feat: b")
    forge.env |= {"JENKINS_TOKEN": API_TOKEN, "PYTHONPATH": str(impatient())}
    job = Job(frozenset({"VERSION", "TICKET"}))
    with Jenkins({"shop/deploy": job}) as jenkins:
        forge.write_config(
            STAGES + f'\n[stages.main.deploy]\nrunner = "jenkins"\nurl = "{jenkins.url}"\n'
            f'job = "shop/deploy"\nuser = "{USER}"\n'
            'params = {VERSION = "{repo} {release}", TICKET = "{key}"}\n'
            + "".join(f'\n[repos.{n}]\nurl = "{r.url}"\n' for n, r in forge.repos.items())
        )
        jenkins.script("shop/deploy", ["waiting", "building", "SUCCESS"])
        jenkins.inject(jenkins_faults.dropped(effect=True), route="build")
        said = forge.run(*RELEASE, "--json", check=DONE)
    document = json.loads(said.stdout)
    built = sorted(dict(start.params)["VERSION"] for start in jenkins.starts)
    assert built == [f"{name} {document['release']}" for name in ("api", "database")]
    assert set(jenkins.starts.values()) == {1}
    assert {deployment(document, name)["state"] for name in forge.repos} == {"succeeded"}
    assert all(deployment(document, name)["url"].startswith(jenkins.url) for name in forge.repos)
    kept = "".join(f.read_text() for f in forge.shop.rglob(".multigit/**/*") if f.is_file())
    assert API_TOKEN not in said.stdout + said.stderr + kept


# --- Commands


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two services with a deployment script; api comes after database."""
    return scripted(forge)


def test_a_command_runs_once_in_an_export_of_the_commit(shop: Forge) -> None:
    """The command runs in the export, whatever the work tree contains."""
    (shop.repos["api"].clone / "deploy.sh").write_text("exit 1\n")
    document = shop.json("promote", "dev", "stg", "--yes", check=DONE)
    assert deployed(shop) == {name: [document["release"]] for name in ("database", "api")}


def test_a_failure_keeps_the_later_wave_back_until_continue(shop: Forge) -> None:
    """Once the script can succeed, continue runs it again, and then the next wave."""
    place = Path(shop.env["PLACE"])
    (place / "database").mkdir()  # the script cannot write there
    document = shop.json("promote", "dev", "stg", "--yes", check=FAILED)
    assert states(document) == {"database": "published", "api": "not_published"}
    assert deployment(document, "database")["state"] == "failed"
    (place / "database").rmdir()
    document = shop.json("continue", check=DONE)
    assert states(document) == {"database": "published", "api": "published"}
    assert deployed(shop) == {name: [document["release"]] for name in ("database", "api")}


def test_status_marks_what_an_unfinished_operation_deployed(shop: Forge) -> None:
    """Status shows it although there is no record yet."""
    (Path(shop.env["PLACE"]) / "database").mkdir()  # the script cannot write there
    failed = shop.json("promote", "dev", "stg", "--yes", check=FAILED)
    document = shop.json("status", check=DONE)
    told = rows(document)["database"]["deployed"]["stg"]
    assert (told["operation"], told["state"]) == (failed["operation"], "failed")
    assert rows(document)["api"]["deployed"] == {}
    assert "1 whose last deployment failed" in document["message"]
    assert "stg now ✗" in shop.run("status", check=DONE).stdout


def test_what_comes_after_one_that_is_left_out_is_left_out(shop: Forge) -> None:
    """If database is skipped, api, which comes after it, is skipped as well."""
    shop.repos["database"].commit("stg", {"a": "theirs\n"}, message="fix: a")
    document = shop.json("promote", "dev", "stg", "--yes", "--skip-blocked", check=REFUSED)
    assert states(document) == {"database": "skipped", "api": "skipped"}
    assert codes(rows(document)["api"]) == ["after_left_out"]
    assert deployed(shop) == {}


def imported(forge: Forge, *args: str) -> set[str]:
    """Return the top-level packages that multigit imports during a command that succeeds."""
    done = forge.run(*args, env={"PYTHONPROFILEIMPORTTIME": "1"}, check=DONE)
    rows = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line)
    return {name.partition(".")[0] for name in rows}


def test_github_is_not_imported_for_commands(shop: Forge) -> None:
    """Neither a promotion nor a deployment with a command imports it."""
    promotion = imported(shop, "promote", "dev", "stg", "--yes")
    again = imported(shop, "deploy", "stg", "--yes")
    assert {"multigit", "git"} <= promotion & again
    assert "github" not in promotion | again


def test_github_is_imported_for_its_workflows(host: Host) -> None:
    """This proves that the test above can fail."""
    assert "github" in imported(host.forge, *RELEASE, "-r", "api", "--no-wait")


def test_attributes_of_the_work_tree_do_not_reach_the_export(shop: Forge) -> None:
    """An untracked .gitattributes would change the line endings of the script."""
    (shop.repos["api"].clone / ".gitattributes").write_text("* text eol=crlf\n")
    document = shop.json("promote", "dev", "stg", "--yes", check=DONE)
    assert deployed(shop)["api"] == [document["release"]]


def test_what_is_unfinished_and_deployed_is_not_undone_either(shop: Forge) -> None:
    """It stays open for continue or abandon, and abandon records what was deployed."""
    (Path(shop.env["PLACE"]) / "database").mkdir()  # the script cannot write there
    document = shop.json("promote", "dev", "stg", "--yes", check=FAILED)
    shop.json("continue", check=FAILED)
    with remotes_untouched(shop):
        refused = shop.json("undo", "--yes", check=REFUSED)
    assert refused["problems"][0]["code"] == "cannot_be_undone"
    abandoned = shop.json("abandon", check=DONE)
    assert abandoned["operation"] == document["operation"]
    known = deployment(abandoned, "database")
    assert (known["state"], known["attempt"]) == ("failed", 2)


def test_what_was_deployed_is_not_undone(shop: Forge) -> None:
    """Undo is refused, and the refs stay."""
    shop.json("promote", "dev", "stg", "--yes", check=DONE)
    with remotes_untouched(shop):
        document = shop.json("undo", "--yes", check=REFUSED)
    assert codes(document) == ["cannot_be_undone"]
    assert document["hint"] == "Revert it with a new commit, and promote that."
    assert codes(rows(document)["api"]) == ["deployed"]


def test_a_release_that_was_deployed_later_is_not_undone(shop: Forge) -> None:
    """The later deployment counts, and the hint deploys the previous release."""
    config = shop.shop / "multigit.toml"
    with_runner = config.read_text()
    first = shop.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    for repo in shop.repos.values():
        repo.commit("dev", {"a": "2\n"}, message="feat: more")
    config.write_text(with_runner.replace(COMMAND, ""))
    release = shop.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    config.write_text(with_runner)
    shop.json("deploy", "stg", "--yes", "-r", "api", check=DONE)
    shop.json("deploy", "stg", "--yes", "-r", "database", check=DONE)
    with remotes_untouched(shop):
        document = shop.json("undo", release, "--yes", check=REFUSED)
    assert codes(document) == ["cannot_be_undone"]
    assert [codes(row) for row in document["repos"]] == [["deployed"], ["deployed"]]
    hint = rows(document)["api"]["problems"][0]["hint"]
    assert f"multigit deploy stg {first} -r api" in hint
    shop.json(*hint.partition("multigit ")[2].split(), "--yes", check=DONE)
    assert deployed(shop)["api"][-1] == first


def test_a_continue_announces_no_deployment_that_is_over(shop: Forge) -> None:
    """Only the deployments that it will start or watch are announced."""
    api = shop.repos["api"]
    api.reject_pushes("refs/heads/stg")
    shop.json("promote", "dev", "stg", "--yes", check=FAILED)
    api.allow_pushes()
    document = shop.json("continue", "--dry-run", check=DONE)
    assert states(document) == {"database": "published", "api": "planned"}
    assert document["message"] == (
        "1 repository will be promoted, 1 was published before. 1 commit reaches stg."
    )
    assert "published, deploy" not in shop.run("continue", "--dry-run", check=DONE).stdout
    shop.json("continue", "--yes", check=DONE)
    assert {name: len(seen) for name, seen in deployed(shop).items()} == {"database": 1, "api": 1}


def test_an_earlier_release_can_be_deployed(shop: Forge) -> None:
    """The tag selects the release, and no ref moves."""
    first = shop.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    for repo in shop.repos.values():
        repo.commit("dev", {"a": "2\n"}, message="feat: more")
    shop.json("promote", "dev", "stg", "--yes", check=DONE)
    with remotes_untouched(shop):
        document = shop.json("deploy", "stg", first, "--yes", check=DONE)
    assert states(document) == {"database": "deployed", "api": "deployed"}
    assert [seen[-1] for seen in deployed(shop).values()] == [first, first]


def test_what_is_not_in_a_release_is_left_out_and_holds_nobody_back(shop: Forge) -> None:
    """Database is not in the release, so it is skipped, and api is deployed without it."""
    release = shop.json("promote", "dev", "stg", "--yes", "-r", "api", check=DONE)["release"]
    document = shop.json("deploy", "stg", release, "--yes", check=DONE)
    assert states(document) == {"database": "skipped", "api": "deployed"}
    assert codes(rows(document)["database"]) == ["not_in_release"]


def test_a_deployment_that_fails_is_told_as_failed(shop: Forge) -> None:
    """A deployment without a promotion fails, too, and the file with its output is named."""
    (Path(shop.env["PLACE"]) / "database").mkdir()  # the script cannot write there
    done = shop.run("deploy", "stg", "-r", "database", "--yes", check=FAILED)
    assert "✗ failed" in done.stdout
    assert "✓" not in done.stdout
    said = done.stderr.partition("Output of database's command: ")[2].splitlines()[0]
    assert (shop.shop / said).is_file()
    document = shop.json("deploy", "stg", "-r", "database", "--yes", check=FAILED)
    assert states(document) == {"database": "failed"}
    assert deployment(document, "database")["output"] != said
    lines = shop.run("log", check=DONE).stdout.splitlines()
    assert sum("1 not deployed" in line for line in lines) == 2


def test_a_program_that_is_not_in_the_commit_blocks(shop: Forge) -> None:
    """A missing program blocks, and so does one that is not executable."""
    config = (shop.shop / "multigit.toml").read_text()
    for program, code in (
        ("./missing.sh", "command_missing"),
        ("./deploy.sh", "command_not_executable"),
    ):
        shop.write_config(config.replace('"sh", "deploy.sh"', f'"{program}"'))
        with remotes_untouched(shop):
            document = shop.json("promote", "dev", "stg", "--yes", check=REFUSED)
        assert codes(rows(document)["api"]) == [code]


def test_a_program_may_be_a_symlink_in_the_commit(shop: Forge) -> None:
    """Whether it is executable depends on the file that the link points to."""
    database = shop.repos["database"]
    database.git("pull", "--quiet", "origin", "dev")
    (database.clone / "up").symlink_to("bin/up")
    database.write({"bin/up": '#!/bin/sh\nexec sh deploy.sh "$@"\n'})
    config = (shop.shop / "multigit.toml").read_text()
    shop.write_config(config.replace('"sh", "deploy.sh"', '"./up"'))
    for mode, code in ((0o644, REFUSED), (0o755, DONE)):
        (database.clone / "bin/up").chmod(mode)
        database.local_commit({"mode": f"{mode}\n"})
        database.git("add", "--all")
        database.git("commit", "--quiet", "--amend", "--no-edit")
        database.git("push", "--quiet", "origin", "HEAD:dev")
        document = shop.json("promote", "dev", "stg", "-r", "database", "--yes", check=code)
        assert codes(rows(document)["database"]) == (
            ["command_not_executable"] if code == REFUSED else []
        )
    assert deployed(shop) == {"database": [document["release"]]}


@pytest.mark.parametrize("ended", ["success", "failure"])
def test_a_run_that_ended_unseen_blocks_nothing(host: Host, ended: str) -> None:
    """Its result is read from GitHub."""
    host.forge.json(*RELEASE, "-r", "api", "--no-wait", check=DONE)
    (run,) = host.double.runs()
    host.double.finish(run, ended)
    host.forge.json("deploy", "main", "-r", "api", "--dry-run", check=DONE)


def test_nothing_is_deployed_beside_a_run_that_somebody_runs_again(host: Host) -> None:
    """The log says that it failed, but GitHub says that it is running again, so it blocks.

    While GitHub does not say, only a person can decide.
    """
    host.double.script("acme/api", ["queued", "failure"], times=1)
    host.forge.json(*RELEASE, "-r", "api", check=FAILED)
    (run,) = host.double.runs()
    again = ("deploy", "main", "-r", "api", "--failed", "--yes")
    host.double.put(run, "in_progress")
    document = host.forge.json(*again[:4], "--yes", check=REFUSED)
    assert codes(rows(document)["api"]) == ["still_deploying"]
    refused = host.forge.json(*again, check=REFUSED)
    assert codes(refused) == ["nothing_failed"]
    assert "multigit watch" in refused["hint"]
    host.double.put(run, "failure")
    host.double.inject(faults.error(500), "acme/api", "actions/get-workflow-run", times=None)
    seen = host.forge.json(*again, "--dry-run", check=REFUSED)
    assert codes(rows(seen)["api"]) == ["deployment_in_doubt"]
    assert starts(host) == {"acme/api": 1}


def test_a_release_that_does_not_exist_is_named(shop: Forge) -> None:
    """The hint lists the releases that exist."""
    release = shop.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    document = shop.json("deploy", "stg", "stg-deploy-20000101-000000", "--yes")
    assert document["result"] == "error"
    assert release in document["hint"]


def test_watching_what_is_over_changes_nothing(shop: Forge) -> None:
    """Watch adds no second record, and finds the operation by its release as well."""
    shop.json("promote", "dev", "stg", "--yes", check=DONE)
    first = shop.json("watch", check=DONE)
    assert deployment(first, "api")["state"] == "succeeded"
    assert shop.json("watch", first["release"], check=DONE)["operation"] == first["operation"]
    assert len(shop.json("log", check=DONE)["records"]) == 1


def test_who_watches_while_a_commit_is_exported_is_not_in_the_way(shop: Forge) -> None:
    """The deployment starts normally, and both commands report that it succeeded."""
    place, database = Path(shop.env["PLACE"]), shop.repos["database"]
    waits = 'touch "$PLACE/exports"; while [ ! -e "$PLACE/go" ]; do sleep 0.05; done; cat'
    database.git("config", "filter.slow.smudge", waits)
    database.commit("dev", {".gitattributes": "*.bin filter=slow\n", "a.bin": "1\n"})
    promote = ("promote", "dev", "stg", "-r", "database", "--yes")
    with meanwhile(lambda: shop.json(*promote, check=DONE)) as promotion:
        until((place / "exports").exists)
        with meanwhile(lambda: shop.json("watch", check=DONE)) as watching:
            wait([watching], timeout=3.0)  # it has read the state by then
            (place / "go").touch()
            watched = watching.result()
        document = promotion.result()
    for said in (watched, document):
        assert deployment(said, "database")["state"] == "succeeded"
    assert deployed(shop)["database"] == [document["release"]]


def test_who_watches_beside_a_promotion_is_told_that_it_goes_on(shop: Forge) -> None:
    """Watch reports it as running, suggests no continue, and adds no record."""
    promote = ("promote", "dev", "stg", "--yes")
    with (
        pushing_slowly(shop.repos["api"]) as (came, go),
        meanwhile(lambda: shop.json(*promote, check=DONE)) as promotion,
    ):
        came()
        said = shop.run("watch", check=REFUSED)
        document = shop.json("watch", check=REFUSED)
        go()
        operation = promotion.result()["operation"]
    assert "running multigit promote here since" in said.stdout
    assert "multigit continue" not in said.stdout + said.stderr
    assert (document["operation"], document["result"]) == (operation, "paused")
    assert codes(document) == ["locked"]
    assert states(document) == {"database": "published", "api": "unknown"}
    assert len(shop.json("log", check=DONE)["records"]) == 1


def test_what_is_finished_while_somebody_watches_is_not_unfinished(host: Host) -> None:
    """It was abandoned while watch was running, so watch records the result."""
    web = (*RELEASE, "-r", "web")
    with at_terminal(host.forge, *web) as terminal:
        terminal.expect("waiting")
        terminal.press_ctrl_c()
        assert terminal.finish() == INTERRUPTED
    with at_terminal(host.forge, "watch") as terminal:
        terminal.expect("waiting")
        host.forge.json("abandon", check=DONE)
        host.forge.json("approve", "--yes", check=DONE)
        assert terminal.finish() == DONE
    assert "not finished" not in terminal.text
    records = host.forge.json("log", check=DONE)["records"]
    assert [each["command"] for each in records] == ["promote", "approve", "watch"]


def test_what_still_runs_is_not_deployed_again(shop: Forge) -> None:
    """A new deployment is refused until the running one has ended, whose output can be read."""
    config = (shop.shop / "multigit.toml").read_text()
    slow = '["sh", "-c", "echo begun; while ! test -e $PLACE/go; do sleep 0.05; done"]'
    shop.write_config(config.replace('["sh", "deploy.sh", "{release}"]', slow))
    started = shop.run("deploy", "stg", "-r", "database", "--no-wait", "--yes", check=DONE)
    said = started.stderr.partition("Output of database's command: ")[2].splitlines()[0]
    until(lambda: "begun" in (shop.shop / said).read_text())
    shop.repos["database"].commit("dev", {"a": "2\n"}, message="feat: more")
    with remotes_untouched(shop):
        document = shop.json("promote", "dev", "stg", "-r", "database", "--yes", check=REFUSED)
    assert codes(rows(document)["database"]) == ["still_deploying"]
    (Path(shop.env["PLACE"]) / "go").touch()
    shop.json("watch", check=DONE)
    shop.json("promote", "dev", "stg", "-r", "database", "--yes", check=DONE)


def test_a_command_that_takes_too_long_is_ended(shop: Forge) -> None:
    """With what it started. The file with its output is named, and continue starts it again."""
    config = (shop.shop / "multigit.toml").read_text()
    slow = '["sh", "-c", "echo begun; test -e $PLACE/go || (sleep 60; touch $PLACE/late)"]'
    config = config.replace('["sh", "deploy.sh", "{release}"]', f'{slow}\ntimeout = "1s"')
    shop.write_config(config)
    done = shop.run("promote", "dev", "stg", "-r", "database", "--yes", check=FAILED)
    words = "it did not end within 1 second. It was ended; its last line of output: begun"
    assert words in " ".join(done.stdout.split())
    said = done.stderr.partition("Output of database's command: ")[2].splitlines()[0]
    assert (shop.shop / said).read_text() == "begun\n"
    (Path(shop.env["PLACE"]) / "go").touch()
    document = shop.json("deploy", "stg", "--failed", "--yes", check=DONE)
    assert deployment(document, "database")["output"]
    assert not (Path(shop.env["PLACE"]) / "late").exists()


@pytest.mark.parametrize("more", [(), ("--failed",)])
def test_a_stage_that_nothing_deploys_is_a_usage_error(shop: Forge, more: tuple[str, ...]) -> None:
    """Also with --failed, which must not suggest a command that would be refused."""
    document = shop.json("deploy", "dev", *more, "--yes", check=USAGE)
    assert [each["code"] for each in document["problems"]] == ["no_deployment"]
