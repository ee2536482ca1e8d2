"""The proof: rows against each other, against the head, against the roots, and against the facts.

Nothing is believed, and a million rows never sit in memory. Whoever rewrites the chain from a row on, and
the head with it, is told by the exported roots, or by the facts that the rows must tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from edi.journal.concordance import check_facts, check_rows
from edi.journal.exports import check_roots, read_roots
from edi.journal.ruptures import Rupture, broken, missing
from edi.model.journal import Ecriture, GenreEcriture, Racine
from edi.spool import Spool
from edi.store import ecritures, journal
from edi.store.database import reading

_SHOWN = 200  # ruptures that are kept; the others are counted

Progress = Callable[[int, int], None]  # told how many rows were read, and of how many


class Preuve(NamedTuple):
    """What came of a proof."""

    lignes: int  # that were read
    depuis: int  # the number of the first of them
    dernier: int
    empreinte: str  # of the last row
    racines: int  # of the days that have one
    ruptures: tuple[Rupture, ...]  # by number, those without one at the end
    en_tout: int  # ruptures, those that are not kept with the others

    @property
    def premiere(self) -> Rupture | None:
        """The first broken row."""
        return self.ruptures[0] if self.ruptures else None


def prove(
    base: Engine, spool: Spool, *, complet: bool = True, progress: Progress = lambda n, of: None
) -> Preuve:
    """Prove the journal of a database at work.

    The exported roots are listed while nobody can be making one: its file comes before its row.
    """
    with base.begin() as conn:
        journal.lock_head(conn)
        jours = spool.root_days()
    with reading(base) as conn:
        return verify(conn, spool, jours, complet=complet, progress=progress)


def verify(
    conn: Connection,
    spool: Spool,
    jours: Collection[date],
    *,
    complet: bool = True,
    progress: Progress = lambda n, of: None,
) -> Preuve:
    """Prove the journal, in one instant of the database; ``complet``: from its first row on.

    Else from the last root on, of which it is verified that it is still what was exported. ``jours``: the
    days that have an exported root.
    """
    roots, wrong = read_roots(ecritures.read_roots(conn))
    since = roots[-1] if roots and not complet else None
    proof = _Proof(conn, dict.fromkeys((racine.dernier for racine in roots), ""))
    proof.tell(wrong)
    proof.check_guards()
    start = 1 if since is None else since.dernier
    proof.walk(start, None if since is None else start, progress)
    proof.check_head()
    proof.tell(check_roots(spool, roots, jours, proof.ends, complet=complet))
    proof.tell(check_facts(conn, start, lambda genre: _floor(genre, since, proof.avant)))
    ruptures = sorted(proof.found, key=lambda one: (one.numero is None, one.numero or 0))
    return Preuve(
        proof.count, start, proof.expected - 1, proof.last, len(roots), tuple(ruptures), proof.total
    )


def _floor(genre: GenreEcriture, since: Racine | None, avant: dict[str, dict[str, int]] | None) -> int | None:
    """The last id that need not be told: of the root that we begin at, or from before the journal."""
    if since is not None:
        return since.reperes.get(genre.name, 0)
    return None if avant is None else avant.get(genre.name, {}).get("dernier", 0)


@dataclass
class _Proof:
    """A proof under way: the rows, one after the other."""

    conn: Connection
    ends: dict[int, str]  # the last row of each day that has a root: its hash, once it was read
    found: list[Rupture] = field(default_factory=list)
    total: int = 0
    count: int = 0
    expected: int = 1  # the number of the next row
    last: str = ""  # the hash of the last one
    avant: dict[str, dict[str, int]] | None = None  # what the first row says was there before

    def tell(self, ruptures: Iterable[Rupture]) -> None:
        for rupture in ruptures:
            self.total += 1
            if len(self.found) < _SHOWN:
                self.found.append(rupture)

    def walk(self, start: int, asked: int | None, progress: Progress) -> None:
        """Read the rows from one on, all of them when none is asked: numbers, hashes, what they tell."""
        wanted = ecritures.count_from(self.conn, start)
        before = ecritures.read_one(self.conn, start - 1) if start > 1 else None
        self.expected, self.last = start, before.empreinte if before else ""
        for page in ecritures.read_from(self.conn, asked):
            self._check_page(page)
            progress(self.count, wanted)

    def _check_page(self, page: Sequence[Ecriture]) -> None:
        sound = []
        for row in page:
            self._check_place(row)
            if (fault := self._fault_of(row)) is None:
                sound.append(row)
            else:
                self.tell([broken(row, fault)])
        self.tell(check_rows(self.conn, sound))
        self.count += len(page)

    def _check_place(self, row: Ecriture) -> None:
        if row.numero > self.expected:
            self.tell([missing(self.expected, row.numero - 1)])
        elif row.numero < self.expected:
            self.tell([broken(row, "le journal commence au n° 1")])
        elif row.precedente != self.last:
            self.tell([broken(row, "elle ne suit pas la ligne d'avant, telle qu'elle est aujourd'hui")])
        self.expected, self.last = row.numero + 1, row.empreinte
        if row.numero in self.ends:
            self.ends[row.numero] = row.empreinte

    def _fault_of(self, row: Ecriture) -> str | None:
        """Why a row is not true to itself."""
        if row.digest() != row.empreinte:
            return "elle a été modifiée : son empreinte n'est pas celle de son contenu"
        if row.genre not in GenreEcriture.__members__:
            return f"le genre « {row.genre} » n'existe pas"
        if row.genre == GenreEcriture.OUVERTURE.name:
            if row.numero != 1:
                return "le journal ne s'ouvre qu'une fois"
            told = json.loads(row.contenu)
            self.avant = told.get("avant") if isinstance(told, dict) else None
        return None

    def check_head(self) -> None:
        head = ecritures.read_head(self.conn)
        if head is None:
            told = "elle manque : nul ne sait si d'autres lignes suivaient"
            self.tell([Rupture(None, "", "tête du journal", told)])
        elif head[0] >= self.expected:
            self.tell([missing(self.expected, head[0])])
        elif head != (self.expected - 1, self.last):
            told = f"elle dit que la dernière ligne est la n° {head[0]}, ou une autre de ce numéro"
            self.tell([Rupture(self.expected - 1, "", "tête du journal", told)])

    def check_guards(self) -> None:
        told = "il manque : la base ne refuse plus que le journal soit réécrit"
        names = ecritures.missing_guards(self.conn)
        self.tell(Rupture(None, "", f"déclencheur {name}", told) for name in names)
