"""A repository of a forge, with its clone in the workspace folder."""

from __future__ import annotations

import pytest

from .forge import Forge, ForgeRepo


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with a remote, a clone and three stages."""
    return forge.add("api", path="services/api")
