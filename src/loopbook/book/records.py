"""Events as canonical bytes: what the hash of an event covers.

The bytes are RFC 8785 JSON of everything in the event. Legs list only the substances that move, as
decimal text, so that the bytes of an old event do not change when the book declares a substance.
A measurement has a tenth entry where it is dry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring

from loopbook.book.nouns import Event, Leg

__all__ = ["event_bytes", "leaf_of"]

_ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode
_TEXT = encode_basestring  # what the encoder does with a text, without asking what it is


def event_bytes(event: Event, substances: Sequence[str]) -> bytes:
    """Canonical bytes of an event.

    Parameters
    ----------
    substances : names in the order of the contents of its legs.
    """
    legs = ",".join([_leg(leg, substances) for leg in event.legs])
    lots = [[lot.id, lot.material] for lot in event.lots]
    measurements = [
        [m.lot, m.quantity, m.value, m.uncertainty, m.method, m.laboratory, m.sample, m.group,
         m.stage, *((m.basis,) if m.basis else ())]
        for m in event.measurements
    ]  # fmt: skip
    text = (  # names in their order; half the time of a dict that is encoded and sorted
        f'{{"actor":{_TEXT(event.actor)},"command":{_TEXT(event.command)},'
        f'"document":{_TEXT(event.document)},"key":{_TEXT(event.key)},'
        f'"kind":{_TEXT(event.kind)},"legs":[{legs}],'
        f'"lots":{_ENCODE(lots) if lots else "[]"},'
        f'"measurements":{_ENCODE(measurements) if measurements else "[]"},'
        f'"nouns":{_ENCODE(list(event.nouns)) if event.nouns else "[]"},'
        f'"occurred_at":"{event.occurred_at}","recorded_at":"{event.recorded_at}",'
        f'"reverses":{_TEXT(event.reverses)}}}'
    )
    return text.encode()


def _leg(leg: Leg, substances: Sequence[str]) -> str:
    """Account and amounts that are not zero, in the order of their names."""
    content = leg.content
    places = _places(tuple(substances[: len(content)]))
    amounts = ",".join([f'{name}:"{content[k]}"' for k, name in places if content[k]])
    return f"[{_TEXT(str(leg.account))},{{{amounts}}}]"


@lru_cache(maxsize=64)
def _places(substances: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """Substances by name: the place in a content, and the name as JSON."""
    return tuple((substances.index(s), _ENCODE(s)) for s in sorted(substances))


def leaf_of(body: bytes) -> bytes:
    """RFC 9162 leaf hash.

    >>> leaf_of(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + body).digest()
