"""A sample is taken from a lot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.cutting.split import cut
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, MadeLot, SomeMass
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.tables import Value


@dataclass(frozen=True, kw_only=True)
class Sample(Command):
    """Mass taken from a lot as a sample, a lot of its own."""

    lot: Annotated[FreeLot, "the lot that is sampled"]
    sample: Annotated[MadeLot, "name of the sample, a new lot"]
    mass_kg: Annotated[SomeMass, "mass of the sample"]
    serials: Annotated[Sequence[SerialText] | None, "all serials that are in the sample"] = None

    copies = True
    example = {"lot": "S-1", "sample": "S-1-sample", "mass_kg": "0.5"}
    added = ("serials",)

    def check_serials(self, draft: Draft, *, serials: Spans | None) -> None:
        """Each serial is named once."""
        check_spans(draft, {self.sample: serials or ()}, {self.sample: None}, "the sample")

    def plan(self, draft: Draft, *, lot: str, mass_kg: int = 0) -> None:
        """Mass to a lot of its own, in the lot's proportions."""
        cut(draft, lot, {self.sample: mass_kg}, at="mass_kg")

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """From the lot to the sample."""
        yield stored["lot"], stored["sample"], stored["serials"]
