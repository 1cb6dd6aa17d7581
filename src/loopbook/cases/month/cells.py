"""Active material becomes cells, and what the lines lose comes back to the plant.

The lines run a lot of active material with bought foil, graphite and the rest in the year's
proportions. Cells are accepted by design, counted and numbered; scrap lies by type until a truck
is full, and then goes to the plant in place of a load that would else come from outside the book.
"""

from collections.abc import Iterator, Mapping

from loopbook import book as c
from loopbook.cases.month.beyond import Lines
from loopbook.cases.month.matter import Feed
from loopbook.cases.month.state import CellLot, Month, Road, Stock, When, draw, measured
from loopbook.tables import Array

CELLS = "finished cells"
MATERIALS: Mapping[str, tuple[str, ...]] = {
    "copper foil": ("copper",),
    "aluminium foil": ("aluminium",),
    "anode graphite": ("graphite",),
    "electrolyte": ("LiPF6", "EC", "DMC"),
    "binder and carbon black": ("carbon black", "PVDF", "anode binder"),
    "separator and film": ("PP", "PE", "PET"),
}
"""What is bought for the lines, by component; each is one lot of a delivery."""


def make_cells(month: Month, day: int) -> None:
    """Run the active material that has come, as much as the lines take in a day."""
    lines = month.matter.lines
    if lines is None:
        return
    ready = [stock for stock in month.cathode if stock.ready < day]
    active = float(lines.whole[month.matter.names.index(lines.active)])
    fed: list[Stock] = []
    for stock in ready:
        kg = sum(float(s.true_kg.sum()) for s in (*fed, stock)) / active
        if kg > lines.kg_per_day and fed:
            break
        fed.append(stock)
    names = {stock.lot for stock in fed}
    month.cathode = [stock for stock in month.cathode if stock.lot not in names]
    for turn, stock in enumerate(fed):
        total_kg = float(stock.true_kg.sum()) / active
        _stock_up(month, When(day, 4 + 0.5 * turn), lines, total_kg)
        _run(month, When(day, 8 + 10 * turn / len(fed)), lines, (stock, total_kg))


def _needs(month: Month, lines: Lines, total_kg: float) -> dict[str, Array]:
    """Of each bought material, kilograms by component for a total that goes in."""
    found = {}
    for material, names in MATERIALS.items():
        chosen = month.matter.of(dict.fromkeys(names, 1.0)) * lines.whole * total_kg
        if chosen.any():
            found[material] = chosen
    return found


def _stock_up(month: Month, when: When, lines: Lines, total_kg: float) -> None:
    """Receive what the lines lack for the next run, for some days at once."""
    step = max(month.number("scale_division"), 1.0)
    delivery_kg = max(month.whole("material_days", 1) * lines.kg_per_day, total_kg)
    there = month.materials
    short = [
        (material, kg * delivery_kg / total_kg)
        for material, kg in _needs(month, lines, total_kg).items()
        if sum(s.book_kg for s in there.get(material, ())) < float(kg.sum()) + step
    ]
    if not short:
        return
    number = month.next("material delivery")
    for place, (material, kg) in enumerate(short):
        amount = round(float(kg.sum()) / step + 1.0) * round(step)
        stock = Stock(f"M{number:02d} {material}", kg * (amount / float(kg.sum())), amount)
        supplier = "foil_maker" if material == "copper foil" else "material_supplier"
        bought = month.buy(
            when.later(0.03 * place),
            stock,
            material,
            supplier=month.text(supplier),
            owner=month.text("owner"),
            site=month.text("cell_site"),
        )
        there.setdefault(material, []).append(bought)


