"""Events as canonical bytes: what the hash of an event covers.

The bytes are RFC 8785 JSON of everything in the event. Legs list only the substances that move, as
decimal text, so that the bytes of an old event do not change when the book declares a substance.
A measurement has a tenth entry, its basis, where it has one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from loopbook.book.nouns import Event

__all__ = ["event_bytes", "leaf_of"]

_ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


def event_bytes(event: Event, substances: Sequence[str]) -> bytes:
    """Canonical bytes of an event.

    Parameters
    ----------
    substances : names in the order of the contents of its legs.
    """
    body = {
        "actor": event.actor,
        "command": event.command,
        "document": event.document,
        "key": event.key,
        "kind": event.kind,
        "legs": [
            [str(leg.account), {s: str(x) for s, x in zip(substances, leg.content) if x}]  # noqa: B905
            for leg in event.legs
        ],
        "lots": [[lot.id, lot.material] for lot in event.lots],
        "measurements": [
            [
                m.lot, m.quantity, m.value, m.uncertainty, m.method, m.laboratory, m.sample,
                m.group, m.stage, *((m.basis,) if m.basis else ()),
            ]
            for m in event.measurements
        ],
        "nouns": [list(noun) for noun in event.nouns],
        "occurred_at": str(event.occurred_at),
        "recorded_at": str(event.recorded_at),
        "reverses": event.reverses,
    }  # fmt: skip
    return _ENCODE(body).encode()


def leaf_of(body: bytes) -> bytes:
    """RFC 9162 leaf hash.

    >>> leaf_of(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + body).digest()
