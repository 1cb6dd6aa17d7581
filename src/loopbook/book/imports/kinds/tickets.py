"""Tickets of a weighbridge."""

from decimal import Decimal

from loopbook.book.commands.arriving.receive import Receive
from loopbook.book.commands.fields import MassField
from loopbook.book.commands.measuring.weigh import Weigh
from loopbook.book.imports.columns import Column, columns_of
from loopbook.book.imports.posting import Entry
from loopbook.book.imports.rows import ImportKind, ImportRow, kg


class Tickets(ImportKind):
    """Weighbridge tickets: one with a material brings a new lot, one without weighs a lot."""

    sums_are_totals = True
    columns = (
        *columns_of(Weigh, "ticket", "lot", "gross_kg", "tare_kg", "vehicle"),
        Column("net", MassField(), "as printed; must be gross minus tare", None, "20060"),
        *columns_of(Weigh, "uncertainty_kg", "scale"),
        *columns_of(
            Receive,
            "material",
            "supplier",
            "owner",
            "site",
            "shares",
            "consignment",
            "papers_kg",
            "location",
            optional=True,
            about="of a lot that comes in: ",
        ),
    )

    def entry(self, row: ImportRow) -> Entry:
        """A weighing, of a lot that the ticket brings or of one that is in the book."""
        ticket, incoming = row["ticket"], row["material"]
        gross, tare, net = _weights(row)
        sigma = row["uncertainty"] or 0
        vehicle = row["vehicle"] or None
        weighed = tare if vehicle is None or row["tare"] is not None else None
        weights = {"gross_kg": gross, "tare_kg": weighed, "uncertainty_kg": sigma}
        weigh = row.command(Weigh, ticket, "weigh", vehicle=vehicle, **weights)
        if not incoming:
            return row.entry(weigh)
        row.need("supplier", "owner", "site")
        receive = row.command(Receive, ticket, "receive", mass_kg=net)
        return row.entry(receive, weigh, same={"mass_kg": "gross"})


def _weights(row: ImportRow) -> tuple[Decimal, Decimal, Decimal]:
    """Gross, tare and net in kg, checked against each other."""
    gross, tare, printed = row["gross"], row["tare"], row["net"]
    one = Decimal(1)
    if tare is None and not row["vehicle"]:
        row.need("tare")
    elif tare is None:
        tare = row.stored_tare(row["vehicle"])
    if gross is None or tare is None:
        return one, Decimal(0), one
    net = gross - tare
    if net <= 0:
        row.note(
            "gross",
            "weights",
            "gross above tare",
            f"gross {kg(gross)}, tare {kg(tare)}",
            hint="are they swapped?",
        )
        return one, Decimal(0), one
    if printed is not None and printed != net:
        row.note(
            "net",
            "weights",
            f"gross minus tare, {kg(net)}",
            kg(printed),
            difference=kg(printed - net),
        )
    return gross, tare, net
