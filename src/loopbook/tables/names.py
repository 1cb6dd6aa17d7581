"""One gate for names and other texts of one line: what may enter, and what looks alike.

A name is kept as it is written. Two names that people cannot see apart have one `look`: Unicode's
form NFKC, without signs that nobody sees, with one hyphen, one blank and one apostrophe, and Latin
for the Greek and Cyrillic letters that are drawn like them. Small and capital letters, 0 and O, 1
and l differ; names that people choose are compared by `near`.
"""

import re
import unicodedata
from functools import lru_cache

_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef"
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_KINDS = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half of a surrogate pair",
    "Zl": "a line end",
    "Zp": "a line end",
}
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = frozenset("\n\r\v\f\x85\u2028\u2029")
_LIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеорсухіјѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲ\u2019\u2018\u02bc\u00b4\u2044\u2215\u29f8",
    "ABESIJKMHOPCTYXaeopcyxijsdqwABEZHIKMNOPTYXoc''''///",
)
_ESCAPED = re.compile('[^ -~]|["\\\\=$`%!]')
_HYPHENS = re.compile("[\u2010-\u2015\u2043\u2212\u02d7\ufe58\ufe63\uff0d\u30fc\u1806\u05be]")


def unfit(text: str) -> str:
    """Why a text cannot be a name or another text of one line; empty if it can.

    Control and direction characters, line ends, signs that nobody sees and halves of surrogate
    pairs hide or change what a person reads.

    >>> unfit("L-1"), unfit("L\\u20111"), unfit("L-1\\u200b")
    ('', '', 'an invisible character U+200B')
    >>> unfit("amy\\u202e"), unfit("amy\\nbob"), unfit("amy\\x1b[2J")
    ('a direction character U+202E', 'a line end U+000A', 'a control character U+001B')
    """
    if text.isascii() and text.isprintable():
        return ""
    for sign in text:
        kind = _KINDS.get(unicodedata.category(sign), "")
        if sign in _LINE_ENDS:
            kind = "a line end"
        elif sign in _DIRECTIONS:
            kind = "a direction character"
        elif not kind and _INVISIBLE.match(sign):
            kind = "an invisible character"
        if kind:
            return f"{kind} {code_point(sign)}"
    return ""


def look(name: str) -> str:
    """What people see of a name: the same for names that look alike.

    >>> look("L\\u20111\\u200b") == look("L-1"), look("Be\\u0301-1") == look("B\\u00e9-1")
    (True, True)
    >>> look("L-1") == look("l-1")
    False
    """
    if not name.isascii():
        seen = [x for x in unicodedata.normalize("NFKC", name) if unicodedata.category(x) != "Cf"]
        name = _INVISIBLE.sub("", "".join(seen)).translate(_LIKE)
        name = unicodedata.normalize("NFKC", _HYPHENS.sub("-", name))
    return " ".join(name.split()) if "  " in name or not name.isprintable() else name


@lru_cache(10_000)
def near(name: str) -> str:
    """The same for names of which one is nearly the other: in capitals, with another blank.

    >>> near("north_works") == near("North-Works"), near("Tank 1-1") == near("Tank 11")
    (True, False)
    """
    return re.sub("[ _-]+", "-", look(name).casefold())


def code_point(sign: str) -> str:
    """A character's number.

    >>> code_point("-")
    'U+002D'
    """
    return f"U+{ord(sign):04X}"


def escaped(name: str) -> str:
    """A name in signs that look like themselves; TOML and a shell's double quotes keep them.

    >>> escaped("L\\u20111"), escaped("a=b"), escaped("\\U0001d40b-1")
    ('L\\\\u20111', 'a\\\\u003db', '\\\\U0001d40b-1')
    """
    return _ESCAPED.sub(lambda sign: _number(ord(sign[0])), name)


def _number(point: int) -> str:
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def unescaped(text: str) -> str:
    """The name that `escaped` made a text of; a ValueError for the number of no character.

    >>> unescaped(escaped("L\\u20111")) == "L\\u20111"
    True
    """
    return re.sub(
        r"\\u([0-9a-f]{4})|\\U00([0-9a-f]{6})", lambda x: chr(int(x[1] or x[2], 16)), text
    )


def told_apart(name: str, other: str) -> tuple[str, str]:
    """Two names that look alike, each escaped and with the characters that differ.

    >>> told_apart("L\\u20111", "L-1")
    ("'L\\\\u20111' with U+2011", "'L-1' with U+002D")
    """
    return _with_points(name, other), _with_points(other, name)


def _with_points(name: str, other: str) -> str:
    points = [code_point(sign) for sign in dict.fromkeys(name) if sign not in other]
    points += [f"{len(name)} characters"] * (not points)
    return f"{name!a} with {', '.join(points)}"
