"""YAML for workflow files: a text stays a text for readers of YAML 1.1 and of 1.2."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.resolver import VersionedResolver

_TEXT = "tag:yaml.org,2002:str"


def written(document: Mapping[Any, Any]) -> str:
    """Return a document in block style, with its keys in order and each text on one line."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = sys.maxsize
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


class _Representer(RoundTripRepresenter):
    """Also quotes what only YAML 1.1 reads as something else: yes, on, 1:20."""

    def represent_str(self, text: str) -> ScalarNode:
        """Return the node of a text."""
        meant = VersionedResolver(version=(1, 1)).resolve(ScalarNode, text, (True, False))
        style = '"' if not text.isprintable() else "'" if meant != _TEXT else None
        return self.represent_scalar(_TEXT, text, style=style)


_Representer.add_representer(str, _Representer.represent_str)
