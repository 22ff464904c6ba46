"""Undo: which operation is meant, by its id or by its release's tag."""

from __future__ import annotations

from tests.cli.answers import DONE, USAGE, codes, told
from tests.support.forge import Forge, untouched


def test_operation_is_named_by_its_release_or_its_id(forge: Forge) -> None:
    """The tag that the log shows is enough; what no operation is called is a usage error."""
    api = forge.add("api")
    forge.write_config()
    api.commit("dev", {"a.txt": "1\n"})
    before = api.tip("stg")
    first = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    middle = api.tip("stg")
    api.commit("dev", {"b.txt": "1\n"})
    second = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    with untouched(forge):
        document = forge.json("undo", "stg-deploy-1", "--yes", check=USAGE)
    assert codes(document) == ["unknown_operation"]
    assert "multigit log" in told(document)
    forge.json("undo", second["release"], "--yes", check=DONE)
    assert api.tip("stg") == middle
    forge.json("undo", first["operation"], "--yes", check=DONE)
    assert api.tip("stg") == before
