"""Metadata: repeated {u8 key length, key, u16 value length, value} (PROTOCOL.md, Metadata).

Only that of a REQUEST is made here; this client uses none of RESPONSE and ITEM and skips it (META-6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from . import limits

_KEY: Final = re.compile(rb"[a-z0-9._-]{1,%d}" % limits.METADATA_KEY_BYTES)

def encode(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """The wire form. Raises ValueError for a key or an amount that the protocol does not allow."""
    out = bytearray()
    for count, (key, value) in enumerate(entries, 1):
        name = key.encode()
        if count > limits.METADATA_ENTRIES:
            raise ValueError(f"more than {limits.METADATA_ENTRIES} entries of metadata")
        if not _KEY.fullmatch(name):
            raise ValueError(f"{key!r} is no metadata key: use 1 to 64 of a-z, 0-9, '.', '_' and '-'")
        if len(value) > limits.METADATA_BYTES:
            raise ValueError(f"the metadata value of {key!r} is longer than {limits.METADATA_BYTES} bytes")
        out += bytes([len(name)]) + name + len(value).to_bytes(2, "big") + value
    if len(out) > limits.METADATA_BYTES:
        raise ValueError(f"{len(out)} bytes of metadata; at most {limits.METADATA_BYTES} are allowed")
    return bytes(out)
