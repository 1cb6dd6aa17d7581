"""A warning as a finding, and its acceptance.

A warning means that a value is outside of what is usual. It stops a command like any finding until
somebody accepts it with a reason, which is kept in the command: ``"accepted": {"ticket": "..."}``.
"""

import json
from collections.abc import Container, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import CommandFinding, Draft
from loopbook.errors import Finding

C = TypeVar("C", bound=Command)

KINDS: Mapping[str, str] = {
    "ticket": "a weighing is far from the mass that the book has",
    "arrival": "a load arrives with another mass than it left with",
    "count": "a stock-take is far from the book",
    "load": "a mass that no lorry has",
    "tare": "a tare is far from the stored one, or tickets took an older one",
    "part": "a tiny part of a lot is taken",
    "unaccounted": "a run, or the runs of a period at its closing, have much unaccounted",
    "unassayed": "at the closing of a period, much that came in has no assay",
    "unweighed": "at the closing of a period, much that came in has no ticket",
    "road": "at the closing of a period, a lot has been on the road for long",
    "running": "a period is closed before it has ended",
    "negative": "at the closing of a period, a lot has less than nothing",
    "assay": "a share is far from the one that the book has",
    "uncertainty": "a standard uncertainty is as large as what it is of",
    "moisture": "a moisture is more than wet material has",
    "sum": "shares sum to too little or too much",
    "range": "a share is outside of what its material usually has",
    "stage": "a result of an earlier stage counts over one of a later stage",
    "released": "a hold is dated before a release, which ends it",
    "held": "a lot that is on hold is used, dated before its hold",
}
"""Kinds of warnings: the words by which they are accepted."""

LEAVE_OUT = "leave it out; a warning is accepted when it has come, not in advance"


@dataclass(frozen=True, slots=True)
class Warned(CommandFinding):
    """A warning that is not accepted; its code is its kind, one of `KINDS`."""


def warn(
    draft: Draft, kind: str, at: str, *, usual: str, value: str, sentence: str, advice: str = ""
) -> Warned:
    """A warning with its limit, its value, and how it is accepted."""
    hint = f"{advice}; " * bool(advice) + (
        f'if it is right, accept it: --accept {kind}="the reason", or in a command '
        f'"accepted": {{"{kind}": "the reason"}}'
    )
    text = f"{sentence}; usual is {usual}"
    where = f"{draft.where}, {at}"
    return Warned(kind, where, usual, value, hint, sentence=text, field=at, about="state")


def all_warned(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Kinds of the warnings where all findings are warnings; empty where one is an error."""
    kinds = [x.code if isinstance(x, Warned) else "" for x in findings]
    return () if "" in kinds else tuple(dict.fromkeys(kinds))


def accepting(command: C, reasons: Mapping[str, str]) -> C:
    """The command with warnings accepted, beside those that it accepts already."""
    return replace(command, accepted={**(command.accepted or {}), **reasons})


def same_fact(one: str, other: str) -> bool:
    """Whether two stored commands are the same but for what was accepted.

    >>> same_fact('{"a": "1", "accepted": {"ticket": "wet"}}', '{"a":"1"}')
    True
    """
    if one == other:
        return True
    return _fact(one) == _fact(other) if '"accepted"' in one + other else False


def accepted_in(text: str) -> Set[str]:
    """Kinds of warnings that a stored command accepts.

    >>> sorted(accepted_in('{"accepted": {"ticket": "wet"}}'))
    ['ticket']
    """
    return json.loads(text).get("accepted", {}).keys() if '"accepted"' in text else set()


def never_accepted(reasons: Iterable[str], used: Container[str]) -> list[Finding]:
    """A finding for each reason given for a warning that did not come."""
    return [
        Finding("accepted", f"--accept {kind}", f"a warning {kind}", "none", LEAVE_OUT)
        for kind in reasons
        if kind not in used
    ]


def _fact(text: str) -> object:
    values = json.loads(text)
    values.pop("accepted", None)
    return values
