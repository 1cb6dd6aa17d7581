"""A client that posts to a book on a server until its time is up; the tests run eight, and kill it.

``server_client.py ADDRESS NAME FIRST SECONDS``: batches are numbered, and batch n of a client is
always the same, so that a client that was killed goes on where it stopped. It prints ``try n``
before it posts a batch, ``ack n`` when it is posted, ``no n`` when the book refused it (a lot on
hold, too little left), and ``lost n`` when the server went away; then it posts the batch again.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.errors import InputError, StorageError

LOTS = [f"P{k:02}" for k in range(24)]
OWNERS = ("LGES", "GMBI")
SITE = "WS"
START = datetime(2026, 3, 1, tzinfo=UTC)
LOT_KG = 1_000_000
SHARED_EVERY = 7
LEAST = 60
"""Batches that each client posts on a machine that is too slow for more."""


def setup() -> list[c.Command]:
    """What is there before the clients begin: three of four lots are of both owners.

    Of the others a client may try to take what an owner has not, until the lots are mixed.
    """
    keys = iter(range(1000))

    def told() -> dict[str, Any]:
        return {"key": f"setup-{next(keys)}", "actor": "amy", "occurred_at": START}

    shares = {"Ni": "0.22", "Co": "0.01", "Li": "0.03", "Cu": "0.08"}
    return [
        *(c.RegisterParty(party=p, **told()) for p in OWNERS),
        c.RegisterSite(site=SITE, limits_kg={"black mass": 10**9}, **told()),
        c.RegisterMaterial(material="scrap", **told()),
        c.RegisterMaterial(material="BM", hazard="black mass", **told()),
        *(
            c.Receive(
                lot=lot,
                material="BM" if k % 4 == 0 else "scrap",
                supplier="LGES",
                owner=OWNERS[k % 2],
                site=SITE,
                mass_kg=LOT_KG,
                shares=shares,
                **told(),
            )
            for k, lot in enumerate(LOTS)
        ),
        *(
            c.TransferTitle(
                lot=lot,
                seller=OWNERS[k % 2],
                buyer=OWNERS[1 - k % 2],
                mass_kg=LOT_KG // 2,
                **told(),
            )
            for k, lot in enumerate(LOTS)
            if k % 4 != 1
        ),
    ]


def batch(name: str, number: int) -> list[c.Command]:
    """Batch `number` of a client: one to six commands on lots that others use too.

    Every seventh batch has the same keys for all clients, so that they race for them. A few
    commands are dated before all others, so that what came after them is planned again.
    """
    shared = number % SHARED_EVERY == 0
    who = "all" if shared else name
    rng = random.Random(f"{who}-{number}")
    commands: list[c.Command] = []
    for k in range(rng.choice((1, 1, 2, 6))):
        late = rng.random() < 0.02
        told: dict[str, Any] = {
            "key": f"{who}-{number}-{k}",
            "actor": who,
            "occurred_at": START + (timedelta(seconds=number) if late else timedelta(days=1)),
        }
        commands.append(_command(rng, f"{who}-{number}-{k}", told))
    if number % 50 == 1 and not shared:
        party = f"party {name} {number}"
        told = {"key": f"{who}-{number}-party", "actor": who, "occurred_at": START}
        commands.append(c.RegisterParty(party=party, **told))
    return commands


def _command(rng: random.Random, new: str, told: dict[str, Any]) -> c.Command:
    lot, other = rng.sample(LOTS, 2)
    roll = rng.random()
    if roll < 0.3:
        seller, buyer = rng.sample(OWNERS, 2)
        return c.TransferTitle(lot=lot, seller=seller, buyer=buyer, mass_kg=1, **told)
    if roll < 0.45:
        return c.Dispose(lot=lot, site=SITE, mass_kg=2, **told)
    if roll < 0.6:
        return c.Split(lot=lot, parts_kg={new: 3}, **told)
    if roll < 0.75:
        inputs = {lot: 4, other: 5}
        return c.Blend(inputs_kg=inputs, site=SITE, lot=new, material="scrap", **told)
    if roll < 0.9:
        given = {"owner": "LGES", "site": SITE, "mass_kg": 6, "shares": {"Ni": "0.5"}}
        return c.Receive(lot=new, material="scrap", supplier="LGES", **given, **told)
    return c.Assay(
        lot=lot,
        stage="provisional",
        basis="as received",
        shares={"Ni": str(rng.randint(200, 240) / 1000)},
        **told,
    )


def main(address: str, name: str, first: str, seconds: str) -> None:
    """Post until the time is up, and the least number of batches is posted."""
    number, until = int(first), time.monotonic() + float(seconds)
    book = None
    while time.monotonic() < until or number < int(first) + LEAST:
        print("try", number, flush=True)
        try:
            book = book or Book(address)
            book.post(batch(name, number))
        except InputError:
            print("no", number, flush=True)
        except StorageError as error:
            print("lost", number, str(error).replace("\n", " "), flush=True)
            time.sleep(0.02)
            continue
        else:
            print("ack", number, flush=True)
        number += 1
    if book is not None:
        book.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
