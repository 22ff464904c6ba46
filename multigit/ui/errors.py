"""An error for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.values.text import masked, visible
from multigit.errors import CancelledError, ConfigError, MultigitError
from multigit.ui.hint_lines import hint_lines
from multigit.ui.local_times import local
from multigit.ui.render import Prose, indented


def error_view(error: MultigitError) -> RenderableType:
    """Return the message, each detail with its hint, and what to run next."""
    return Group(*_lines(error))


def _lines(error: MultigitError) -> Iterator[RenderableType]:
    message = visible(masked(local(error.message)))
    kind = [] if isinstance(error, CancelledError) else [("Error: ", "bold red")]
    yield Prose(Text.assemble(*kind, message))
    for message, hint in error.details if isinstance(error, ConfigError) else ():
        yield indented(Prose(Text(visible(masked(message)))))
        yield from hint_lines(hint, 4, "dim")
    yield from hint_lines(error.hint)
