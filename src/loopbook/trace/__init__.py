"""Where every gram came from and where it went.

Here live the genealogy of lots and the questions asked of it. It derives everything from the
book's events and posts nothing. May import ``serials``, ``book`` and the ground floor.

A single question to a cold book goes through SQL, a generation at a time (`trace`, `recall`,
`path`, `suspect`); many questions, or one about all lots, through arrays (`Genealogy`). Both give
the same numbers.

>>> from datetime import UTC, datetime
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from loopbook.book import Blend, Book, Receive, RegisterMaterial, RegisterParty, RegisterSite
>>> def envelope(number):
...     moment = datetime(2026, 3, 2, 12, number, tzinfo=UTC)
...     return {"key": f"march-{number}", "actor": "amy", "occurred_at": moment}
>>> with TemporaryDirectory() as folder, Book(Path(folder) / "plant.sqlite", create=True) as book:
...     scrap = {"material": "scrap", "owner": "Maker", "supplier": "Maker", "site": "WS"}
...     receipts = book.post([
...         RegisterParty(party="Maker", **envelope(1)),
...         RegisterSite(site="WS", **envelope(2)),
...         RegisterMaterial(material="scrap", **envelope(3)),
...         Receive(lot="S-1", mass_kg=600, shares={"Ni": "0.3"}, **scrap, **envelope(4)),
...         Receive(lot="S-2", mass_kg=400, shares={"Ni": "0.1"}, **scrap, **envelope(5)),
...         Blend(lot="B", material="scrap", site="WS", inputs_kg={"S-1": None, "S-2": None},
...               **envelope(6)),
...     ])
...     answer = trace(book, "B")
>>> {lot: round(share, 3) for lot, share in answer.shares("Ni").items()}
{'S-1': 0.818, 'S-2': 0.182}
"""

from loopbook.trace.genealogy.answers import (
    Composition,
    Ended,
    Origin,
    Reached,
    Recall,
    SureOrigin,
    SureTrace,
    Trace,
    Whereabouts,
)
from loopbook.trace.genealogy.files import genealogy_beside, open_genealogy, save_genealogy
from loopbook.trace.genealogy.genealogy import Genealogy, recall, trace
from loopbook.trace.genealogy.numpy_loops import Kernels
from loopbook.trace.genealogy.reading import one_moment, read_ancestors, read_descendants
from loopbook.trace.genealogy.uncertainty import SureShares, sure_shares
from loopbook.trace.lineage.crossings import count_crossings
from loopbook.trace.lineage.fold import Folded, fold_lineage
from loopbook.trace.lineage.formats import lineage_csv, lineage_graphml, lineage_json
from loopbook.trace.lineage.layout import Layout, Spacing, lay_out
from loopbook.trace.lineage.nouns import End, Lineage, Link
from loopbook.trace.lineage.parts import (
    lineage_back,
    lineage_between,
    lineage_forward,
    of_substance,
    path,
    with_events,
)
from loopbook.trace.lineage.picture import lineage_svg
from loopbook.trace.origins import (
    Grouping,
    Origins,
    group_by,
    origins_of,
    read_groups,
    site_origins,
)
from loopbook.trace.questions import path_between, recall_lot, trace_lot
from loopbook.trace.suspect import (
    Certificate,
    Delivery,
    Held,
    OnSite,
    Reachable,
    Suspicion,
    Touched,
    on_site,
    read_certificates,
    suspect,
)

__all__ = [
    "Certificate",
    "Composition",
    "Delivery",
    "End",
    "Ended",
    "Folded",
    "Genealogy",
    "Grouping",
    "Held",
    "Kernels",
    "Layout",
    "Lineage",
    "Link",
    "OnSite",
    "Origin",
    "Origins",
    "Reachable",
    "Reached",
    "Recall",
    "Spacing",
    "SureOrigin",
    "SureShares",
    "SureTrace",
    "Suspicion",
    "Touched",
    "Trace",
    "Whereabouts",
    "count_crossings",
    "fold_lineage",
    "genealogy_beside",
    "group_by",
    "lay_out",
    "lineage_back",
    "lineage_between",
    "lineage_csv",
    "lineage_forward",
    "lineage_graphml",
    "lineage_json",
    "lineage_svg",
    "of_substance",
    "on_site",
    "one_moment",
    "open_genealogy",
    "origins_of",
    "path",
    "path_between",
    "read_ancestors",
    "read_certificates",
    "read_descendants",
    "read_groups",
    "recall",
    "recall_lot",
    "save_genealogy",
    "site_origins",
    "sure_shares",
    "suspect",
    "trace",
    "trace_lot",
    "with_events",
]
