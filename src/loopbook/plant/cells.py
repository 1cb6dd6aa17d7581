"""Active material becomes cells, and what the lines lose comes back to the plant.

The lines run a lot of active material with bought foil, graphite and the rest in the year's
proportions. Cells are accepted by design, counted and numbered; scrap is kept by type until a truck
is full, and then goes to the plant in place of a load that would else come from outside the book.
"""

from collections.abc import Iterator, Mapping

from loopbook import book as c
from loopbook.plant.matter import Feed, Lines
from loopbook.plant.state import CellLot, Month, Road, Stock, When, deliver, draw
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
        kg = sum(s.total_kg for s in (*fed, stock)) / active
        if kg > lines.kg_per_day and fed:
            break
        fed.append(stock)
    names = {stock.lot for stock in fed}
    month.cathode = [stock for stock in month.cathode if stock.lot not in names]
    for turn, stock in enumerate(fed):
        total_kg = stock.total_kg / active
        _stock_up(month, When(day, 4 + 0.5 * turn), lines, total_kg)
        _run(month, When(day, 8 + 10 * turn / len(fed)), lines, (stock, total_kg))


def _needs(month: Month, lines: Lines, total_kg: float) -> dict[str, Array]:
    """Of each bought material, kilograms by component for a total that goes in."""
    needs = {
        material: month.matter.of(dict.fromkeys(names, 1.0)) * lines.whole * total_kg
        for material, names in MATERIALS.items()
    }
    return {material: kg for material, kg in needs.items() if kg.any()}


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
        there.setdefault(material, []).append(
            month.buy(
                when.later(0.03 * place),
                Stock(f"M{number:02d} {material}", kg * (amount / float(kg.sum())), amount),
                material,
                supplier="foil_maker" if material == "copper foil" else "material_supplier",
                owner="owner",
                site="cell_site",
            )
        )


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
    owner = frozenset({month.text("owner")})
    outputs, scrap = [], []
    for kind, kg in (("", lines.cells * kept), *((k, s * kept) for k, s in lines.scrap.items())):
        material = kind or CELLS
        stock, output = month.make(
            f"{run} {material}", material, kg, day=when.day, owners=owner if kind else frozenset()
        )
        if stock.book_kg < 1 or not stock.total_kg >= 1.0:
            continue
        outputs.append(output)
        if kind:
            scrap.append((kind, stock))
        else:
            _deliver(month, when, lines, stock)
    month.process(when, run, inputs, outputs, site="cell_site")
    for kind, stock in scrap:
        month.line_scrap.setdefault(kind, []).append(stock)


def _deliver(month: Month, made: When, lines: Lines, stock: Stock) -> None:
    """Number the cells of a lot and, when they are formed, deliver it with its serial range."""
    month.floor_ticket(made.later(0.5), stock, "lines' floor scale")
    each_kg = lines.kg_per_kwh * month.number("cell_energy")
    count = max(round(stock.total_kg / max(each_kg, 1e-3)), 1)
    last = month.next("serial", count)
    first, last_text = (f"{month.text('serial_prefix')}{n:08d}" for n in (last - count + 1, last))
    day, lot = made.day + month.whole("formation_days", 1), stock.lot
    deliver(
        month,
        When(day, 12),
        lot,
        site="cell_site",
        customer="customer",
        document=f"delivery note {lot}, serials {first} to {last_text}",
    )
    month.cell_lots.append(CellLot(lot, day, stock.book_kg, count, first, last_text))


def return_scrap(
    month: Month, day: int, arrivals: Mapping[int, list[tuple[int, Feed]]]
) -> Iterator[Stock]:
    """Loads of the lines' scrap that leave today, each in place of a load that would come.

    What is replaced is taken out of the arrivals; the load arrives in the evening of its day.
    """
    days = month.whole("scrap_road_days", 1)
    loads = arrivals.get(day + days, [])
    road = Road(month.text("cell_site"), month.text("plant_site"), days, "weighbridge")
    load_kg = month.whole("scrap_load", 1)
    for place, load in enumerate(tuple(loads)):
        number, feed = load
        stocks = [s for s in month.line_scrap.get(feed.scrap_type, ()) if s.ready < day]
        if feed.sender != month.text("owner") or sum(s.book_kg for s in stocks) < load_kg:
            continue
        loads.remove(load)
        # hours rise in the order of drawing: "all that is left" must not precede "a part"
        lot, when = f"B{number:03d}", When(day, 12 + min(0.5 * place, 11 - 11 / (place + 1)))
        inputs, true_kg, owners = draw(stocks, load_kg)
        month.line_scrap[feed.scrap_type] = [
            s for s in month.line_scrap[feed.scrap_type] if s.book_kg
        ]
        month.blend(when, lot, feed.scrap_type, inputs, site="cell_site")
        back = Stock(lot, true_kg, load_kg, day, owners)
        month.ticket(when.later(0.1), lot, back.total_kg, scale="lines' weighbridge")
        month.send(when.later(0.3), back, road)
        yield back
