"""Patterns of paths, as in a .gitignore at the root of a repository."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multigit.core.values.globs import matching

PATHS = (
    "migrations/1.sql",
    "migrations/old/2.sql",
    "api/migrations/3.sql",
    "db/schema.rb",
    "db/a/b/schema.rb",
    "db/schema.rb.orig",
    "dump.sql",
    "DUMP.SQL",
    "a[1].txt",
    "ü/ß.sql",
    "two\nlines.sql",
)


@pytest.mark.parametrize(
    ("globs", "matched"),
    [
        ((), ()),
        (("migrations/**",), PATHS[:2]),
        (("migrations",), PATHS[:3]),
        (("migrations/",), PATHS[:3]),
        (("schema.rb/", "dump.sql/"), ()),
        (("db/**/schema.rb",), PATHS[3:5]),
        (("db/schema.rb",), PATHS[3:4]),
        (("/*.sql",), ("dump.sql", "two\nlines.sql")),
        (("*.SQL",), ("DUMP.SQL",)),
        (("*.sql", "!migrations/**"), (PATHS[2], "dump.sql", "ü/ß.sql", "two\nlines.sql")),
        (("!dump.sql", "dump.sql"), ("dump.sql",)),
        ((r"a\[1].txt",), ("a[1].txt",)),
        (("a[1].txt",), ()),
        (("d[z-a]mp.sql",), ()),
        (("d[!z-a]mp.sql",), ("dump.sql",)),
        (("d?mp.sql",), ("dump.sql",)),
        (("*/*",), (*PATHS[:6], "ü/ß.sql")),
    ],
)
def test_a_pattern_matches_from_the_root_or_at_any_depth(
    globs: Sequence[str], matched: Sequence[str]
) -> None:
    """From the root if it has a slash inside; what matches a folder matches what is in it."""
    assert matching(PATHS, globs) == tuple(matched)


PARTS = st.text("abA.-[", min_size=1, max_size=4).filter(lambda part: part not in {".", ".."})
PATH = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
GLOB = st.text(r"abA./*?[]!^-\ü", min_size=1, max_size=9)


@given(PATH, st.lists(GLOB, max_size=4))
def test_any_pattern_is_understood(path: str, globs: list[str]) -> None:
    """None is a mistake, and a path is in the result as it is, or is not."""
    assert matching([path], globs) in {(), (path,)}


@given(PATH, PATH)
def test_a_folder_has_all_that_is_in_it(folder: str, path: str) -> None:
    """Its pattern matches every path below it, wherever it is; `/**` only below the root."""
    inside = f"{folder}/{path}"
    escaped = folder.replace("[", r"\[")
    assert matching([inside], [f"/{escaped}"]) == (inside,)
    assert matching([inside], [f"/{escaped}/"]) == (inside,)
    assert matching([inside, folder], [f"/{escaped}/**"]) == (inside,)
    assert matching([f"x/{inside}"], [f"/{escaped}/**"]) == ()
    assert matching([f"x/{inside}"], [f"**/{escaped}/**"]) == (f"x/{inside}",)


@given(st.lists(PATH, unique=True), st.lists(GLOB, max_size=4), GLOB)
def test_the_last_pattern_that_fits_decides(paths: list[str], globs: list[str], last: str) -> None:
    """An exclusion at the end leaves what it does not fit, in the order of the paths."""
    plain = last.lstrip("!") or "a"
    before, hit = matching(paths, globs), set(matching(paths, [plain]))
    assert matching(paths, [*globs, f"!{plain}"]) == tuple(p for p in before if p not in hit)
    both = {*before, *hit}
    assert matching(paths, [*globs, plain]) == tuple(path for path in paths if path in both)
