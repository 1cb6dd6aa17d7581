"""Events as canonical bytes: what the hash of an event covers.

The bytes are RFC 8785 JSON of everything in the event. Legs list only the substances that move, as
decimal text, so that the bytes of an old event do not change when the book declares a substance.
A measurement is the list of its fields; fields that came later (`_FIRST_FIELDS`) are left out where
they and all after them are empty, so that the bytes of events without them do not change either.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import TypeAlias

from loopbook.book.nouns import Event, Leg, Measurement

_ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode
_Picks: TypeAlias = Callable[[Sequence[int]], Sequence[int]]
_TEXT = encode_basestring  # what the encoder does with a text, without asking what it is
_FIRST_FIELDS = Measurement._fields.index("basis")  # of a measurement, always in its bytes


def event_bytes(event: Event, substances: Sequence[str]) -> bytes:
    """Canonical bytes of an event.

    Parameters
    ----------
    substances : names in the order of the contents of its legs.
    """
    legs = ",".join([_leg(leg, substances) for leg in event.legs])
    lots = ",".join([_texts((x.id, x.material)) for x in event.lots])
    measured = ",".join([_texts(_trimmed(m)) for m in event.measurements])
    corrects = f'"corrects":{_TEXT(event.corrects)},' if event.corrects else ""
    amends = f'"amends":{_TEXT(event.amends)},' if event.amends else ""
    planner = f'"planner":"{event.planner}",' if event.planner else ""
    posted = "" if event.posted_at is None else f'"posted_at":"{event.posted_at}",'
    text = (  # in the order of the names; half the time of encoding and sorting a dict
        f'{{"actor":{_TEXT(event.actor)},{amends}"command":{_TEXT(event.command)},'
        f'{corrects}"document":{_TEXT(event.document)},"key":{_TEXT(event.key)},'
        f'"kind":{_TEXT(event.kind)},"legs":[{legs}],'
        f'"lots":[{lots}],"measurements":[{measured}],'
        f'"nouns":{_ENCODE(list(event.nouns)) if event.nouns else "[]"},'
        f'"occurred_at":"{event.occurred_at}",{planner}{posted}"recorded_at":"{event.recorded_at}",'
        f'"reverses":{_TEXT(event.reverses)}}}'
    )
    return text.encode()


def _texts(texts: Sequence[str]) -> str:
    """A list of texts."""
    return f"[{','.join(map(_TEXT, texts))}]"


def _trimmed(measurement: Measurement) -> tuple[str, ...]:
    """Fields of a measurement without the empty ones at its end."""
    end = len(measurement)
    while end > _FIRST_FIELDS and not measurement[end - 1]:
        end -= 1
    return measurement[:end]


def _leg(leg: Leg, substances: Sequence[str]) -> str:
    """Account, and the amounts that are not zero in the order of their names."""
    content = leg.content
    form, moved = _form(tuple(substances[: len(content)]), tuple(map(bool, content)))
    return form % (_TEXT(str(leg.account)), *moved(content))


@lru_cache(maxsize=4096)
def _form(substances: tuple[str, ...], moved: tuple[bool, ...]) -> tuple[str, _Picks]:
    """Form of a leg that moves some substances, and a function that picks their amounts."""
    names = sorted(s for s, moves in zip(substances, moved, strict=True) if moves)
    amounts = ",".join(_ENCODE(s).replace("%", "%%") + ':"%s"' for s in names)
    places = [substances.index(s) for s in names]
    picks: _Picks = itemgetter(*places) if len(places) > 1 else lambda x: [x[k] for k in places]
    return f"[%s,{{{amounts}}}]", picks


def leaf_of(body: bytes) -> bytes:
    """RFC 9162 leaf hash.

    >>> leaf_of(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    import hashlib  # takes time, and no look at a book needs it

    return hashlib.sha256(b"\x00" + body).digest()
