"""Bringing what all machines share into a clone, and reading it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from multigit.adapters.git.clone import Clone
from multigit.adapters.git.settings import FETCH
from multigit.core.progress.locks import PREFIX
from multigit.core.progress.marks import MARKS
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import MultigitError

_REFSPECS = tuple(f"+{space}*:{space}*" for space in (PREFIX, MARKS))
_FORMAT = "%(refname)%00%(objectname)%00%(objecttype)%00%(raw:size)%00%(raw)"


class ReadsShared(Clone):
    """Fetches and reads what all machines share.

    `shared_fetched` is whether this command has brought it, and `shared_error` why it could not.
    """

    def __init__(self, workspace: Workspace, repo: Repo) -> None:
        super().__init__(workspace, repo)
        self.shared_fetched = False
        self.shared_error: MultigitError | None = None
        # What is fetched from a mirror may be late: the refs are where it is pushed to.
        self._comes_along = repo.name == workspace.lock_repo and not repo.push_url

    def fetch_shared(self) -> None:
        """Fetch what all machines share, in one connection; raises GitError if that fails."""
        with self._bringing_shared():
            remote, environment = self._place().published()
            self._door.run(*FETCH, "--prune", "--", remote, *_REFSPECS, environment=environment)

    def shared_refs(self) -> Mapping[str, tuple[str, bytes]]:
        """Return what was fetched last, by ref: the id of its object, and its content.

        Only blobs have a content that counts. One process.
        """
        _ = self._config  # opens the repository, or raises what is wrong with it
        listed = self._door.run("for-each-ref", f"--format={_FORMAT}", PREFIX, MARKS).stdout
        found, at = dict[str, tuple[str, bytes]](), 0
        while at < len(listed):
            fields = []
            for _ in range(4):
                end = listed.index(b"\0", at)
                fields.append(listed[at:end].decode("utf-8", "surrogateescape"))
                at = end + 1
            ref, sha, kind, size = fields
            content = listed[at : at + int(size)] if kind == "blob" else b""
            found[ref] = (sha, content)
            at += int(size) + 1
        return found

    @contextmanager
    def _bringing_shared(self, *, along: bool = True) -> Iterator[None]:
        """Note how the fetch ends, if what all machines share comes `along` with it."""
        try:
            yield
        except MultigitError as error:
            self.shared_error = error if along else self.shared_error
            raise
        if along:
            self.shared_fetched, self.shared_error = True, None

    def _coming_along(self) -> tuple[str, ...]:
        """Return what each fetch of this repository brings besides what it was asked for."""
        return _REFSPECS if self._comes_along else ()
