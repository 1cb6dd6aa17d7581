"""A cycle in which what arrives changes what is made needs a time on the way."""

from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.trade import Contract


def check_cycles(subject: Subject) -> None:
    """Each cycle of sites that make of what arrives has a lane with a lead."""
    loop = subject.loop
    driven = {name for name, model in loop.models.items() if model.by_arrival}
    arrows: dict[str, dict[str, Contract]] = {}
    for row in loop.contracts:
        if row.from_ != row.to and {row.from_, row.to} <= driven and not _has_lead(row, subject):
            arrows.setdefault(row.from_, {}).setdefault(row.to, row)
    for cycle in _cycles({start: [*ends] for start, ends in arrows.items()}):
        row = arrows[cycle[-1]][cycle[0]]
        way = " -> ".join((*cycle, cycle[0]))
        subject.at(row).note(
            "cycle",
            "a lead on one of the lanes of a cycle",
            f"none on {way}",
            hint=f"write a lead for a lane of it, such as {row.from_},{row.to} with 1 month",
        )


def _has_lead(row: Contract, subject: Subject) -> bool:
    """Whether the way of every material of a contract takes time."""
    loop = subject.loop
    lanes = [loop.lane(row.from_, row.to, name) for name in loop.materials_of(row.material)]
    stay = getattr(loop.models[row.from_], "stay", {})
    return all(lane and lane.lead and lane.lead.number > 0 for lane in lanes) or bool(stay)


def _cycles(arrows: dict[str, list[str]]) -> list[list[str]]:
    """One cycle for each arrow that closes one, in a search that goes deep first."""
    cycles: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        for following in arrows.get(name, ()):
            if following in path:
                cycles.append(path[path.index(following) :])
            elif following not in done:
                visit(following, [*path, following])
        done.add(name)

    for name in arrows:
        if name not in done:
            visit(name, [name])
    return cycles
