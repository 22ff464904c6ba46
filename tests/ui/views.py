"""What a view looks like at a given width."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType


def shown(view: RenderableType, width: int) -> list[str]:
    """Return the lines of a view in a terminal of this width."""
    console = Console(file=StringIO(), width=width, color_system=None, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(view, crop=False)  # as the screen does
    return [line.rstrip() for line in capture.get().splitlines()]
