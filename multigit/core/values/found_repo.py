"""A repository that was found on disk, for a new configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundRepo:
    """A git repository: `path` is relative to the folder searched, "." for that folder itself.

    `branches` are those that could belong to a stage, here or on its remote as last fetched. `note`
    says why git refused it, or what is unusual. `pushed_to` is empty if git pushes to where it
    fetches from. It and `url` may contain credentials.
    """

    path: str
    name: str
    remote: str = ""
    url: str = ""
    branches: tuple[str, ...] = ()
    note: str = ""
    pushed_to: str = ""
