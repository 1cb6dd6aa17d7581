"""The walk of the founding case gives the tables of results of the case as it is computed."""

from __future__ import annotations

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from loopbook.cases import run_case
from loopbook.loop import Accounts, Flow, Walk, accounts, load, walk
from loopbook.matter import components
from loopbook.report import RunResult

CASES = Path(__file__).parents[2] / "cases"
CLIENTS = ("TBMNC", "GM", "Ford", "Stellantis", "Hyundai", "Honda")
SWITCHES = ("tbmnc", "gm", "ford", "stellantis", "hyundai", "honda")
RUNS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "with TBMNC": ("tbmnc",),
    "with GM and Honda": ("gm", "honda"),
    "with all clients": SWITCHES,
    "refined by pyro": (),
    "refined by direct": (),
}
METALS = {
    "nickel": "Ni",
    "cobalt": "Co",
    "manganese": "Mn",
    "lithium": "Li",
    "copper": "Cu",
    "aluminium": "Al",
    "graphite": "graphite",
}


@cache
def former(run: str) -> RunResult:
    """The case as it is computed from its own folder."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "gmbi"
        shutil.copytree(CASES / "gmbi", folder)
        settings = (folder / "case.toml").read_text(encoding="utf-8")
        assert 'route = "hydro"' in settings
        settings = settings.replace('route = "hydro"', f'route = "{route_of(run)}"')
        (folder / "case.toml").write_text(settings, encoding="utf-8")
        return run_case(folder, RUNS[run])


@cache
def walked(run: str) -> Walk:
    """The walk of its tables."""
    cells = [f"sites/refinery/process={route_of(run)}"]
    return walk(load(CASES / "gmbi-loop", switches=dict.fromkeys(RUNS[run], True), cells=cells))


def route_of(run: str) -> str:
    """How a run refines."""
    return run.partition("by ")[2] or "hydro"


def column(run: str, table: str, name: str, **match: str) -> np.ndarray:
    """Numbers of a column of the former tables, one a year."""
    of = former(run).tables[table]
    names = [x.name for x in of.columns]
    rows = [dict(zip(names, row, strict=True)) for row in of.rows]
    rows = [row for row in rows if all(row[key] == value for key, value in match.items())]
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=float)


def tonnes(streams: dict[str, np.ndarray]) -> np.ndarray:
    """All that streams hold, by year."""
    return sum((x.sum(axis=1)[:, 0] for x in streams.values()), np.zeros(11))


def content(walk: Walk, streams: dict[str, np.ndarray], of: str) -> np.ndarray:
    """An element or component in streams, by year."""
    return sum((walk.content(x, of)[:, 0] for x in streams.values()), np.zeros(11))


def taken(walk: Walk, to: str, *, clients: bool | None = None) -> dict[str, np.ndarray]:
    """Streams that a site takes, by material; of scrap of clients alone, or of others."""
    streams: dict[str, np.ndarray] = {}
    for flow in walk.flows:
        if flow.row.to == to and clients in (None, flow.row.from_ != "Lansing"):
            for name, stream in flow.materials.items():
                streams[name] = streams.get(name, 0.0) + stream
    return streams


def made(walk: Walk, site: str, *names: str) -> dict[str, np.ndarray]:
    """Streams that a site makes."""
    return {x: y for x, y in walk.sites[site].made.items() if not names or x in names}


def offer(walk: Walk, flow: Flow) -> np.ndarray:
    """Scrap that a client offers, by year; before the plant starts nothing is asked of it."""
    share = flow.row.amount.upper
    assert share is not None
    offered = share.in_month(0, "1") * tonnes(made(walk, flow.row.from_, *SCRAP))
    agree(flow.asked[1:, 0], offered[1:])
    return offered


def agree(new: np.ndarray, old: np.ndarray) -> None:
    """Equal to 1e-9 of the largest number."""
    assert old.shape == new.shape
    assert new == pytest.approx(
        old, rel=1e-9, abs=1e-9 * max(1.0, float(np.abs(old).max(initial=0.0)))
    )


SCRAP = (
    "cathode foil",
    "mixed electrode scrap",
    "anode foil",
    "dry cells",
    "wet cells",
    "formed cells",
)


@pytest.mark.parametrize("run", RUNS)
def test_production(run: str) -> None:
    loop = walked(run)
    (cells,) = loop.of("cells")
    per_gwh = loop.basis.in_tonnes("NCMA cells", "GWh")
    agree((cells.asked / per_gwh)[:, 0], column(run, "production", "contract_gwh"))
    agree((cells.taken / per_gwh)[:, 0], column(run, "production", "made_gwh"))
    agree(cells.taken[:, 0], column(run, "production", "cells_t"))
    agree(content(loop, dict(cells.materials), "Ni"), column(run, "production", "nickel_t"))


@pytest.mark.parametrize("run", RUNS)
def test_scrap(run: str) -> None:
    loop = walked(run)
    for kind in SCRAP:
        name = f"{kind.replace(' ', '_')}_t"
        agree(tonnes(made(loop, "Lansing", kind)), column(run, "scrap", name))
    offered = [flow for flow in loop.flows if flow.row.to == "plant"]
    ours = tonnes(made(loop, "Lansing", *SCRAP))
    clients = sum((offer(loop, x) for x in offered if x.row.from_ != "Lansing"), np.zeros(11))
    agree(ours, column(run, "scrap", "contract_t"))
    agree(clients, column(run, "scrap", "clients_t"))
    took = sum(flow.taken[:, 0] for flow in offered)
    agree(took, column(run, "scrap", "taken_t"))
    agree(ours + clients - took, column(run, "scrap", "other_t"))


@pytest.mark.parametrize("run", RUNS)
def test_clients(run: str) -> None:
    everyone, loop = walked("with all clients"), walked(run)
    for client in CLIENTS:
        (flow,) = everyone.of(f"scrap of {client}")
        scrap = tonnes(made(everyone, flow.row.from_, *SCRAP))
        agree(scrap, column(run, "clients", "scrap_t", client=client))
        agree(offer(everyone, flow), column(run, "clients", "offered_t", client=client))
        got = [x for x in loop.flows if x.row.contract == f"scrap of {client}"]
        took = sum((x.taken[:, 0] for x in got), np.zeros(11))
        agree(took, column(run, "clients", "taken_t", client=client))


@pytest.mark.parametrize("run", RUNS)
def test_black_mass_and_fractions(run: str) -> None:
    loop = walked(run)
    black = made(loop, "plant", "black mass")
    agree(tonnes(black), column(run, "black_mass", "mass_t"))
    for metal, of in METALS.items():
        agree(content(loop, black, of), column(run, "black_mass", f"{metal}_t"))
    foil = content(loop, black, "aluminium")
    agree(foil, column(run, "black_mass", "aluminium_foil_t"))
    lattice = content(loop, black, "Al") - foil
    agree(lattice, column(run, "black_mass", "aluminium_lattice_t"))
    for name in ("copper", "aluminium"):
        fraction = tonnes(made(loop, "plant", name))
        agree(fraction, column(run, "black_mass", f"{name}_fraction_t"))
    burnt = tonnes(taken(loop, "plant")) - tonnes(made(loop, "plant"))
    agree(burnt, column(run, "black_mass", "burnt_and_waste_t"))


def recovered(loop: Walk, of: str) -> np.ndarray:
    """A metal that comes back: of the refiner, and of the plant's foils, by year."""
    back = content(loop, made(loop, "refinery"), of)
    fraction = {"Cu": "copper", "Al": "aluminium"}.get(of)
    return back + content(loop, made(loop, "plant", fraction), of) if fraction else back


