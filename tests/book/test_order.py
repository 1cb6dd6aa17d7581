"""Events that have nothing to do with each other may be told in any order."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from model import us
from test_state_machine import BEGIN, PARTIES, base, kg, open_book, told

from loopbook import book as b


def story(k: int, made: int, lost: int) -> list[b.Command]:
    """What happens to one lot and its parts."""

    def said(step: int) -> dict[str, Any]:
        return {
            "key": f"s{k}-{step}",
            "actor": "amy",
            "occurred_at": BEGIN + timedelta(minutes=made + step),
        }

    lot = {"lot": f"S{k}", "material": "scrap", "supplier": "LGES", "owner": PARTIES[k % 2]}
    assayed = {"stage": "final", "basis": "dry", "moisture": "0.03", "shares": {"Ni": "0.201"}}
    return [
        b.Receive(**lot, site="works", mass_kg=kg(made), shares={"Ni": "0.2"}, **said(1)),
        b.Weigh(lot=f"S{k}", ticket="", gross_kg=kg(made + 7), tare_kg=0, **said(2)),
        b.Assay(lot=f"S{k}", **assayed, **said(3)),
        b.Split(lot=f"S{k}", parts_kg={f"S{k}a": kg(made // 3)}, **said(4)),
        b.Ship(lot=f"S{k}a", from_site="works", consignment=str(k), **said(5)),
        b.Arrive(
            lot=f"S{k}a",
            consignment=str(k),
            site="refinery",
            mass_kg=kg(made // 3 - lost),
            **said(6),
        ),
        b.Dispose(lot=f"S{k}", site="works", **said(7)),
    ][: 3 + lost % 5]


@given(
    masses=st.lists(
        st.tuples(st.integers(100, 5_000_000), st.integers(0, 30)), min_size=2, max_size=4
    ),
    data=st.data(),
)
@settings(max_examples=25)
def test_the_order_of_independent_events_is_irrelevant(
    masses: list[tuple[int, int]], data: st.DataObject
) -> None:
    stories = [story(k, *mass) for k, mass in enumerate(masses)]
    owner = [k for k, events in enumerate(stories) for _ in events]
    answers = []
    moment = us(BEGIN) + data.draw(st.integers(0, 2_000_000)) * 60_000_000
    for order in (owner, data.draw(st.permutations(owner))):
        left = [iter(events) for events in stories]
        with tempfile.TemporaryDirectory() as folder:
            book = open_book(Path(folder), lambda: us(BEGIN + timedelta(days=9_000)))
            with book:
                book.post(base(BEGIN))
                book.post([next(left[k]) for k in order])
                answers.append((told(book.balances()), told(book.balances(occurred=moment))))
                assert b.verify(book).clean
    assert answers[0] == answers[1]
