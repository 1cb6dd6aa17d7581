"""What is damaged of a book that could not be read."""

from loopbook.book.book import Book
from loopbook.book.verification.report import verify
from loopbook.errors import LoopbookError


def damage_of(address: str) -> str:
    """What is damaged of a book, in one line; empty if nothing is.

    Parameters
    ----------
    address : of a file or a server.
    """
    try:
        with Book(address) as opened:
            findings = verify(opened).findings
    except (LoopbookError, ArithmeticError, LookupError, TypeError, ValueError):
        return "its settings cannot be read"
    if not findings:
        return ""
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"{findings[0]}{more}; loopbook book verify lists all"
