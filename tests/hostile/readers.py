"""Every reader of files with valid inputs of its own, for the fuzz test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import import_case
from click.testing import CliRunner
from mutations import (
    Mutation,
    changed_bytes,
    changed_csv,
    changed_json,
    changed_lines,
    changed_toml,
    changed_workbook,
)

from loopbook.book import check_proof, checkpoint, consistency, inclusion
from loopbook.book.commands.warnings import read_limits
from loopbook.book.imports.importing import import_file
from loopbook.book.imports.json_lines import post_lines
from loopbook.book.kinds import list_kinds
from loopbook.book.log.checkpoint import open_checkpoint
from loopbook.book.log.kept import read_kept, witness_book
from loopbook.book.log.keys import VerifierKey, generate_signer, load_signer, save_signer
from loopbook.cli import main
from loopbook.flowsheet import read_flowsheet
from loopbook.loop import load as load_loop
from loopbook.matter import load_library
from loopbook.plant import MONTH_FILE, read_month
from loopbook.report import compare_runs
from loopbook.serials import Range, add_ranges, import_serials
from loopbook.trace.origins import read_groups
from loopbook.trace.suspect import read_certificates

ROOT = Path(__file__).resolve().parents[2]
LOTS = frozenset({"L-1", "L-2", "L-3"})
DAY = "2026-02-03T08:00:00Z"
END = "2026-03-01T00:00:00Z"
COMMANDS = (
    {"kind": "register-party", "party": "Toyota", "name": "Toyota Motor"},
    {"kind": "register-site", "site": "Yard", "limits_kg": {"black mass": 60000}},
    {"kind": "register-material", "material": "foil", "hazard": "copper"},
    {"kind": "add-substance", "substance": "Zn"},
    {"kind": "open-period", "period": "2026-02", "start": "2026-02-01T00:00:00Z", "end": END},
    {
        **{"kind": "receive", "lot": "S-2", "material": "cathode foil", "supplier": "LGES"},
        **{"owner": "LGES", "site": "GMBI", "mass_kg": 12500, "shares": {"Ni": "0.22"}},
    },
    {
        **{"kind": "split", "lot": "L-1", "parts_kg": {"L-1a": 500, "L-1b": "750.5"}},
        "serials": {"L-1a": ["P-0001 to P-0400", "HK7Q2MZD"]},
    },
    {
        **{"kind": "blend", "lot": "B-1", "inputs_kg": {"L-1": 10, "L-2": None}},
        **{"material": "black mass", "site": "GMBI"},
    },
    {"kind": "sample", "lot": "L-1", "sample": "S-9", "mass_kg": 0.5},
    {"kind": "hold", "lot": "L-2", "reason": "wet"},
    {"kind": "release", "lot": "L-3"},
    {"kind": "move", "lot": "L-2", "from_site": "GMBI", "to_site": "Ulsan"},
    {"kind": "ship", "lot": "L-2", "from_site": "GMBI", "consignment": "C-17"},
    {"kind": "deliver", "lot": "L-2", "site": "GMBI", "customer": "TTC"},
    {"kind": "dispose", "lot": "L-1", "site": "GMBI", "mass_kg": "12.5"},
    {"kind": "stock-take", "lot": "L-1", "site": "GMBI", "counted_kg": 9990},
    {"kind": "transfer-title", "lot": "L-1", "seller": "LGES", "buyer": "TTC", "mass_kg": 2000},
    {"kind": "reverse", "event": "r3", "reason": "wrong"},
    {"kind": "weigh", "lot": "L-1", "ticket": "W-7", "gross_kg": "20100", "tare_kg": 10100},
    {
        **{"kind": "assay", "lot": "L-1", "sample": "S-1", "laboratory": "SGS", "stage": "final"},
        **{"shares": {"Ni": "0.31", "Co": "0.05"}, "uncertainty": {"Ni": "0.002"}},
        **{"basis": "dry", "moisture": "0.02"},
    },
    {
        **{"kind": "process", "run": "R-1", "site": "GMBI", "inputs_kg": {"L-1": 1000}},
        "outputs": [
            {"lot": "M-1", "material": "black mass", "mass_kg": 960, "shares": {"Ni": 0.31}}
        ],
        "emissions_kg": {"H2O": 5},
    },
    {
        **{"kind": "assay", "lot": "L-2", "sample": "S-2", "laboratory": "SGS", "stage": "final"},
        **{"shares": {"Ni": ["0.31", "0.30"], "Co": "<0.0005"}, "basis": "as received"},
    },
    {
        **{"kind": "weigh", "lot": "L-2", "ticket": "W-8", "gross_kg": 10040, "tare_kg": 10000},
        "accepted": {"ticket": "most of it was left on the truck"},
    },
    {"kind": "register-vehicle", "vehicle": "T-8", "tare_kg": "15 t"},
    {"kind": "tare-vehicle", "vehicle": "T-9", "tare_kg": 15100},
    {"kind": "register-location", "location": "Bay 8", "site": "GMBI"},
    {"kind": "arrive", "lot": "L-4", "consignment": "C-4", "site": "Ulsan", "mass_kg": 12490},
    {
        **{"kind": "return-goods", "lot": "L-5", "customer": "TTC", "new_lot": "L-5r"},
        **{"owner": "LGES", "site": "GMBI", "mass_kg": 100, "serials": ["P-0001 to P-0010"]},
    },
)
CLOSING = (
    {"kind": "open-period", "period": "2026-03", "start": END, "end": "2026-03-02T00:00:00Z"},
    {"kind": "change-period", "period": "2026-03", "start": END, "end": "2026-03-02T00:00:00Z"},
    {
        **{"kind": "close-period", "period": "2026-03", "occurred_at": "2026-03-02T00:00:00Z"},
        "accepted": {"road": "by sea", "unassayed": "soon", "unweighed": "soon"},
    },
)
SETTINGS = """\
plugins = []

