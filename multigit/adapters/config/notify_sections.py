"""The tables for notifications about deployments, and for their metrics."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from multigit.adapters.config.section import Section
from multigit.adapters.config.values import Text, Texts
from multigit.core.values.workspace import Event

_Event = Annotated[Event, Strict(strict=False)]  # TOML has strings instead of enumerations


class NotifySection(Section):
    """Who is notified about deployments, by Apprise addresses; requires the extra notify."""

    addresses: Texts = Field(
        default=(),
        description="Apprise addresses, such as slack://… or mailto://…; {env:NAME} stands for a "
        "variable, so that the file contains no secret.",
    )
    events: Annotated[tuple[_Event, ...], Strict(strict=False)] = Field(
        default=(Event.SUCCEEDED, Event.FAILED),
        description="What to send: started, succeeded, failed, waiting.",
    )
    stages: Texts = Field(default=(), description="Only for these stages; for all if empty.")


class MetricsSection(Section):
    """Where metrics of deployments are sent to."""

    address: Text = Field(default="", description="A StatsD server, host:port. Default: none.")
    tags: bool = Field(
        default=True,
        description="Whether it supports tags, as DogStatsD does; plain StatsD does not.",
    )
