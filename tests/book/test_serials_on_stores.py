"""The questions about serials, on both stores."""

from __future__ import annotations

from loopbook import book as b
from support.world import Envelopes


def test_moves_and_their_reversal(book: b.Book, envelope: Envelopes) -> None:
    known = book.store.nouns()
    party, site, material = (min(x) for x in (known.parties, known.sites, known.materials))
    lot = {"material": material, "supplier": party, "owner": party, "site": site}
    book.post(b.Receive(lot="S", mass_kg=10, shares={}, **lot, **envelope("receive")))
    split = b.Split(
        lot="S", parts_kg={"S1": 3}, serials={"S1": ["P-1 to P-3"]}, **envelope("split")
    )
    book.post(split)
    (move,) = b.serial_moves(book.store, 0)
    assert (move.source, move.target, move.span.last) == ("S", "S1", 3)
    assert b.events_not_reversed(book.store, [move.event], b.NOW) == {move.event}
    book.post(b.Reverse(event=split.key, reason="another lot", **envelope("reverse")))
    assert b.events_not_reversed(book.store, [move.event], b.NOW) == set()
    assert [*b.serial_moves(book.store, move.event)] == []
