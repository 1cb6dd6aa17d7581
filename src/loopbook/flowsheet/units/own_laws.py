"""Unit operations that others wrote: errors in their declarations, and in their laws."""

from collections.abc import Callable, Iterator

import numpy as np

from loopbook.errors import Finding, InputError
from loopbook.flowsheet.units.ours import KINDS
from loopbook.flowsheet.units.unit import Bound, Numbers, Separator, Streams, Unit
from loopbook.tables import PLUGIN_ERRORS, Array, Number, class_place, failure, fields_of, in_words


def flaws_of(kind: type[Unit]) -> list[Finding]:
    """Findings about the declaration of a plugin's unit operation."""
    return [Finding("plugin", class_place(kind), *flaw) for flaw in _flaws(kind)]


def _flaws(kind: type[Unit]) -> Iterator[tuple[str, str, str]]:
    """Errors in the declaration, each as expected, found and remedy."""
    if kind.run is Unit.run:
        yield "a class with run()", "none", "write run() in the class"
    try:
        fields = fields_of(kind)
    except PLUGIN_ERRORS as error:
        yield "fields with annotations that can be read", in_words(error), ""
        return
    for field in fields:
        if isinstance(field.type, Number) and not isinstance(field.type, Numbers):
            remedy = f'write {field.name}: Annotated[Value, Amount("kg/kg", 0, 1), "its meaning"]'
            yield f"a unit and a range of {field.name}", "a plain number", remedy
    if kind.run is Separator.run:
        shares = [x.name for x in fields if isinstance(x.type, Numbers)]
        if len(shares) != 1 or len(kind.outs) != 2:
            words = f"{len(kind.outs)} outlets and {', '.join(shares) or 'no share'}"
            yield "two outlets and one share", words, "write run() in the class"


def law_of(unit: Unit) -> Callable[..., Streams]:
    """The law of a unit operation; one that others wrote is checked whenever it runs."""
    if KINDS.get(unit.kind) is type(unit) or type(unit).run is Unit.run:
        return unit.run
    ports = (*unit.outs, *unit.supplies)

    def run(p: Bound, *ins: Array) -> Streams:
        """Outlets, then supplies.

        Raises
        ------
        InputError : the law stops, or returns other than a stream for each port.
        """
        where = f"unit {unit.name}"
        try:
            made = unit.run(p, *map(_read_only, ins))
        except PLUGIN_ERRORS as error:
            text = f"{class_place(type(unit))}, which stops at {failure(error, type(unit))}"
            raise InputError.of("plugin", where, "a law that runs", text) from error
        rows = len(p.basis)
        expected = f"{len(ports)} streams ({', '.join(ports)}), each of {rows} components"
        problem = _problem(made, len(ports), rows)
        if problem:
            text = f"{problem} from run() of {class_place(type(unit))}"
            raise InputError.of("plugin", where, expected, text)
        return made

    return run


def _read_only(stream: Array) -> Array:
    """A stream that a law cannot change: another unit may have it, too. None is no stream."""
    if stream is None:
        return stream
    view = stream.view()
    view.flags.writeable = False
    return view


def _problem(made: object, count: int, rows: int) -> str:
    """How what a law returns differs from a stream for each port; empty if it does not."""
    if isinstance(made, np.ndarray):
        return f"one array of shape {made.shape}"
    if not isinstance(made, (tuple, list)):
        return repr(made)[:60]
    if len(made) != count:
        return f"{len(made)} streams"
    shapes = [np.shape(x) for x in made if x is not None]
    return "" if all(len(x) == 2 and x[:1] == (rows,) for x in shapes) else f"shapes {shapes}"
