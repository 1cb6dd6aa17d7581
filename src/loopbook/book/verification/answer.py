"""What the check of a book answers."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.errors import Finding
from loopbook.report import HIDDEN, Answer, Column, Rows, counted


@dataclass(frozen=True, slots=True)
class UnknownKind:
    """Events whose kind of command is not known, because its plugin is not there."""

    kind: Annotated[str, "the kind"]
    events: Annotated[int, "how many events are of it"]


@dataclass(frozen=True, slots=True)
class VerifyReport(Answer):
    """What `verify` found."""

    events: Annotated[int, "how many were read"]
    checkpoints: Annotated[int, "how many were read"]
    first_wrong: Annotated[str, "number and key of the first wrong event; empty if all are right"]
    findings: Annotated[tuple[Finding, ...], Rows("Findings")]
    count: Annotated[int, "how many findings there are; at most 20 are listed"]
    unknown_kinds: Annotated[tuple[UnknownKind, ...], Rows("Kinds of events that are not known")]
    covered: Annotated[int, "events that the last good checkpoint covers"] = 0
    uncovered: Annotated[int, "events that no good checkpoint covers"] = 0
    kept_covered: Annotated[
        int | None, "events that the last checkpoint kept by an outsider covers; none was given"
    ] = None
    own_key: Annotated[bool, "whether only keys that the book itself notes were there"] = False
    unchecked: Annotated[
        int, "checkpoints kept by an outsider whose signature was not checked, without a key"
    ] = 0
    planned: Annotated[
        int | None, "events that were planned again from their commands; it was not asked for"
    ] = None
    unloaded: Annotated[tuple[str, ...], "plugins that cannot be loaded, and why"] = ()

    @property
    def clean(self) -> Annotated[bool, "whether there is no finding"]:
        """Whether there is no finding."""
        return self.count == 0

    @property
    def notes(self) -> Annotated[tuple[str, ...], "remarks for people", Column(drops=HIDDEN)]:
        """Plugins that cannot be loaded, unknown kinds, and what the checkpoints rest on."""
        own = (
            "the checkpoints were checked with keys that the book itself notes: give "
            "--verifier-key KEY, or --checkpoint FILE with a checkpoint that somebody else kept"
        )
        kinds = tuple(
            f"{x.events} event{'s' * (x.events > 1)} of kind {x.kind}, which is not known here: "
            "seals and sums are verified, but a metal statement needs the plugin of the kind"
            for x in self.unknown_kinds
        )
        bare = (
            f"without a key, the signature of {counted(self.unchecked, 'kept checkpoint')} was not "
            "checked, and proves nothing if somebody could change the file: give --verifier-key "
            "KEY, or keep checkpoints with loopbook book witness, which keeps their key"
        )
        owned = self.own_key and self.kept_covered is None
        broken = tuple(f"a plugin cannot be loaded: {x}" for x in self.unloaded)
        return (*broken, *kinds, *[own] * owned, *[bare] * (self.unchecked > 0))

    def headline(self) -> str:
        """The findings as sentences, and how much was read."""
        result = "clean" if self.clean else f"findings: {self.count}"
        first = f"; first wrong: {self.first_wrong}" if self.first_wrong else ""
        read = f"events: {self.events}, checkpoints: {self.checkpoints}, {result}{first}"
        lines = [
            f"covered by the last good checkpoint: {counted(self.covered, 'event')}; "
            f"covered by none: {self.uncovered}"
        ]
        if self.kept_covered is not None:
            lines.append(
                "covered by a checkpoint that was kept elsewhere: "
                f"{counted(self.kept_covered, 'event')}; "
                f"not covered: {max(self.events - self.kept_covered, 0)}"
            )
        if self.planned is not None:
            lines.append(
                f"planned again from their commands: {counted(self.planned, 'event')}; not planned "
                f"again, since other rules planned them: {self.events - self.planned}"
            )
        return "\n".join([*map(str, self.findings), read, *lines])

    def shown(self) -> tuple[str, ...]:
        """The headline and the notes have all that people need."""
        return ()

    def good(self) -> bool:
        """Whether there is no finding."""
        return self.clean
