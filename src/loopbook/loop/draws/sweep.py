"""A loop at many values of some of its numbers, walked at once: each value is a draw."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from loopbook.errors import InputError, require_known
from loopbook.loop.draws.changing import with_numbers
from loopbook.loop.loop import Loop
from loopbook.loop.values.quantity import Quantity, Series
from loopbook.tables import Array


def sweep(loop: Loop, numbers: Mapping[str, Array]) -> Loop:
    """A loop with arrays in place of some numbers; its walk has as many draws as they have values.

    Parameters
    ----------
    numbers : by the address of a row (``terms/scrap/payable/Ni``, ``series/Ni``), in the unit of
        its number; all of one length. A series in a number's place gives way to it.

    Raises
    ------
    InputError : an address that no row in force has, arrays of several lengths, or values outside
        of what the column allows.
    """
    lengths = {len(values) for values in numbers.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise InputError.of("range", "sweep", "numbers with values, equally many", str(lengths))
    for address, values in numbers.items():
        require_known("the address of a number", address, loop.quantities, where="sweep")
        number = loop.quantities[address]
        good = (values >= number.least) & (values <= number.most)
        if not good.all():
            limits = f"{number.least:g} to {number.most:g} {number.unit}"
            raise InputError.of("range", f"sweep of {address}", limits, f"{values[~good][0]:g}")
    (draws,) = lengths
    used: set[str] = set()

    def change(number: Quantity | Series) -> Quantity | Series:
        if isinstance(number, Series):
            name = f"series/{number.name}"
            if name in numbers:
                used.add(name)
                columns = len(number.line.numbers)
                return replace(number, draws=np.tile(numbers[name], (columns, 1)))
            return number
        row = number.address.rpartition("/")[0]
        if row in numbers:
            used.add(row)
            return replace(number, number=float(numbers[row][0]), series=None, draws=numbers[row])
        if number.series is not None:
            series = change(number.series)
            assert isinstance(series, Series)
            return number if series is number.series else replace(number, series=series)
        return number

    # numbers of rows that are not in force are among the quantities, and change nothing
    swept = with_numbers(replace(loop, quantities={}), change, draws)
    if missing := sorted(numbers.keys() - used):
        what = "the address of a number that this run uses"
        hint = "its row is behind a switch that is off, or another row replaces it"
        raise InputError.of("unused", "sweep", what, ", ".join(missing), hint=hint)
    return replace(swept, quantities=with_numbers(loop, change, draws).quantities)
