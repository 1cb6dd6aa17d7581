"""Rows that nothing uses, works that are not known, and flows without a price."""

from collections import defaultdict
from collections.abc import Iterable

from loopbook.errors import Finding
from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.facts import Parameter, Work
from loopbook.loop.nouns.matter import Material
from loopbook.loop.nouns.places import Lane, Site
from loopbook.loop.nouns.row import Row
from loopbook.loop.nouns.trade import Contract
from loopbook.loop.terms.prices.fee import Fee
from loopbook.loop.terms.prices.fixed import Fixed
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.values.cells import OUTSIDE


def check_works(subject: Subject) -> None:
    """A source_id is of the case's sources or of the library's."""
    known = {*subject.names.places["source"], *subject.findings.library.sources}
    rows = [row for row in subject.every if not isinstance(row, Work)]
    sources = [(row.where, row.provenance.source_id) for row in rows]
    sources += [(series.where, series.source) for series in subject.loop.series.values()]
    for where, name in sources:
        if name:
            subject.findings.uses.add(("source", name))
            at = subject.findings.about(where)
            at.check_known("a source_id", name, known, at="source_id")


def check_uses(subject: Subject) -> None:
    """Warn of names that no row uses."""
    used = _used(subject)
    for role in ("party", "site", "material", "mode", "series", "process", "source", "switch"):
        for name, where in subject.names.places[role].items():
            if name not in used[role] and role not in subject.names.lost:
                sentence = f"no row uses the {role} {name}"
                subject.findings.about(where).warn("unused", sentence)
    ways = {(row.from_, row.to) for row in subject.every.of(Contract)}
    for lane in subject.every.of(Lane):
        if (lane.from_, lane.to) not in ways:
            sentence = f"no contract goes from {lane.from_} to {lane.to}"
            subject.at(lane).warn("unused", sentence)


def _used(subject: Subject) -> dict[str, set[str]]:
    used = defaultdict[str, set[str]](set)
    for role, name in subject.findings.uses:
        used[role].add(name)
    rows = subject.every
    used["party"] |= {site.party or site.site for site in rows.of(Site)}
    used["process"] |= {site.process for site in rows.of(Site)}
    used["site"] = {name for row in rows.of(Contract) for name in (row.from_, row.to)}
    materials, groups = used["material"], used["group"]
    materials |= used["component"]
    materials |= {row.material for row in rows.of(Material) if row.group in groups}
    materials |= {name for row in rows.of(Material) for name in row.components}
    materials |= {name for row in rows.of(Parameter) for name in (row.of, row.on)}
    return used


def unstated(subject: Subject) -> Iterable[Finding]:
    """Flows of money and carbon that no row states: they are listed, never taken as zero."""
    loop = subject.loop
    priced = {row.on for row in loop.terms if isinstance(row, (Payable, Fixed, Fee))}
    for row in loop.contracts:
        parties = {loop.seller(row), loop.buyer(row)}
        if len(parties) > 1 and row.contract not in priced:
            yield _unstated(row, f"no price of {row.material} in {row.contract}")
        if OUTSIDE not in (row.from_, row.to):
            lanes = [loop.lane(row.from_, row.to, x) for x in loop.materials_of(row.material)]
            if any(lane is None for lane in lanes):
                yield _unstated(row, f"no freight of {row.material} to {row.to}")
        elif row.from_ == OUTSIDE:
            burdens = {term.on for term in loop.terms_on(row.contract, "burden")}
            if row.contract not in burdens:
                yield _unstated(row, f"no burden of {row.material} from {OUTSIDE}")


def _unstated(row: Row, sentence: str) -> Finding:
    return Finding("not-stated", row.where, "", "", sentence=f"{sentence} is stated")
