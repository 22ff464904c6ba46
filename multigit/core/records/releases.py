"""The releases of a stage: each the whole set of commits that the stage had at that time.

A release is what one operation published to the stage, but a roll-back to it concerns every
repository, also those that it did not touch. What these had follows from three sources, and the
first that says something decides:

1. The release's own tag, on the remote. It is what everyone sees, and no clock decides about it.
2. The last that moved the stage there before, or in, the release: a deploy tag, or an operation of
   the log that was published and not undone. Of both the later one counts, since each may know of
   operations that the other lacks: tags come from all machines, and back-merges make none.
3. Where both say nothing, the first-parent history of the stage's branch, by the dates of its
   commits. That is a guess: a date says when a commit was made, not when it was pushed.

What was pushed by hand between two releases is in neither the tags nor the log. It does not count,
since no one has released it, but `WayBack.besides` says what the history has more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile

from multigit.core.records.release_results import ReleaseResult
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import unknown
from multigit.errors import UsageError

MOST_NAMES = 10  # names that a hint lists


class Known(StrEnum):
    """How it is known which commit a repository had."""

    TAG = "tag"
    LOG = "log"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Stood:
    """The commit that a repository had on a stage at a release; or why it had none (`missing`).

    `tag` is a deploy tag at exactly this commit, or empty: some deployments start on a tag.
    """

    sha: str = ""
    known: Known = Known.HISTORY
    tag: str = ""
    missing: str = ""

    @property
    def unread(self) -> bool:
        """True if only the history can tell, and has not been read for it."""
        return not self.sha and not self.missing


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a stage; `repos` has every repository, `touched` are those that it moved.

    `name` is its tag, or its operation's id where the stage makes no tags. `time`, in Unix seconds,
    is when it was released, by the clock of that machine; `who` did that, and `operation` is empty
    if that is unknown. `message` is the first line of its message. A roll-back may be a release,
    too, with the old content: `back_to` names the release that it brought back, if that is known.
    `rolled_back` is the release, or else the operation, that rolled this one back, or empty.
    """

    name: str
    time: int
    who: str = ""
    operation: str = ""
    result: ReleaseResult = field(default_factory=ReleaseResult)
    message: str = ""
    is_rollback: bool = False
    back_to: str = ""
    rolled_back: str = ""
    mark: Mark | None = None
    touched: frozenset[str] = frozenset()
    repos: Mapping[str, Stood] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """True if one may go back to it without a second look.

        What a person says counts more than what the deployments said. A release that was rolled
        back was good only for them.
        """
        if self.is_rollback or (self.mark and self.mark.quality is Quality.BAD):
            return False
        return self.mark is not None or (not self.rolled_back and self.result.succeeded)

    @property
    def unknown(self) -> bool:
        """True if nothing speaks for it or against it: it was released from another machine."""
        told = self.mark or self.is_rollback or self.rolled_back or self.result.state
        return not (told or self.good)

    def unread(self) -> tuple[str, ...]:
        """Return the repositories for which the history has to be read."""
        return tuple(name for name, stood in self.repos.items() if stood.unread)


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of a stage, newest first.

    `now` names the one that the stage has, or is empty: usually the newest, or else the one that
    was deployed again since. `tags` has the newest deploy tag at each commit, by repository.
    """

    stage: str
    known: tuple[Release, ...] = ()
    now: str = ""
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, name: str) -> Release:
        """Return the release of that name; raises UsageError with the nearest names."""
        names = [each.name for each in self.known]
        if name in names:
            return self.known[names.index(name)]
        if not names:
            message, hint = f"{self.stage} has no release.", "The next promotion to it makes one."
            raise UsageError(message, hint=hint, code="unknown_release")
        alike = [each for each in names if name and name.casefold() in each.casefold()]
        raise unknown("release", name, (alike or names)[:MOST_NAMES], also=names)

    def touched_since(self, release: Release) -> frozenset[str]:
        """Return the repositories that newer releases moved."""
        newer = takewhile(lambda each: each.name != release.name, self.known)
        return frozenset(name for each in newer for name in each.touched)

    def last_good(self, before: str = "") -> Release | None:
        """Return the newest good release that is older than the one `before`; default: `now`.

        Only an older one: what the stage was rolled back from may have been deployed without an
        error, and is newer. If the stage was rolled back to a good one, it is that: to ask for the
        last good one again goes no further back.
        """
        names = [each.name for each in self.known]
        start = before or self.now
        place = names.index(start) if start in names else -1
        went_back = not before and any(each.rolled_back for each in self.known[: max(place, 0)])
        older = self.known[place if went_back else place + 1 :]
        return next((each for each in older if each.good), None)

    def offered(self) -> tuple[Release, ...]:
        """Return the releases to pick from: good ones, unknown ones, the others; newest first.

        What the stage has now is one of the others.
        """

        def rank(each: Release) -> int:
            if each.name == self.now:
                return 2
            return 0 if each.good else 2 - each.unknown

        return tuple(sorted(self.known, key=rank))

    def before_now(self) -> tuple[Release, ...]:
        """Return the releases before what the stage has now, all if that is not known."""
        names = [each.name for each in self.known]
        return self.known[names.index(self.now) + 1 :] if self.now in names else self.known

    def unknown_before(self) -> Release | None:
        """Return the newest of these of which nothing is known."""
        return next((each for each in self.before_now() if each.unknown), None)

    def with_history(self, release: Release, answers: Mapping[str, str]) -> Release:
        """Return a release with what the history has said about its unread repositories.

        An empty answer says that the branch had no commit then.
        """

        def told(repo: str, stood: Stood) -> Stood:
            if not stood.unread or repo not in answers:
                return stood
            if sha := answers[repo]:
                return replace(stood, sha=sha, tag=self.tags.get(repo, {}).get(sha, ""))
            return replace(stood, missing=f"{self.stage} had no commit there yet.")

        repos = {repo: told(repo, stood) for repo, stood in release.repos.items()}
        return replace(release, repos=repos)


@dataclass(frozen=True, slots=True)
class WayBack:
    """What going back means for one repository; `error` if that could not be read.

    It `stood` at a commit, which is now read from the history where it was unread: `old` is that
    commit with its tree, None if there is none. `lost` are the commits that the stage has `now` and
    would lose, without `forks` if there are none; `paths` are those that differ. `on_branch` is
    what its branch would lose, if the stage does not have its tip. `besides` are commits that the
    branch probably had at the release, by their dates, and that no one released: the way back
    leaves them out.
    """

    repo: str
    stood: Stood
    now: str = ""
    old: Tip | None = None
    lost: PendingCommits = field(default_factory=PendingCommits)
    paths: tuple[str, ...] = ()
    on_branch: tuple[PendingCommits, tuple[str, ...]] | None = None
    besides: PendingCommits = field(default_factory=PendingCommits)
    error: Problem | None = None

    def loses(self, *, on_branch: bool) -> tuple[PendingCommits, tuple[str, ...]]:
        """Return the commits that the stage, or its branch, would lose, and the paths."""
        return self.on_branch if on_branch and self.on_branch else (self.lost, self.paths)