def _run(month: Month, when: When, lines: Lines, fed: tuple[Stock, float]) -> None:
    """One lot of active material: cells as accepted, scrap by type as weighed."""
    active, total_kg = fed
    run = f"Z{month.next('cells'):03d}"
    inputs: dict[str, c.Kg | None] = {active.lot: None}
    for material, kg in _needs(month, lines, total_kg).items():
        stocks = month.materials[material]
        inputs |= draw(stocks, float(kg.sum()))[0]
        month.materials[material] = [stock for stock in stocks if stock.book_kg]
    kept = total_kg * (1.0 - month.number("line_loss_share"))
    outputs, scrap = [], []
    for kind, kg in (("", lines.cells * kept), *((k, s * kept) for k, s in lines.scrap.items())):
        mass = round(float(kg.sum()) + month.normal(month.number("floor_scale_uncertainty")))
        if mass < 1 or not float(kg.sum()) >= 1.0:
            continue
        lot, material = f"{run} {kind or CELLS}", kind or CELLS
        shares = measured(month.matter.substances(kg) / float(kg.sum()))
        outputs.append(c.Output(lot, material, mass, shares))
        if kind:
            owner = frozenset({month.text("owner")})
            scrap.append((kind, Stock(lot, kg, mass, when.day, owner)))
        else:
            _deliver(month, when, lines, Stock(lot, kg, mass, when.day))
    site = month.text("cell_site")
    envelope = month.envelope(when, f"run {run}", f"run sheet {run}")
    month.say(
        when.day, c.Process(**envelope, run=run, site=site, inputs_kg=inputs, outputs=outputs)
    )
    for kind, stock in scrap:
        month.line_scrap.setdefault(kind, []).append(stock)


def _deliver(month: Month, made: When, lines: Lines, stock: Stock) -> None:
    """Number the cells of a lot and, when they are formed, deliver it with its serial range."""
    month.floor_ticket(made.later(0.5), stock, "lines' floor scale")
    each_kg = lines.kg_per_kwh * month.number("cell_energy")
    count = max(round(float(stock.true_kg.sum()) / max(each_kg, 1e-3)), 1)
    last = month.next("serial", count)
    first, last_text = (f"{month.text('serial_prefix')}{n:08d}" for n in (last - count + 1, last))
    day, lot = made.day + month.whole("formation_days", 1), stock.lot
    document = f"delivery note {lot}, serials {first} to {last_text}"
    envelope = month.envelope((day, 12), f"deliver {lot}", document)
    site, customer = month.text("cell_site"), month.text("customer")
    month.say(day, c.Deliver(**envelope, lot=lot, site=site, customer=customer))
    month.cell_lots.append(CellLot(lot, day, stock.book_kg, count, first, last_text))


def return_scrap(
    month: Month, day: int, arrivals: Mapping[int, list[tuple[int, Feed]]]
) -> Iterator[Stock]:
    """Loads of the lines' scrap that leave today, each in place of a load that would come.

    What is replaced is taken out of the arrivals; the load arrives in the evening of its day.
    """
    days = month.whole("scrap_road_days", 1)
    loads = arrivals.get(day + days, [])
    site, owner = month.text("cell_site"), month.text("owner")
    for load in list(loads):
        number, feed = load
        stocks = [s for s in month.line_scrap.get(feed.scrap_type, ()) if s.ready < day]
        wanted = month.whole("scrap_load", 1)
        if feed.sender != owner or sum(s.book_kg for s in stocks) < wanted:
            continue
        loads.remove(load)
        lot, when = f"B{number:03d}", When(day, 12 + 0.5 * (number % 7))
        inputs, true_kg, owners = draw(stocks, wanted)
        left = [s for s in month.line_scrap[feed.scrap_type] if s.book_kg]
        month.line_scrap[feed.scrap_type] = left
        envelope = month.envelope(when, f"blend {lot}", f"packing list {lot}")
        blend = c.Blend(**envelope, inputs_kg=inputs, site=site, lot=lot, material=feed.scrap_type)
        month.say(day, blend)
        back = Stock(lot, true_kg, wanted, day, owners)
        month.ticket(when.later(0.1), lot, float(true_kg.sum()), scale="lines' weighbridge")
        road = Road(site, month.text("plant_site"), days, "weighbridge")
        month.send(when.later(0.3), back, road)
        yield back
