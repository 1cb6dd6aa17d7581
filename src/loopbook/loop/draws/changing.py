"""A loop with other numbers in place of those of its rows."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from loopbook.loop.loop import Loop
from loopbook.loop.values.quantity import Quantity, Series

_T = TypeVar("_T")
_NUMBERS = (
    *("owners", "splits", "models", "modes", "goods", "trades", "companies"),
    *("series", "lanes", "contracts", "terms", "quantities"),
)


def with_numbers(
    loop: Loop, change: Callable[[Quantity | Series], Quantity | Series], draws: int
) -> Loop:
    """A loop whose numbers are changed.

    Parameters
    ----------
    change : gives the number in place of one, or the same one.
    draws : of the numbers that are arrays.
    """
    changed = {name: _changed(getattr(loop, name), change) for name in _NUMBERS}
    return replace(loop, draws=draws, **cast(Any, changed))


def _changed(thing: _T, change: Callable[[Quantity | Series], Quantity | Series]) -> _T:
    """A record with all quantities and series in it changed; itself where none is."""
    new: Any = thing
    if isinstance(thing, Quantity | Series):
        new = change(thing)
    elif isinstance(thing, Mapping):
        new = {key: _changed(x, change) for key, x in thing.items()}
    elif isinstance(thing, tuple):
        new = tuple(_changed(x, change) for x in thing)
    elif is_dataclass(thing) and not isinstance(thing, type):
        old = {x.name: getattr(thing, x.name) for x in fields(thing) if x.init}
        parts = {name: _changed(x, change) for name, x in old.items()}
        parts = {name: x for name, x in parts.items() if x is not old[name]}
        new = replace(thing, **parts) if parts else thing
    if isinstance(thing, Mapping) and all(new[key] is x for key, x in thing.items()):
        return thing
    if isinstance(thing, tuple) and all(x is y for x, y in zip(new, thing, strict=True)):
        return thing
    return cast(_T, new)