@pytest.mark.parametrize("run", RUNS)
def test_metals(run: str) -> None:
    loop = walked(run)
    (cells,) = loop.of("cells")
    for metal, of in METALS.items():
        net = content(loop, dict(cells.materials), of)
        scrap = content(loop, made(loop, "Lansing", *SCRAP), of)
        agree(recovered(loop, of), column(run, "metals", "recovered_t", metal=metal))
        agree(net, column(run, "metals", "demand_net_t", metal=metal))
        agree(net + scrap, column(run, "metals", "demand_gross_t", metal=metal))


@pytest.mark.parametrize("run", RUNS)
def test_copper_and_foil(run: str) -> None:
    loop = walked(run)
    copper = content(loop, made(loop, "plant", "copper"), "Cu")
    agree(copper, column(run, "copper", "copper_t"))
    scrap = taken(loop, "plant")
    whole = content(loop, scrap, "Cu")
    for kind in ("mixed electrode scrap", "anode foil", "dry cells", "wet cells", "formed cells"):
        part = content(loop, {kind: scrap[kind]}, "Cu") / np.where(whole > 0, whole, 1.0)
        agree(copper * part, column(run, "copper", f"from_{kind.replace(' ', '_')}_t"))
    for region in ("Japan", "North America"):
        need = loop.sites[region].needs["copper foil 10 um"][:, 0]
        agree(need, column(run, "copper", f"{region.lower().replace(' ', '_')}_demand_t"))
    capacity = loop.loop.models["SK Nexilis Malaysia"].capacity["copper foil 10 um"]
    most = np.full(11, capacity.in_month(0, "t/yr")[0])
    agree(most, column(run, "copper", "sk_nexilis_malaysia_capacity_t"))
    bought = loop.sites["Lansing"].counts["copper foil 10 um"][:, 0]
    agree(bought, column(run, "copper", "contract_foil_bought_t"))
    (cells,) = loop.of("cells")
    gwh = cells.taken[:, 0] / loop.basis.in_tonnes("NCMA cells", "GWh")
    for foil, name in (
        ("copper foil 10 um", "contract_foil_t"),
        ("copper foil 8 um", "contract_copper_foil_8_um_t"),
        ("copper foil 6 um", "contract_copper_foil_6_um_t"),
    ):
        agree(gwh * loop.basis.in_tonnes(foil, "GWh"), column(run, "copper", name))


