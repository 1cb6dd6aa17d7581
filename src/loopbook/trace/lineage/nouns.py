"""The vocabulary of tracing: ends, links, and a lineage.

* An **end** is where a link starts or stops: a lot, by its name, or a boundary of the book, by its
  kind, party and site joined with slashes (``supplier/LGES//``, ``unaccounted//Winston-Salem/``).
  Lots' names have no slash, so the two cannot be mistaken.
* A **link** is matter that went from one end to another, in whole milligrams of each substance.
* A **lineage** is a part of the genealogy: the ends and links around some lots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loopbook.book import Content


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

    id: str
    kind: str
    material: str
    stage: int
    content: Content
    event: str = ""
    made_at: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Matter that went from one end to another; mg of each substance, none below zero."""

    source: str
    target: str
    content: Content


@dataclass(frozen=True, slots=True)
class Lineage:
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

    substances: Sequence[str]
    focus: Sequence[str]
    ends: Sequence[End]
    links: Sequence[Link]
    shares: Mapping[str, Sequence[float]]
