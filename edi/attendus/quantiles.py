"""Robust bounds of what usually comes: quantiles, never a mean, so that a few odd days move nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from statistics import quantiles
from typing import NamedTuple

from edi.model import Plage

_FENCE = Decimal("1.5")  # of Tukey: times the distance between the quartiles
_PAD = Decimal("0.2")  # of the median: what hardly varies is not abnormal at its first deviation
_DIGITS = 2  # significant ones of a bound


class Repartition(NamedTuple):
    """The 5th, 25th, 50th, 75th and 95th percentiles of some values."""

    p5: Decimal
    p25: Decimal
    p50: Decimal
    p75: Decimal
    p95: Decimal


def spread_of(values: Sequence[Decimal]) -> Repartition:
    """Raises ValueError when there is no value."""
    if not values:
        raise ValueError("no value to measure")
    if len(values) == 1:
        return Repartition(*[values[0]] * 5)
    cuts = quantiles(values, n=20, method="inclusive")
    return Repartition(cuts[0], cuts[4], cuts[9], cuts[14], cuts[18])


def bounds_of(values: Sequence[Decimal]) -> Plage:
    """From how much to how much is usual: past the fences of Tukey, the outer percentiles, and some more."""
    seen = spread_of(values)
    fence, pad = _FENCE * (seen.p75 - seen.p25), _PAD * seen.p50
    low, high = min(seen.p5, seen.p25 - fence) - pad, max(seen.p95, seen.p75 + fence) + pad
    least = round_out(low, ROUND_FLOOR) if low > 0 else None
    return Plage(least or None, round_out(high, ROUND_CEILING))


def round_out(value: Decimal, rounding: str) -> Decimal:
    """To whole numbers of two digits that count: 1 234 becomes 1 200, or 1 300."""
    step = Decimal(10) ** max(value.adjusted() - _DIGITS + 1, 0)
    return (value / step).to_integral_value(rounding) * step


def widen(plage: Plage, values: Sequence[Decimal]) -> Plage:
    """The same bounds, past those values too."""
    if not values:
        return plage
    least, most = min(values) * (1 - _PAD), max(values) * (1 + _PAD)
    low = None if plage.min is None or least <= 0 else min(plage.min, round_out(least, ROUND_FLOOR))
    high = None if plage.max is None else max(plage.max, round_out(most, ROUND_CEILING))
    return Plage(low or None, high)


def at_least_one(plage: Plage) -> Plage:
    """The same bounds for what always comes."""
    return Plage(max(plage.min or Decimal(1), Decimal(1)), plage.max)
