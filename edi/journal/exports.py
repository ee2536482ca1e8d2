"""The roots of the days against each other, against the rows, and against their files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from edi.journal.ruptures import Rupture, broken
from edi.model.journal import Ecriture, Racine, read_racine
from edi.spool import Spool


def read_roots(rows: Iterator[Ecriture]) -> tuple[list[Racine], list[Rupture]]:
    """The roots that the journal tells, in order, and what is wrong: each follows the one before."""
    roots: list[Racine] = []
    found: list[Rupture] = []
    for row in rows:
        try:
            racine = read_racine(row.contenu)
        except ValueError:
            found.append(broken(row, "ce n'est pas une racine, ou elle n'est pas celle qu'elle dit"))
            continue
        last = roots[-1] if roots else None
        if (racine.premier, racine.precedente) != ((last.dernier + 1, last.racine) if last else (1, "")):
            found.append(broken(row, "elle ne suit pas la racine de la journée d'avant"))
        roots.append(racine)
    return roots, found


def check_roots(
    spool: Spool, roots: Sequence[Racine], jours: Collection[date], ends: Mapping[int, str], *, complet: bool
) -> Iterator[Rupture]:
    """``jours`` have a file; ``ends``: the hash of the last row of each day, as it was read.

    Else than ``complet``, the last day alone is read, and files are looked for by their names.
    """
    read = roots if complet else roots[-1:]
    for racine in read:
        if ends[racine.dernier] != racine.empreinte:
            yield _of_day(racine, "les lignes de la journée ne sont plus celles de sa racine")
    for racine in roots:
        if racine in read or racine.jour not in jours:
            yield from _check_file(spool, racine)
    for jour in sorted(set(jours) - {racine.jour for racine in roots}):
        told = f"le fichier journal/{jour}.json est là, et aucune ligne du journal ne dit cette racine"
        yield Rupture(None, "", f"racine du {jour:%d/%m/%Y}", told)


def _check_file(spool: Spool, racine: Racine) -> Iterator[Rupture]:
    data = spool.read_root(racine.jour)
    if data is None:
        yield _of_day(racine, f"le fichier journal/{racine.jour}.json manque")
    elif data != racine.as_file():
        yield _of_day(racine, _disagreement(racine, data))


def _of_day(racine: Racine, constat: str) -> Rupture:
    """A day whose rows, or whose file, are not what they were."""
    quoi = f"racine du {racine.jour:%d/%m/%Y} (lignes n° {racine.premier} à {racine.dernier})"
    return Rupture(None, "", quoi, constat)


def _disagreement(racine: Racine, data: bytes) -> str:
    try:
        read_racine(data)
    except ValueError:
        return f"le fichier journal/{racine.jour}.json n'est plus une racine, ou a été modifié"
    return (
        f"le fichier journal/{racine.jour}.json dit une autre racine : le journal a été réécrit, ou ce "
        "fichier n'est pas le sien"
    )
