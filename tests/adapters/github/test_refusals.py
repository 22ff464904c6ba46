"""Refusals of GitHub: its errors, single sign-on and missing rights, with what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from multigit.adapters.github.refusals import RIGHTS_HINT, what_to_do, words
from multigit.adapters.http.request import Reply
from tests.doubles.conftest import REPO
from tests.doubles.github import TOKEN, GitHub, faults
from tests.support.forge import ForgeRepo

from .hubs import START, refused, runs_at, spec

HOST = "github.com"
SSO = "https://github.com/orgs/acme/sso?authorization_request=A1"
SETTINGS = "in your settings on GitHub."


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"message": "No ref found."}, "No ref found"),
        (
            {
                "message": "Validation Failed",
                "errors": [
                    {"resource": "Workflow", "field": "inputs", "code": "missing_field"},
                    {"code": "custom", "message": "version is not one of 1, 2."},
                    "Nothing else.",
                ],
            },
            "Validation Failed: inputs is not set; version is not one of 1, 2; Nothing else",
        ),
        ({"message": "No", "errors": [{"resource": "Run", "code": "new"}]}, "No: Run new"),
        ({"message": "No", "errors": "a reason"}, "No: a reason"),
        ({"errors": ["a"] * 3 + ["b", "c", "d"]}, "a; b; c and 1 more"),
        ({"message": "No\x1b[2J", "errors": ["\x1b]0;\n\u202e"]}, r"No\x1b[2J: \x1b]0; \u202e"),
        ({"message": "No", "errors": [None, 7, {}, [], {"message": 7, "code": []}]}, "No"),
        ({"message": "x" * 900, "errors": {"a": 1}}, "x" * 200 + "…"),
        ([1], ""),
    ],
)  # fmt: skip
def test_the_errors_are_named(document: Any, said: str) -> None:
    """At most three, each once, in one line in which nothing controls a terminal."""
    assert words(Reply(422, json.dumps(document))) == said


@pytest.mark.parametrize(
    ("headers", "hint"),
    [
        ({}, ""),
        ({"x-github-sso": f"required; url={SSO}"}, f"single sign-on: {SSO}"),
        ({"x-github-sso": "required"}, SETTINGS),
        ({"x-github-sso": "partial-results; organizations=1"}, ""),
        ({"x-github-sso": "required; url=http://github.com/orgs/acme/sso"}, SETTINGS),
        ({"x-github-sso": "required; url=https://github.com.evil.example/sso"}, SETTINGS),
        ({"x-github-sso": "required; url=https://ada@github.com/sso"}, SETTINGS),
        ({"x-github-sso": "required; url=https://github.com/\x1b[2J"}, SETTINGS),
        ({"x-github-sso": "required; url=https://[::1"}, SETTINGS),
        ({"x-oauth-scopes": "gist, read:org", "x-accepted-oauth-scopes": "repo"},
         "The token has only gist, read:org. Create one with the scope repo,"),
        ({"x-oauth-scopes": "", "x-accepted-oauth-scopes": "public_repo, repo"},
         "The token has no scopes. Create one with one of public_repo, repo,"),
        ({"x-oauth-scopes": "repo", "x-accepted-oauth-scopes": "repo"},
         "Check what its owner may do in this repository."),
        ({"x-oauth-scopes": "repo", "x-accepted-oauth-scopes": ""}, ""),
        ({"x-accepted-oauth-scopes": "repo"}, ""),
        ({"x-oauth-scopes": "", "x-accepted-oauth-scopes": "\x1b[2J"}, ""),
        ({"x-accepted-github-permissions": "actions=write"}, "the permission actions: write for"),
        ({"x-accepted-github-permissions": "contents=read,actions=write; administration=write"},
         "contents: read, actions: write or administration: write for"),
        ({"x-accepted-github-permissions": "run \x1b[2J"}, ""),
    ],
)  # fmt: skip
def test_what_the_token_lacks_is_named(headers: dict[str, str], hint: str) -> None:
    """An address is shown only if it leads to the configured host, encrypted."""
    said = what_to_do(Reply(403, "", headers), HOST)
    assert hint in said
    assert bool(said) == bool(hint)
    assert "\x1b" not in said


def test_a_scope_that_the_token_has_explains_no_404() -> None:
    """A missing workflow is not a matter of rights."""
    headers = {"x-oauth-scopes": "repo", "x-accepted-oauth-scopes": "repo"}
    assert what_to_do(Reply(404, "", headers), HOST) == ""


def test_a_refused_start_says_what_to_do(hub: GitHub, api: ForgeRepo) -> None:
    """By the errors of a 422, and by the header of a 403; without one the hint names all rights."""
    body = {"message": "Unexpected inputs", "errors": [{"field": "target", "code": "invalid"}]}
    hub.inject(faults.error(422, more=body), operation=START)
    error = refused(lambda: runs_at(hub).start(spec(api)))
    named = f"GitHub refuses deploy.yml of {REPO}: Unexpected inputs: target is not valid."
    assert (error.code, error.message, error.hint) == ("github_refused", named, "")
    hub.inject(
        faults.forbidden(("X-Accepted-GitHub-Permissions", "actions=write")), operation=START
    )
    error = refused(lambda: runs_at(hub).start(spec(api)))
    assert (error.code, "actions: write" in error.hint) == ("token_refused", True)
    hub.inject(faults.forbidden(), operation=START)
    assert refused(lambda: runs_at(hub).start(spec(api))).hint == RIGHTS_HINT


def test_the_token_is_not_quoted(hub: GitHub, api: ForgeRepo) -> None:
    """A proxy may answer with what it was sent."""
    hub.inject(faults.error(403, f"No: Bearer {TOKEN}"), operation=START)
    error = refused(lambda: runs_at(hub).start(spec(api)))
    assert "No: Bearer ***." in error.message
