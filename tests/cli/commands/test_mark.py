"""Mark: a person says that a release is bad, and everyone sees it."""

from __future__ import annotations

import json

from multigit.core.records.record import Record
from multigit.ui.logs import ending
from tests.cli.answers import DONE, REFUSED, USAGE, codes
from tests.support.forge import Forge

REASON = ("--reason", "charges twice")


def test_a_release_is_marked_for_everyone(forge: Forge) -> None:
    """The remote has the mark, the log says so in plain words, and a typo is corrected."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    config = forge.write_config()
    config.write_text(f'{config.read_text()}\n[lock]\nrepo = "api"\n', encoding="utf-8")
    release = forge.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    typo = forge.json("mark", release[:-1], "bad", *REASON, check=USAGE)
    assert codes(typo) == ["unknown_release"]
    assert release in typo["hint"]
    forge.json("mark", release, "ugly", *REASON, check=USAGE)
    document = forge.json("mark", release, "bad", *REASON, check=DONE)
    assert document["mark"]["quality"] == "bad"
    assert (document["replaced"], document["local"]) == (None, False)
    ref = f"refs/multigit/marks/{release}"
    assert json.loads(api.remote_git("cat-file", "blob", ref)) == document["mark"]
    good = forge.json("mark", release, "good", "--reason", "it was the network", check=DONE)
    assert good["replaced"] == document["mark"]
    assert json.loads(api.remote_git("cat-file", "blob", ref)) == good["mark"]
    told = forge.run("log", check=DONE).stdout
    assert "mark stg" in told
    assert "marked bad" in told
    assert "charges twice" in told
    api.reject_pushes("refs/multigit/*", "no marks here")
    records = len((forge.shop / "deployment.log").read_text().splitlines())
    assert codes(forge.json("mark", release, "bad", *REASON, check=REFUSED)) == ["mark_refused"]
    assert len((forge.shop / "deployment.log").read_text().splitlines()) == records


def test_a_quality_of_a_later_version_is_no_mark() -> None:
    """The record says that something was done, and no more."""
    record = Record.parse({"command": "mark", "result": "done", "release": "r", "quality": "odd"})
    assert record.mark is None
    assert record.quality == "odd"
    assert ending(record) == "done"
