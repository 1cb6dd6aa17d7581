"""Where every gram came from and where it went.

Here live the genealogy of lots and the questions asked of it. The room imports ``book`` (and what
lies under it) and ``errors``; it derives everything from the book's events and posts nothing.

>>> link = Link("S-1", "S-1a", (500_000_000, 0))
>>> End("S-1a", "lot", "black mass", 1, link.content).stage
1
"""

from loopbook.trace.fold import Folded, fold_lineage
from loopbook.trace.formats import (
    lineage_csv,
    lineage_graphml,
    lineage_json,
    read_lineage_csv,
    read_lineage_json,
)
from loopbook.trace.layout import Layout, Spacing, lay_out
from loopbook.trace.layout_order import count_crossings
from loopbook.trace.nouns import End, Lineage, Link
from loopbook.trace.picture import lineage_svg

__all__ = [
    "End",
    "Folded",
    "Layout",
    "Lineage",
    "Link",
    "Spacing",
    "count_crossings",
    "fold_lineage",
    "lay_out",
    "lineage_csv",
    "lineage_graphml",
    "lineage_json",
    "lineage_svg",
    "read_lineage_csv",
    "read_lineage_json",
]
