"""Least squares with coefficients that are never negative: a cost is no gain."""

from __future__ import annotations

from collections.abc import Sequence

_SINGULAR = 1e-12


def fit(rows: Sequence[Sequence[float]], measured: Sequence[float]) -> list[float]:
    """The coefficients of ``measured = row · coefficients`` whose relative errors are least, none below zero.

    Each row is weighed by its measure, so that a lot of five counts as much as one of five hundred. What the
    data would make negative is set to zero, and the others fitted again. Raises ValueError when there are
    fewer rows than columns, a measure that is not positive, or columns that cannot be told apart.
    """
    columns = len(rows[0]) if rows else 0
    if len(rows) < columns or not columns:
        raise ValueError(f"{len(rows)} measures for {columns} coefficients")
    if any(value <= 0 for value in measured):
        raise ValueError("a measure that is not positive")
    kept = list(range(columns))
    while True:
        weighed = [[row[k] / value for k in kept] for row, value in zip(rows, measured, strict=True)]
        found = _solve(_normal(weighed), [sum(row[k] for row in weighed) for k in range(len(kept))])
        if all(value >= 0 for value in found):
            break
        kept.pop(min(range(len(kept)), key=found.__getitem__))
        if not kept:
            raise ValueError("no column explains the measures")
    whole = [0.0] * columns
    for k, value in zip(kept, found, strict=True):
        whole[k] = value
    return whole


def _normal(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    size = len(rows[0])
    return [[sum(row[i] * row[j] for row in rows) for j in range(size)] for i in range(size)]


def _solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Gauss, with the greatest pivot. Raises ValueError when the matrix is singular."""
    size = len(right)
    # Columns of very unlike sizes (one, bytes) are brought to one scale first.
    scale = [matrix[i][i] ** 0.5 or 1.0 for i in range(size)]
    work = [
        [matrix[i][j] / scale[i] / scale[j] for j in range(size)] + [right[i] / scale[i]] for i in range(size)
    ]
    for rank in range(size):
        pivot = max(range(rank, size), key=lambda row: abs(work[row][rank]))
        if abs(work[pivot][rank]) < _SINGULAR:
            raise ValueError("columns that cannot be told apart")
        work[rank], work[pivot] = work[pivot], work[rank]
        for row in range(size):
            if row != rank:
                factor = work[row][rank] / work[rank][rank]
                work[row] = [a - factor * b for a, b in zip(work[row], work[rank], strict=True)]
    return [work[rank][size] / work[rank][rank] / scale[rank] for rank in range(size)]
