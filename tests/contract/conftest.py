"""Every fact of this suite holds for the fake git and for the real one."""

from __future__ import annotations

import pytest

from tests.contract.scenes import FakeScene, RealScene, Scene
from tests.support.forge import Forge


@pytest.fixture(params=["fake", "real"])
def scene(request: pytest.FixtureRequest) -> Scene:
    """Return a repository with its remote; only the real one needs a forge."""
    if request.param == "fake":
        return FakeScene()
    forge: Forge = request.getfixturevalue("forge")
    return RealScene(forge)
