"""The proof: rows against each other, against the head, against the roots, and against the facts.

Nothing is believed, and a million rows never sit in memory. Whoever rewrites the chain from a row on, and
the head with it, is told by the exported roots, or by the facts that the rows must tell.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from edi.journal.ruptures import Rupture, broken, compare, missing, name_fact
from edi.model.journal import Ecriture, GenreEcriture, Racine, read_racine
from edi.spool import Spool
from edi.store import ecritures
from edi.store.sources import SOURCES

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


def verify(
    conn: Connection, spool: Spool, *, complet: bool = True, progress: Progress = lambda n, of: None
) -> Preuve:
    """Prove the journal, in one instant of the database; ``complet``: from its first row on.

    Else from the last root on, of which it is verified that it is still what was exported.
    """
    proof = _Proof(conn, spool)
    roots = proof.read_roots()
    start = 1 if complet or not roots else max(roots[-1].dernier, 1)
    since = roots[-1] if roots and not complet else None
    proof.check_guards()
    proof.walk(start, None if complet else start, progress)
    proof.check_head()
    proof.check_roots(roots, complet=complet)
    proof.check_facts(start, since)
    ruptures = sorted(proof.found, key=lambda one: (one.numero is None, one.numero or 0))
    return Preuve(
        proof.count, start, proof.expected - 1, proof.last, len(roots), tuple(ruptures), proof.total
    )


@dataclass
class _Proof:
    """A proof under way."""

    conn: Connection
    spool: Spool
    found: list[Rupture] = field(default_factory=list)
    total: int = 0
    count: int = 0
    expected: int = 1  # the number of the next row
    last: str = ""  # the hash of the last one
    ends: dict[int, str] = field(default_factory=dict)  # rows that a root is the root of: their hash
    avant: dict[str, dict[str, int]] | None = None  # what the first row says was there before

    def tell(self, rupture: Rupture) -> None:
        self.total += 1
        if len(self.found) < _SHOWN:
            self.found.append(rupture)

    # -- rows ---------------------------------------------------------------------------------------------

    def walk(self, start: int, asked: int | None, progress: Progress) -> None:
        """Read the rows from one on: their numbers, their hashes, what they tell."""
        wanted = ecritures.count_from(self.conn, start)
        before = ecritures.read_one(self.conn, start - 1) if start > 1 else None
        self.expected, self.last = start, before.empreinte if before else ""
        for page in ecritures.read_from(self.conn, asked):
            sound = [row for row in page if self._check_row(row)]
            self._check_facts_of(sound)
            self.count += len(page)
            progress(self.count, wanted)

    def _check_row(self, row: Ecriture) -> bool:
        """Whether the row is true to itself; its place is told apart."""
        if row.numero > self.expected:
            self.tell(missing(self.expected, row.numero - 1))
        elif row.numero < self.expected:
            self.tell(broken(row, "le journal commence au n° 1"))
        elif row.precedente != self.last:
            self.tell(broken(row, "elle ne suit pas la ligne d'avant, telle qu'elle est aujourd'hui"))
        self.expected, self.last = row.numero + 1, row.empreinte
        if row.numero in self.ends:
            self.ends[row.numero] = row.empreinte
        if row.digest() != row.empreinte:
            self.tell(broken(row, "elle a été modifiée : son empreinte n'est pas celle de son contenu"))
            return False
        if row.genre not in GenreEcriture.__members__:
            self.tell(broken(row, f"le genre « {row.genre} » n'existe pas"))
            return False
        if row.genre == GenreEcriture.OUVERTURE.name:
            self._open(row)
        return True

    def _open(self, row: Ecriture) -> None:
        if row.numero != 1:
            self.tell(broken(row, "le journal ne s'ouvre qu'une fois"))
        else:
            told = json.loads(row.contenu)
            self.avant = told.get("avant") if isinstance(told, dict) else None

    def check_head(self) -> None:
        head = ecritures.read_head(self.conn)
        if head is None:
            self.tell(
                Rupture(None, "", "tête du journal", "elle manque : nul ne sait s'il manque des lignes")
            )
        elif head[0] >= self.expected:
            self.tell(missing(self.expected, head[0]))
        elif head != (self.expected - 1, self.last):
            told = f"elle dit que la dernière ligne est la n° {head[0]}, ou une autre de ce numéro"
            self.tell(Rupture(self.expected - 1, "", "tête du journal", told))

    def check_guards(self) -> None:
        for name in ecritures.missing_guards(self.conn):
            told = "il manque : la base ne refuse plus que le journal soit réécrit"
            self.tell(Rupture(None, "", f"déclencheur {name}", told))

    # -- roots --------------------------------------------------------------------------------------------

    def read_roots(self) -> list[Racine]:
        """The roots that the journal tells, in order, each after the one before."""
        roots: list[Racine] = []
        for row in ecritures.read_roots(self.conn):
            try:
                racine = read_racine(row.contenu)
            except ValueError:
                self.tell(broken(row, "ce n'est pas une racine, ou elle n'est pas celle qu'elle dit"))
                continue
            last = roots[-1] if roots else None
            if (racine.premier, racine.precedente) != ((last.dernier + 1, last.racine) if last else (1, "")):
                self.tell(broken(row, "elle ne suit pas la racine de la journée d'avant"))
            roots.append(racine)
        self.ends = {racine.dernier: "" for racine in roots}
        return roots

    def check_roots(self, roots: Sequence[Racine], *, complet: bool) -> None:
        """The roots against the rows, and against their files."""
        for racine in roots if complet else roots[-1:]:
            if self.ends[racine.dernier] != racine.empreinte:
                self.tell(_of_day(racine, "les lignes de la journée ne sont plus celles de sa racine"))
        told = {racine.jour: racine for racine in roots}
        for racine in roots:
            data = self.spool.read_root(racine.jour)
            if data is None:
                self.tell(_of_day(racine, f"le fichier journal/{racine.jour}.json manque"))
            elif data != racine.as_file():
                self.tell(_of_day(racine, _disagreement(racine, data)))
        for jour in self.spool.root_days():
            if jour not in told:
                self.tell(
                    Rupture(None, "", f"racine du {jour:%d/%m/%Y}", "aucune ligne du journal ne la dit")
                )

    # -- facts --------------------------------------------------------------------------------------------

    def _check_facts_of(self, rows: Sequence[Ecriture]) -> None:
        """What the rows tell is in the database, and is what they tell."""
        wanted: dict[GenreEcriture, list[Ecriture]] = defaultdict(list)
        for row in rows:
            if row.fait_id is not None and (genre := GenreEcriture[row.genre]) in SOURCES:
                wanted[genre].append(row)
        for genre, some in wanted.items():
            facts = SOURCES[genre].read(self.conn, {row.fait_id for row in some if row.fait_id is not None})
            for row in some:
                ligne = facts.get(row.fait_id or 0)
                if ligne is None:
                    self.tell(broken(row, "ce qu'elle dit n'est plus en base"))
                elif constat := compare(row, ligne):
                    self.tell(broken(row, constat))

    def check_facts(self, start: int, since: Racine | None) -> None:
        """What is in the database and must be told is told, and once."""
        for numero in ecritures.told_twice(self.conn, start):
            again = ecritures.read_one(self.conn, numero)
            if again is not None:
                self.tell(broken(again, "elle répète une ligne d'avant"))
        for genre, source in SOURCES.items():
            floor = self._floor(genre, since)
            if floor is None:
                continue  # the first row is broken, which is told
            ids = ecritures.untold(self.conn, source, floor, start)
            for some in _batches(ids):
                for fait_id, ligne in source.read(self.conn, some).items():
                    told = f"aucune ligne du journal ne le dit (n° {fait_id} de sa table)"
                    self.tell(Rupture(None, str(ligne.le or ""), name_fact(ligne), told))

    def _floor(self, genre: GenreEcriture, since: Racine | None) -> int | None:
        if since is not None:
            return since.reperes.get(genre.name, 0)
        return None if self.avant is None else self.avant.get(genre.name, {}).get("dernier", 0)


def _batches(ids: Iterator[int]) -> Iterator[list[int]]:
    while some := list(islice(ids, 1_000)):
        yield some


def _of_day(racine: Racine, constat: str) -> Rupture:
    """A day whose rows, or whose file, are not what they were."""
    quoi = f"racine du {racine.jour:%d/%m/%Y} (lignes n° {racine.premier} à {racine.dernier})"
    return Rupture(None, "", quoi, constat)


def _disagreement(racine: Racine, data: bytes) -> str:
    try:
        found = read_racine(data)
    except ValueError:
        return f"le fichier journal/{racine.jour}.json n'est plus une racine, ou a été modifié"
    return (
        f"le fichier journal/{racine.jour}.json dit une autre racine : le journal a été réécrit depuis "
        f"la ligne n° {found.premier} au plus tard, ou le fichier n'est pas le sien"
    )
