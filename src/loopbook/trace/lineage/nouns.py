"""The vocabulary of tracing: ends, links, and a lineage.

* An **end** is where a link starts or stops: a lot, by its name, or a boundary of the book, by its
  kind, party and site joined with slashes (``supplier/Maker//``, ``unaccounted//Works/``).
  Lots' names have no slash, so the two cannot be mistaken.
* A **link** is matter that went from one end to another, in whole milligrams of each substance.
* A **lineage** is a part of the genealogy: the ends and links around some lots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from loopbook.book import Content
from loopbook.report import (
    HIDDEN,
    KEYS,
    Answer,
    Column,
    Rows,
    counted,
    each_mass,
    each_share,
    moment_of,
)
from loopbook.trace.genealogy.answers import METALS


def _made_at(microseconds: int) -> datetime | None:
    return moment_of(microseconds) if microseconds else None


@dataclass(frozen=True, slots=True)
class End:
    """A lot or a boundary, as a lineage shows it.

    Parameters
    ----------
    id : the lot's name, or the boundary's kind, party and site joined with slashes.
    kind : ``"lot"`` or one of `loopbook.book.BOUNDARIES`.
    material : what a lot is; empty for boundaries.
    stage : longest way from a lot that came from outside: 0 for that, 1 for what was made of it.
    content : all that came into a lot (what is left and what went on), or all that passed a
        boundary here; mg of each substance.
    event : key of the event that made the lot; empty for boundaries.
    made_at : when that was, microseconds since 1970 UTC; 0 for boundaries.
    """

    id: Annotated[str, "the lot's name, or the boundary's kind, party and site", Column()]
    kind: Annotated[str, "lot, or the kind of boundary"]
    material: Annotated[str, "what a lot is; empty for boundaries"]
    stage: Annotated[int, "longest way from a lot that came from outside"]
    content: Annotated[
        Content, "all that came into a lot, or that passed a boundary", each_mass(adds=False)
    ]
    event: Annotated[str, "key of the event that made the lot"] = ""
    made_at: Annotated[int, "when that was; none for boundaries", Column(read=_made_at)] = 0


@dataclass(frozen=True, slots=True)
class SharedEnd(End):
    """An end with its shares, as a file holds it."""

    shares: Annotated[
        Sequence[float] | None, "of the focus' matter, or of its own; see `Lineage`", each_share()
    ] = None


@dataclass(frozen=True, slots=True)
class Link:
    """Matter that went from one end to another; mg of each substance, none below zero."""

    source: str
    target: str
    content: Content


@dataclass(frozen=True, slots=True)
class Step:
    """A link with what its ends are, as a file holds it."""

    source: Annotated[str, "id of the end that it left", Column(title="From")]
    source_kind: Annotated[str, "lot, or the kind of boundary", Column(drops=HIDDEN)]
    source_material: Annotated[str, "what that lot is", Column(drops=HIDDEN)]
    target: Annotated[str, "id of the end that it reached", Column(title="To")]
    target_kind: Annotated[str, "lot, or the kind of boundary", Column(drops=HIDDEN)]
    target_material: Annotated[str, "what that lot is", Column(drops=HIDDEN)]
    content: Annotated[Content, "what went that way", each_mass(adds=False)]


@dataclass(frozen=True, slots=True)
class Lineage(Answer):
    """Ends and links around some lots.

    Parameters
    ----------
    substances : in the order of the contents.
    focus : ids of the lots that were asked about.
    ends : every end of `links`, sorted by stage and id.
    links : sorted by source and target; between two ends there is one link at most.
    shares : for each substance, share of the focus' matter that came from an end (a trace) or of
        an end's matter that came from the focus (a recall), by the end's id; may be empty.
    """

    version: ClassVar[int] = 2
    prefers: ClassVar[tuple[str, ...]] = METALS

    substances: Annotated[Sequence[str], KEYS]
    focus: Annotated[Sequence[str], "ids of the lots that were asked about"]
    ends: Sequence[End]
    links: Sequence[Link]
    shares: Mapping[str, Sequence[float]]

    @property
    def lots(self) -> Annotated[tuple[SharedEnd, ...], Rows("Lots and boundaries", "ends")]:
        """The ends with their shares."""
        return tuple(
            SharedEnd(
                e.id,
                e.kind,
                e.material,
                e.stage,
                e.content,
                e.event,
                e.made_at,
                self.shares.get(e.id),
            )
            for e in self.ends
        )

    @property
    def steps(self) -> Annotated[tuple[Step, ...], Rows("What went from one to another", "links")]:
        """The links with what their ends are, by stage."""
        ends = {end.id: end for end in self.ends}
        steps = []
        for link in sorted(self.links, key=lambda x: (ends[x.source].stage, x.source, x.target)):
            source, target = ends[link.source], ends[link.target]
            names = (source.id, source.kind, source.material)
            steps.append(Step(*names, target.id, target.kind, target.material, link.content))
        return tuple(steps)

    def headline(self) -> str:
        """From where to where, and by how many lots."""
        way = " to ".join(self.focus)
        lots = sum(end.kind == "lot" for end in self.ends)
        return f"{way}: {counted(lots, 'lot')}" if lots else f"Nothing went from {way}"

    def shown(self) -> tuple[str, ...]:
        """People see the links, if there are any."""
        return ("links",) if self.links else ()
