"""What this process inherited from whoever called it; needed before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

# `git rev-parse --local-env-vars` of git 2.39, set when multigit is called from a git hook, where
# they point at the hook's repository. The settings in GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS
# belong to it as well: a token that a CI job gives git there has to stand elsewhere. The last four
# change how git reads every pathspec.
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
OWN_KEY = "MULTIGIT_KEY"  # of a deployment: it opens nothing
SECRET = ("TOKEN", "SECRET", "PASSWORD", "KEY")  # in names of variables whose values nobody is told
SHORTEST = 8  # characters: shorter words are no secrets, and are in many others


def spare_plugins(environment: MutableMapping[str, str]) -> None:
    """Keep pydantic from searching every installed package for plugins, which costs 10 ms."""
    environment.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def forget_outer_repository(environment: MutableMapping[str, str]) -> None:
    """Remove the variables with which a calling git hook would point us at its own repository."""
    for name in REPOSITORY_VARIABLES:
        environment.pop(name, None)


def for_commands(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the commands of a configuration are given: all but multigit's own token."""
    return {name: value for name, value in environment.items() if name != OWN_TOKEN}


def secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that look like secrets by their variables' names, line by line."""
    return tuple(
        line.strip()
        for name, value in environment.items()
        if name != OWN_KEY and any(word in name.upper() for word in SECRET)
        for line in value.splitlines()
        if len(line.strip()) >= SHORTEST
    )
