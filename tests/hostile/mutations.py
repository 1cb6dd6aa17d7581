"""Changes of valid files: at random bytes, or at random values so that the file still parses."""

from __future__ import annotations

import copy
import csv
import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any, TypeAlias

import tomli_w

Mutation: TypeAlias = Callable[[bytes, Random], bytes]

TEXTS = (
    *("", " ", "L-1", "GMBI", "é", "\u202e", "\u2028", "\x1b[2J", "\x85", "a" * 10_000, "../x"),
    *("NaN", "-inf", "-1", "1e999", "1e99999999", "9" * 5_000, "0x1F", "1_000", "1,5", "½", "٣"),
    *("²", "=1+1", "#REF!", "<0.01", "12 t", "12 kton", "%", "kg", "1e5 kg", "true", "None", "{}"),
    *("2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "12345-01-01"),
    *("2026-03-02T08:00:00+99:99", "2026-03-02T24:00:00Z", "2026-03-02T08:00:00Z", "46083.5"),
    *("(" * 300, "NiSO4.6H2O", "Ni(OH", "a + b -> c", "%d%s%%", "__class__", "final", "other"),
)
PLAIN = (
    *(0, 1, -1, 2, 7, 10**6, 10**30, 10**400, 0.0, -0.0, 0.5, 1e-320, 1e308, -1e308),
    *(float("nan"), float("inf"), True, False, [], {}, [[]], [{}], {"a": 1}, ["L-1"], {"Ni": 0.3}),
)
_JSON_ONLY = (None, "\ud83d", "a\udc00b", "\x00", [[[[None]]]])
_TOML_ONLY = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31), date(1, 1, 1))
_BYTES = (
    *(b"\x00", b"\xff", b"\xed\xa0\xbd", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n\n", b'"', b"'"),
    *(b"[" * 200, b"{" * 200, b"a." * 200, b"9" * 5_000, b"\\ud83d", b",", b";", b"=", b"\\", b"#"),
    *(b"<!DOCTYPE a>", b"&a;", b"<", b"/>", b"\x1a", b"\xe2\x80\xae", b"1e99999999", b"-"),
)


def changed_bytes(raw: bytes, random: Random) -> bytes:
    """One to three spans of bytes cut, doubled, flipped or replaced."""
    made = bytearray(raw)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        at = random.randrange(len(made) + 1)
        end = min(len(made), at + random.choice((1, 1, 2, 8, 60)))
        match random.randrange(5):
            case 0:
                del made[at:]
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = made[at:end]
            case 3 if made:
                made[min(at, len(made) - 1)] ^= 1 << random.randrange(8)
            case _:
                made[at : at if random.random() < 0.5 else end] = random.choice(_BYTES)
    return bytes(made)


def _changed(document: Any, random: Random, values: Sequence[Any]) -> None:
    """Change one place of a nested document: its value, its name, or whether it is there."""
    holders = [document]
    for holder in holders:
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [one for one in inner if isinstance(one, (dict, list)) and one]
    holder = random.choice(holders)
    key = random.choice([*holder] if isinstance(holder, dict) else range(len(holder)))
    action = random.randrange(8)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[random.choice(TEXTS)] = holder.pop(key)
    elif action == 2:
        other = random.choice(holders)
        holder[key] = copy.deepcopy(other)
    elif action == 3 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[key] = copy.deepcopy(random.choice(values))


def changed_json(raw: bytes, random: Random) -> bytes:
    """JSON, or JSON Lines, with one to three values changed."""
    lines = raw.decode().splitlines()
    place = random.randrange(len(lines))
    document = json.loads(lines[place])
    for _ in range(random.choice((1, 1, 2, 3))):
        if document:
            _changed(document, random, (*TEXTS, *PLAIN, *_JSON_ONLY))
    lines[place] = json.dumps(document)
    return "\n".join(lines).encode() + b"\n"


def changed_toml(raw: bytes, random: Random) -> bytes:
    """TOML with one to three values changed."""
    document = tomllib.loads(raw.decode())
    for _ in range(random.choice((1, 1, 2, 3))):
        if document:
            _changed(document, random, (*TEXTS, *PLAIN, *_TOML_ONLY))
    return tomli_w.dumps(document).encode()


def changed_csv(raw: bytes, random: Random, *, delimiter: str = ",", codec: str = "utf-8") -> bytes:
    """CSV with one to three cells, rows or columns changed."""
    rows = list(csv.reader(io.StringIO(raw.decode(codec)), delimiter=delimiter))
    for _ in range(random.choice((1, 1, 2, 3))):
        line = random.randrange(len(rows))
        column = random.randrange(len(rows[line]) or 1)
        match random.randrange(12):
            case 0 if len(rows) > 2:
                del rows[line]
            case 1:
                rows.insert(line, list(random.choice(rows)))
            case 2:
                for row in rows:
                    row[column:column] = [random.choice(TEXTS)]
            case 3 if len(rows[0]) > 1:
                for row in rows:
                    del row[column : column + 1]
            case _ if rows[line]:
                rows[line][column] = random.choice(TEXTS)
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().encode(codec, "replace")


def changed_lines(raw: bytes, random: Random) -> bytes:
    """A text with a word or a line replaced, doubled or left out."""
    lines = raw.decode().split("\n")
    place = random.randrange(len(lines))
    words = lines[place].split(" ")
    word = random.randrange(len(words))
    words[word] = random.choice((*TEXTS, words[word][::-1], words[word] * 2))
    lines[place] = " ".join(words)
    action = random.randrange(5)
    if action == 0:
        del lines[place]
    elif action == 1:
        lines.insert(place, random.choice(lines) if lines else "")
    return "\n".join(lines).encode("utf-8", "replace")


def changed_workbook(raw: bytes, random: Random) -> bytes:
    """A workbook with changed bytes in one of its parts."""
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    name = random.choice(sorted(parts))
    if "sheet" in "".join(parts) and random.random() < 0.6:
        name = next(part for part in parts if part.startswith("xl/worksheets/"))
    parts[name] = _changed_xml(parts[name], random)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for part, content in parts.items():
            file.writestr(part, content)
    return out.getvalue()


def _changed_xml(raw: bytes, random: Random) -> bytes:
    """XML with the text of an element or the value of an attribute replaced."""
    if random.random() < 0.3:
        return changed_bytes(raw, random)
    begin, end = random.choice(((b">", b"<"), (b'="', b'"')))
    places = [i for i in range(len(raw)) if raw.startswith(begin, i)]
    if not places:
        return changed_bytes(raw, random)
    start = random.choice(places) + len(begin)
    stop = raw.find(end, start)
    texts = (*(t for t in TEXTS if t.isprintable() and "<" not in t), "99999", "s", "d", "b", "e")
    return raw[:start] + random.choice(texts).replace("&", "").encode() + raw[max(stop, start) :]
