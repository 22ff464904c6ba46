"""Fixtures shared by the tests of the git adapter."""

from __future__ import annotations

import pytest

from tests.support.forge import Forge, ForgeRepo


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with a remote and a clone."""
    return forge.add("api")
