"""Laws of draws, and what moves together."""

from loopbook.loop.checking.subject import Subject
from loopbook.loop.draws.sample import METALS


def check_laws(subject: Subject) -> None:
    """A law's columns belong together, and what it moves with is a word and no circle."""
    laws = {law.moves: law for law in subject.loop.laws}
    words = {*laws, METALS, *(row.provenance.moves for row in subject.every)}
    words |= {series.moves for series in subject.loop.series.values()}
    for word, law in laws.items():
        at = subject.at(law)
        weights = law.low_weight, law.high_weight
        if law.law == "one of" and None in weights:
            at.missing("low_weight and high_weight, for one of the points is drawn", at="law")
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
