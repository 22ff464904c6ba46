"""Objects that no ref points at: merges, commits, tags, and plain bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from multigit.adapters.git import objects as git_objects
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.work_tree import committing as git_committing
from multigit.core.values.commits import PreparedCommit, Tip
from multigit.core.values.git_answers import Merged, Signature
from multigit.core.values.work_tree import Change


class MakesObjects(Clone):
    """Makes what is published later; the user's refs, index and files stay as they are."""

    def merge(
        self, ours: Tip, theirs: Tip, signature: Signature | None, forks: Sequence[Tip] = ()
    ) -> Merged:
        """Merge two commits in the object database."""
        return git_objects.merge(self._door, self._config, ours, theirs, signature, forks)

    def commit_preview(
        self, head: str, changes: Sequence[Change], signature: Signature
    ) -> PreparedCommit:
        """Build the commit of these changes on `head` without the user's index."""
        return git_committing.preview(self._door, self._config, head, changes, signature)

    def tag(self, name: str, commit: str, signature: Signature) -> str:
        """Make an annotated tag object and return its id."""
        tagger = self._config.identity("committer", os.environ)
        return git_objects.tag(self._door, self._config, tagger, name, commit, signature)

    def store(self, content: bytes) -> str:
        """Store some bytes as a blob that no ref points at, and return its id."""
        return self._door.run("hash-object", "-w", "--stdin", input=content).text.strip()
