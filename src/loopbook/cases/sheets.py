"""A sheet for each party and site: its flows, money and carbon, a row each, a column a year."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loopbook.loop import OUTSIDE, Loop
from loopbook.report import Cell, Column, Quote, Table

_MILLION = 1e6
_LEAST = 1e-6  # of its unit; what is less is rounding

Record = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet: what, unit, amounts by year, and the column of results that they sum."""

    what: str
    unit: str
    amounts: Mapping[str, float]
    column: tuple[str, str]


def sheets_of(loop: Loop, tables: Mapping[str, Table]) -> dict[str, tuple[Table, ...]]:
    """Sheets of the ``parties`` and of the ``sites`` that anything is known of.

    Periods of a year are summed. A sum is a row of its own, the sum of the rows above it.

    Parameters
    ----------
    tables : results of the loop: ``flows``, ``payments``, ``burdens``.
    """
    records = {name: [*tables[name].records()] for name in ("flows", "payments", "burdens")}
    years = sorted({str(row["period"])[:4] for row in records["flows"]})
    parties, sites = dict[str, Table](), dict[str, Table]()
    for party in loop.parties.values():
        own = {site.site for site in loop.sites.values() if site.party == party.party}
        lines = [
            *_flows(records["flows"], own),
            *_money(records["payments"], party.party, loop.settings.money.currency),
            *_carbon(records["burdens"], own),
        ]
        note = ", ".join(sorted(own)) or "no site"
        parties[party.party] = _sheet(f"party {party.party}", party.name, lines, years, note=note)
    for site in loop.sites.values():
        lines = [*_flows(records["flows"], {site.site}), *_carbon(records["burdens"], {site.site})]
        note = ", ".join(filter(None, (site.party, site.place)))
        sites[site.site] = _sheet(f"site {site.site}", site.site, lines, years, note=note)
    both = {"parties": parties, "sites": sites}
    return {kind: tuple(x for x in all_.values() if x.rows) for kind, all_ in both.items()}


def _sheet(
    name: str, title: str, lines: Iterable[Line], years: Sequence[str], *, note: str
) -> Table:
    kept = [x for x in lines if any(abs(amount) > _LEAST for amount in x.amounts.values())]
    used = [y for y in years if any(abs(line.amounts.get(y, 0.0)) > _LEAST for line in kept)]
    rows: list[tuple[Cell, ...]] = []
    quotes: dict[tuple[int, str], tuple[Quote, ...]] = {}
    for line in kept:
        amounts = [line.amounts.get(year, 0.0) for year in used]
        quotes |= {(len(rows), column): (Quote(*line.column),) for column in (*used, "sum")}
        rows.append((line.what, line.unit, *amounts, sum(amounts)))
    columns = (Column("what", "What"), Column("unit", "Unit"), *(Column(y, y) for y in used))
    return Table(name, title or name, (*columns, Column("sum", "Sum")), tuple(rows), note, quotes)


def _sums(
    records: Iterable[Record], column: str, name: Callable[[Record], str]
) -> dict[str, dict[str, float]]:
    """Amounts by name and year; records without a name are left out."""
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in records:
        if what := name(row):
            sums[what][str(row["period"])[:4]] += float(str(row[column]))
    return sums


def _flows(records: Iterable[Record], own: set[str]) -> Iterator[Line]:
    def name(row: Record) -> str:
        """What is taken in or given, and from or to where."""
        inward, outward = row["to"] in own, row["from"] in own
        if inward == outward:
            return f"within: {row['contract']}" if inward else ""
        other = row["from"] if inward else row["to"]
        place = "" if other == OUTSIDE else f" {'from' if inward else 'to'} {other}"
        return f"{'takes' if inward else 'gives'} {row['contract']}{place}"

    for what, amounts in _sums(records, "taken_t", name).items():
        yield Line(what, "t", amounts, ("flows", "taken_t"))


def _money(records: Sequence[Record], party: str, currency: str) -> Iterator[Line]:
    def received(row: Record) -> str:
        payer = "" if row["payer"] == OUTSIDE else f" from {row['payer']}"
        return f"receives {row['term']} of {row['on']}{payer}" if row["payee"] == party else ""

    def paid(row: Record) -> str:
        payee = "" if row["payee"] == OUTSIDE else f" to {row['payee']}"
        return f"pays {row['term']} of {row['on']}{payee}" if row["payer"] == party else ""

    unit, total = f"M {currency}", defaultdict[str, float](float)
    for name, scale in ((received, _MILLION), (paid, -_MILLION)):
        for what, amounts in _sums(records, "amount", name).items():
            scaled = {year: amount / scale for year, amount in amounts.items()}
            for year, amount in scaled.items():
                total[year] += amount
            yield Line(what, unit, scaled, ("payments", "amount"))
    yield Line("received less paid", unit, total, ("payments", "amount"))


def _carbon(records: Iterable[Record], own: set[str]) -> Iterator[Line]:
    total = defaultdict[str, float](float)

    def name(row: Record) -> str:
        """What burdens, at which site."""
        return f"{row['term']} of {row['on']}" if row["site"] in own else ""

    for what, amounts in _sums(records, "burden_tco2e", name).items():
        for year, amount in amounts.items():
            total[year] += amount
        yield Line(what, "t CO2e", amounts, ("burdens", "burden_tco2e"))
    yield Line("burden in all", "t CO2e", total, ("burdens", "burden_tco2e"))
