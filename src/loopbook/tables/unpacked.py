"""Limits of a workbook, checked before and while it is read: a small file can hold gigabytes."""

import io
import typing

from loopbook.tables.numbers import CellError

if typing.TYPE_CHECKING:
    import zipfile

MOST_CELLS = 1_500_000
"""Cells of a sheet, with the empty ones before a filled one."""
MOST_ROWS = 1_048_576
"""Rows of a sheet, as in Excel."""
MOST_TEXT = 32_767
"""Characters of a cell, as in Excel."""

_MOST_UNPACKED = 500_000_000  # bytes
_MOST_RATIO = 100  # of a part's bytes to its packed ones; sheets of people have 10 to 30
_FREE = 1_000_000  # bytes of a part that may have any ratio
_MOST_TAGS = 5_000_000  # of a part with cells or their texts
_MOST_OTHER_TAGS = 200_000  # of another part, such as the styles
_MOST_FILLED = 1_000_000  # cells of a part
_CHUNK = 1_000_000  # bytes
_HINT = "delete what is not data, or save the sheet as CSV"


def too_large(expected: str, what: str) -> CellError:
    """The error of a workbook beyond a limit."""
    return CellError("too-large", expected, what, _HINT)


def check_parts(raw: bytes) -> None:
    """Raise a `CellError` for a workbook whose parts are larger than a sheet can need."""
    import zipfile  # takes time

    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        infos = parts.infolist()
        unpacked = sum(part.file_size for part in infos)
        if unpacked > _MOST_UNPACKED:
            raise too_large(
                f"at most {_MOST_UNPACKED / 1e6:.0f} MB unpacked", f"{unpacked / 1e6:.0f} MB"
            )
        for part in infos:
            if part.file_size > max(_FREE, _MOST_RATIO * part.compress_size):
                raise too_large(
                    f"a part of at most {_MOST_RATIO} times its packed size",
                    f"{part.filename} of {part.file_size / 1e6:.0f} MB",
                )
        for part in infos:
            if part.file_size > _FREE and part.filename.endswith((".xml", ".rels")):
                _check_tags(parts, part)


def _check_tags(parts: "zipfile.ZipFile", part: "zipfile.ZipInfo") -> None:
    """Count tags and cells of a part without reading it as XML."""
    name = part.filename.lower()
    most = _MOST_TAGS if "sheet" in name or "strings" in name else _MOST_OTHER_TAGS
    tags = cells = 0
    with parts.open(part) as file:
        while chunk := file.read(_CHUNK):
            tags += chunk.count(b"<") - chunk.count(b"</")
            cells += chunk.count(b"<c ") + chunk.count(b"<c>") + chunk.count(b"<c/")
            cells += chunk.count(b":c ") + chunk.count(b":c/")
            if tags > most:
                raise too_large(f"at most {most} entries in {part.filename}", "more")
            if cells > _MOST_FILLED:
                raise too_large(f"at most {_MOST_FILLED} cells with a value or a format", "more")
