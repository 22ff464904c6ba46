"""The body of an answer, unpacked, up to a limit.

urllib3 unpacks a whole chunk at once in some versions: a few kilobytes can become gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

from multigit.core.values.text import visible

PACKED = {"gzip", "x-gzip", "deflate"}
KB, MB = 1000, 1_000_000
EITHER = 32 + zlib.MAX_WBITS  # the header says which of both it is


class Unpacker(Protocol):
    """What unpacks the next bytes: at most `most`, and nothing once it raises zlib.error."""

    def more(self, chunk: bytes, most: int) -> bytes:
        """Return what these bytes are."""

    @property
    def complete(self) -> bool:
        """True when nothing is missing at the end."""


class _Plain:
    complete = True

    def more(self, chunk: bytes, most: int) -> bytes:
        return chunk[:most]


class _Packed:
    """One or more packed parts after each other, as gzip allows it; padding may follow."""

    def __init__(self) -> None:
        self._part = zlib.decompressobj(EITHER)
        self._whole = True  # so far: nothing is missing of nothing, or of a part

    @property
    def complete(self) -> bool:
        return self._whole

    def more(self, chunk: bytes, most: int) -> bytes:
        unpacked = b""
        while chunk and len(unpacked) < most:
            if self._part.eof and not chunk.strip(b"\0"):
                break
            if self._part.eof:
                self._part = zlib.decompressobj(EITHER)
            unpacked += self._part.decompress(chunk, most - len(unpacked))
            self._whole, chunk = self._part.eof, self._part.unused_data
        return unpacked


def read_body(chunks: Iterable[bytes], encoding: str, limit: int) -> tuple[bytes, str]:
    """Return at most `limit` bytes of a body, and what keeps it from being read as a whole.

    That is the end of a sentence that begins with “its answer is”, or empty. `encoding` is the
    value of Content-Encoding; `chunks` are taken only as far as they are needed.
    """
    ways = [way for each in encoding.lower().split(",") if (way := each.strip()) != "identity"]
    ways = list(filter(None, ways))
    if len(ways) > 1 or not PACKED.issuperset(ways):
        return b"", f"compressed as {visible(', '.join(ways))}, which was not requested"
    unpacker: Unpacker = _Packed() if ways else _Plain()
    body = bytearray()
    try:
        for chunk in chunks:
            body += unpacker.more(chunk, limit + 1 - len(body))
            if len(body) > limit:
                return bytes(body[:limit]), f"larger than {in_bytes(limit)}"
    except zlib.error:
        return bytes(body), f"damaged: it is not {ways[0]}"
    return bytes(body), "" if unpacker.complete else "incomplete"


def in_bytes(size: int) -> str:
    """Return a limit in words: 64 KB, 32 MB."""
    return f"{size / MB:g} MB" if size >= MB else f"{size / KB:g} KB"
