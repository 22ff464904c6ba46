"""multigit config: check the configuration, or print its schema."""

from __future__ import annotations

from pathlib import Path

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.cli.help import Command, group

config_app = group("Check the configuration, or print its schema for editors.")


@config_app.command("check", cls=Command)
def check(json: o.Json = False, config: o.Config = None, no_color: o.NoColor = False) -> int:
    """Check the configuration and report all mistakes at once.

    Examples:
      multigit config check
    """
    import os

    from multigit.adapters.config.find import find_config
    from multigit.adapters.config.load import load
    from multigit.core.reports.document import frame
    from multigit.core.values.text import plural
    from multigit.ui.screen import Screen

    screen = Screen(json_wanted=json, color=not no_color)
    path = find_config(Path.cwd(), os.environ, config)
    space = load(path)
    stages = " → ".join(stage.name for stage in space.stages)
    sentence = f"{path} is fine: {plural(len(space.repos), 'repository')}, stages {stages}."
    screen.say(sentence)
    repos = [{"repo": repo.name, "path": repo.path} for repo in space.repos]
    screen.document(frame("config check", sentence, repos=repos))
    return errors.OK


@config_app.command("schema", cls=Command)
def schema() -> int:
    """Print the JSON Schema of multigit.toml, for editors that complete and check TOML.

    Examples:
      multigit config schema > multigit.schema.json
    """
    import json

    from multigit.adapters.config.schema import schema as config_schema

    typer.echo(json.dumps(config_schema(), indent=2))
    return errors.OK
