"""Broken and hostile files: each is a finding with its place, never a traceback, and soon."""

from __future__ import annotations

import io
import shutil
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from import_case import MAPS, SUBSTANCES, findings_of, make_book, workbook, write_files
from tampering import tamper

from loopbook.book import Book, Weigh
from loopbook.book.imports.json_lines import post_lines
from loopbook.book.log.keys import generate_signer
from loopbook.cli import main
from loopbook.errors import FormulaError, InputError
from loopbook.matter import parse_formula
from support.lots import SUBSTANCES as LOT_SUBSTANCES
from support.lots import nouns, receive
from support.world import Envelopes

LINE = (
    '{"kind":"receive","key":"r9","actor":"amy","occurred_at":"2026-02-07T08:00:00Z",'
    '"lot":"Z-1","material":"cathode foil","supplier":"LGES","owner":"LGES","site":"GMBI",'
    '"mass_kg":1,"shares":{"Ni":"0.3"}}\n'
)
NAMES = ",".join(f'"k{n}":1' for n in range(30_000))


@pytest.fixture
def quick() -> Iterator[None]:
    """Whatever the test reads is answered in 5 s."""
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 5


LINES = {
    "brackets": ('{"kind":' + "[" * 99_999 + "]" * 99_999 + "}", "too-large", "a:1", "64 levels"),
    "65 levels": ('{"kind":' + "[" * 65 + "]" * 65 + "}", "too-large", "a:1", "64 levels"),
    "braces": (
        LINE.replace("1,", '{"a":' * 5_000 + "1" + "}" * 5_000 + ",", 1),
        "too-large",
        "",
        "",
    ),
    "digits": (LINE.replace(":1,", f":{'9' * 5_000},"), "too-large", "a:1", "at most 300 digits"),
    "4,000 digits": (LINE.replace(":1,", f":{'9' * 4_000},"), "too-large", "a:1, mass_kg", "300"),
    "100 digits": (
        LINE.replace(":1,", f":{'9' * 100},"),
        "not-a-number",
        "a:1, mass_kg",
        "more than 40",
    ),
    "power": (LINE.replace(":1,", ":1e9999999999999999999,"), "too-large", "a:1", ""),
    "a smaller power": (
        LINE.replace(":1,", ":1e99999999,"),
        "not-a-number",
        "a:1, mass_kg",
        "1E+9",
    ),
    "half a pair": (LINE.replace("Z-1", "L-\\ud83d"), "text", "a:1, lot", "surrogate \\ud83d"),
    "in a key": (LINE.replace("r9", "r\\uDe00"), "text", "a:1, key", "surrogate \\ude00"),
    "in a name": (LINE.replace("Ni", "N\\ud800i"), "text", "a:1, shares.N\\ud800i", "\\ud800"),
    "in a field": (LINE.replace('"lot"', '"lo\\ud800t"'), "text", "a:1, lo\\ud800t", "\\ud800"),
    "year 1": (
        LINE.replace("2026-02-07T08:00:00Z", "0001-01-01T00:00:00+14:00"),
        "date",
        "",
        "found 1",
    ),
    "year 9999": (
        LINE.replace("2026-02-07T08:00:00Z", "9999-12-31T23:59:59-14:00"),
        "date",
        "",
        "9999",
    ),
    "names": ("{" + NAMES + "}", "unknown-name", "a:1", "a kind of command"),
    "a name twice": ("{" + NAMES + ',"k29999":2}', "duplicate", "a:1", "k29999 twice"),
    "shares": (LINE.replace('"Ni":"0.3"', NAMES), "unknown-name", "a:1, shares", "k7 is not a"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", LINES)
def test_a_broken_line_is_found(shared: Path, name: str) -> None:
    text, code, where, says = LINES[name]
    with Book(shared) as book, pytest.raises(InputError) as caught:
        post_lines(book, text.encode(), name="a")
    assert any(
        f.code == code and f.where.startswith(where) and says in str(f)
        for f in caught.value.findings
    ), str(caught.value)[:500]


@pytest.mark.parametrize("kind", ["hold", "reverse", "split", "blend", "assay"])
def test_half_a_sign_is_found_in_every_kind(shared: Path, kind: str) -> None:
    fields = {
        "hold": '"lot":"L-\\ud83d","reason":"wet"',
        "reverse": '"reverses":"\\ud83d","reason":"x"',
        "split": '"lot":"L-1","parts_kg":{"a\\ud83d":1}',
        "blend": '"lot":"B","inputs_kg":{"L-\\ud83d":1}',
        "assay": '"lot":"L-1","sample":"S\\ud83d","shares":{"Ni":"0.3"}',
    }[kind]
    head = f'{{"kind":"{kind}","key":"k","actor":"a","occurred_at":"2026-02-07T08:00:00Z",'
    with Book(shared) as book, pytest.raises(InputError, match=r"a lone surrogate \\ud83d"):
        post_lines(book, f"{head}{fields}}}\n".encode(), name="a.jsonl")


def test_a_line_ends_where_a_line_ends(shared: Path) -> None:
    """Signs that separate lines elsewhere (U+2028) may be inside a text."""
    text = LINE.replace("Z-1", "Z\u2028") + LINE.replace("r9", "r10").replace("GMBI", "GMBJ")
    with Book(shared) as book, pytest.raises(InputError) as caught:
        post_lines(book, text.encode(), name="a")
    assert any(f.where.startswith("a:2, ") for f in caught.value.findings)
    assert not any(f.code in ("syntax", "file-truncated") for f in caught.value.findings)


FILE = '[file]\ntime_zone = "America/New_York"'
MAPPINGS = {
    "brackets": ("a = " + "[" * 99_999 + "]" * 99_999 + "\n", "too-large", "64 levels"),
    "braces": ("a = " + "{b=" * 20_000 + "1" + "}" * 20_000 + "\n", "too-large", "64 levels"),
    "digits": (f"a = {'9' * 5_000}\n", "too-large", "300 digits"),
    "binary digits": (f"a = 0b{'1' * 90_000}\n", "too-large", "300 digits"),
    "a key": (".".join(["a"] * 50_000) + " = 1\n", "too-large", "64 parts"),
    "a table": ("[" + ".".join(['"a"'] * 50_000) + "]\n", "too-large", "64 parts"),
    "a key in braces": ("x = {" + " . ".join(["a"] * 50_000) + " = 1}\n", "too-large", "64 parts"),
}
SETTINGS = {
    **{
        name: (f'encoding = "{name}"', "an encoding")
        for name in ("punycode", "undefined", "a\\u0000", "idna", "utf-7", "unicode_escape", "hex")
    },
    "form": (f'date_format = "{"%d" * 300_000}"', "at most 100 are read"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", MAPPINGS)
def test_a_broken_mapping_is_found(shared: Path, tmp_path: Path, name: str) -> None:
    text, code, says = MAPPINGS[name]
    file, mapping = write_files(tmp_path, "tickets")
    mapping.write_text(text + MAPS["tickets"], encoding="utf-8")
    (finding,) = findings_of(shared, file, mapping, "tickets")
    assert finding.code == code
    assert says in str(finding)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", SETTINGS)
def test_a_wrong_setting_is_found(shared: Path, tmp_path: Path, name: str) -> None:
    setting, says = SETTINGS[name]
    file, mapping = write_files(tmp_path, "tickets")
    rest = MAPS["tickets"].replace('date_format = "%m/%d/%Y %H:%M"\n', "")
    mapping.write_text(rest.replace("[file]", f"[file]\n{setting}"), encoding="utf-8")
    (finding, *_) = findings_of(shared, file, mapping, "tickets")
    assert finding.code == "setting"
    assert finding.where == "tickets.toml:2"
    assert says in str(finding)
    assert len(str(finding)) < 400


def test_dots_in_texts_are_no_key(shared: Path, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    dots = "a.b" * 100
    note = f'# {dots}\n[words.material]\n"x" = \'\'\'\n{dots}\'\'\' # {dots}\n"y" = "\\"{dots}"\n'
    text = MAPS["tickets"].replace("[words.material]\n", note)
    mapping.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(
        main,
        [
            "book",
            "import",
            "tickets",
            str(file),
            "--map",
            str(mapping),
            "--book",
            str(shared),
            "--dry-run",
        ],
    )
    assert result.exit_code == 0, result.output


def test_many_wrong_rows_are_counted_and_not_listed(shared: Path, tmp_path: Path) -> None:
    rows = "".join(
        f"T-{n},N-{n},03/02/2026 08:15,30,10,t,20,cathode foil,Toy{n}ta,31,4\n"
        for n in range(5_000)
    )
    head = "Ticket,Lot,Date,Gross,Tare,Unit,Net,Material,From,Ni,Co\n"
    file, mapping = write_files(tmp_path, "tickets", (head + rows).encode())
    findings = findings_of(shared, file, mapping, "tickets")
    assert len(findings) == 1_002
    assert findings[-1].code == "too-many"
    assert findings[-1].where == "tickets.csv:1002"


# -- workbooks

SHEET, RELS = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"
CHANGES = {
    "a style that is not there": (SHEET, b'<c r="A2"', b'<c r="A2" s="99999"'),
    "no content types": ("[Content_Types].xml", b"Override", b"Ignored"),
    "a sheet of charts": (RELS, b"relationships/worksheet", b"relationships/chartsheet"),
    "a cell without a column": (SHEET, b'<c r="A2"', b'<c r="2"'),
    "a cell of no kind": (SHEET, b't="n"', b't="q"'),
    "a text that is not there": (SHEET, b't="n"', b't="s"'),
    "an error": (SHEET, b't="n"', b't="e"'),
    "a truth": (SHEET, b't="n"', b't="b"'),
    "a date as text": (SHEET, b't="n"', b't="d"'),
    "an infinite number": (SHEET, b"<v>30.1</v>", b"<v>1e999</v>"),
    "a date beyond all years": (SHEET, b"<v>46083.34375</v>", b"<v>99999999</v>"),
    "half a sign": (SHEET, b"T-10", b"T-1_xD83D_"),
    "half a sign by number": (SHEET, b"T-10", b"T-1&#xD83D;"),
}


def changed(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """The workbook with other bytes in a part."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    assert old in parts[part], parts[part][:2000]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as file:
        for name, raw in parts.items():
            file.writestr(name, raw)
    return path


def imported(book: Path, file: Path, mapping: Path) -> tuple[int, str]:
    """Exit code and output of a dry import of tickets."""
    words = ["book", "import", "tickets", file, "--map", mapping, "--book", book, "--dry-run"]
    result = CliRunner().invoke(main, [*map(str, words)])
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize("name", CHANGES)
def test_a_broken_workbook_is_found(shared: Path, tmp_path: Path, name: str) -> None:
    mapping = write_files(tmp_path, "tickets")[1]
    file = changed(workbook(tmp_path / "t.xlsx", {}), *CHANGES[name])
    code, output = imported(shared, file, mapping)
    assert code == (0 if name == "half a sign" else 1), output


@pytest.mark.parametrize(("offset", "value"), [(6, 1), (8, 12), (8, 14), (8, 99)])
def test_parts_that_are_locked_or_packed_otherwise(
    shared: Path, tmp_path: Path, offset: int, value: int
) -> None:
    mapping = write_files(tmp_path, "tickets")[1]
    file = workbook(tmp_path / "t.xlsx", {})
    raw = bytearray(file.read_bytes())
    for sign, extra in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        at = -1
        while (at := raw.find(sign, at + 1)) >= 0:
            raw[at + offset + extra] = value
    file.write_bytes(raw)
    (finding,) = findings_of(shared, file, mapping, "tickets")
    assert finding.code == "file-truncated"


# -- books and formulas


@pytest.mark.parametrize(("old", "new"), [(b"}", b"\x07"), (b'"name"', b'"nane"'), (b"{", b"[")])
def test_a_damaged_noun_sends_to_verify(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "book.sqlite"
    with Book(path, create=True, substances=SUBSTANCES) as book:
        text = LINE.replace('"kind":"receive"', '"kind":"register-party","party":"Q","name":"QQQQ"')
        head = text.partition('"lot"')[0].rstrip(",") + "}\n"
        post_lines(book, head.encode(), name="a")
    raw = path.read_bytes()
    body = b'{"name":"QQQQ"}'
    assert body in raw
    path.write_bytes(raw.replace(body, body.replace(old, new)))
    for command in ("balance", "lots", "log", "nouns"):
        result = CliRunner().invoke(main, ["book", command, "--book", str(path)])
        assert isinstance(result.exception, SystemExit), (command, result.exception)
    result = CliRunner().invoke(main, ["book", "verify", "--book", str(path)])
    assert result.exit_code == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "text", ["Ni" + "(" * 9_999, "[" * 9_999, "Ni" + ".1" * 50_000 + "H2", "." * 50_000 + "H2O"]
)
def test_a_long_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert len(str(caught.value)) < 300


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("text", ["[" * 5_000 + "Ni" + "]" * 5_000, "·".join(["Ni"] * 50_000)])
def test_a_long_formula_may_be_right(text: str) -> None:
    assert parse_formula(text).keys() == {"Ni"}


@pytest.mark.parametrize(
    "fields",
    [
        '"kind":"weigh","lot":"","ticket":"T-9","gross_kg":20000,"tare_kg":10000',
        '"kind":"stock-take","lot":"","site":"GMBI","counted_kg":9000',
        '"kind":"assay","lot":"","stage":"final","basis":"dry","shares":{"Ni":"0.3"}',
    ],
)
def test_no_name_is_no_lot(shared: Path, fields: str) -> None:
    """Accounts outside the plant have no lot: they are not the contents of a lot without name."""
    line = f'{{{fields},"key":"k","actor":"a","occurred_at":"2026-02-07T08:00:00Z"}}\n'
    with Book(shared) as book, pytest.raises(InputError) as caught:
        post_lines(book, line.encode(), name="a.jsonl")
    assert "a.jsonl:1, lot" in {f.where for f in caught.value.findings}


@pytest.mark.parametrize(
    ("statement", "damage"),
    [
        ("ANALYZE", ""),
        ("CREATE INDEX faster ON event (actor)", ""),
        ("CREATE INDEX faster ON event (actor) WHERE actor <> 'amy'; ANALYZE; REINDEX", ""),
        ("CREATE UNIQUE INDEX one ON event (actor, key)", "index one is changed or added"),
        ("CREATE TABLE mine (x)", "table mine is changed or added"),
        (
            "CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END",
            "trigger t is changed or added",
        ),
    ],
)
def test_what_an_administrator_adds_is_no_changed_event(
    tmp_path: Path, statement: str, damage: str
) -> None:
    path = tmp_path / "book.sqlite"
    make_book(path)
    with sqlite3.connect(path, isolation_level=None) as link:
        link.executescript(statement)
    link.close()
    result = CliRunner().invoke(main, ["book", "verify", "--book", str(path)])
    assert (result.exit_code == 0) == (damage == ""), result.output
    assert damage in result.output


@pytest.mark.parametrize("text", ["[" * 99_999, '{"format":' + "[" * 5_000, "9" * 5_000, "\ud83d"])
def test_a_broken_proof_proves_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    key = str(generate_signer("a.example/book").verifier)
    result = CliRunner().invoke(main, ["book", "check", str(path), "--verifier-key", key])
    assert result.exit_code == 1, result.exception
    assert "ProofError" in result.output


READERS = (["log"], ["event", "w1"], ["lots"], ["balance"], ["statement"], ["verify"])
WORST = (9 * 10**18, "abc")


@pytest.mark.parametrize("table", ["book", "event", "posting", "measurement", "noun", "lot"])
def test_no_reader_of_a_damaged_book_fails_without_a_word(tmp_path: Path, table: str) -> None:
    """Each column of the last row gets what it never has; every reader answers or refuses."""
    whole = tmp_path / "whole.sqlite"
    envelope = Envelopes(datetime(2026, 3, 1, tzinfo=UTC))
    with Book(whole, create=True, substances=LOT_SUBSTANCES) as book:
        book.post([*nouns(envelope), receive(envelope, "L")])
        book.post(Weigh(lot="L", ticket="T", gross_kg=9, tare_kg=1, **envelope(key="w1")))
    with closing(sqlite3.connect(whole)) as link:
        columns = [row[1] for row in link.execute(f"PRAGMA table_info({table})")]
    assert columns
    for column, (k, value) in product(columns, enumerate(WORST)):
        path = Path(shutil.copy(whole, tmp_path / f"{column}{k}.sqlite"))
        last = f"(SELECT max(rowid) FROM {table})"
        with suppress(sqlite3.Error):
            tamper(path, (f'UPDATE {table} SET "{column}" = ? WHERE rowid = {last}', (value,)))
        for words in READERS:
            done = CliRunner().invoke(main, ["book", *words, "--book", str(path)])
            kept = done.exception is None or isinstance(done.exception, SystemExit)
            assert kept, (table, column, value, words, done.exception)
