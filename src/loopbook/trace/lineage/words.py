"""Words in the picture of a lineage: the lines and the tooltip of each end and link."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loopbook.book import BOUNDARIES, Content
from loopbook.report import counted
from loopbook.trace.lineage.fold import added, amount_mg, upstream
from loopbook.trace.lineage.format import exact_kg, few, mass_text, share_text
from loopbook.trace.lineage.nouns import End, Lineage, Link

_NAMED = 12  # folded ends that a tooltip names


@dataclass(frozen=True, slots=True)
class Words:
    """Text of a box, its tooltip, and how it came to be.

    Parameters
    ----------
    name, what, amount : name, material or place, mass with share.
    made : of how many lots it was blended, and its co-products; may be empty.
    tip : the whole of it, a line each.
    made_of : how many lots went into it.
    beside : how many lots came out of the same event.
    folded : how many ends it represents; 0 for an end.
    share : ``12 %``, or empty.
    """

    name: str
    what: str
    amount: str
    made: str
    tip: Sequence[str]
    made_of: int
    beside: int
    folded: int
    share: str

    @property
    def lines(self) -> list[str]:
        """Lines of the box."""
        return [self.name, *(line for line in (self.what, self.amount, self.made) if line)]


def words(
    lineage: Lineage,
    folded: Mapping[str, Sequence[str]],
    *,
    whole: Lineage | None = None,
    at: int | None = None,
) -> dict[str, Words]:
    """Words for every end, by its id.

    Parameters
    ----------
    folded : which ends an end represents (`loopbook.trace.lineage.fold.Folded`).
    whole : the lineage before ends were folded; the lots that each was made of are from it.
    at : place of the substance shown; the mass if None.
    """
    whole = whole or lineage
    lots = {e.id: e for e in whole.ends if e.kind == "lot"}
    made_of: dict[str, list[End]] = {}
    for link in whole.links:
        if link.source in lots and link.target in lots:
            made_of.setdefault(link.target, []).append(lots[link.source])
    events: dict[str, list[End]] = {}
    for end in lots.values():
        events.setdefault(end.event, []).append(end)
    before = upstream(lineage)
    weights = added(e.content for e in lineage.ends if e.id in set(lineage.focus))
    texts = {}
    for end in lineage.ends:
        shares = lineage.shares.get(end.id, ())
        share = _share(shares, weights if end.id in before else end.content, at)
        siblings = [e for e in events.get(end.event, ()) if e.id != end.id] if end.event else []
        around = (made_of.get(end.id, []), siblings, folded.get(end.id, ()))
        texts[end.id] = _words(end, (lineage.substances, at), around, (share, shares))
    return texts


def _share(shares: Sequence[float], weights: Content, at: int | None) -> str:
    """A share of the substance, or of the mass: of all substances, weighed by their masses.

    Where there is nothing to have a share of, the share is NaN and the text is empty.
    """
    if not shares or len(shares) != len(weights):
        return ""
    if at is not None:
        return share_text(shares[at]) if math.isfinite(shares[at]) else ""
    held = sum(s * w for s, w in zip(shares, weights, strict=True) if w)
    return share_text(held / sum(weights)) if sum(weights) > 0 and math.isfinite(held) else ""


def _words(
    end: End,
    shown: tuple[Sequence[str], int | None],
    around: tuple[Sequence[End], Sequence[End], Sequence[str]],
    shares: tuple[str, Sequence[float]],
) -> Words:
    substances, at = shown
    came, siblings, folded = around
    amount = mass_text(amount_mg(end.content, at))
    if at is not None:
        amount = f"{amount} {substances[at]}"
    amount += f" · {shares[0]}" if shares[0] else ""
    name, what = _named(end, len(folded))
    made, story = _made(end, came, siblings)
    stage = f", stage {end.stage}" if end.kind == "lot" else ""
    meaning = f": {BOUNDARIES[end.kind]}" if end.kind in BOUNDARIES else ""
    tip = [f"{len(folded)} ends as one" if folded else end.id]
    tip.append(f"{end.material or end.kind}{stage}{meaning}")
    tip += _amounts(end.content, substances)
    if shares[1]:
        parts = zip(substances, shares[1], strict=False)
        known = [f"{s} {share_text(x)}" for s, x in parts if math.isfinite(x)]
        tip += ["share: " + ", ".join(known)] if known else []
    tip += story
    if folded:
        tip.append(few(folded, _NAMED))
    return Words(name, what, amount, made, tip, len(came), len(siblings), len(folded), shares[0])


def _named(end: End, folded: int) -> tuple[str, str]:
    if folded:
        return f"and {folded} more", end.material or end.kind
    if end.kind == "lot":
        return end.id, end.material
    place = [part for part in end.id.split("/")[1:] if part]
    plus = "+ " if end.id.startswith("+") else ""
    return plus + end.kind.capitalize(), ", ".join(place)


def _made(end: End, came: Sequence[End], siblings: Sequence[End]) -> tuple[str, list[str]]:
    """How a lot came to be, short and long.

    A lot of several lots is a blend; lots of the same event are its parts where the material did
    not change, and co-products where it did.
    """
    short, long = [], []
    if len(came) > 1:
        short.append(f"of {len(came)} lots")
        long.append(f"made of {len(came)} lots")
    if siblings:
        parted = {e.material for e in (*siblings, *came)} <= {end.material}
        what = ("part" if parted else "co-product") + "s" * (len(siblings) > 1)
        short.append(f"{len(siblings)} {'other ' if parted else ''}{what}")
        named = few([e.id for e in siblings], _NAMED)
        long.append(f"with {'the ' if parted else ''}{what} {named}")
    if end.event:
        long.append(f"event {end.event}")
    return ", ".join(short), long


def _amounts(content: Content, substances: Iterable[str]) -> list[str]:
    held = [f"{s} {exact_kg(x)} kg" for s, x in zip(substances, content, strict=True) if x]
    return [f"{exact_kg(sum(content))} kg", *([", ".join(held)] if held else [])]


def link_words(link: Link, substances: Sequence[str], ends: Mapping[str, Words]) -> tuple[str, ...]:
    """The tooltip of a link, a line each."""
    names = (ends[i].tip[0] for i in (link.source, link.target))
    return (" → ".join(names), *_amounts(link.content, substances))


def describe(lineage: Lineage, folded: Mapping[str, Sequence[str]], substance: str) -> str:
    """The picture in a sentence or three, for those who do not see it."""
    lots = [e for e in lineage.ends if e.kind == "lot"]
    stages = len({e.stage for e in lots})
    shown = len(lineage.ends) - len(folded) + sum(map(len, folded.values()))
    text = (
        f"{counted(shown, 'end')} and {counted(len(lineage.links), 'link')}; lots in "
        f"{counted(stages, 'stage')} from left to right. The thickness of a link stands for its "
        f"{substance}."
    )
    if folded:
        text += f" {folded_text(folded)}"
    focus = [
        f"{e.id}: {e.material}, {mass_text(sum(e.content))}."
        for e in lots
        if e.id in set(lineage.focus)
    ]
    return " ".join([text, *focus[:5]])


def folded_text(folded: Mapping[str, Sequence[str]]) -> str:
    """How many ends are drawn as how many."""
    boxes = "one box" if len(folded) == 1 else f"{len(folded)} boxes"
    return f"{sum(map(len, folded.values())):,} small ends are drawn as {boxes}: “and … more”."
