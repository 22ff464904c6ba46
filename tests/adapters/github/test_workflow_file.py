"""Reading a workflow file: its triggers and environments."""

from __future__ import annotations

import pytest

from multigit.adapters.github.workflow_file import fits, read_workflow


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("main", ["main"], ["main2", "x/main", "Main"]),
        ("*", ["main"], ["a/b"]),
        ("**", ["main", "a/b"], []),
        ("release/**", ["release/1/2"], ["release"]),
        ("releases/**-alpha", ["releases/beta/3-alpha"], ["releases/3"]),
        ("v*", ["v1.2"], ["v1/2", "1"]),
        ("v[12].[0-9]+", ["v1.10", "v2.0"], ["v3.1", "v1x0"]),
        ("a?b", ["ab", "b"], ["aab"]),
        ("*.*", ["a.b"], ["ab"]),
        ("[", ["["], ["a"]),
        ("+", [], ["a"]),
        ("(a|b)", ["(a|b)"], ["a"]),
        ("**.js", ["a.js", "src/b.js"], ["a.jsx"]),
        ("*.jsx?", ["page.js", "page.jsx"], ["src/page.js"]),
        ("docs/*", ["docs/a.md"], ["docs/a/b.md"]),
        ("docs/**/*.md", ["docs/a.md", "docs/b/c.md"], ["docs.md", "docs/a.txt"]),
        ("**/README.md", ["README.md", "js/README.md"], ["js/NOREADME.md"]),
        ("**/docs/**", ["docs/a", "dir/docs/b/c"], ["docs"]),
        ("**/*src/**", ["a/src/app.js", "my-src/code/js/app.js"], ["source/a"]),
        ("**", ["line\nbreak"], []),
    ],
)
def test_patterns_match_as_on_github(pattern: str, names: list[str], others: list[str]) -> None:
    """One star stops at a slash, and two do not; a broken pattern matches nothing."""
    assert [name for name in names if not fits(name, pattern)] == []
    assert [name for name in others if fits(name, pattern)] == []


@pytest.mark.parametrize(
    ("push", "branch", "tag"),
    [
        ("", "refs/heads/main", "refs/tags/v1"),
        ("{branches: [main]}", "refs/heads/main", ""),
        ("{branches: main}", "refs/heads/main", ""),
        ("{tags: [v*]}", "", "refs/tags/v1"),
        ("{branches: [dev], tags: [v*]}", "", "refs/tags/v1"),
        ("{branches: ['**', '!main']}", "", ""),
        ("{branches: ['!main', main]}", "refs/heads/main", ""),
        ("{branches-ignore: [dev]}", "refs/heads/main", ""),
        ("{tags-ignore: [v*]}", "", ""),
        ("{paths: [src/**]}", "refs/heads/main", "refs/tags/v1"),
    ],
)
def test_a_push_trigger_matches_some_refs(push: str, branch: str, tag: str) -> None:
    """A trigger that only filters tags does not match branches, and vice versa."""
    file = read_workflow(f"on:\n  push: {push}\n")
    expected = tuple(filter(None, (branch, tag)))
    assert (*file.started_by(branch="main"), *file.started_by(tag="v1")) == expected
    assert file.started_by(branch="main", tag="v1") == expected


def test_without_a_push_trigger_no_push_starts_it() -> None:
    """Neither a branch nor a tag does."""
    assert read_workflow("on: workflow_dispatch").started_by(branch="main", tag="v1") == ()


def test_on_is_a_key_in_old_yaml_too() -> None:
    """YAML 1.1 reads the key `on` as true."""
    assert read_workflow("%YAML 1.1\n---\non: workflow_dispatch\n").dispatchable


def test_environments_are_named_once() -> None:
    """It is a string or a mapping; expressions and reusable workflows are left out."""
    jobs = """
    a: {environment: production}
    b: {environment: {name: production}}
    c: {environment: staging}
    d: {environment: "${{ inputs.to }}"}
    e: {uses: ./.github/workflows/x.yml}
    f:
    """
    file = read_workflow(f"on: push\njobs: {jobs}")
    assert file.environments == ("production", "staging")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "- a",
        "text",
        "a: [",
        "name: x",
        "on: 1",
        "on: ",
        "a: 1\na: 2",
        "\0",
        "d: 2001-99-99",
        "a: !!python/object:os.system x",
        "[" * 500,
    ],
)
def test_what_github_would_not_accept_is_an_error(content: str) -> None:
    """This covers every kind of mistake."""
    with pytest.raises(ValueError, match="it "):
        read_workflow(content)


@pytest.mark.parametrize(
    ("run_name", "shown"),
    [
        ("Deploy ${{ inputs.ticket }}", True),
        ("Deploy ${{ github.event.inputs.ticket || 'x' }}", True),
        ("Deploy ${{inputs['ticket']}}", True),
        ("Deploy ${{ inputs.ticket-id }}", False),
        ("Deploy inputs.ticket", False),
        ("", False),
    ],
)
def test_a_run_name_shows_some_inputs(run_name: str, *, shown: bool) -> None:
    """Only in an expression, and under their whole name."""
    file = read_workflow(f'on: workflow_dispatch\nrun-name: "{run_name}"\n')
    assert file.shows("ticket") == shown
