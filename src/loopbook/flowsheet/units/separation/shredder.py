"""Size reduction."""

from collections.abc import Mapping
from typing import Annotated

from loopbook.errors import Findings
from loopbook.flowsheet.units.unit import Bound, Flags, Shares, Streams, Unit, split
from loopbook.tables import Array


class Shredder(Unit):
    """Size reduction: ``dust = dust_loss * feed``, the rest is shredded and unchanged."""

    outs = ("shredded", "dust")
    optional = ("dust",)
    reacts = False

    dust_loss: Annotated[Shares, "share lost as dust"] = 0.0

    def check_effect(self, p: Bound, coming: Mapping[str, Flags], findings: Findings) -> None:
        """A loss needs an outlet, and the outlet a loss."""
        super().check_effect(p, coming, findings)
        if p.dust_loss.any() and "dust" not in p.connected:
            findings.note(
                "no-effect",
                "an outlet for the loss",
                "none",
                at="dust_loss",
                hint="connect the outlet dust, or leave dust_loss out",
            )
        if "dust" in p.connected and not p.dust_loss.any() and not self.dust_loss:
            findings.note(
                "no-effect",
                "a loss",
                "0",
                at="dust",
                hint="give dust_loss, or leave the outlet dust open",
            )

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Shred; without a dust outlet all of the feed is shredded."""
        if "dust" not in p.connected:
            return ins[0], None
        dust, rest = split(ins[0], p.dust_loss)
        return rest, dust
