"""Laws of draws, and what moves together."""

from collections.abc import Iterator, Mapping

from loopbook.loop.checking.subject import Subject
from loopbook.loop.draws.sample import METALS, word_of
from loopbook.loop.nouns.facts import Law
from loopbook.loop.values.quantity import Quantity


def check_laws(subject: Subject) -> None:
    """A law's columns belong together, what it moves with is a word and no circle, and the numbers
    that it draws are those that it can draw.
    """
    laws = {law.moves: law for law in subject.loop.laws}
    _check_points(subject, laws)
    moved = {word_of(x.series or x) for x in subject.loop.quantities.values() if any(_points(x))}
    words = {*laws, METALS, *(row.provenance.moves for row in subject.every)}
    words |= {series.moves for series in subject.loop.series.values()}
    for word, law in laws.items():
        at = subject.at(law)
        if word not in moved | {x.with_ for x in laws.values()}:
            at.warn("unused", f"the law of {word} draws nothing: no row with low and high moves so")
        weights = law.low_weight, law.high_weight
        if law.law == "one of" and (weights[0] is None) != (weights[1] is None):
            at.missing("low_weight and high_weight, or none of them", at="law")
        elif law.law != "one of" and any(weights):
            at.note("column", "no weights, for the law is not one of", law.law, at="law")
        elif law.weights[1] < 0.0:
            at.note(
                "sum", "weights of at most 100 % together", f"{100 * sum(law.weights[::2]):g} %"
            )
        if bool(law.with_) != (law.rank_correlation is not None):
            at.missing("with and rank_correlation, or none of them", at="with")
        elif law.with_:
            at.check_known("a word of the column moves", law.with_, words - {""}, at="with")
        path = [word]
        while path[-1] in laws and laws[path[-1]].with_ and len(path) <= len(laws):
            path.append(laws[path[-1]].with_)
        if word in path[1:]:
            at.note("cycle", "words that do not move with each other in a circle", word, at="with")


def _check_points(subject: Subject, laws: Mapping[str, Law]) -> None:
    """The value of what is drawn is between low and high, which are above 0 of a lognormal law; of
    two rows that move with one word one may fall where the other rises.
    """
    for number in subject.loop.quantities.values():
        row = number.series or number
        law = laws.get(word_of(row), Law(moves=""))
        at = subject.findings.about(row.where)
        for low, value, high in _points(number):
            if law.law == "lognormal" and not min(low, high) > 0.0:
                found = f"{min(low, high):g}"
                at.note("range", f"numbers above 0, for {law.moves} is lognormal", found)
                break
            if law.law != "one of" and not min(low, high) <= value <= max(low, high):
                hint = "write the law one of for its word in laws, if the rows cross"
                found = f"{value:g}, with low {low:g} and high {high:g}"
                at.note("range", "a value between low and high", found, hint=hint)
                break


def _points(number: Quantity) -> Iterator[tuple[float, float, float]]:
    """Low, value and high, of a series in each column with a number; none without a range."""
    row = number.series
    if row is not None and row.limits is not None:
        pairs = zip(row.line.numbers, *row.limits, strict=True)
        yield from ((low, x, high) for x, low, high in pairs if x is not None)
    elif row is None and (number.low, number.high) != (None, None):
        value = number.number
        low, high = (value if x is None else x for x in (number.low, number.high))
        yield low, value, high
