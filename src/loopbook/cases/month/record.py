"""The month's book of a case, filled from its computed year."""

import numpy as np

from loopbook.cases.month.draw import drawn
from loopbook.cases.year.mass import Outcome, recovered_t
from loopbook.cases.year.plants import BLACK_MASS
from loopbook.plant import Feed, Lines, MonthMatter, MonthRecord, MonthSettings, Refining
from loopbook.report import Table
from loopbook.tables import Array


def keep_book(
    outcome: Outcome, settings: MonthSettings
) -> tuple[tuple[Table, ...], dict[str, bytes]]:
    """Post the month to a new book.

    Parameters
    ----------
    outcome : the computed case.
    settings : of the month.

    Returns
    -------
    Result tables (the plant's metal statement, the whole book's, lots of finished cells and where
    their metal came from), and files by name: the book (SQLite), and the picture of a lineage.
    """
    keys = tuple(dict.fromkeys((*outcome.taken_keys, *outcome.refiner.keys, *settings.keys)))
    matter = month_matter(outcome, settings)
    return drawn(MonthRecord(outcome.case.name, settings, matter, keys))


def month_matter(outcome: Outcome, settings: MonthSettings) -> MonthMatter:
    """The year of the month, cut down to the month."""
    made = outcome.made
    place = outcome.case.years.index(settings.start.year)
    feeds = []
    for flow in made.scrap:
        taken = flow.taken_t[:, place] * 1000.0 * settings.year_share
        mass = float(taken.sum())
        if mass > 0.0:
            contract = flow.producer.switch is None
            shares = taken / mass
            feeds.append(
                Feed(
                    settings.texts["owner"] if contract else flow.producer.name,
                    flow.scrap_type,
                    flow.hazmat,
                    mass,
                    shares,
                )
            )
    solution = outcome.plant.route.solution
    feed = made.feed_t()[:, place]
    feed_share = feed / max(float(feed.sum()), 1e-12)
    whole = _whole_flow(outcome, place)
    passed = {}
    for product in outcome.plant.route.products:
        share = np.zeros(len(made.components))
        for k, name in enumerate(made.components):
            if name in solution.plan.basis.names and feed_share[k] > 0.0:
                flow_kg = float(solution.flow(product, name)[place])
                share[k] = min(flow_kg / (whole * feed_share[k]), 1.0)
        if share.any():
            passed[product] = share
    return MonthMatter(
        made.components, tuple(feeds), passed, refining(outcome, settings), lines(outcome, settings)
    )


def _whole_flow(outcome: Outcome, place: int) -> float:
    """Feed of the plant's flowsheet, kg/h: a product's flow over its share of the feed."""
    route = outcome.plant.route
    return max(
        float(route.solution.mass(name)[place]) / float(share[place])
        for name, share in route.products.items()
        if float(share[place]) > 0.0
    )


def refining(outcome: Outcome, settings: MonthSettings) -> Refining | None:
    """The refiner in the year of the month; None unless it makes salts of all four metals."""
    place = outcome.case.years.index(settings.start.year)
    done, black = outcome.refiner, outcome.plant.elements_t[BLACK_MASS]
    recovered = {}
    for element in ("Ni", "Co", "Mn", "Li", "C"):
        got = sum(float(made[element][place]) for made in done.elements_t.values())
        held = float(black[element][place])
        recovered[element] = min(got / held, 1.0) if held > 0.0 else 0.0
    if not all(recovered.values()) or done.route.route != "hydro":
        return None
    reagents = {name: float(dose[place]) for name, dose in done.route.reagents.items()}
    return Refining(recovered, reagents, float(done.route.wastes["oxygen"][place]))


def lines(outcome: Outcome, settings: MonthSettings) -> Lines | None:
    """The contract's lines in the month; None if idle."""
    made, place = outcome.made, outcome.case.years.index(settings.start.year)
    cells_t = made.cells_t[:, place]
    scrap_t: dict[str, Array] = {}
    for flow in made.of(contract=True):
        old = scrap_t.get(flow.scrap_type, np.zeros(len(made.components)))
        scrap_t[flow.scrap_type] = old + flow.made_t[:, place]
    whole_t = cells_t + np.sum(list(scrap_t.values()), axis=0)
    total = float(whole_t.sum())
    if not total > 0.0:
        return None
    nickel = float(outcome.element_t(whole_t[:, None], "Ni")[0])
    back = float(recovered_t(outcome, "Ni")[place])
    if not (nickel > 0.0 and back > 0.0):
        return None
    return Lines(
        active=str(outcome.case.settings.get("chemistry")),
        cells=cells_t / total,
        scrap={kind: t / total for kind, t in scrap_t.items()},
        kg_per_day=total * 1000.0 * settings.year_share / settings.days,
        recovered_share=min(back / nickel, 1.0),
        kg_per_kwh=made.mass_per_energy,
    )
