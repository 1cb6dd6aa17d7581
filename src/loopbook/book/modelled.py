"""Answers about a modelled book show it: what is in the book was computed, and did not happen."""

from collections.abc import Callable
from dataclasses import replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from loopbook.book.book import Book

if TYPE_CHECKING:
    from loopbook.report import Answer

P = ParamSpec("P")
A = TypeVar("A", bound="Answer")


def says_modelled(question: Callable[Concatenate[Book, P], A]) -> Callable[Concatenate[Book, P], A]:
    """Mark the answers of a question to a book where the book is modelled."""

    def asked(book: Book, /, *rest: P.args, **more: P.kwargs) -> A:
        return marked_by(book, question(book, *rest, **more))

    update_wrapper(asked, question)
    return asked


def marked_by(book: Book, answer: A) -> A:
    """An answer about a book, marked where the book is modelled."""
    return replace(answer, modelled=book.modelled) if book.modelled else answer
