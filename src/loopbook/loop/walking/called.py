"""Laws of site models, called with words for what stops them and for what is no outcome."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from loopbook.errors import BalanceError, InputError, LoopbookError
from loopbook.loop.goods.exchange import Needs, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.tables import PLUGIN_ERRORS, class_place, failure

_NEGATIVE = -1e-6
"""Least of a stream, as a share of its largest number: what rounding leaves."""

T = TypeVar("T", Needs, Outcome)
R = TypeVar("R")


def guarded(model: SiteModel, law: Callable[[], R], *, when: str) -> R:
    """What a method of a model gives, whatever it is.

    Raises
    ------
    InputError : the method stops; names site, method or step, class, file and line.
    """
    try:
        return law()
    except LoopbookError:
        raise
    except (*PLUGIN_ERRORS, SystemExit) as error:
        value = f"{class_place(type(model))}, which stops at {failure(error, type(model))}"
        where = f"site {model.name}, {when}"
        raise InputError.of("plugin", where, "a site model that runs", value) from error


def called(model: SiteModel, law: Callable[[], T], kind: type[T], *, when: str, count: int) -> T:
    """What a law of a model gives.

    Parameters
    ----------
    model : of the site.
    law : of it, with its arguments.
    kind : of what it must give.
    when : name of the step, ``2027``.
    count : of the components of a stream.

    Raises
    ------
    InputError : the law stops, or gives something else.
    BalanceError : a stream of it has a number that is negative, infinite or none.
    """
    where = f"site {model.name}, {when}"
    result = guarded(model, law, when=when)
    if not isinstance(result, kind):
        value = f"{type(result).__name__} from {class_place(type(model))}"
        raise InputError.of("plugin", where, kind.__name__, value)
    for name, numbers, size in _arrays(result, count):
        value = f"{name} of {class_place(type(model))}"
        array = numbers if isinstance(numbers, np.ndarray) else np.array(None)
        shape = array.shape
        if len(shape) != len(size) or shape[:-1] != size[:-1] or array.dtype.kind not in "fiu":
            expected = f"real numbers, {' x '.join(map(str, size))}"
            shown = f"{array.dtype} {' x '.join(map(str, shape))}"
            raise InputError.of("plugin", where, expected, f"{value}: {shown}")
        most = array.max(initial=0.0)
        if not array.min(initial=0.0) >= _NEGATIVE * most or most == np.inf:
            wrong = next(x for x in array.flat if not 0.0 <= x < np.inf)
            raise BalanceError(f"{where}: {value} is {wrong:g} t; no stream is below 0 or infinite")
    return result


def _arrays(
    result: Needs | Outcome, count: int
) -> Iterator[tuple[str, object, tuple[object, ...]]]:
    """Streams and numbers of what a law gives, with their names and shapes."""
    amount, stream = ("draws",), (count, "draws")
    if isinstance(result, Needs):
        yield from ((f"lacks {name}", x, amount) for name, x in result.lacks.items())
        return
    yield from ((f"made {name}", x, stream) for name, x in result.made.items())
    yield from ((f"counts {name}", x, amount) for name, x in result.counts.items())
    for name in ("disposal", "drawn", "absorbed", "held"):
        array = getattr(result, name)
        if array is not None:
            yield name, array, stream
