"""R20 compiled by numba: one scenario after the other in registers and the first-level cache.

The practical limit on one core for this flowsheet: same algebra, tear, secant steps and stopping
rule as the NumPy kernel, but no array leaves the cache and no unit is a call.
"""

from __future__ import annotations

import numba
import numpy as np

from r20_peers import (
    ACID_PER,
    BLACK_MASS,
    CAUSTIC_PER,
    CRYSTAL_FILTRATE,
    CRYSTALLISED,
    DRIED,
    FILTRATE,
    KG_PER_KMOL,
    LEACHED_ROWS,
    LEACHING,
    MAX_GAIN,
    MAX_PASSES,
    NEUTRAL_CONVERSION,
    NEUTRALISED_ROWS,
    NEUTRALISING,
    NONFERROUS,
    RECYCLED,
    ROUNDING,
    ROW,
    SHREDDED,
    TO_CO,
    TO_MN,
    TO_NI,
    TOLERANCE,
    Array,
    Scenarios,
)


def _nonzero(matrix: Array) -> tuple[Array, Array, Array]:
    """Rows, columns and values of what is not zero."""
    rows, columns = np.nonzero(matrix)
    return rows, columns, matrix[rows, columns]


_TO_BLACK_MASS = (SHREDDED * DRIED * NONFERROUS * BLACK_MASS).ravel()
_MN, _CO, _NI = TO_MN.ravel(), TO_CO.ravel(), TO_NI.ravel()
_PASSED, _PASSED_CRYSTALS = FILTRATE.ravel(), CRYSTAL_FILTRATE.ravel()
_LEACH_ROW, _LEACH_BY, _LEACH = _nonzero(LEACHING)
_NEUTRAL_ROW, _NEUTRAL_BY, _NEUTRAL = _nonzero(NEUTRALISING)
_CONVERSION = NEUTRAL_CONVERSION.ravel()
_WATER, _ACID, _PEROXIDE, _CAUSTIC = (ROW[n] for n in ("H2O", "H2SO4", "H2O2", "NaOH"))
_SODA_ASH, _SULFATE, _GLAUBER, _CARBONATE = (
    ROW[n] for n in ("Na2CO3", "Li2SO4", "Na2SO4", "Li2CO3")
)
_COSO4, _COSALT, _NISO4, _NISALT = (ROW[n] for n in ("CoSO4", "CoSalt", "NiSO4", "NiSalt"))
_COUNT = len(ROW)


@numba.njit(fastmath=True, error_model="numpy")
def _extract(feed, cobalt, nickel, rest):
    for i in range(_COUNT):
        after_mn = feed[i] - feed[i] * _MN[i]
        cobalt[i] = after_mn * _CO[i]
        after_co = after_mn - cobalt[i]
        nickel[i] = after_co * _NI[i]
        rest[i] = after_co - nickel[i]
    salt = CRYSTALLISED * cobalt[_COSO4]
    cobalt[_COSO4] -= salt
    cobalt[_COSALT] += salt
    salt = CRYSTALLISED * nickel[_NISO4]
    nickel[_NISO4] -= salt
    nickel[_NISALT] += salt


@numba.njit(fastmath=True, error_model="numpy")
def _leach(black_mass, water_need, liquor, conversion, pulp):
    """Dose, leach, filter and neutralise; returns the acid and the caustic drawn."""
    acid = -liquor[_ACID]
    for k in range(4):
        acid += 1.1 * ACID_PER[k] * black_mass[LEACHED_ROWS[k]]
    acid = max(acid, 0.0)
    for i in range(_COUNT):
        pulp[i] = black_mass[i] + liquor[i]
    pulp[_ACID] += acid
    pulp[_WATER] += 2.0 * acid + max(water_need - liquor[_WATER], 0.0)
    pulp[_PEROXIDE] += 0.6 * black_mass[LEACHED_ROWS[0]]
    extent = np.empty(4)
    for k in range(4):
        extent[k] = conversion[k] * pulp[LEACHED_ROWS[k]]
    for j in range(_LEACH.size):
        pulp[_LEACH_ROW[j]] += _LEACH[j] * extent[_LEACH_BY[j]]
    for i in range(_COUNT):
        pulp[i] *= _PASSED[i]
    caustic = 0.0
    for k in range(4):
        dissolved = pulp[NEUTRALISED_ROWS[k]]
        caustic += CAUSTIC_PER[k] * dissolved
        extent[k] = _CONVERSION[k] * dissolved
    pulp[_CAUSTIC] += caustic
    for j in range(_NEUTRAL.size):
        pulp[_NEUTRAL_ROW[j]] += _NEUTRAL[j] * extent[_NEUTRAL_BY[j]]
    return acid, caustic


