"""Canonical JSON: the standard's vectors, a second writer, and what must be refused."""

from __future__ import annotations

import enum
import json
import math
import os
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.book.log import canonical as module
from loopbook.book.log.canonical import LARGEST_INTEGER, canonical
from loopbook.errors import InputError, NotFiniteError

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "acceptance"
VECTORS = Path(os.environ.get("LOOPBOOK_ACCEPTANCE", BESIDE)) / "jcs"


def test_the_vectors_of_the_standard_come_out_byte_for_byte() -> None:
    if not VECTORS.is_dir():
        pytest.skip(f"NO VECTORS: {VECTORS} is absent; set LOOPBOOK_ACCEPTANCE")
    inputs = sorted((VECTORS / "input").glob("*.json"))
    assert len(inputs) == 6
    for path in inputs:
        value = json.loads(path.read_text(encoding="utf-8"))
        assert canonical(value) == (VECTORS / "output" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        # RFC 8785, appendix B: IEEE 754 bits and what ECMAScript prints
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_doubles_print_as_in_ecmascript(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value) == text.encode()
    assert canonical([value]) == f"[{text}]".encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_comes_back_and_is_laid_out_by_its_size(value: float) -> None:
    text = canonical(value).decode()
    assert float(text) == value
    assert ("e" in text) == (value != 0 and not 1e-6 <= abs(value) < 1e21)
    assert not text.endswith(".0")


# --- two writers ---------------------------------------------------------------------------------

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
ASCII = st.text(st.characters(codec="ascii"), max_size=6)
ANY_KEY = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def nested(atoms: st.SearchStrategy[Any], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(atoms, lambda v: st.lists(v) | st.dictionaries(keys, v), max_leaves=25)


@given(nested(ATOMS, ASCII))
def test_the_fast_and_the_general_writer_agree(value: Any) -> None:
    assert module._is_plain(value)
    assert canonical(value) == "".join(module._pieces(value)).encode()


def rewritten(value: Any) -> str:
    """RFC 8785 read once more, without care for speed; numbers as `test_doubles_...` has them."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: list(k.encode("utf-16-be")))
        return "{" + ",".join(f"{rewritten(k)}:{rewritten(value[k])}" for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(rewritten, value)) + "]"
    if isinstance(value, str):
        short = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}
        escaped = {i: f"\\u{i:04x}" for i in range(32)} | {i: "\\" + c for i, c in short.items()}
        return '"' + value.translate(escaped) + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if isinstance(value, int) else canonical(value).decode()


@given(nested(ATOMS | FLOATS, ANY_KEY))
def test_a_second_reading_of_the_standard_agrees(value: Any) -> None:
    written = canonical(value)
    assert written.decode() == rewritten(value)
    read = json.loads(written, parse_int=float)  # as every reader may: numbers are doubles
    assert read == value
    assert canonical(read) == written


@given(st.dictionaries(ANY_KEY, st.integers(0, 9)), st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_written_is_irrelevant(value: dict[str, int], random) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical({k: value[k] for k in keys}) == canonical(value)


def test_keys_stand_in_the_order_of_their_utf16_units() -> None:
    after, pair = "\ufb33", "\U0001f602"  # Python's own order is the other way round
    assert after < pair
    assert canonical({after: 1, pair: 2}) == f'{{"{pair}":2,"{after}":1}}'.encode()


def test_a_tuple_is_a_list_and_an_enum_of_strings_or_integers_its_value() -> None:
    class Kind(enum.StrEnum):
        SHIP = "ship"

    class Level(enum.IntEnum):
        ONE = 1

    assert canonical((1, (2, ()))) == b"[1,[2,[]]]"
    assert canonical({"kind": Kind.SHIP, "n": Level.ONE}) == b'{"kind":"ship","n":1}'
    assert canonical({Kind.SHIP: 0.5}) == b'{"ship":0.5}'


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "where", "found"),
    [
        (2**53 + 1, "$", "9007199254740993"),
        ({"legs": [1, {"mg": -(2**60)}]}, "$.legs[1].mg", "-1152921504606846976"),
        ({"a": [1.5, 2**53 + 1]}, "$.a[1]", "9007199254740993"),
        ("\ud800", "$", "a lone surrogate \\ud800 at character 0"),
        ({"note": "x\udfff"}, "$.note", "a lone surrogate \\udfff at character 1"),
        ({"note": ["\ud83d", 0.5]}, "$.note[0]", "a lone surrogate \\ud83d at character 0"),
        ({"\udc00": 1}, "$, a key", "a lone surrogate \\udc00 at character 0"),
        ({1: 1}, "$", "the key 1"),
        ({"a": {None: 1}}, "$.a", "the key None"),
        ({True: 1}, "$", "the key True"),
        (b"x", "$", "a bytes"),
        ({"a": {1, 2}}, "$.a", "a set"),
        ({"a": 1j}, "$.a", "a complex"),
        ({"a": object()}, "$.a", "an object"),
    ],
)
def test_what_json_cannot_carry_is_refused_by_place(value: Any, where: str, found: str) -> None:
    with pytest.raises(InputError) as raised:
        canonical(value)
    (finding,) = raised.value.findings
    assert (finding.code, finding.where, finding.found) == ("canonical", where, found)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    for value in (bad, [1, bad], {"x": {"y": bad}}, {"\u20ac": bad}):
        with pytest.raises(NotFiniteError, match="expected a finite number"):
            canonical(value)


def test_all_findings_come_at_once() -> None:
    with pytest.raises(InputError) as raised:
        canonical({"a": math.nan, "b": 2**53 + 1, "c": ["\ud800", b""], 5: 5})
    assert [f.where for f in raised.value.findings] == ["$.a", "$.b", "$.c[0]", "$.c[1]", "$"]


def test_the_largest_integers_pass() -> None:
    assert canonical([2**53, -(2**53)]) == b"[9007199254740992,-9007199254740992]"


def test_a_loop_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InputError, match="or a loop"):
        canonical(loop)
    table: dict[str, Any] = {"\u20ac": 0.5}
    table["self"] = table
    with pytest.raises(InputError, match="or a loop"):
        canonical(table)


@pytest.mark.slow
def test_a_hundred_thousand_small_events_a_second() -> None:
    event = {"id": "ev-000001", "kind": "receive", "lot": "S-1", "mass_mg": "12500000"}
    event |= {"occurred_at": "2026-03-03T10:00:00.000Z", "legs": [["a", 1250], ["b", -1250]]}

    def cpu_s() -> float:
        start = time.process_time()
        for _ in range(10_000):
            canonical(event)
        return time.process_time() - start

    assert 10_000 / min(cpu_s() for _ in range(7)) > 50_000  # half: the machine may be busy
