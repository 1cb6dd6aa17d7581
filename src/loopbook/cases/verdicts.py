"""The verdict on a statement: one rule on what the run, its draws and its readings make of it."""

from dataclasses import dataclass

from loopbook.report import RULINGS, Ruling

HOLDS, HOLDS_IF, NOT_SO, OPEN, NO_LONGER = RULINGS
"""Names of the verdicts."""

MOST = 0.9
"""Share of the draws in which what holds must hold."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried of a statement.

    Parameters
    ----------
    holds : whether its test holds in the run; None without a test, an answer or a number.
    probability : share of the draws in which it does; None without draws.
    held : whether it held in the earlier version of the case; None without one.
    since : when that was left behind: ``May 2026``.
    brought : the first reading, or switch, that brings it there, in words: ``tons are tonnes``.
    """

    holds: bool | None
    probability: float | None = None
    held: bool | None = None
    since: str = ""
    brought: str = ""


def ruling(trial: Trial) -> Ruling:
    """The verdict: the first of these that applies.

    It is open without a test, an answer or its number. It holds if the test does in 90 % of
    the draws, or without draws in the run. It is no longer so if the test holds in the earlier
    version and not in this run. It holds if a reading or a switch brings it there. Else not.

    >>> ruling(Trial(True, probability=0.89)), ruling(Trial(False, 0.1, brought="tons are short"))
    ('not by this reading', 'holds if')
    """
    if trial.holds is None:
        return OPEN
    if trial.holds if trial.probability is None else trial.probability >= MOST:
        return HOLDS
    if trial.held and not trial.holds:
        return NO_LONGER
    return HOLDS_IF if trial.brought else NOT_SO


def words_of(trial: Trial, more: str = "") -> str:
    """The verdict in a few words.

    Parameters
    ----------
    more : what a case puts behind ``Holds`` or ``Cannot be told``.

    >>> words_of(Trial(True), "as modelled"), words_of(Trial(False, held=True, since="May 2026"))
    ('Holds; as modelled', 'No longer so since May 2026')
    >>> words_of(Trial(True, 0.72)), words_of(Trial(False))
    ('Holds in only 72 % of draws', 'Not by this reading')
    """
    verdict = ruling(trial)
    if verdict == NOT_SO and trial.holds and trial.probability is not None:
        return f"Holds in only {100 * trial.probability:.0f} % of draws"
    if verdict in (HOLDS, OPEN):
        return "; ".join(filter(None, (verdict.capitalize(), more)))
    behind = {NO_LONGER: f"since {trial.since}", HOLDS_IF: trial.brought}
    first = HOLDS if verdict == HOLDS_IF else verdict
    return f"{first.capitalize()} {behind.get(verdict, '')}".strip()
