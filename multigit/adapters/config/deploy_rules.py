"""The rules between the values of `multigit.toml` about deployments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from multigit.adapters.config.deploy_sections import DeploySection, HealthSection
from multigit.adapters.config.deploys import COMMON, OWN, merged
from multigit.adapters.config.mistakes import Key, Mistake
from multigit.adapters.config.stage_rules import no_such_stage, stages_of
from multigit.adapters.config.values import USE_NAME, is_name, shown
from multigit.core.values.deployment import KEYS, filled, unknown_keys

if TYPE_CHECKING:
    from multigit.adapters.config.repo_section import RepoSection
    from multigit.adapters.config.sections import Configuration, StageSection


def deploy_mistakes(configuration: Configuration) -> Iterator[Mistake]:
    """Yield what does not fit together in the tables about deployments and health checks."""
    for name, stage in configuration.stages.items():
        for mistake in _about_stage(configuration, name, stage):
            key = mistake.key
            places: list[Key] = [("repos", repo, key[2], name) for repo in configuration.repos]
            beside = _beside(name, key[3:4], [key[:3], *places])
            yield replace(mistake, beside=tuple(beside))
    for name, repo in configuration.repos.items():
        for mistake in _about_repo(configuration, name, repo):
            key = mistake.key
            beside = _beside(key[3], key[4:5], [key[:4], ("stages", key[3], key[2])])
            yield replace(mistake, beside=tuple(beside))


def _beside(stage: str | int, last: Key, places: list[Key]) -> Iterator[Key]:
    """Yield the keys that a mistake depends on: the same key, or its runner, elsewhere."""
    for place in places:
        yield (*place, *last)
        yield (*place, "runner")
    if last == ("ref",):
        yield ("stages", stage, "tag")
    if not last:  # it is about the whole table, or that there is no deployment
        yield ("stages", stage, "deploy")
        yield from (("repos", place[1], "deploy", stage) for place in places if len(place) > 3)  # noqa: PLR2004


def _about_stage(configuration: Configuration, name: str, stage: StageSection) -> Iterator[Mistake]:
    """Check a stage's tables; a key may be missing if every repository has it in its own table."""
    here: Key = ("stages", name)
    repos = configuration.repos.values()
    of_all = [merged(stage, repo, name) for repo in repos if name in stages_of(configuration, repo)]
    if stage.deploy:
        whole = all(not deploy or not _missing(deploy) for deploy, _ in of_all)
        missing = () if whole else _missing(stage.deploy)
        own = stage.deploy.model_fields_set
        yield from _about_deploy((*here, "deploy"), stage.deploy, missing, own, bool(stage.tag))
    if stage.health:
        whole = all(not deploy or not health or health.url for deploy, health in of_all)
        yield from _about_health((*here, "health"), stage.health, demanded=not whole)
        if not any(deploy for deploy, _ in of_all):
            yield _nothing_to_check((*here, "health"), name)


def _about_repo(configuration: Configuration, name: str, repo: RepoSection) -> Iterator[Mistake]:
    for kind in ("deploy", "health"):
        for stage_name in getattr(repo, kind):
            if stage_name not in configuration.stages:
                yield Mistake(
                    ("repos", name, kind, stage_name),
                    f"there is no stage {shown(stage_name)}.",
                    f"Choose from: {', '.join(configuration.stages)}.",
                )
            elif stage_name not in stages_of(configuration, repo):
                yield no_such_stage(("repos", name, kind, stage_name), name, stage_name)
    here = stages_of(configuration, repo)
    for stage_name, stage in configuration.stages.items():
        if stage_name not in here:
            continue
        deploy, health = merged(stage, repo, stage_name)
        if stage_name in repo.deploy and deploy:
            key: Key = ("repos", name, "deploy", stage_name)
            own = repo.deploy[stage_name].model_fields_set
            yield from _about_deploy(key, deploy, _missing(deploy), own, bool(stage.tag))
        if stage_name in repo.health and health:
            yield from _about_health(("repos", name, "health", stage_name), health, demanded=True)
            if deploy is None:
                yield _nothing_to_check(("repos", name, "health", stage_name), stage_name)


def _missing(section: DeploySection) -> tuple[str, ...]:
    """Return the keys that the section lacks and its runner requires."""
    return tuple(key for key in OWN[section.runner][0] if not getattr(section, key))


def _about_deploy(
    key: Key,
    section: DeploySection,
    missing: tuple[str, ...],
    own: set[str],
    tagged: bool,  # noqa: FBT001
) -> Iterator[Mistake]:
    """Check a section with all that it inherits; `own` are the keys of the table itself."""
    required, others = OWN[section.runner]
    for name in missing:
        sentence = f"is missing: the runner {section.runner} requires it."
        yield Mistake((*key, name), sentence, "Add it.")
    for name in sorted(section.model_fields_set - {*COMMON, *required, *others}):
        whose = next(kind for kind, keys in OWN.items() if name in keys[0] + keys[1])
        yield Mistake(
            (*key, name),
            f"is a key of the runner {whose}, not of {section.runner}.",
            f'Remove it, or write runner = "{whose}".',
        )
    if section.runner == "github" and section.ref == "tag" and not tagged:
        yield Mistake((*key, "ref"), "is the tag, but the stage has none.", 'Write ref = "branch".')
    for place, target in enumerate(section.targets if "targets" in own else ()):
        if not is_name(target):
            sentence = f"{shown(target)} is not a valid target name."
            yield Mistake((*key, "targets", place), sentence, USE_NAME)
        elif target in section.targets[:place]:
            yield Mistake(
                (*key, "targets", place), f"{shown(target)} is listed twice.", "Keep one."
            )
    templates: dict[str, Iterable[str]] = {
        "inputs": section.inputs.values(),
        "params": section.params.values(),
        "command": section.command,
    }
    for name in sorted(own & set(templates)):
        yield from _templates((*key, name), templates[name])


def _about_health(key: Key, section: HealthSection, *, demanded: bool) -> Iterator[Mistake]:
    if not section.url:
        if demanded:
            hint = "Add the address of the service's health check."
            yield Mistake((*key, "url"), "is missing.", hint)
        return
    yield from _templates((*key, "url"), [section.url])
    yield from _templates((*key, "equals"), [section.equals])
    address = urlsplit(filled(section.url, dict.fromkeys(KEYS, "x")))
    if address.scheme not in {"http", "https"} or not address.hostname:
        sentence = f"{shown(section.url)} is not an http or https address."
        yield Mistake((*key, "url"), sentence, "Correct it.")
    if section.json_path and section.header:
        sentence = "cannot be used with json: only one is compared."
        yield Mistake((*key, "header"), sentence, "Keep one.")


def _templates(key: Key, templates: Iterable[str]) -> Iterator[Mistake]:
    known = ", ".join(f"{{{placeholder}}}" for placeholder in KEYS)
    for template in templates:
        for wrong in unknown_keys(template):
            yield Mistake(key, f"there is no placeholder {{{wrong}}}.", f"Choose from: {known}.")


def _nothing_to_check(key: Key, stage: str) -> Mistake:
    hint = f"Add a table [stages.{stage}.deploy]."
    return Mistake(key, "there is no deployment to check.", hint)
