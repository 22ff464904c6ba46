"""The fleet: does the same work in many repositories in parallel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from multigit.core.reports.leaving import Leaving
from multigit.core.values.listener import Listener, ShowActivity
from multigit.engine.run_all import AfterRemote, Results, run_all
from multigit.errors import MultigitError

T = TypeVar("T")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many repositories are worked on at a time, and the listener that shows it."""

    listener: Listener
    jobs: int

    def for_each(
        self,
        items: Mapping[str, Item],
        work: Callable[[Item, ShowActivity], T | AfterRemote[T]],
        *,
        phase: str = "",
        doing: str = "",
        summarize: Callable[[T], tuple[str, str]] = lambda _: ("read", ""),
        repo_of: Callable[[str], str] = lambda name: name,
        leaving: Leaving | None = None,
    ) -> Results[T]:
        """Do the work for the item of each repository; a MultigitError there is one of the results.

        `work` also gets a function that shows what it is doing. The listener is notified of the
        `phase`, if a new one starts, of what is done first (`doing`, unless the work shows it), and
        of each result as `summarize` returns it: a state and a detail. `repo_of` returns the
        repository that a name stands for.

        Ctrl-C raises KeyboardInterrupt at once: reading leaves nothing to finish. With `leaving`,
        work that is running ends as in `run_all`, and the listener gets that sentence about it.
        """

        def begin(name: str) -> T | AfterRemote[T]:
            show = partial(self.listener.started, repo_of(name))
            if doing:
                show(doing)
            return reported(name, partial(work, items[name], show))

        def reported(name: str, step: Callable[[], T | AfterRemote[T]]) -> T | AfterRemote[T]:
            try:
                result = step()
            except MultigitError as error:
                self.listener.finished(repo_of(name), "failed", error.message)
                raise
            if isinstance(result, AfterRemote):
                return AfterRemote(partial(reported, name, result.finish))
            self.listener.finished(repo_of(name), *summarize(result))
            return result

        def interrupted(running: Sequence[str]) -> None:
            if leaving and running:
                self.listener.say(leaving(tuple(dict.fromkeys(map(repo_of, running)))))

        if phase:
            self.listener.phase(phase, tuple(dict.fromkeys(map(repo_of, items))))
        on_interrupt = interrupted if leaving else None
        return run_all(tuple(items), begin, jobs=self.jobs, on_interrupt=on_interrupt)
