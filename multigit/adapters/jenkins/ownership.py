"""How a queue item or a build of a job is known to be that of one deployment.

A parameter that holds {key} identifies it. Without one, only the number of the queue item does, and
only until Jenkins restarts: then it may use the number again. Builds keep the number that they had,
so that one from before a restart may have it, too: those with other parameters do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
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

    def build(self, page: Page) -> int:
        """Return the number of the deployment's build, 0 if it has none.

        With the key it is the oldest one that has it, whatever item it came from: a restart may
        have given that another number. Others were made from it.
        """
        shown = mappings(page.document.get("builds"))
        if self.key:
            return min(
                (number(each.get("number")) for each in shown if self.has_key(each)), default=0
            )
        mine = (each for each in shown if number(each.get("queueId")) == self.item)
        return next((number(each.get("number")) for each in mine if self.of_item(each, page)), 0)

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
