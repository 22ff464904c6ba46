"""The fleet: the repositories of a workspace, in each of which the same is done at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from multigit.core.values.listener import Listener, Tell
from multigit.engine.sweep import Rest, Sweep, sweep
from multigit.errors import MultigitError

T = TypeVar("T")
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many repositories are worked on at a time, and who hears how far they are."""

    listener: Listener
    jobs: int

    def for_each(
        self,
        things: Mapping[str, Thing],
        work: Callable[[Thing, Tell], T | Rest[T]],
        *,
        phase: str = "",
        doing: str = "",
        told: Callable[[T], tuple[str, str]] = lambda _: ("read", ""),
        repo_of: Callable[[str], str] = lambda name: name,
        orderly: bool = False,
    ) -> Sweep[T]:
        """Work at the thing of each repository; a MultigitError there is an error of the sweep.

        `work` also gets what tells the listener how it gets on. The listener hears of the `phase`
        where a new one begins, of what is done first (`doing`; none where the work tells it), and
        of each result what `told` makes of it: a state and a detail. `repo_of` returns the
        repository of a name that is none.

        Ctrl-C raises KeyboardInterrupt at once: reading leaves nothing to end in order. `orderly`
        work ends as in `sweep`, and the listener hears of it.
        """

        def begin(name: str) -> T | Rest[T]:
            tell = partial(self.listener.started, repo_of(name))
            if doing:
                tell(doing)
            return heard(name, partial(work, things[name], tell))

        def heard(name: str, step: Callable[[], T | Rest[T]]) -> T | Rest[T]:
            try:
                result = step()
            except MultigitError as error:
                self.listener.finished(repo_of(name), "failed", error.message)
                raise
            if isinstance(result, Rest):
                return Rest(partial(heard, name, result.finish))
            self.listener.finished(repo_of(name), *told(result))
            return result

        if phase:
            self.listener.phase(phase, tuple(dict.fromkeys(map(repo_of, things))))
        on_interrupt = self.listener.interrupted if orderly else None
        return sweep(tuple(things), begin, jobs=self.jobs, on_interrupt=on_interrupt)
