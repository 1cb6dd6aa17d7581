"""What happened: a double-entry ledger of mass that is never edited and can be proven.

Here are the vocabulary (`nouns`), the commands that the book takes (`commands`) and how they become
events (`planning`), the storage, the Merkle log with its signed checkpoints (`log`), answers
(`listings`, `statement`, `exports`), and `verify`, which computes everything again. May import
``matter`` and the ground floor (``report``, ``tables``, ``files``, ``errors``).

>>> from datetime import UTC, datetime
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from loopbook.book import verify
>>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
>>> def envelope(number):
...     return {"key": f"march-{number}", "actor": "amy", "occurred_at": noon}
>>> with TemporaryDirectory() as folder, Book(Path(folder) / "plant.sqlite", create=True) as book:
...     receipts = book.post([
...         RegisterParty(party="Maker", **envelope(1)),
...         RegisterSite(site="Works", **envelope(2)),
...         RegisterMaterial(material="electrode scrap", **envelope(3)),
...         Receive(lot="S-1", material="electrode scrap", supplier="Maker", owner="Maker",
...                 site="Works", mass_kg="12500", shares={"Ni": "0.22"}, **envelope(4)),
...         Split(lot="S-1", parts_kg={"S-1a": 500}, **envelope(5)),
...     ])
...     for account, content in book.balances().items():
...         print(account, sum(content) / 1e6, "kg")
...     verify(book).clean
lot/Maker/Works/S-1 12000.0 kg
lot/Maker/Works/S-1a 500.0 kg
supplier/Maker// -12500.0 kg
True
"""

import importlib
import typing

from loopbook.book.book import Book, Receipt, unknown_names
from loopbook.book.commands.command import LINES, Command
from loopbook.book.commands.draft import CommandFinding, Draft, microseconds
from loopbook.book.commands.fields import (
    ExistingLot,
    FreeLot,
    Kg,
    KnownMaterial,
    KnownParty,
    KnownSite,
    MadeLot,
    Mass,
    Shares,
    SomeMass,
)
from loopbook.book.commands.kinds import all_commands
from loopbook.book.commands.ours import *  # noqa: F403  # a command is listed once
from loopbook.book.commands.ours import COMMANDS
from loopbook.book.commands.running.process import Output
from loopbook.book.commands.serial_spans import Span, span_between
from loopbook.book.commands.warnings import KINDS as WARNINGS
from loopbook.book.commands.warnings import all_warned
from loopbook.book.modelled import marked_by, says_modelled
from loopbook.book.nouns import (
    BOUNDARIES,
    SUBSTANCES,
    Account,
    Content,
    Event,
    Leg,
    Lot,
    Material,
    Measurement,
    Party,
    Period,
    Site,
)
from loopbook.book.scope import NOW, TRANSIT, AsOf, Scope
from loopbook.book.storage.address import check_address
from loopbook.book.storage.database import uncollected
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions.events import holds, last_event, seal_of
from loopbook.book.storage.questions.lots import (
    EdgeRow,
    deliveries,
    edges_between,
    edges_into,
    edges_out_of_book,
    lots_between,
    lots_named,
    makers_of,
    targets_of,
    unknown_lot,
)
from loopbook.book.storage.questions.serials import amended_by, event_keys, events_not_reversed
from loopbook.book.storage.schema import VERSION
from loopbook.book.storage.snapshots import holdings

_LATER = {
    "consignments": "Consignments list_consignments",
    "correcting.correct": "Corrected correct",
    "exports": "export_book",
    "imports.columns": "Column columns_of",
    "imports.importing": "all_imports import_file",
    "imports.json_lines": "post_lines",
    "imports.posting": "Entry Imported",
    "imports.rows": "ImportKind ImportRow",
    "kinds": "describe_kind list_kinds",
    "listings": "Balances LatestEvents Lots OneEvent Posted book_schema latest_events "
    "list_balances list_lots lot_names migrated new_book posted show_event",
    "log.checkpoint": "SignedCheckpoint",
    "log.kept": "Witnessed read_kept witness_book witness_proof",
    "log.keys": "Signer VerifierKey signer_of",
    "log.proofs": "check_proof checkpoint consistency inclusion sign_book",
    "serial_events": "SerialMove serial_moves",
    "statement.closing": "Closing close_period",
    "statement.runs": "RunAccount run_accounts",
    "statement.statement": "Statement metal_statement period_statement",
    "statement.uncertainty": "SHARED Knowledge knowledge",
    "verification.answer": "VerifyReport",
    "verification.damaged": "damage_of",
    "verification.report": "verify",
}
"""Names by the module that they are imported from when they are first used; each takes time."""

