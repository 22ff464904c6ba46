"""Fetching branches and tags, and reading those that a clone has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from multigit.adapters.git.settings import FETCH
from multigit.adapters.git.shared.reading import ReadsShared
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.refs import Branch, Refs, Tag, branch_ref

REMOTE_TAGS = "refs/multigit/tags/"  # the remote's deploy tags, apart from the user's own tags

_REF_FIELDS = (
    "refname",
    "objectname",
    "tree",
    "creatordate:unix",
    "upstream",
    "upstream:track,nobracket",
    "worktreepath",
    "*objectname",
    "taggername",
    "taggeremail",
)
_REF_FORMAT = "%00".join(f"%({field})" for field in _REF_FIELDS)


class ReadsRefs(ReadsShared):
    """Fetches, and reads refs."""

    def fetch(self, query: RefQuery) -> None:
        """Fetch the remote's branches and tags into remote-tracking refs, in one connection.

        What all machines share comes along, from the repository that has it.
        """
        along = self._coming_along()
        refspecs = [*fetch_refspecs(query, self._remote), *along]
        with self._bringing_shared(along=bool(along)):
            environment = self._config.inert()
            self._door.run(
                *FETCH, "--prune", "--", self._remote, *refspecs, environment=environment
            )

    def refs(self, query: RefQuery) -> Refs:
        """Read the branches on both sides and the tags as of the last fetch, in one process."""
        _ = self._config  # opens the repository, or raises what is wrong with it
        done = self._door.run(
            "for-each-ref",
            f"--format={_REF_FORMAT}",
            *(branch_ref(name) for name in query.branches),
            *(f"refs/remotes/{self._remote}/{name}" for name in query.branches),
            *_tag_patterns(query.tags, (REMOTE_TAGS, "refs/tags/")),
        )
        lines = (line.split("\0") for line in done.text.split("\n"))
        rows = {row[0]: row for row in lines if row[0]}
        branches = {name: _branch(rows, name, self._remote) for name in query.branches}
        tags = {
            name: Tag(name, int(row[3] or 0), row[7] or row[1], " ".join(row[8:]).strip())
            for space in ("refs/tags/", REMOTE_TAGS)  # of two of one name the remote's counts
            for ref, row in rows.items()
            if ref.startswith(space) and (name := ref.removeprefix(space))
        }
        return Refs(branches, tuple(sorted(tags.values(), key=lambda tag: (tag.time, tag.name))))

    def tag_messages(self, patterns: Sequence[str]) -> dict[str, str]:
        """Read the messages of the remote's annotated tags, in one process."""
        done = self._door.run(
            *("for-each-ref", "--format=%(refname)%00%(contents)%00"),
            *_tag_patterns(patterns, (REMOTE_TAGS,)),
        )
        fields = done.fields()
        names = (field.lstrip("\n").removeprefix(REMOTE_TAGS) for field in fields[::2])
        return dict(zip(names, fields[1::2], strict=True))


def fetch_refspecs(query: RefQuery, remote: str) -> list[str]:
    """Return refspecs that fetch the branches and tags, and prune deleted ones.

    With a plain refspec the whole fetch fails if the branch does not exist. With a pattern it does
    not, so `main` is fetched as `mai*n`: one connection, whatever is missing.
    """
    patterns = [f"{name[:-1]}*{name[-1]}" for name in query.branches]
    return [
        *(f"+refs/heads/{name}:refs/remotes/{remote}/{name}" for name in patterns),
        *(f"+refs/tags/{name}:{REMOTE_TAGS}{name}" for name in query.tags),
    ]


def _tag_patterns(patterns: Iterable[str], spaces: Iterable[str]) -> list[str]:
    """Return patterns for for-each-ref: its `*`, unlike a refspec's, stops at a slash."""
    return [f"{space}{name}{end}" for name in patterns for space in spaces for end in ("", "/**")]


def _branch(rows: Mapping[str, list[str]], name: str, remote: str) -> Branch:
    tracking = f"refs/remotes/{remote}/{name}"
    theirs, ours = rows.get(tracking), rows.get(branch_ref(name))
    counts = ours[5] if ours and ours[4] == tracking else ""
    where = ours[6] if ours else ""
    return Branch(
        remote=Tip(theirs[1], theirs[2]) if theirs else None,
        local=Tip(ours[1], ours[2]) if ours else None,
        checked_out=where,
        vanished=bool(where) and not Path(where).is_dir(),
        ahead=_count(counts, "ahead"),
        behind=_count(counts, "behind"),
    )


def _count(track: str, word: str) -> int:
    match = re.search(rf"{word} (\d+)", track)
    return int(match[1]) if match else 0
