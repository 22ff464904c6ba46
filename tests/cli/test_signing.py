"""A commit, tag or push that cannot be signed is found while planning."""

from __future__ import annotations

import pytest

from tests.cli.answers import FAILED, REFUSED, codes, hook, rows, states
from tests.support.forge import Forge, remotes_untouched, untouched


@pytest.mark.parametrize("setting", ["commit.gpgSign", "tag.gpgSign"])
def test_signing_that_cannot_work_is_found_while_planning(setting: str, forge: Forge) -> None:
    """A dry run already reports that commits or tags cannot be signed, with a hint."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    api.git("config", setting, "true")
    api.git("config", "gpg.program", "/nonexistent/gpg")
    forge.write_config()
    document = forge.json("promote", "dev", "stg", "--dry-run", check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert problem["hint"]


def test_a_commit_that_cannot_be_signed_is_found_while_planning(forge: Forge) -> None:
    """Nothing is published; if signing fails later, the error does not blame a hook."""
    api, web = forge.add("api"), forge.add("web")
    for repo in (api, web):
        repo.write({"a.txt": "1\n"})
    forge.write_config()
    api.git("config", "commit.gpgSign", "true")
    api.git("config", "gpg.program", "false")
    with untouched(forge):
        for options in (("--dry-run",), ("--yes",), ("--yes", "--no-verify")):
            document = forge.json("push", "dev", *options, check=REFUSED)
            assert codes(rows(document)["api"]) == ["signing_failed"]
    signs = 'echo >&2 "[GNUPG:] SIG_CREATED "; echo "-----BEGIN PGP SIGNATURE-----"'
    once = hook(
        forge.root / "gpg", f'cat >/dev/null; test -e "$0.used" && exit 1; : >"$0.used"; {signs}'
    )
    api.git("config", "gpg.program", str(once))
    document = forge.json("push", "dev", "--yes", check=FAILED)
    (problem,) = rows(document)["api"]["problems"]
    assert problem["code"] == "signing_failed"
    assert "--no-verify" not in problem["hint"]


@pytest.mark.parametrize("command", [("promote", "dev", "stg"), ("push", "dev")])
def test_a_signed_push_that_no_server_takes_is_found_while_planning(
    command: tuple[str, ...], forge: Forge
) -> None:
    """It blocks before anything is published; a repository with nothing to push is not checked."""
    for name in ("api", "web", "idle"):
        forge.add(name)
    for name in ("api", "web"):
        forge.repos[name].commit("dev", {"a.txt": "1\n"})
        forge.repos[name].git("pull", "--quiet", "--ff-only", "origin", "dev")
        forge.repos[name].write({"b.txt": "1\n"})
    for name in ("web", "idle"):
        forge.repos[name].git("config", "push.gpgSign", "true")
    forge.write_config()
    with remotes_untouched(forge):
        document = forge.json(*command, "--yes", check=REFUSED)
    assert codes(rows(document)["web"]) == ["no_signed_push"]
    assert states(document) == {"api": "planned", "web": "blocked", "idle": "up_to_date"}