if typing.TYPE_CHECKING:
    from loopbook.book.consignments import Consignments, list_consignments
    from loopbook.book.correcting.correct import Corrected, correct
    from loopbook.book.exports import export_book
    from loopbook.book.imports.columns import Column, columns_of
    from loopbook.book.imports.importing import all_imports, import_file
    from loopbook.book.imports.json_lines import post_lines
    from loopbook.book.imports.posting import Entry, Imported
    from loopbook.book.imports.rows import ImportKind, ImportRow
    from loopbook.book.kinds import describe_kind, list_kinds
    from loopbook.book.listings import (
        Balances,
        LatestEvents,
        Lots,
        OneEvent,
        Posted,
        book_schema,
        latest_events,
        list_balances,
        list_lots,
        lot_names,
        migrated,
        new_book,
        posted,
        show_event,
    )
    from loopbook.book.log.checkpoint import SignedCheckpoint
    from loopbook.book.log.kept import Witnessed, read_kept, witness_book, witness_proof
    from loopbook.book.log.keys import Signer, VerifierKey, signer_of
    from loopbook.book.log.proofs import check_proof, checkpoint, consistency, inclusion, sign_book
    from loopbook.book.serial_events import SerialMove, serial_moves
    from loopbook.book.statement.closing import Closing, close_period
    from loopbook.book.statement.runs import RunAccount, run_accounts
    from loopbook.book.statement.statement import Statement, metal_statement, period_statement
    from loopbook.book.statement.uncertainty import SHARED, Knowledge, knowledge
    from loopbook.book.verification.answer import VerifyReport
    from loopbook.book.verification.damaged import damage_of
    from loopbook.book.verification.report import verify
else:

    def __getattr__(name: str) -> object:
        for module, names in _LATER.items():
            if name in names.split():
                return getattr(importlib.import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BOUNDARIES",
    "COMMANDS",
    "LINES",
    "NOW",
    "SHARED",
    "SUBSTANCES",
    "TRANSIT",
    "VERSION",
    "WARNINGS",
    "Account",
    "AsOf",
    "Balances",
    "Book",
    "Closing",
    "Column",
    "Command",
    "CommandFinding",
    "Consignments",
    "Content",
    "Corrected",
    "Draft",
    "EdgeRow",
    "Entry",
    "Event",
    "ExistingLot",
    "FreeLot",
    "ImportKind",
    "ImportRow",
    "Imported",
    "Kg",
    "Knowledge",
    "KnownMaterial",
    "KnownParty",
    "KnownSite",
    "LatestEvents",
    "Leg",
    "Lot",
    "Lots",
    "MadeLot",
    "Mass",
    "Material",
    "Measurement",
    "OneEvent",
    "Output",
    "Party",
    "Period",
    "Posted",
    "Receipt",
    "RunAccount",
    "Scope",
    "SerialMove",
    "Shares",
    "SignedCheckpoint",
    "Signer",
    "Site",
    "SomeMass",
    "Span",
    "Statement",
    "Store",
    "VerifierKey",
    "VerifyReport",
    "Witnessed",
    "all_commands",
    "all_imports",
    "all_warned",
    "amended_by",
    "book_schema",
    "check_address",
    "check_proof",
    "checkpoint",
    "close_period",
    "columns_of",
    "consistency",
    "correct",
    "damage_of",
    "deliveries",
    "describe_kind",
    "edges_between",
    "edges_into",
    "edges_out_of_book",
    "event_keys",
    "events_not_reversed",
    "export_book",
    "holdings",
    "holds",
    "import_file",
    "inclusion",
    "knowledge",
    "last_event",
    "latest_events",
    "list_balances",
    "list_consignments",
    "list_kinds",
    "list_lots",
    "lot_names",
    "lots_between",
    "lots_named",
    "makers_of",
    "marked_by",
    "metal_statement",
    "microseconds",
    "migrated",
    "new_book",
    "period_statement",
    "post_lines",
    "posted",
    "read_kept",
    "run_accounts",
    "says_modelled",
    "seal_of",
    "serial_moves",
    "show_event",
    "sign_book",
    "signer_of",
    "span_between",
    "targets_of",
    "uncollected",
    "unknown_lot",
    "unknown_names",
    "verify",
    "witness_book",
    "witness_proof",
]
__all__ += [kind.__name__ for kind in COMMANDS.values()]
