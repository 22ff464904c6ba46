"""Commits that `git gc` removes between the plan and continue are created again."""

from __future__ import annotations

from tests.cli.answers import DONE, FAILED, rows, states
from tests.support.forge import Forge


def test_what_gc_took_is_made_anew(forge: Forge) -> None:
    """Continue creates the pruned merge again and publishes it under the same tag."""
    api, web = forge.add("api"), forge.add("web")
    for repo in (api, web):
        repo.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    api.reject_pushes("refs/heads/stg")
    first = forge.json("promote", "dev", "stg", "--yes", check=FAILED)
    api.git("reflog", "expire", "--expire=all", "--all")
    api.git("gc", "--quiet", "--prune=now")
    (step,) = rows(first)["api"]["steps"]
    assert "missing" in api.git("cat-file", "--batch-check", input=f"{step['after']}\n")
    api.allow_pushes()
    document = forge.json("continue", "--yes", check=DONE)
    assert states(document) == {"api": "published", "web": "published"}
    assert rows(document)["api"]["tag"] == first["release"]
    assert api.tree("stg")["a.txt"] == "1\n"
