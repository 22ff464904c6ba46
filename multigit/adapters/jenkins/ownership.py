"""How a queue item or a build of a job is known to be that of one deployment.

A parameter that holds {key} identifies it. Without one, only the number of the queue item does, and
only until Jenkins restarts: then it may use the number again. Builds keep the number that they had,
so that one from before a restart may have it, too: those with other parameters are not meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multigit.adapters.http.documents import Document, mappings, number
from multigit.adapters.jenkins.server import Page


@dataclass(frozen=True, slots=True)
class Ownership:
    """The parameters with the key, and what a deployment without a key is known by.

    That is the number of its queue item, the Jenkins process that gave it, and the parameters
    that were filled in.
    """

    key: Mapping[str, str]
    item: int
    session: str
    filled: Mapping[str, str]

    def has_key(self, entry: Document) -> bool:
        """Return whether an item or a build has the key; nothing has one that does not exist."""
        return bool(self.key) and self.key.items() <= parameters(entry).items()

    def of_item(self, entry: Document, page: Page) -> bool:
        """Return whether something with the number of the queue item is the deployment's."""
        if self.key:
            return self.has_key(entry)
        return page.session == self.session and self._fits(entry)

    def of_build(self, build: Document) -> bool:
        """Return whether a build is the deployment's, also after a restart."""
        if self.key:
            return self.has_key(build)
        return number(build.get("queueId")) == self.item and self._fits(build)

    def builds(self, page: Page) -> Iterator[int]:
        """Yield the numbers of the builds that came from the deployment's queue item."""
        for build in mappings(page.document.get("builds")):
            if number(build.get("queueId")) == self.item and self.of_item(build, page):
                yield number(build.get("number"))

    def _fits(self, entry: Document) -> bool:
        """Return whether no parameter that Jenkins shows as a text has another value."""
        shown = parameters(entry)
        pairs = ((shown.get(name, text), text) for name, text in self.filled.items())
        return all(one.strip() == other.strip() for one, other in pairs)


def parameters(entry: Document) -> dict[str, str]:
    """Return the parameters of a queue item or a build that have a text: a password has none."""
    return {
        str(one.get("name")): value
        for action in mappings(entry.get("actions"))
        for one in mappings(action.get("parameters"))
        if isinstance(value := one.get("value"), str)
    }
