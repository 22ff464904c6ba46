"""The environment that this process inherited; needed before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

# `git rev-parse --local-env-vars` of git 2.39. If multigit is called from a git hook, they are set
# to the hook's repository. The settings in GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS belong to
# that as well: a CI job has to give git a token in another way. The last four change how git reads
# every pathspec.
REPOSITORY_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
)

OWN_TOKEN = "MULTIGIT_TOKEN"  # noqa: S105  (a variable's name)
OWN_KEY = "MULTIGIT_KEY"  # identifies a deployment, and is not a secret
SECRET = ("TOKEN", "SECRET", "PASSWORD", "KEY")  # in names of variables whose values are not shown
SHORTEST = 8  # characters: shorter values are not secrets, and are part of many words


def spare_plugins(environment: MutableMapping[str, str]) -> None:
    """Keep pydantic from searching every installed package for plugins, which costs 10 ms."""
    environment.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def forget_outer_repository(environment: MutableMapping[str, str]) -> None:
    """Remove the variables with which a calling git hook would make git use its repository."""
    for name in REPOSITORY_VARIABLES:
        environment.pop(name, None)


def for_commands(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the configuration's commands: all but multigit's own token."""
    return {name: value for name, value in environment.items() if name != OWN_TOKEN}


def secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of the values that look like secrets, by their variables' names."""
    return tuple(
        line.strip()
        for name, value in environment.items()
        if name != OWN_KEY and any(word in name.upper() for word in SECRET)
        for line in value.splitlines()
        if len(line.strip()) >= SHORTEST
    )
