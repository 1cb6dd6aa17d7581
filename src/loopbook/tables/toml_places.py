"""Read TOML with the line of each key, so that a finding can name the place.

The standard library's reader gives values without places. `read_toml` gives both; a key inside an
inline table or a multi-line array has the line on which that value begins.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from loopbook.errors import FileTruncatedError, Findings, InputError, raise_findings
from loopbook.tables.json_text import DEEPEST, inspect, note_depth
from loopbook.tables.text import decode, read_bytes

_KEY_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = rf"{_KEY_PART}(?:\s*\.\s*{_KEY_PART})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_KEY})\s*\]\]?")
_ASSIGN = re.compile(rf"^\s*({_KEY})\s*=")
_TEXT = re.compile(
    r'''"""(?:(?!""")(?:\\.|[^\\]))*+(?:"""|\Z)|\'{3}(?:(?!\'{3}).)*+(?:\'{3}|\Z)'''
    r"""|"(?:\\.|[^"\\\n])*+"?|'[^'\n]*+'?|\#[^\n]*""",
    re.DOTALL,
)
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{DEEPEST}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TomlFile:
    """Values of a TOML text, and the line of every key.

    Attributes
    ----------
    name : file name for findings.
    data : the values.
    lines : line by path; members of an array of tables have their index in the path.
    """

    name: str
    data: dict[str, object]
    lines: dict[tuple[str | int, ...], int]

    def where(self, *path: str | int) -> str:
        """``file:line`` of a key, or of the nearest thing around it that has a line.

        >>> parse_toml("a = 1\\n[b]\\nc = {d = 2}\\n", "x.toml").where("b", "c", "d")
        'x.toml:3'
        """
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return f"{self.name}:{self.lines[path[:end]]}"
        return f"{self.name}:1"

    def place(self, path: str) -> str:
        """``file:line`` of a path with dots, such as ``owner.0.share``."""
        parts = path.split(".")
        return self.where(*(int(x) if x.isdecimal() and len(x) < 9 else x for x in parts))


def read_toml(path: Path) -> TomlFile:
    """Read a file; an absent file, another encoding or bad syntax is an `InputError`."""
    findings = Findings()
    raw = read_bytes(path, findings)
    text = None if raw is None else decode(raw, path.name, findings)
    findings.raise_all()
    return parse_toml(text or "", path.name)


def parse_toml(text: str, name: str) -> TomlFile:
    """Read TOML text; `name` stands for the file in findings.

    Raises
    ------
    FileTruncatedError
        The text ends inside a string, array or table.
    InputError
        Any other mistake of syntax, with its line; what is too deep or too long to be read.
    """
    findings = Findings()
    data = {}
    try:
        if _LONG_KEY.search(_TEXT.sub("x", text)):  # its time grows with the square of its parts
            findings.note("too-large", f"at most {DEEPEST} parts in a key", "more")
        else:
            data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(error, text, name) from error
    except RecursionError:
        note_depth(findings)
    except ValueError:  # of more digits than the language reads
        findings.note("too-large", "numbers of at most 300 digits", "a longer one")
    inspect(data, findings)
    file = TomlFile(name, data, _places(text) if data else {})
    raise_findings(replace(x, where=file.place(x.where) if x.where else name) for x in findings)
    return file


def _syntax_error(error: tomllib.TOMLDecodeError, text: str, name: str) -> InputError:
    message = str(error)
    count = text.count("\n") + 1
    match = re.search(r"at line (\d+)", message)
    line = int(match[1]) if match else count
    what = message.split(" (at ", maxsplit=1)[0]
    if "end of document" in message:
        return FileTruncatedError.of("file-truncated", f"{name}:{count}", "more", what)
    return InputError.of("syntax", f"{name}:{line}", "TOML", what)


def _places(text: str) -> dict[tuple[str | int, ...], int]:
    lines: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str, ...], int] = {}
    prefix: tuple[str | int, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            keys = _split(header[2])
            prefix = _indexed(keys, counts)
            if header[1] == "[[":
                counts[keys] = counts.get(keys, -1) + 1
                prefix = (*_indexed(keys[:-1], counts), keys[-1], counts[keys])
            lines.setdefault(prefix, number)
        elif assign := _ASSIGN.match(line):
            path = (*prefix, *_split(assign[1]))
            lines.setdefault(path, number)
    return lines


def _indexed(keys: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> tuple[str | int, ...]:
    """Path of a header, with the current index after each part that is an array of tables."""
    path: list[str | int] = []
    for end, key in enumerate(keys, start=1):
        path.append(key)
        if keys[:end] in counts and end < len(keys):
            path.append(counts[keys[:end]])
    return tuple(path)


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY_PART, dotted))