@numba.njit(fastmath=True, error_model="numpy")
def _next_guess(image, guess, old_guess, old_change):
    """Secant steps in place; whether the guess had converged, in which case it stays."""
    total = 0.0
    for i in range(_COUNT):
        total += image[i]
    excess = -1.0
    for i in range(_COUNT):
        limit = TOLERANCE * image[i] + ROUNDING * total
        excess = max(excess, abs(image[i] - guess[i]) - limit)
    if excess <= 0.0:
        return True
    for i in range(_COUNT):  # no branches, so that it is compiled to vector instructions
        change = image[i] - guess[i]
        span = old_change[i] - change
        gain = (guess[i] - old_guess[i]) / (span if span != 0.0 else 1.0)
        gain = gain if (span != 0.0) & (gain > 0.0) & (gain < MAX_GAIN) else 1.0
        target = guess[i] + gain * change
        old_guess[i] = guess[i]
        old_change[i] = change
        guess[i] = target if target >= 0.0 else image[i]
    return False


@numba.njit(fastmath=True, error_model="numpy")
def _solve_all(feed, conversion, soda, answers):
    """All scenarios; arrays are (scenario, ...). Returns how many did not converge."""
    work = np.empty((9, _COUNT))
    black_mass, cobalt, nickel, rest, liquor, image = work[:6]
    guess, old_guess, old_change = work[6:]
    failed = 0
    for s in range(soda.size):
        work[6:] = 0.0
        water_need = 0.0
        for i in range(_COUNT):
            black_mass[i] = feed[s, i] * _TO_BLACK_MASS[i]
            water_need += black_mass[i] * KG_PER_KMOL[i]
        water_need *= 8.0 / KG_PER_KMOL[_WATER]
        for _ in range(MAX_PASSES):
            _extract(guess, cobalt, nickel, rest)
            ash = 1.1 * rest[_SULFATE]
            carbonate = soda[s] * rest[_SULFATE]
            rest[_SODA_ASH] += ash - carbonate
            rest[_SULFATE] -= carbonate
            rest[_CARBONATE] += carbonate
            rest[_GLAUBER] += carbonate
            for i in range(_COUNT):
                liquor[i] = rest[i] * _PASSED[i] * RECYCLED
            acid, caustic = _leach(black_mass, water_need, liquor, conversion[s], image)
            for i in range(_COUNT):
                back = (cobalt[i] + nickel[i]) * _PASSED_CRYSTALS[i]
                image[i] = image[i] * _PASSED[i] + back
            if _next_guess(image, guess, old_guess, old_change):
                break
        else:
            failed += 1
        caked = 1.0 - _PASSED[_CARBONATE], 1.0 - _PASSED_CRYSTALS[_COSALT]
        answers[s, 0] = rest[_CARBONATE] * caked[0] * KG_PER_KMOL[_CARBONATE]
        answers[s, 1] = cobalt[_COSALT] * caked[1] * KG_PER_KMOL[_COSALT]
        answers[s, 2] = nickel[_NISALT] * caked[1] * KG_PER_KMOL[_NISALT]
        answers[s, 3] = acid * KG_PER_KMOL[_ACID]
        answers[s, 4] = caustic * KG_PER_KMOL[_CAUSTIC]
        answers[s, 5] = (liquor * KG_PER_KMOL).sum()
    return failed


def solve_numba(given: Scenarios) -> Array:
    """The six answers by the compiled kernel, kg/h, shape (answer, scenario)."""
    answers = np.empty((given.count, 6))
    failed = _solve_all(
        np.ascontiguousarray(given.feed.T),
        np.ascontiguousarray(given.leaching.T),
        given.soda,
        answers,
    )
    if failed:
        raise ArithmeticError(f"the compiled kernel does not converge in {failed} scenarios")
    return answers.T
