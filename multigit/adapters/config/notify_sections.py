"""The tables that say who is told about deployments, and where they are counted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from multigit.adapters.config.section import Section
from multigit.adapters.config.values import (
    Text,
    Texts,
    no_default,
)
from multigit.core.values.workspace import Event

_Event = Annotated[Event, Strict(strict=False)]  # TOML has texts where we keep names


class NotifySection(Section):
    """Who is told about deployments, by Apprise addresses; needs the extra notify."""

    addresses: Texts = Field(
        default=(),
        description="Apprise addresses, as in slack://… or mailto://…; {env:NAME} stands for a "
        "variable, so that no secret stands here.",
    )
    events: Annotated[tuple[_Event, ...], Strict(strict=False)] = Field(
        default=(Event.SUCCEEDED, Event.FAILED),
        description="What they are told: started, succeeded, failed, waiting.",
    )
    stages: Texts = Field(default=(), description="Only about these stages; about all if empty.")


class MetricsSection(Section):
    """Where deployments are counted."""

    address: Text = Field(
        default="",
        description="A StatsD server, host:port. Default: none.",
        json_schema_extra=no_default,
    )
    tags: bool = Field(
        default=True, description="Whether it knows tags, as DogStatsD does; plain StatsD does not."
    )