@pytest.mark.parametrize("run", RUNS)
def test_what_comes_back_to_the_lines(run: str) -> None:
    """Flows of the former picture of the loop, metal counted as such."""
    loop = walked(run)
    for metal, of in METALS.items():
        for kind, target in (("back", "cell lines"), ("market", "metal market")):
            flows = (*loop.of(f"metal {kind}"), *loop.of(f"active material {kind}"))
            mass = sum((content(loop, dict(x.materials), of) for x in flows), np.zeros(11))
            agree(mass, flows_of(run, metal, target))


def flows_of(run: str, source: str, target: str) -> np.ndarray:
    """A flow of the former picture, by year; years without it are left out there."""
    table = former(run).tables["loop_flows"]
    rows = {row[0]: row[3] for row in table.rows if row[1:3] == (source, target)}
    return np.array([float(rows.get(year, 0.0)) for year in range(2025, 2036)])


# -- money and carbon


@cache
def priced(run: str) -> Accounts:
    """Its money and carbon."""
    return accounts(walked(run))


def paid(run: str, *on: str, term: str = "", of: str = "", outside: bool = False) -> np.ndarray:
    """What is paid on contracts or a site, by year: to the outside or not, by term."""
    rows = [
        amount
        for entry, amount in priced(run).payments.items()
        if entry.on in on
        and term in ("", entry.term)
        and of in ("", entry.of)
        and (not outside or entry.payee == "outside")
    ]
    return sum((x[:, 0] for x in rows), np.zeros(11))


SCRAP_CONTRACTS = ("scrap", *(f"scrap of {x}" for x in CLIENTS))
COSTS = ("reagents", "energy", "water and disposal", "labour", "maintenance", "overhead", "capital")


@pytest.mark.parametrize("run", RUNS)
def test_money_of_the_plant(run: str) -> None:
    sold = {
        "black_mass": paid(run, "black mass", term="payable"),
        "copper": paid(run, "copper fraction"),
        "aluminium": paid(run, "aluminium fraction"),
    }
    for name, usd in sold.items():
        agree(usd, column(run, "money", f"revenue_{name}_usd"))
    scrap = paid(run, *SCRAP_CONTRACTS, term="payable")
    freight = paid(run, *SCRAP_CONTRACTS, term="freight")
    agree(scrap, column(run, "money", "scrap_usd"))
    agree(freight, column(run, "money", "freight_usd"))
    costs = {name: paid(run, "plant", term=name) for name in COSTS}
    for name, usd in costs.items():
        agree(usd, column(run, "money", f"{name.replace(' ', '_')}_usd"))
    margin = sum(sold.values()) - scrap - freight - sum(costs.values())
    agree(margin, column(run, "money", "margin_usd"))
    agree(priced(run).account("plant")[:, 0], column(run, "money", "margin_usd"))
    for owner, name in (("TTA", "tta"), ("LGES", "lges")):
        share = walked(run).loop.owners_of("GMBI", date(2026, 1, 1))[owner].in_month(0, "1")
        agree(margin * share, column(run, "money", f"{name}_share_usd"))
        agree(owned(run, owner), column(run, "money", f"{name}_share_usd"))