[limits.load]
net = "5 t to 30 t"

[limits.unaccounted]
mass = "2 %"
"""
FLOWSHEET = """\
[flowsheet]
name = "plant"
components = ["NMC811", "graphite", "salt", "foil scrap"]

[components.salt]
formula = "Na2SO4"

[components."foil scrap"]
shares = { Cu = 0.7, Al = 0.3 }
phase = "solid"

[feeds.scrap]
unit = "t/h"
flow = { NMC811 = 4.4, graphite = 3.0, salt = 1.5, "foil scrap" = 1.0 }

[units.mixer]
kind = "mixer"
streams = { feed = ["scrap", "return"], out = "mill feed" }

[units.sieve]
kind = "sieve"
streams = { feed = "mill feed", undersize = "black mass", oversize = "coarse" }
to_undersize = { NMC811 = 0.7, graphite = 0.7, salt = 0.02, "foil scrap" = 0.03 }

[units.bleed]
kind = "splitter"
streams = { feed = "coarse", first = "foil", rest = "return" }
share = 0.25
"""


@dataclass(frozen=True)
class Reader:
    """A reader with valid inputs.

    Parameters
    ----------
    name : of the reader and, after a blank, of the kind of file.
    share : its part of all inputs.
    seeds : valid files.
    mutation : change that the parser lets pass.
    read : reads such a file as a user would.
    """

    name: str
    share: float
    seeds: Sequence[bytes]
    mutation: Mutation
    read: Callable[[bytes], object]

    def input_of(self, random: Random) -> bytes:
        """A changed file; in a quarter of all, bytes are changed."""
        seed = random.choice(self.seeds)
        return (changed_bytes if random.random() < 0.25 else self.mutation)(seed, random)


@contextmanager
def readers(folder: Path) -> Iterator[list[Reader]]:
    """All readers, with a book and a register in a folder."""
    import_case.make_book(folder / "book.sqlite")
    loads = [one for one in COMMANDS if one["kind"] in ("receive", "ship", "deliver")]
    sent = [loads[0], loads[1] | {"consignment": "C-4"}, loads[0], loads[2]]
    sent = [one | {"lot": lot} for one, lot in zip(sent, ("L-4", "L-4", "L-5", "L-5"), strict=True)]
    signer = generate_signer("fuzz.example/book")
    key = str(signer.verifier)
    with import_case.open_book(folder / "book.sqlite") as book:
        checkpoint(book, signer)
        first = len(book.store.rows("SELECT 1 FROM event"))
        post_lines(book, _line(COMMANDS[0] | {"party": "X"}, "x0").encode() + b"\n", name="f")
        post_lines(book, _lines("sent", *sent), name="f")
        lorry = {"kind": "register-vehicle", "vehicle": "T-9", "tare_kg": "15 t"}
        post_lines(book, _line(lorry, "v0").encode() + b"\n", name="f")
        note = checkpoint(book, signer)
        last = len(book.store.rows("SELECT 1 FROM event"))
        proofs = [inclusion(book, "r1"), consistency(book, first, last)]
        texts = [json.dumps(proof.as_record().as_json()).encode() for proof in proofs]
        files = _Files(folder)
        yield [
            Reader(
                "commands",
                0.2,
                [*_commands()],
                changed_json,
                lambda raw: post_lines(book, raw, name="f.jsonl", dry_run=True),
            ),
            *_imports(book, files),
            Reader("flowsheet", 0.1, [FLOWSHEET.encode()], changed_toml, files.flowsheet),
            *_cases(files),
            *_library(files),
            Reader("proof", 0.08, texts, changed_json, lambda raw: check_proof(raw, key)),
            Reader("checkpoint", 0.06, [note.encode()], changed_lines, partial(_checkpoint, key)),
            *_kept(book, files, note, key),
            Reader("settings", 0.04, [SETTINGS.encode()], changed_toml, files.limits),
            Reader("verifier key", 0.03, [key.encode()], changed_lines, _verifier),
            Reader("private key", 0.02, [files.private(signer)], changed_lines, files.signer),
            *_serials(files),
            Reader(
                "groups",
                0.04,
                [b"supplier,material,group\nLGES,,own\n,black mass,bought\n"],
                changed_csv,
                lambda raw: read_groups(files.put("g.csv", raw), ["LGES", "TTC"], ["black mass"]),
            ),
            Reader(
                "certificates",
                0.04,
                [b"certificate,lot,claim\nC-1,L-1,30 %\nC-2,L-2,\n"],
                changed_csv,
                lambda raw: read_certificates(files.put("c.csv", raw), book),
            ),
            Reader("run", 0.02, files.run(), changed_json, files.compare),
            Reader("command line", 0.02, _words(folder), changed_lines, _invoke),
        ]


def _line(command: dict[str, object], key: str) -> str:
    return json.dumps({"key": key, "actor": "amy", "occurred_at": DAY, "document": "x", **command})


def _commands() -> Iterator[bytes]:
    """Each command of its own, and all together."""
    yield from (_lines(f"f{n}", command) for n, command in enumerate(COMMANDS))
    yield _lines("all", *COMMANDS[:8])
    yield _lines("closed", *CLOSING)


def _lines(key: str, *commands: dict[str, object]) -> bytes:
    lines = [_line(command, f"{key}-{n}") for n, command in enumerate(commands)]
    return "\n".join(lines).encode() + b"\n"


def _kept(book: import_case.Book, files: _Files, note: str, key: str) -> Iterator[Reader]:
    """Checkpoints that an outsider kept: a note, its JSON, a witness's file."""
    line = {"kept_at": END, "verifier_key": key, "checkpoint": note}
    as_json = json.dumps(line).encode() + b"\n"

    def kept(raw: bytes) -> object:
        return read_kept(raw, "kept.txt")

    def witness(raw: bytes) -> object:
        return witness_book(book, files.put("witness.jsonl", raw), now=import_case.NOW)

    yield Reader("kept note", 0.03, [note.encode()], changed_lines, kept)
    yield Reader("kept lines", 0.03, [as_json, as_json * 3], changed_json, kept)
    yield Reader("witness", 0.03, [as_json], changed_json, witness)


