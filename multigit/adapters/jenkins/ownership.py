"""How a queue item or a build of a job is known to be that of one deployment.

A parameter that holds {key} identifies it. Without one, only the number of the queue item does, and
only until Jenkins restarts: then it may use the number again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multigit.adapters.http.documents import Document, mappings, number
from multigit.adapters.jenkins.server import Page


@dataclass(frozen=True, slots=True)
class Ownership:
    """The parameters with the key, and the Jenkins process in which the item got its number."""

    key: Mapping[str, str]
    session: str

    def has_key(self, entry: Document) -> bool:
        """Return whether an item or a build has the key; nothing has one that does not exist."""
        return bool(self.key) and self.key.items() <= parameters(entry).items()

    def of_item(self, entry: Document, page: Page) -> bool:
        """Return whether something with the number of the queue item is the deployment's."""
        return self.has_key(entry) if self.key else page.session == self.session

    def builds(self, page: Page, item: int) -> Iterator[int]:
        """Yield the numbers of the builds that came from the deployment's queue item."""
        for build in mappings(page.document.get("builds")):
            if number(build.get("queueId")) == item and self.of_item(build, page):
                yield number(build.get("number"))


def parameters(entry: Document) -> dict[str, str]:
    """Return the parameters of a queue item or a build."""
    return {
        str(one.get("name")): str(one.get("value"))
        for action in mappings(entry.get("actions"))
        for one in mappings(action.get("parameters"))
    }
