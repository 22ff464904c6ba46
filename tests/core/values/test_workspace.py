"""Stages follow each other, and repositories are chosen by name and group."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from multigit.core.values.deploy_config import CommandRunner, Deploy
from multigit.core.values.push_rules import PushRules
from multigit.core.values.workspace import Confirm, Repo, Stage, Workspace, unknown
from multigit.errors import USAGE, UsageError
from tests.core.builders import API, DEV, MAIN, ROOT, STAGES, STG, WEB, workspace

DATABASE = Repo("database", "services/database", groups=("backend", "slow"))
SHOP = workspace(ROOT, DATABASE, API, WEB)


def refusal(*names: str, groups: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> UsageError:
    """Return the error of an invalid selection."""
    with pytest.raises(UsageError) as caught:
        SHOP.select(names, groups, exclude)
    return caught.value


@pytest.mark.parametrize(
    ("folder", "api", "file"),
    [
        (".", "services/api", "services/api/.gitignore"),
        ("services", "api", "api/.gitignore"),
        ("services/api", ".", ".gitignore"),
        ("..", "'the shop/services/api'", "'the shop/services/api/.gitignore'"),
        ("services/api/src", "'/desk/the shop/services/api'", None),
        ("services/ap", "'/desk/the shop/services/api'", None),
        ("/elsewhere", "'/desk/the shop/services/api'", None),
    ],
)
def test_a_clone_is_typed_as_seen_from_a_folder(folder: str, api: str, file: str | None) -> None:
    """The path is relative for a clone below the folder, or else absolute, which always works."""
    root = Path("/desk/the shop")
    space = replace(workspace(Repo("api", "services/api")), root=root)
    here = Path(os.path.normpath(root / folder))
    [repo] = space.seen_from(here).repos
    assert repo.typed() == api
    assert repo.typed(".gitignore") == file or file is None
    assert repo.path == "services/api"


def test_without_a_folder_a_clone_is_seen_from_the_workspace() -> None:
    """Tables and documents show it like this."""
    assert (DATABASE.typed(), DATABASE.typed("a b")) == (
        "services/database",
        "'services/database/a b'",
    )


def test_a_stage_is_found_by_its_name() -> None:
    """The name of its branch does not matter."""
    assert SHOP.stage("stg") is STG


def test_an_unknown_stage_gets_the_nearest_one_suggested() -> None:
    """The error is a usage error that suggests what was probably meant."""
    with pytest.raises(UsageError) as caught:
        SHOP.stage("mian")
    error = caught.value
    assert (error.message, error.hint) == ("There is no stage 'mian'.", "Did you mean main?")
    assert (error.code, error.exit_code) == ("unknown_stage", USAGE)


@pytest.mark.parametrize(
    ("known", "hint"),
    [(["dev", "stg"], "Choose from: dev, stg."), ([], "The configuration defines no stage.")],
)
def test_a_name_like_no_other_gets_the_list(known: list[str], hint: str) -> None:
    """The hint lists all names."""
    assert unknown("stage", "production", known).hint == hint


def test_the_last_stage_is_the_one_that_nothing_is_promoted_from() -> None:
    """Production is recognized by the chain, not by its name."""
    assert [stage.name for stage in SHOP.stages if SHOP.is_last(stage)] == ["main"]


def test_a_chain_that_forks_has_several_last_stages() -> None:
    """Every end of the chain is one."""
    forked = workspace(API, stages=(DEV, STG, MAIN, Stage("demo", "demo", promotes_from="dev")))
    assert [stage.name for stage in forked.stages if forked.is_last(stage)] == ["main", "demo"]


def test_pairs_are_neighbors_in_order_of_promotion() -> None:
    """Each pair is (earlier, later)."""
    assert SHOP.pairs() == ((DEV, STG), (STG, MAIN))


def test_a_chain_goes_down_to_the_first_stage() -> None:
    """It goes from main over stg to dev, and the first stage is a chain of one."""
    assert SHOP.chain_down(MAIN) == (MAIN, STG, DEV)
    assert SHOP.chain_down(DEV) == (DEV,)


def test_the_root_holds_all_other_repositories() -> None:
    """A push of the workspace folder must not commit these paths."""
    assert tuple(SHOP.nested_in(ROOT)) == ("services/database", "services/api", "frontends/web")


def test_a_repository_holds_only_what_is_below_it() -> None:
    """Paths are relative to the outer one, and a shared prefix of the names is not enough."""
    inner = Repo("proto", "services/api/proto")
    space = workspace(ROOT, API, inner, Repo("api2", "services/api-v2"))
    assert tuple(space.nested_in(API)) == ("proto",)
    assert tuple(space.nested_in(inner)) == ()


def test_multigits_own_files_are_only_in_the_root() -> None:
    """A push of the root leaves out the log, its torn lines and .multigit."""
    assert SHOP.own_files(ROOT) == (".multigit", "deployment.log", "deployment.log.torn")
    assert SHOP.own_files(API) == ()


def test_all_repositories_are_chosen_when_nothing_is_named() -> None:
    """They are in configuration order."""
    assert SHOP.select() == (ROOT, DATABASE, API, WEB)


def test_names_and_groups_add_up_in_configuration_order() -> None:
    """The order of the command line does not matter, and no repository comes twice."""
    assert SHOP.select(["web", "api"], ["slow"]) == (DATABASE, API, WEB)
    assert SHOP.select(["database"], ["backend"]) == (DATABASE, API)


def test_exclude_comes_last() -> None:
    """An excluded repository is left out, even if it or its group is named."""
    assert SHOP.select(groups=["backend"], exclude=["database"]) == (API,)
    assert SHOP.select(exclude=["shop", "web"]) == (DATABASE, API)


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        (refusal("apii"), "unknown_repository", "Did you mean api?"),
        (refusal("api", exclude=("wep",)), "unknown_repository", "Did you mean web?"),
        (refusal(groups=("back",)), "unknown_group", "Did you mean backend?"),
        (
            refusal(groups=("x",)),
            "unknown_group",
            "Choose from: backend, frontend, slow.",
        ),
        (refusal("api", exclude=("api",)), "usage", "Choose from: shop, database, api, web."),
    ],
)
def test_a_wrong_selection_is_a_usage_error(error: UsageError, code: str, hint: str) -> None:
    """An unknown name or group is not treated as an empty selection."""
    assert (error.code, error.hint, error.exit_code) == (code, hint, USAGE)


def test_omitted_values_have_the_documented_default() -> None:
    """Each default is that of the example configuration."""
    bare = Workspace(Path("/shop"), (), ())
    assert (bare.remote, bare.timezone, bare.jobs) == ("origin", "UTC", 8)
    assert (bare.log, bare.git_timeout, bare.name) == ("deployment.log", 600.0, "")
    assert Stage("x", "y") == Stage("x", "y", "", "", Confirm.YES, (), require_message=False)
    assert Repo("x", "y") == Repo("x", "y", url="", groups=(), hooks=False)
    assert PushRules().max_file_size == 10_000_000


def test_ways_to_confirm_are_words_of_the_configuration() -> None:
    """People write them into multigit.toml."""
    assert " ".join(Confirm) == "none yes name"


def test_values_are_frozen() -> None:
    """A workspace cannot be changed after it was read."""
    with pytest.raises(FrozenInstanceError):
        API.path = "elsewhere"  # type: ignore[misc]


class TestOwnStages:
    """A repository may have fewer stages than the workspace, and other branches."""

    SHORT = replace(WEB, stages=("dev", "main"), branches={"dev": "trunk"})
    SPACE = workspace(API, SHORT)

    def test_it_has_them_as_neighbors(self) -> None:
        """What promotes from what follows from its own stages."""
        assert self.SPACE.stages_of(self.SHORT) == (
            replace(DEV, branch="trunk"),
            replace(MAIN, promotes_from="dev"),
        )
        assert self.SPACE.stages_of(API) == STAGES
        ((earlier, later),) = self.SPACE.seen_by(self.SHORT).pairs()
        assert (earlier.name, later.name) == ("dev", "main")

    def test_it_is_not_deployed_to_a_stage_that_it_lacks(self) -> None:
        """The stage's deployment is that of the others."""
        deploy = Deploy(CommandRunner(("true",)))
        stg = replace(STG, deploy=deploy)
        assert self.SPACE.deploy(API, stg) == deploy
        assert self.SPACE.deploy(self.SHORT, stg) is None