def _checkpoint(key: str, raw: bytes) -> object:
    return open_checkpoint(raw.decode("utf-8", "replace"), VerifierKey.parse(key))


def _verifier(raw: bytes) -> object:
    return VerifierKey.parse(raw.decode("utf-8", "surrogateescape"))


def _imports(book: import_case.Book, files: _Files) -> Iterator[Reader]:
    """Mappings and tables of each kind, and workbooks."""
    for kind, mapping in import_case.MAPS.items():
        codec = "cp1252" if kind == "stock" else "utf-8"
        table = import_case.FILES[kind].encode(codec)
        files.put(f"{kind}.csv", table)
        import_as = {"kind": kind, "dry_run": True, "accept": import_case.ACCEPT.get(kind)}
        files.put(f"{kind}.toml", mapping.encode())

        def mapped(raw: bytes, kind: str = kind, import_as: Any = import_as) -> object:
            path = files.put(f"x-{kind}.toml", raw)
            return import_file(book, files.folder / f"{kind}.csv", path, **import_as)

        def tabled(raw: bytes, kind: str = kind, import_as: Any = import_as) -> object:
            path = files.put(f"x-{kind}.csv", raw)
            return import_file(book, path, files.folder / f"{kind}.toml", **import_as)

        delimiter = ";" if kind == "stock" else ","
        change = partial(changed_csv, delimiter=delimiter, codec=codec)
        yield Reader(f"mapping {kind}", 0.03, [mapping.encode()], changed_toml, mapped)
        yield Reader(f"import {kind}", 0.03, [table], change, tabled)
    sheet = import_case.workbook(files.folder / "t.xlsx", {}).read_bytes()

    def workbook(raw: bytes) -> object:
        path = files.put("x.xlsx", raw)
        return import_file(book, path, files.folder / "tickets.toml", kind="tickets", dry_run=True)

    yield Reader("workbook", 0.05, [sheet], changed_workbook, workbook)


def _cases(files: _Files) -> Iterator[Reader]:
    """Files of a case."""
    library = load_library()
    starter = files.folder / "loop"
    shutil.copytree(ROOT / "cases" / "starter", starter)
    shutil.copy(ROOT / "cases" / "gmbi" / "month.toml", starter)
    for path in sorted(starter.iterdir()):
        raw = path.read_bytes()

        def load(changed: bytes, path: Path = path, raw: bytes = raw) -> object:
            path.write_bytes(changed)
            try:
                if path.name == MONTH_FILE:
                    return read_month(path, library.sources)
                return load_loop(starter, library=library)
            finally:
                path.write_bytes(raw)

        change = changed_toml if path.suffix == ".toml" else changed_csv
        yield Reader(f"{path.parent.name} {path.name}", 0.004, [raw], change, load)


