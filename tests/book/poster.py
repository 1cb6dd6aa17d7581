"""Batches of commands by number: always the same, so that another process can post them again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from loopbook import book as b

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def said(key: str) -> dict[str, Any]:
    return {"key": key, "actor": "poster", "occurred_at": BEGIN + timedelta(minutes=1)}


def nouns() -> list[b.Command]:
    return [
        b.RegisterParty(party="LGES", **said("party")),
        b.RegisterSite(site="works", limits_kg={"bm": 10**8}, **said("site")),
        b.RegisterMaterial(material="black mass", hazard="bm", **said("material")),
    ]


def commands(number: int, size: int) -> list[b.Command]:
    """A batch: lots come in and are split."""
    rng = random.Random(number)
    batch: list[b.Command] = []
    for k in range(size):
        name = f"{number}-{k}"
        lot = {"lot": name, "material": "black mass", "supplier": "LGES", "owner": "LGES"}
        content = {"mass_kg": rng.randrange(10, 1_000), "shares": {"Ni": 0.3, "Li": 0.04}}
        batch.append(b.Receive(**lot, **content, site="works", **said(f"r{name}")))
        batch.append(b.Split(lot=name, parts_kg={f"{name}a": 5}, **said(f"s{name}")))
    return batch
