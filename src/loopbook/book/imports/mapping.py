"""The column-mapping file: their columns, our fields.

A mapping gives the place of each column that a kind of file declares, in TOML::

    [file]                      # how the file is written; see FileSettings
    time_zone = "America/New_York"
    date_format = "%m/%d/%Y %H:%M"

    [columns]                   # our field = their column
    ticket = "Ticket No"
    occurred_at = ["Date", "Time"]
    gross = { column = "Gross", unit = "t" }
    tare = { column = "Tare", unit_column = "UoM" }
    lot = { column = "Lot", slash = "-" }   # P3/D/BM-001 is P3-D-BM-001 in the book
    shares.Ni = { column = "Ni", unit = "%" }
    shares.Li = { column = "Li2O", unit = "%", as = "Li2O" }   # converted to the element
    uncertainty.Li = { column = "U", unit = "%" }              # as its share is, without its own as
    shares.Co = { column = ["Co 1", "Co 2"], unit = "ppm" }    # replicates of an assay
    shares.Cu = { column = "Cu", sign_column = "Remark", unit = "%" }   # where < is a column
    shares.Mn = { column = "Mn (ppm)", unit = "%", header_unit = "ppm" }  # the header is wrong

    [constants]                 # our field = what holds for all rows
    actor = "gate"
    uncertainty = "20 kg"

    [words.material]            # their word = ours
    "NMC foil" = "cathode foil"

Numbers have a unit, without exception.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeAlias
from zoneinfo import available_timezones

from loopbook.book.imports.columns import Column
from loopbook.book.imports.headers import contradicts, elements_named
from loopbook.errors import Findings, FormulaError, nearest_hint, raise_findings
from loopbook.tables import (
    Cell,
    CellError,
    FieldType,
    FileSettings,
    MapOf,
    Number,
    RecordOf,
    Text,
    Value,
    form_problem,
    limit_parts,
    moment,
    quantity_text,
    read_toml,
    unit_problem,
)

_DIVISOR: Number[Findings] = Number(low=1e-9)
Constant: TypeAlias = str | Decimal | datetime

_PARTS: Mapping[str, FieldType[Findings]] = {
    "file": RecordOf(FileSettings),
    "columns": MapOf(Text(), FieldType()),
    "constants": MapOf(Text(), FieldType()),
    "words": MapOf(Text(), MapOf(Text(), Text())),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field is: columns, unit, and the divisor `k` of an expanded uncertainty.

    The base is the unit of what is read: ``kg``, ``1`` for shares, empty for no number. In names
    `slash` replaces each slash, since in the book it separates the parts of an account.
    `sign_column` holds the signs of results that are limits; None where the mapping has none.
    `per` are kg of the element in a kg of what the column gives; `names_matter` if the mapping says
    of what its numbers are; `header_unit` is a unit in the header that is not that of the numbers.
    """

    columns: tuple[str, ...]
    base: str = ""
    unit: str = ""
    unit_column: str = ""
    k: Decimal = Decimal(1)
    slash: str = "/"
    per: Decimal = Decimal(1)
    sign_column: str | None = None
    names_matter: bool = False
    header_unit: str = ""


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A checked mapping; shares are fields named ``shares.Ni``, `places` are those of constants.

    `known` are the columns that the kind of file declares.
    """

    known: Mapping[str, Column]
    settings: FileSettings
    sources: Mapping[str, Source]
    constants: Mapping[str, Constant]
    places: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]


def read_map(
    path: Path, known: Mapping[str, Column], same: Mapping[str, str] | None = None
) -> ImportMap:
    """Read a mapping file for a kind of file with these columns; all its errors come together.

    `same` holds words that replace others in every field with text, unless its own words do.
    """
    file = read_toml(path)
    findings = Findings()  # each at the path of its key
    for name in file.data.keys() - _PARTS:
        findings.unknown("a part of a mapping", name, _PARTS, at=name)
    parts = {n: part.read(file.data.get(n, {}), n, findings) for n, part in _PARTS.items()}
    settings = _checked(parts["file"] or FileSettings(), findings)
    sources, constants = {}, {}
    for name, column, value in _each(parts["columns"], "columns", known, findings):
        sources[name] = _source(value, column, f"columns.{name}", findings)
    plain = FileSettings(time_zone=settings.time_zone)
    for name, column, value in _each(parts["constants"], "constants", known, findings):
        at = f"constants.{name}"
        if name in sources:
            findings.note("duplicate", "a column or a constant", f"{name} is both", at=at)
        try:
            constants[name] = _constant(value, column, plain)
        except CellError as error:
            findings.note(error.code, error.expected, error.found, at=at, hint=error.hint)
    _take_on_matter(sources, constants)
    named = {name.partition(".")[0] for name in (*sources, *constants)}
    for name, column in known.items():
        if column.required and name not in named:
            findings.note("missing", f"{name}: {column.meaning}", "no column and no constant")
    texts = [name for name, column in known.items() if column.cells == "text"]
    words = parts["words"] or {}
    for name in words.keys() - texts:
        findings.unknown("a field with text", name, texts, at=f"words.{name}")
    placed = [replace(finding, where=file.place(finding.where)) for finding in findings]
    raise_findings(sorted(placed, key=lambda finding: int(finding.where.rpartition(":")[2])))
    places = {name: file.place(f"constants.{name}") for name in constants}
    words = {name: {**(same or {}), **words.get(name, {})} for name in texts}
    return ImportMap(known, settings, sources, constants, places, words)


def _take_on_matter(sources: dict[str, Source], constants: dict[str, Constant]) -> None:
    """Limits and uncertainties are of the compound of their share, unless they name their own."""
    for name in (*sources, *constants):
        group, _, substance = name.partition(".")
        share = sources.get(f"shares.{substance}")
        if share is None or group == "shares":
            continue
        constant = constants.get(name)
        if name in sources and not sources[name].names_matter:
            sources[name] = replace(sources[name], per=share.per)
        elif isinstance(constant, Decimal):
            constants[name] = constant * share.per


# -- how the file is written


def _checked(settings: FileSettings, findings: Findings) -> FileSettings:
    """The settings, with another time zone where theirs is none; errors are findings."""
    for name, right, expected in _CHECKS:
        if not right(settings):
            value = getattr(settings, name)
            findings.note(
                "setting",
                expected,
                repr(value)[:80],
                at=f"file.{name}",
                hint=_HINTS[name](value) if name in _HINTS else "",
            )
    return settings if _is_zone(settings.time_zone) else replace(settings, time_zone="UTC")


_NO_FILES = {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"}
"""Encodings of names and of source code, in which nobody saves a file."""

_zones = cache(available_timezones)


def _is_zone(name: str) -> bool:
    return not name or name in _zones()


def _has_codec(name: str) -> bool:
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return codec._is_text_encoding and codec.name.replace("-", "_") not in _NO_FILES


_CHECKS: tuple[tuple[str, Callable[[FileSettings], bool], str], ...] = (
    ("encoding", lambda s: _has_codec(s.encoding), "an encoding, such as utf-8, cp949 or utf-16"),
    ("delimiter", lambda s: len(s.delimiter) == 1 and s.delimiter not in '"\r\n', "one sign"),
    ("decimal", lambda s: s.decimal in (".", ","), "a dot or a comma"),
    (
        "thousands",
        lambda s: s.thousands in ("", ".", ",", " ", "\u00a0", "'", "\u2019"),
        "a dot, comma, blank or apostrophe",
    ),
    ("thousands", lambda s: s.thousands != s.decimal, "another mark than decimal"),
    (
        "date_format",
        lambda s: s.date_format == "excel" or not form_problem(s.date_format),
        "a form such as %d.%m.%Y %H:%M",
    ),
    ("header_line", lambda s: s.header_line >= 1, "a line from 1 on"),
    ("total_row", lambda s: s.total_row in ("", "skip", "take"), "skip or take"),
    (
        "data_line",
        lambda s: s.data_line == 0 or s.data_line > s.header_line,
        "a line below the header",
    ),
    ("time_zone", lambda s: _is_zone(s.time_zone), "a time zone"),
)
_HINTS: Mapping[str, Callable[[str], str]] = {
    "delimiter": lambda value: r'a tab is "\t"',
    "date_format": form_problem,
    "time_zone": lambda value: nearest_hint(value, _zones()),
}


# -- columns and constants


def _each(
    values: Mapping[str, Value] | None, at: str, known: Mapping[str, Column], findings: Findings
) -> Iterator[tuple[str, Column, Value]]:
    """Entries of a part by name, shares substance by substance; unknown names are findings."""
    for name, value in (values or {}).items():
        column = known.get(name)
        if column is None:
            findings.unknown("a column of this kind of file", name, known, at=f"{at}.{name}")
        elif column.cells != "shares":
            yield name, column, value
        elif isinstance(value, dict):
            for substance, one in value.items():
                yield f"{name}.{substance}", column, one
        else:
            findings.note(
                "type", f"{name}.Ni = ...: one a substance", repr(value), at=f"{at}.{name}"
            )


def _source(value: Value, column: Column, at: str, findings: Findings) -> Source:
    """Where a field is; an empty source after a finding."""
    base = column.type.unit
    per, names_matter = Decimal(1), isinstance(value, dict) and "as" in value
    if column.cells == "shares" and not isinstance(value, list):
        element, is_result = at.rpartition(".")[2], column.name == "shares"
        value, per = _element_share(value, element, at, findings, result=is_result)
    source = None
    match value:
        case str() if value:
            source = Source((value,), base)
        case [*names] if names and all(isinstance(name, str) and name for name in names):
            source = Source(tuple(names), base)
        case {"column": str() as name, "slash": str() as slash} if column.cells == "text" and name:
            source = Source((name,), base, slash=slash)
        case {"column": written, **rest} if rest.keys() <= _SETTINGS:
            names = written if isinstance(written, list) else [written]
            unit, unit_column = str(rest.get("unit", "")), str(rest.get("unit_column", ""))
            k = _DIVISOR.check(rest.get("k", 1), at, Findings())
            if names and k and all(isinstance(name, str) and name for name in names):
                sign = str(rest["sign_column"]) if "sign_column" in rest else None
                wrong = str(rest.get("header_unit", ""))
                places = tuple(names)
                source = Source(
                    places, base, unit, unit_column, k, sign_column=sign, header_unit=wrong
                )
    if source is None:
        findings.note(
            "type",
            'a column: "Name", ["Date", "Time"] or { column = "Name", unit = "kg" }',
            repr(value),
            at=at,
        )
        return Source(())
    _check_source(source, column, at, findings)
    if base and column.cells != "time":
        _check_headers(source, at, findings)
    return replace(source, per=per, names_matter=names_matter)


_SETTINGS = {"unit", "unit_column", "k", "sign_column", "header_unit"}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9()\u00b7.]*")
_NAMED = {"LCE": "Li2CO3", "LHM": "LiOH\u00b7H2O"}  # equivalents that the lithium trade names
_ANIONS = frozenset(("O", "F", "Cl", "S"))
_ENDS = {x.upper(): x for x in ("O", "OH", "(OH)", "CO3", "SO4", "PO4", "NO3", "F", "Cl")}
_SALTS = re.compile(
    r"oxide?\b|[ck]arbonate?\b|sul(?:f|ph)ate?\b|phosphate?\b|nitrate?\b|(?:chlor|fluor)ide?\b"
    r"|[\u9178\u6c27\u6c22]\u5316|[\u70ad\u78b3\u786b\u78f7\u785d]\u9178"  # Japanese, Chinese
    r"|\uc0b0\ud654|\ud0c4\uc0b0|\ud669\uc0b0|\uc778\uc0b0",  # Korean
    re.IGNORECASE,
)
_COUNTS = {"hemi": "0.5", "mono": "", "sesqui": "1.5", "di": "2", "tri": "3", "tetra": "4"} | {
    "penta": "5",
    "hexa": "6",
    "hepta": "7",
    "octa": "8",
    "nona": "9",
    "deca": "10",
}
_HYDRATE = re.compile(rf"[\s,-]*\(?\b({'|'.join(_COUNTS)})-?hydrate?\b\)?", re.IGNORECASE)
_WATER = re.compile(  # the sign before water, or a blank and a number
    r"(?<=[A-Za-z0-9)\]])(?:\s*(?:[\u00b7\u2022\u2219*\u22c5\u2027\u30fb\u00d7]|[x_-](?=\s*\d))\s*|\s+(?=\d))"
    r"(\d*(?:[./]\d+)?)\s*\(?H2O\)?",
    re.IGNORECASE,
)
_NO_ELEMENT = frozenset(
    (
        "wt",
        "w",
        "m",
        "ppm",
        "mg",
        "g",
        "kg",
        "t",
        "pct",
        "percent",
        "mass",
        "weight",
        "total",
        "dry",
    )
)


def _element_share(
    value: Value, element: str, at: str, findings: Findings, *, result: bool
) -> tuple[Value, Decimal]:
    """The place without its ``as``, and kg of the element in a kg of what the column gives.

    A column whose header is a compound of the element, or a result of another element, where the
    mapping does not name what the numbers are of, is a finding.
    """
    places = dict(value) if isinstance(value, dict) else {"column": value}
    written, head = places.pop("as", ""), str(places.get("column", ""))
    share = _share_in(written, element) if isinstance(written, str) else None
    if written and share is None:
        findings.note("formula", f"a formula with {element}, such as Li2O", repr(written), at=at)
    hint = "" if written else _other_matter(head, element, result=result)
    if hint:
        findings.note("compound", f"{element}, or what its column gives", head, at=at, hint=hint)
    return places if isinstance(value, dict) else value, share or Decimal(1)


def _other_matter(head: str, element: str, *, result: bool) -> str:
    """The remedy for a header of a compound of the element, or of another one; else empty."""
    from loopbook.matter import atomic_weights

    text = _with_water(head)
    words, has_water = _WORD.findall(text), re.search("H2O|hydrat", text, re.IGNORECASE)
    for word in words:
        salt = next((x for x in _spellings(word, element) if _is_salt(x, element)), None)
        if salt and ("H2O" in salt or not has_water):
            return f'write as = "{salt}" if the numbers are {salt}, as = "{element}" if not'
    if element not in atomic_weights():
        return ""
    if _SALTS.search(head) or has_water:
        return (
            f'write as = "{element}" if the numbers are {element}, '
            "or as = and the formula of what they are"
        )
    names = [word for word in words if word.lower() not in _NO_ELEMENT]
    is_other = len(names) == 1 and (names[0] in atomic_weights() or re.search(r"\d", names[0]))
    named = elements_named(head)
    if result and (
        (is_other and _is_without(names[0], element)) or (named and element not in named)
    ):
        return f'write as = "{element}" if the numbers are {element}'
    return ""


def _with_water(head: str) -> str:
    """A header whose hydrates are written in one way.

    >>> [_with_water(x) for x in ("NiSO\u2084*6H\u2082O %", "NiSO4 x 6 h2o", "LiOH monohydrate")]
    ['NiSO4\xb76H2O %', 'NiSO4\xb76H2O', 'LiOH\xb7H2O']
    """
    text = unicodedata.normalize("NFKC", head)
    text = _HYDRATE.sub(lambda match: f"\xb7{_COUNTS[match[1].lower()]}H2O", text)
    return _WATER.sub(lambda match: f"\xb7{match[1]}H2O", text)


def _spellings(word: str, element: str) -> Iterator[str]:
    """A word of a header as a formula: as it is, without odd brackets, in the usual capitals."""
    bare = word.removesuffix(".")
    if bare.count("(") != bare.count(")"):
        bare = bare.strip("()")
    yield bare
    ends = "|".join(map(re.escape, _ENDS))
    water = r"([\u00b7.][\d./]*H2O)?"
    match = re.fullmatch(rf"{element}(\d*)({ends})(\d*){water}", bare, re.IGNORECASE)
    if match:
        yield f"{element}{match[1]}{_ENDS[match[2].upper()]}{match[3]}{(match[4] or '').upper()}"


def _is_salt(formula: str, element: str) -> bool:
    """Whether a formula is a compound of the element in which it is sold or reported."""
    from loopbook.matter import element_shares

    if _share_in(formula, element) in (None, 1):
        return False
    return bool(_ANIONS & element_shares(_NAMED.get(formula, formula)).keys())


def _is_without(formula: str, element: str) -> bool:
    """Whether a text is a formula that does not have the element."""
    from loopbook.matter import element_shares

    try:
        return element not in element_shares(formula)
    except FormulaError:
        return False


def _share_in(formula: str, element: str) -> Decimal | None:
    """Mass share of an element in a compound; None for what is no formula with it."""
    from loopbook.matter import element_shares

    try:
        shares = element_shares(_NAMED.get(formula, formula))
    except FormulaError:
        return None
    share = shares.get(element)
    return None if share is None else Decimal(1) if len(shares) == 1 else Decimal(f"{share:.9g}")


def _check_source(source: Source, column: Column, at: str, findings: Findings) -> None:
    """Findings for more columns than a field can be in, and for units where they do not belong."""
    is_time, unit, base = column.cells == "time", source.unit, source.base
    if len(source.columns) > 1 + is_time and not column.has_limits:
        findings.note(
            "type",
            "one column, or date and time" if is_time else "one column",
            str(list(source.columns)),
            at=at,
        )
    if source.sign_column and not (column.has_limits and len(source.columns) == 1):
        findings.note("type", "sign_column with one column of results", column.name, at=at)
    if not base and (unit or source.unit_column):
        findings.note("unit", f"no unit: {column.name} is no number", unit, at=at)
    if unit and source.unit_column:
        findings.note("duplicate", "unit or unit_column", "both", at=at)
    if source.k != 1 and "uncertainty" not in column.name:
        findings.note("type", "k with uncertainties only", f"k = {source.k}", at=at)
    problem = unit_problem(unit, base) if base and not source.unit_column else None
    if problem is not None:
        hint = f'write {{ column = "...", unit = "{"kg" if base == "kg" else "%"}" }}'
        findings.note("unit", problem[0], unit or "none", at=at, hint=problem[1] if unit else hint)


def _check_headers(source: Source, at: str, findings: Findings) -> None:
    """A finding for a header that names another unit than the mapping."""
    for head in source.columns:
        named = contradicts(head, source.unit, source.base)
        if named and named != source.header_unit:
            hint = (
                f'write unit = "{named}" if the numbers are in {named}, '
                f'header_unit = "{named}" beside the unit if the header is wrong'
            )
            findings.note(
                "unit", f"numbers in {source.unit}", f"the header {head}", at=at, hint=hint
            )


def _constant(value: Value, column: Column, plain: FileSettings) -> Constant:
    if column.cells == "time":
        return moment([Cell(value if isinstance(value, datetime) else str(value))], plain, None)
    if not isinstance(value, str):
        raise CellError("type", "a text in quotation marks", repr(value))
    if not column.type.unit:
        return value
    sign, text = (column.has_limits and limit_parts(value)) or ("", value)
    if sign and not text:
        return value
    number = quantity_text(text, column.type.unit)
    if number is None:
        expected = "a share and a unit, such as 0.01 %" * (column.type.unit == "1")
        raise CellError("unit", expected or "a number and a unit, such as 20 kg", repr(value))
    return f"{sign}{number.normalize():f}" if sign else number
