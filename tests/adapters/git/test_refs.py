"""The refs and histories of a remote are read correctly, whatever characters they contain."""

from __future__ import annotations

import pytest

from multigit.core.values.git_answers import RefQuery
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, ForgeRepo, untouched


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0c", "\x1c"])
def test_a_subject_may_hold_any_character(odd: str, forge: Forge, api: ForgeRepo) -> None:
    """Line breaks that only `str.splitlines` knows do not end a subject."""
    base = api.tip("dev")
    tip = api.commit("dev", {"a": "1\n"}, message=f"one{odd}two")
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev",)))
    waiting = repository.waiting(base, tip)
    assert waiting.commits == 1
    assert waiting.newest
    assert waiting.newest.subject == f"one{odd}two"


def test_a_tag_may_hold_any_character(forge: Forge, api: ForgeRepo) -> None:
    """A colleague's tag with an odd name does not break any command."""
    api.remote_git("update-ref", "refs/tags/deploy-1\u2028x", api.tip("main"))
    repository = open_clone(forge, api)
    query = RefQuery(("dev",), ("deploy-*",))
    repository.fetch(query)
    assert [tag.name for tag in repository.refs(query).tags] == ["deploy-1\u2028x"]


def test_a_tag_below_the_releases_name_is_seen(forge: Forge, api: ForgeRepo) -> None:
    """Git cannot create deploy-1 while deploy-1/x exists, so `tag_name` has to know of it."""
    api.remote_git("update-ref", "refs/tags/deploy-1/x", api.tip("main"))
    repository = open_clone(forge, api)
    query = RefQuery(("dev",), ("deploy-1*",))
    repository.fetch(query)
    assert [tag.name for tag in repository.refs(query).tags] == ["deploy-1/x"]


def test_a_tag_without_a_message_hides_no_other(forge: Forge, api: ForgeRepo) -> None:
    """The two NULs after an empty message are not taken for the end of the list."""
    for name, message in (("deploy-1", ""), ("deploy-2", "two")):
        header = f"object {api.tip('main')}\ntype commit\ntag {name}\n"
        body = f"tagger A <a@example.org> 1 +0000\n\n{message}"
        sha = api.remote_git("mktag", input=header + body)
        api.remote_git("update-ref", f"refs/tags/{name}", sha)
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev",), ("deploy-*",)))
    assert repository.tag_messages(["deploy-*"]) == {"deploy-1": "", "deploy-2": "two"}


def test_a_remote_decides_nothing_but_its_refs(forge: Forge, api: ForgeRepo) -> None:
    """Branches that look like options, and tags that look like ours, are only names."""
    api.remote_git("update-ref", "refs/heads/--upload-pack=touch", api.tip("main"))
    api.remote_git("update-ref", "refs/tags/deploy-1", api.tip("main"))
    query = RefQuery(("--upload-pack=touch", "main"), ("deploy-*",))
    repository = open_clone(forge, api)
    with untouched(forge):
        repository.fetch(query)
    refs = repository.refs(query)
    assert refs.branch("--upload-pack=touch").remote == refs.branch("main").remote
    assert [tag.name for tag in refs.tags] == ["deploy-1"]