def owned(run: str, owner: str) -> np.ndarray:
    """What an owner gets of the plant's company less what it bears, by year."""
    net = np.zeros(11)
    for entry, amount in priced(run).payments.items():
        if entry.term == "payout" and owner in (entry.payer, entry.payee):
            net = net + amount[:, 0] * (1 if entry.payee == owner else -1)
    return net


PRODUCTS = ("Ni", "Co", "Mn", "Cu", "Li2CO3", "graphite", "NCMA 89-4-4-3", "NMC811")
SOLD = ("metal back", "metal market", "active material back", "active material market")


@pytest.mark.parametrize("run", RUNS)
def test_money_of_the_refiner(run: str) -> None:
    names = former(run).tables["refining"].columns
    sold = [x.name for x in names if x.name.startswith("revenue_") and x.name != "revenue_usd"]
    products = {of.lower().replace(" ", "_").replace("-", "_"): of for of in PRODUCTS}
    whole = np.zeros(11)
    for name in sold:
        usd = paid(run, *SOLD, of=products[name[len("revenue_") : -len("_usd")]])
        agree(usd, column(run, "refining", name))
        whole = whole + usd
    agree(whole, column(run, "refining", "revenue_usd"))
    black, freight = (
        paid(run, "black mass", term="payable"),
        paid(run, "black mass", term="freight"),
    )
    agree(black, column(run, "refining", "black_mass_usd"))
    agree(freight, column(run, "refining", "freight_usd"))
    for name in COSTS:
        usd = paid(run, "refinery", term=name)
        agree(usd, column(run, "refining", f"{name.replace(' ', '_')}_usd"))
    agree(priced(run).account("refinery")[:, 0], column(run, "refining", "margin_usd"))


def carried(run: str, *on: str, term: str = "") -> np.ndarray:
    """Burdens on sites or contracts, t CO2e by year."""
    rows = [
        tonnes
        for burden, tonnes in priced(run).burdens.items()
        if burden.on in on and term in ("", burden.term)
    ]
    return sum((x[:, 0] for x in rows), np.zeros(11))


@pytest.mark.parametrize("run", RUNS)
def test_carbon(run: str) -> None:
    loop, whole = walked(run), np.zeros(11)
    for part in ("process", "energy", "reagents"):
        tonnes = carried(run, "plant", "refinery", term=part)
        agree(tonnes, column(run, "carbon", f"{part}_tco2e"))
        whole = whole + tonnes
    freight = carried(run, *SCRAP_CONTRACTS, "black mass")
    agree(freight, column(run, "carbon", "freight_tco2e"))
    agree(whole + freight, column(run, "carbon", "loop_tco2e"))
    for site, name in (("plant", "plant"), ("refinery", "refiner")):
        agree(carried(run, site), column(run, "carbon", f"{name}_tco2e"))
    burdens = {x.of: x.value.in_month(0, "tCO2e/t") for x in loop.loop.terms_on("new metal")}
    new = np.zeros(11)
    for metal, of in METALS.items():
        bought = {"Li": "Li2CO3", "Mn": "MnSO4", "Cu": "copper", "Al": "aluminium"}.get(of, of)
        held = (
            1.0
            if bought in ("graphite", "Ni", "Co")
            else components(bought).items[0].element_shares()[of]
        )
        avoided = recovered(loop, of) / held * burdens[bought]
        agree(avoided, column(run, "carbon", f"virgin_{metal}_tco2e"))
        new = new + avoided
    agree(new - whole - freight, column(run, "carbon", "avoided_tco2e"))
