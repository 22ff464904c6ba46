"""The rules between what `multigit.toml` says about deployments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from multigit.adapters.settings_deploy import COMMON, OWN, DeploySection, HealthSection, Key, merged
from multigit.adapters.settings_values import USE_NAME, is_name, shown
from multigit.core.deployment import KEYS, filled, unknown_keys

if TYPE_CHECKING:
    from multigit.adapters.settings_model import Configuration, RepoSection, StageSection

Complaint = tuple[Key, str, str]


def complaints(configuration: Configuration) -> Iterator[Complaint]:
    """Yield key, sentence and hint of what does not fit together."""
    for name, stage in configuration.stages.items():
        yield from _about_stage(configuration, name, stage)
    for name, repo in configuration.repos.items():
        yield from _about_repo(configuration, name, repo)


def _about_stage(
    configuration: Configuration, name: str, stage: StageSection
) -> Iterator[Complaint]:
    """Look at a stage's tables; a key that every repository has of its own may be missing."""
    here: Key = ("stages", name)
    of_all = [merged(stage, repo, name) for repo in configuration.repos.values()]
    if stage.deploy:
        whole = all(not deploy or not _missing(deploy) for deploy, _ in of_all)
        missing = () if whole else _missing(stage.deploy)
        yield from _about_deploy((*here, "deploy"), stage.deploy, missing, bool(stage.tag))
    if stage.health:
        whole = all(not deploy or not health or health.url for deploy, health in of_all)
        yield from _about_health((*here, "health"), stage.health, demanded=not whole)
        if not any(deploy for deploy, _ in of_all):
            yield _nothing_to_check((*here, "health"), name)


def _about_repo(configuration: Configuration, name: str, repo: RepoSection) -> Iterator[Complaint]:
    for kind in ("deploy", "health"):
        for stage_name in getattr(repo, kind):
            if stage_name not in configuration.stages:
                yield (
                    ("repos", name, kind, stage_name),
                    f"there is no stage {shown(stage_name)}.",
                    f"Choose among: {', '.join(configuration.stages)}.",
                )
    for stage_name, stage in configuration.stages.items():
        deploy, health = merged(stage, repo, stage_name)
        if stage_name in repo.deploy and deploy:
            here: Key = ("repos", name, "deploy", stage_name)
            yield from _about_deploy(here, deploy, _missing(deploy), bool(stage.tag))
        if stage_name in repo.health and health:
            yield from _about_health(("repos", name, "health", stage_name), health, demanded=True)
            if deploy is None:
                yield _nothing_to_check(("repos", name, "health", stage_name), stage_name)


def _missing(section: DeploySection) -> tuple[str, ...]:
    """Return the keys that the section's runner demands and that are not there."""
    return tuple(key for key in OWN[section.runner][0] if not getattr(section, key))


def _about_deploy(
    key: Key,
    section: DeploySection,
    missing: tuple[str, ...],
    tagged: bool,  # noqa: FBT001
) -> Iterator[Complaint]:
    demanded, own = OWN[section.runner]
    for each in missing:
        yield (*key, each), f"is missing: the runner {section.runner} needs it.", "Write it."
    for each in sorted(section.model_fields_set - {*COMMON, *demanded, *own}):
        whose = next(kind for kind, keys in OWN.items() if each in keys[0] + keys[1])
        yield (
            (*key, each),
            f"is a key of the runner {whose}, not of {section.runner}.",
            f'Leave it out, or write runner = "{whose}".',
        )
    if section.runner == "github" and section.ref == "tag" and not tagged:
        yield (*key, "ref"), "is the tag, and the stage sets none.", 'Write ref = "branch".'
    for place, target in enumerate(section.targets):
        if not is_name(target):
            yield (*key, "targets", place), f"{shown(target)} is no name for a target.", USE_NAME
        elif target in section.targets[:place]:
            yield (*key, "targets", place), f"{shown(target)} stands there twice.", "Keep one."
    yield from _templates(key, "inputs", section.inputs.values())
    yield from _templates(key, "params", section.params.values())
    yield from _templates(key, "command", section.command)


def _about_health(key: Key, section: HealthSection, *, demanded: bool) -> Iterator[Complaint]:
    if not section.url:
        if demanded:
            yield (*key, "url"), "is missing.", "Write the address that tells how the service is."
        return
    yield from _templates(key, "url", [section.url])
    yield from _templates(key, "equals", [section.equals])
    address = urlsplit(filled(section.url, dict.fromkeys(KEYS, "x")))
    if address.scheme not in {"http", "https"} or not address.hostname:
        yield (*key, "url"), f"{shown(section.url)} is no http or https address.", "Correct it."
    if section.json_path and section.header:
        yield (*key, "header"), "stands beside json; only one can be compared.", "Keep one."


def _templates(key: Key, name: str, templates: Any) -> Iterator[Complaint]:
    for template in templates:
        for wrong in unknown_keys(template):
            known = ", ".join(f"{{{each}}}" for each in KEYS)
            yield (*key, name), f"there is no placeholder {{{wrong}}}.", f"Choose among: {known}."


def _nothing_to_check(key: Key, stage: str) -> Complaint:
    return key, "there is no deployment to check.", f"Add a table [stages.{stage}.deploy]."