def _library(files: _Files) -> Iterator[Reader]:
    """Tables of the data library."""
    data = ROOT / "src" / "loopbook" / "matter" / "data"
    for name in ("prices.csv", "geography.csv", "recoveries.csv"):
        raw = b"\n".join((data / name).read_bytes().split(b"\n")[:12]) + b"\n"

        def load(changed: bytes, name: str = name) -> object:
            return load_library([files.put(name, changed)])

        yield Reader(f"library {name}", 0.02, [raw], changed_csv, load)


def _serials(files: _Files) -> Iterator[Reader]:
    """Serials and ranges of them."""
    register = files.folder / "register"
    add_ranges(register, [Range("L-1", "R-", 1, 50, 3)], lots=LOTS, month="2026-01")

    def take(raw: bytes) -> object:
        copy = files.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(register, copy)
        return import_serials(copy, files.put("s.csv", raw), lots=LOTS, month="2026-02")

    ranges = b"lot,prefix,first,last,width\nL-1,P-,1,400,4\nL-2,P-,401,600,4\n"
    cells = b"serial,lot\nQ-1,L-1\nQ-2,L-2\nQ-3,L-1\n"
    yield Reader("serial ranges", 0.04, [ranges], changed_csv, take)
    yield Reader("serials", 0.04, [cells], changed_csv, take)


def _words(folder: Path) -> list[bytes]:
    """Words of commands with moments, quantities, formulas and names."""
    words = (
        "book lots --as-of 2026-03-01T00:00:00Z --known-at 2026-03-01T00:00:00Z",
        "book balance --lot L-1 --party LGES --site GMBI -s Ni",
        "library explain 0.9",
        "trace L-1 --as-of 2026-03-01T00:00:00Z",
        "suspect L-1",
        "on-site GMBI --by supplier",
        "origins -s Ni --by both",
        "book correct r1 --set mass_kg=9000 --set shares.Ni=0.2 --reason slip --dry-run",
    )
    return [f"{line} --json".encode() for line in words]


def _invoke(raw: bytes) -> object:
    words = raw.decode("utf-8", "surrogateescape").split()
    book = os.environ["FUZZ_BOOK"]
    result = CliRunner().invoke(main, words, env={"LOOPBOOK_BOOK": book})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


class _Files(SimpleNamespace):
    """Files of the readers in their folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=folder)
        os.environ["FUZZ_BOOK"] = str(folder / "book.sqlite")

    def put(self, name: str, raw: bytes) -> Path:
        """A file with this content."""
        path: Path = self.folder / name
        path.write_bytes(raw)
        return path

    def flowsheet(self, raw: bytes) -> object:
        """A flowsheet, solved if it can be."""
        sheet = read_flowsheet(self.put("f.toml", raw))
        return sheet.solve().streams

    def limits(self, raw: bytes) -> object:
        """The user's limits of warnings and plugins."""
        path = self.put("loopbook.toml", raw)
        with patch.dict(os.environ, LOOPBOOK_SETTINGS=str(path)):
            return read_limits(), list_kinds()

    def private(self, signer: object) -> bytes:
        """A private key in PEM."""
        path: Path = self.folder / "key.pem"
        save_signer(signer, path)
        return path.read_bytes()

    def signer(self, raw: bytes) -> object:
        """A private key of a file."""
        path = self.put("x.pem", raw)
        path.chmod(0o600)
        return load_signer(path, "fuzz.example/book")

    def run(self) -> list[bytes]:
        """The summary of a run, small."""
        columns = [{"name": "a", "unit": ""}, {"name": "m", "unit": "kg"}]
        table = {"columns": columns, "rows": [["x", 1.0], ["y", 2.0]]}
        (self.folder / "new").mkdir()
        (self.folder / "old").mkdir()
        summary = {"switches": {"gm": True}, "tables": {"t": table}}
        self.run_summary = json.dumps(summary).encode() + b"\n"
        return [self.run_summary]

    def compare(self, raw: bytes) -> object:
        """A run compared with another."""
        old, new = self.folder / "old", self.folder / "new"
        row = {"value": 1, "where": "x:1", "unit": "kg"}
        for folder, summary in ((old, raw), (new, self.run_summary)):
            (folder / "inputs.json").write_text(json.dumps({"inputs": {"a": row}}))
            (folder / "summary.json").write_bytes(summary)
        return json.dumps(compare_runs(old, new).as_record().as_json(), allow_nan=False)
