"""Many ends of one kind as one, for pictures of stages with hundreds of lots alike."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from loopbook.book import Content
from loopbook.errors import InputError
from loopbook.trace.lineage.layout import end_columns
from loopbook.trace.lineage.nouns import End, Lineage, Link


@dataclass(frozen=True, slots=True)
class Folded:
    """A lineage with fewer ends, and the ends that each new one represents."""

    lineage: Lineage
    folded: Mapping[str, Sequence[str]]


def amount_mg(content: Content, at: int | None) -> int:
    """Mass of a content, or of its substance at a place; mg."""
    return sum(content) if at is None else content[at]


def fold_lineage(lineage: Lineage, *, most: int, at: int | None = None) -> Folded:
    """At most `most` ends of the same kind and material in a column; the smallest are one end.

    Sums stay exact: the new end's content is the sum of the ends that it represents, and its links
    are the sums of theirs. Lots that were asked about are never folded. A folded end's id is
    ``more/COLUMN/KIND/MATERIAL``.

    Parameters
    ----------
    most : 1 or more.
    at : place of the substance by which ends are large or small; the mass if None.

    >>> ends = [End(f"S-{i}", "lot", "scrap", 0, (i,)) for i in range(5)]
    >>> small = fold_lineage(Lineage(("Ni",), (), ends, (), {}), most=3)
    >>> [(e.id, sum(e.content)) for e in small.lineage.ends]
    [('S-3', 3), ('S-4', 4), ('more/0/lot/scrap', 3)]
    """
    if not most >= 1:
        raise InputError.of("fold", "fold", "1 or more", str(most))
    groups: dict[tuple[tuple[int, ...], str, str], list[End]] = {}
    columns = end_columns(lineage)
    for end in lineage.ends:
        groups.setdefault((columns[end.id], end.kind, end.material), []).append(end)
    focus = set(lineage.focus)
    new: dict[str, str] = {}
    folded: dict[str, tuple[str, ...]] = {}
    ends = []
    for (places, kind, material), group in groups.items():
        large_first = sorted(group, key=lambda e: (e.id not in focus, -amount_mg(e.content, at)))
        asked = sum(e.id in focus for e in group)
        kept, rest = large_first[: max(most - 1, asked)], large_first[max(most - 1, asked) :]
        if len(group) <= most or len(rest) < 2:
            ends += group
            continue
        column = "+".join(map(str, places))
        content = added(e.content for e in rest)
        one = End(f"more/{column}/{kind}/{material}", kind, material, rest[0].stage, content)
        folded[one.id] = tuple(sorted(e.id for e in rest))
        new |= dict.fromkeys(folded[one.id], one.id)
        ends += [*kept, one]
    if not folded:
        return Folded(lineage, {})
    small = replace(
        lineage,
        ends=tuple(sorted(ends, key=lambda e: (e.stage, e.id))),
        links=_links(lineage.links, new),
        shares=_shares(lineage, folded),
    )
    return Folded(small, folded)


def _links(links: Iterable[Link], new: Mapping[str, str]) -> tuple[Link, ...]:
    held: dict[tuple[str, str], list[Content]] = {}
    for link in links:
        key = (new.get(link.source, link.source), new.get(link.target, link.target))
        held.setdefault(key, []).append(link.content)
    return tuple(Link(*key, added(contents)) for key, contents in sorted(held.items()))


def added(contents: Iterable[Content]) -> Content:
    """Contents added up.

    >>> added([(1, 2), (3, 4)])
    (4, 6)
    """
    return tuple(map(sum, zip(*contents, strict=True)))


def _shares(lineage: Lineage, folded: Mapping[str, Sequence[str]]) -> dict[str, Sequence[float]]:
    """Shares of the focus add up; shares that came from it weigh by what they are a share of."""
    inside = {i for ids in folded.values() for i in ids}
    shares = {i: s for i, s in lineage.shares.items() if i not in inside}
    content = {e.id: e.content for e in lineage.ends}
    before = upstream(lineage)
    for name, ids in folded.items():
        if any(i not in lineage.shares for i in ids):
            continue
        columns = zip(*(lineage.shares[i] for i in ids), strict=True)
        if before.issuperset(ids):
            shares[name] = tuple(sum(column) for column in columns)
            continue
        whole = added(content[i] for i in ids)
        shares[name] = tuple(
            sum(s * content[i][k] for s, i in zip(column, ids, strict=True) if content[i][k])
            / whole[k]
            if whole[k]
            else math.nan
            for k, column in enumerate(columns)
        )
    return shares


def upstream(lineage: Lineage) -> set[str]:
    """Ids of the ends from which matter came to the focus, the focus included."""
    sources: dict[str, list[str]] = {}
    for link in lineage.links:
        sources.setdefault(link.target, []).append(link.source)
    before: set[str] = set()
    waiting = list(lineage.focus)
    while waiting:
        end = waiting.pop()
        if end not in before:
            before.add(end)
            waiting += sources.get(end, ())
    return before
