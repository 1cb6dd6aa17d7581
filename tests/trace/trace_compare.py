"""Answers of the trace beside the oracle's, number by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from trace_oracle import Oracle

from loopbook.trace import Genealogy, Recall, Trace
from loopbook.trace.genealogy.numpy_loops import chained

CLOSE = 1e-12


def near(found: float, exact: Any, scale: float = 1.0) -> bool:
    """Within 1e-12 of the exact number, relative to a scale."""
    return abs(found - float(exact)) <= CLOSE * scale


def same(one: Genealogy, other: Genealogy) -> None:
    """Every array, and every name."""
    a, b = one.graph, other.graph
    assert (a.substances, a.materials, a.end_keys) == (b.substances, b.materials, b.end_keys)
    assert a.names.many(range(len(a))) == b.names.many(range(len(b)))
    assert a.names.numbers(b.names.many(range(len(b)))).tolist() == list(range(len(b)))
    assert a.columns.keys() == b.columns.keys()
    for name, column in a.columns.items():
        assert column.all.dtype == b.columns[name].all.dtype
        np.testing.assert_array_equal(column.all, b.columns[name].all, err_msg=name)
    assert one.last == other.last


def contents(genealogy: Genealogy) -> dict[str, Any]:
    """What the arrays say, by names: lots in their order, edges and boundary rows added up."""
    graph = genealogy.graph
    names = graph.names.many(range(len(graph)))
    lot, end, nets = graph.nets(None)
    rows = zip(lot.tolist(), end.tolist(), nets.T.tolist(), strict=True)
    pairs = zip(graph.parent.tolist(), graph.child.tolist(), strict=True)
    amounts = np.stack([graph.content(s) for s in graph.substances], axis=1).tolist()
    return {
        "lots": names,
        "materials": [graph.materials[m] for m in graph.material.tolist()],
        "events": graph.event.tolist(),
        "edges": {
            (names[p], names[c]): x for (p, c), x in zip(pairs, amounts, strict=True) if any(x)
        },
        "outside": {(names[k], graph.end_keys[end]): x for k, end, x in rows if any(x)},
        "totals": [graph.total(s).tolist() for s in ("mass", *graph.substances)],
    }


def alike(one: Genealogy, other: Genealogy) -> None:
    """The same lots in the same order, edges and boundaries; numbers of names may differ.

    The arrays of each hold together.
    """
    assert contents(one) == contents(other)
    for graph in (one.graph, other.graph):
        count = len(graph)
        assert graph.names.numbers(graph.names.many(range(count))).tolist() == [*range(count)]
        assert np.all(graph.parent < graph.child)
        assert np.all(np.diff(graph.in_ptr) == np.bincount(graph.child, minlength=count))
        assert np.all(np.diff(graph.child) >= 0)
        assert np.all(graph.level[graph.parent] < graph.level[graph.child])
        for parent in range(count):
            out = chained(graph.head[parent : parent + 1], graph.following)
            assert sorted(out.tolist()) == np.flatnonzero(graph.parent == parent).tolist()


class Sure:
    """The oracle's shares of a whole book, computed once."""

    def __init__(self, oracle: Oracle) -> None:
        oracle.check()
        self.oracle = oracle
        self.origins = [oracle.origins(s) for s in oracle.substances]
        self.through = [oracle.through(s) for s in oracle.substances]

    def ancestors(self, lot: str) -> set[str]:
        found: set[str] = {lot}
        for shares in self.through:
            found.update(shares[lot])
        return found

    def check_trace(self, told: Trace) -> None:
        oracle, lot = self.oracle, told.lot
        assert told.substances == oracle.substances
        assert told.material == oracle.material[lot]
        assert told.total_mg.tolist() == oracle.total[lot]
        assert told.ancestors == len(self.ancestors(lot)) - 1
        assert {x.id for x in told.origins} == {n for by in self.origins for n in by[lot]}
        for origin in told.origins:
            is_lot = "/" not in origin.id
            assert origin.kind == ("lot" if is_lot else origin.id.split("/")[0])
            assert origin.material == (oracle.material[origin.id] if is_lot else "")
            assert origin.supplier == oracle.supplier.get(origin.id, "")
        for k, substance in enumerate(oracle.substances):
            exact, whole = self.origins[k][lot], oracle.total[lot][k]
            shares = [x.shares[k] for x in told.origins]
            if not whole:
                assert all(np.isnan(shares))
                assert told.shares(substance) == {}
                continue
            assert near(sum(shares), 1)
            for origin in told.origins:
                assert near(origin.shares[k], exact.get(origin.id, 0))
                assert near(origin.amounts_mg[k], exact.get(origin.id, 0) * int(whole), whole)

    def check_recall(self, told: Recall) -> None:
        oracle, lot = self.oracle, told.lot
        assert told.material == oracle.material[lot]
        assert told.total_mg.tolist() == oracle.total[lot]
        holders = [b for b in oracle.total if any(by[b].get(lot) for by in self.through)]
        assert [x.lot for x in told.reached] == holders
        ended = {(x.id, x.lot): x for x in told.ended}
        assert len(ended) == len(told.ended)
        for reached in told.reached:
            assert reached.material == oracle.material[reached.lot]
            gone = oracle.gone[reached.lot]
            for k in range(len(oracle.substances)):
                whole = int(oracle.total[reached.lot][k])
                share = self.through[k][reached.lot].get(lot, 0)
                lying = int(oracle.lying[reached.lot][k])
                assert near(reached.shares[k], share) if whole else np.isnan(reached.shares[k])
                assert near(reached.amounts_mg[k], share * whole, whole)
                assert near(reached.held_mg[k], share * lying, whole)
                for end, amounts in gone.items():
                    left = share * int(amounts[k])
                    if left:
                        assert near(ended[end, reached.lot].amounts_mg[k], left, whole)
                        assert ended[end, reached.lot].kind == end.split("/")[0]
        for end, b in ended:
            amounts = oracle.gone[b].get(end, ())
            assert any(x and self.through[k][b].get(lot) for k, x in enumerate(amounts))

    def check_genealogy(self, genealogy: Genealogy) -> None:
        """Every answer about every lot."""
        assert list(genealogy.composition("Ni").lots) == list(self.oracle.total)
        self.check_answers(self.oracle.total, genealogy.trace, genealogy.recall)
        self.check_composition(genealogy)

    def check_answers(
        self, lots: Iterable[str], trace: Callable[[str], Trace], recall: Callable[[str], Recall]
    ) -> None:
        for lot in lots:
            self.check_trace(trace(lot))
            self.check_recall(recall(lot))

    def check_composition(self, genealogy: Genealogy) -> None:
        oracle = self.oracle
        for k, substance in enumerate(oracle.substances):
            told = genealogy.composition(
                substance, lambda supplier, material: f"{supplier}, {material}"
            )
            for row, lot in zip(told.shares, oracle.total, strict=True):
                groups: dict[str, Any] = {}
                for origin, share in self.origins[k][lot].items():
                    group = origin.split("/")[0]
                    if origin in oracle.supplier:
                        group = f"{oracle.supplier[origin]}, {oracle.material[origin]}"
                    groups[group] = groups.get(group, 0) + share
                found = dict(zip(told.groups, row.tolist(), strict=True))
                assert set(groups) <= set(found)
                assert all(near(x, groups.get(name, 0)) for name, x in found.items())
                assert near(row.sum(), 1) if oracle.total[lot][k] else not row.any()
