"""The journal against the facts that it tells, both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection

from edi.journal.ruptures import Rupture, broken, compare, name_fact
from edi.model.journal import Ecriture, GenreEcriture
from edi.store import ecritures
from edi.store.sources import SOURCES

_BATCH = 1_000  # facts in memory at a time


def check_rows(conn: Connection, rows: Sequence[Ecriture]) -> Iterator[Rupture]:
    """What the rows tell is in the database, and is what they tell."""
    wanted: dict[GenreEcriture, list[tuple[int, Ecriture]]] = defaultdict(list)
    for row in rows:
        if row.fait_id is not None and (genre := GenreEcriture[row.genre]) in SOURCES:
            wanted[genre].append((row.fait_id, row))
    for genre, some in wanted.items():
        facts = SOURCES[genre].read(conn, {fait_id for fait_id, _ in some})
        for fait_id, row in some:
            ligne = facts.get(fait_id)
            if ligne is None:
                yield broken(row, "ce qu'elle dit n'est plus en base")
            elif constat := compare(row, ligne):
                yield broken(row, constat)


def check_facts(
    conn: Connection, start: int, floor: Callable[[GenreEcriture], int | None]
) -> Iterator[Rupture]:
    """What is in the database and must be told is told by the rows from ``start`` on, and once.

    ``floor``: the id after which a genre must be; None: nobody knows any more.
    """
    for numero in ecritures.told_twice(conn, start):
        again = ecritures.read_one(conn, numero)
        if again is not None:
            yield broken(again, "elle répète une ligne d'avant")
    for genre, source in SOURCES.items():
        since = floor(genre)
        ids = iter(()) if since is None else ecritures.untold(conn, source, since, start)
        while some := list(islice(ids, _BATCH)):
            for fait_id, ligne in source.read(conn, some).items():
                told = f"aucune ligne du journal ne le dit (n° {fait_id} de sa table)"
                yield Rupture(None, str(ligne.le or ""), name_fact(ligne), told)
