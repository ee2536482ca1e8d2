"""Conservation: what was received is decided or under way, and every byte lies where it must.

Nothing is changed here, and nothing is believed: counts come from rows, files from the disk. What does not
agree is an :class:`Ecart`; whoever called decides how to shout.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Engine

from edi.journal.verification import prove
from edi.model import Flux
from edi.spool import QUEUES, Spool
from edi.store import comptes, oublis
from edi.store import flux as flux_store
from edi.store.comptes import Bilan, Octets, Trou
from edi.store.database import reading

_MOVING = tuple(queue for queue in QUEUES if queue not in ("corrupt", "quarantaine"))


_RUPTURES = 20  # that are told; « edi audit journal » shows more

_RESTAURER = "rendre à la base ce qui y manque, d'après sa dernière sauvegarde"
_STOCK = (
    "rendre le fichier à spool/store depuis une sauvegarde, puis, avec un entrepôt, « edi entrepot envoie »"
)
_COMPARER = "« edi audit journal » dit quoi ; garder l'espace tel quel, comparer avec la copie des racines"
_APPELER = "garder l'espace tel quel et prévenir le mainteneur : c'est une faute de Navette"

# What must hold -> what to do when it does not, in French.
REGLES = {
    "reçues = acceptées + rejetées": _APPELER,
    "les réponses se suivent sans trou": _RESTAURER
    + " ; à défaut, prévenir le partenaire que ces numéros n'existeront pas",
    "tout ce qui est décidé a sa réponse": _RESTAURER,
    "le journal se suit sans rupture": _COMPARER,
    "une réponse part dans l'heure": "« edi queue » dit ce qui la retient ; le journal, pourquoi",
    "le registre ne tient que des factures acceptées": _APPELER,
    "un flux en cours est dans une file et une seule": "« edi run » remet les files en ordre",
    "un flux décidé n'est plus dans une file": "« edi run » remet les files en ordre",
    "rien ne traîne hors des places du spool": "ôter ce fichier du spool : Navette ne l'y a pas mis",
    "tout octet reçu est au stock": _STOCK,
    "le stock est intact": _STOCK,
}


# What an audit sees whole, however little of the past it looks at.
EN_COURS = frozenset(
    {
        "une réponse part dans l'heure",
        "un flux en cours est dans une file et une seule",
        "un flux décidé n'est plus dans une file",
    }
)


class Ecart(NamedTuple):
    """Two things that should agree and do not."""

    regle: str  # what must hold, in French: of :data:`REGLES`
    sujet: str  # a flux, a file, a return flow
    constat: str  # what was found

    @property
    def remede(self) -> str:
        """What to do, in French, without a full stop; the alert itself must never fail for want of it."""
        return REGLES.get(self.regle, _APPELER)


class Audit(NamedTuple):
    """What was counted, and what did not agree."""

    bilans: tuple[Bilan, ...]
    ecarts: tuple[Ecart, ...]
    fichiers: int  # of the store that were looked at
    octets: int
    oublies: int = 0  # originals that were kept long enough, and went


Progress = Callable[[int, int], None]  # told how many files of the store were read, and of how many


def audit(
    base: Engine,
    spool: Spool,
    at: datetime,
    *,
    complet: bool = True,
    progress: Progress = lambda n, of: None,
    depuis: Mapping[str, int] = MappingProxyType({}),
) -> Audit:
    """The whole proof; ``complet``: every byte of the store is read again, else sizes are compared.

    ``depuis``: of what decides and tells, only what came after these ids is looked at (those of the root of a
    day, by genre); all of what is under way. It then costs what came since, and not what there ever was;
    strangers in the spool are not looked for.
    """
    flux_id, emission_id = depuis.get("RECEPTION", 0), depuis.get("REPONSE", 0)
    with base.begin() as conn:
        bilans = () if depuis else comptes.by_appli(conn)
        ecarts = [
            *_check_counts(comptes.unbalanced(conn, flux_id)),
            *_check_numbers(comptes.holes(conn, emission_id)),
            *_check_answers(
                comptes.unanswered(conn, depuis.get("FLUX", 0)),
                comptes.untold(conn, depuis.get("FACTURE", 0)),
            ),
            *_check_late(comptes.late(conn, at)),
            *(
                Ecart("le registre ne tient que des factures acceptées", numero, statut)
                for numero, statut in comptes.wrongly_registered(conn, depuis.get("VERDICT", 0))
            ),
        ]
        under_way = {flux.ticket: flux for flux in flux_store.under_way(conn)}
        working = comptes.working(conn)
        forgotten = 0 if depuis else oublis.count_forgotten(conn)
    ecarts += _check_journal(base, spool, complet=complet)
    ecarts += _check_tickets(base, spool, under_way, working)
    vus = _Vus()
    with reading(
        base
    ) as conn:  # bytes that were kept long enough are not missing: their trace stands for them
        of = comptes.count_kept(conn, flux_id)
        wanted = vus.count(comptes.kept(conn, flux_id))
        ecarts += _check_blobs(spool, wanted, of, complet=complet, progress=progress)
    strangers = () if depuis else spool.strangers()  # the store holds a file for each delivery that ever came
    ecarts += [Ecart("rien ne traîne hors des places du spool", str(path), "") for path in strangers]
    return Audit(bilans, tuple(ecarts), vus.fichiers, vus.octets, forgotten)


@dataclass
class _Vus:
    """What was looked at, counted while it goes by."""

    fichiers: int = 0
    octets: int = 0

    def count(self, some: Iterator[Octets]) -> Iterator[Octets]:
        for one in some:
            self.fichiers += 1
            self.octets += one.taille
            yield one


def _check_counts(found: list[Flux]) -> Iterator[Ecart]:
    for flux in found:
        told = f"{flux.recues} reçues, {flux.acceptees} acceptées, {flux.rejetees} rejetées"
        yield Ecart("reçues = acceptées + rejetées", flux.reference, told)


def _check_numbers(found: list[Trou]) -> Iterator[Ecart]:
    for trou in found:
        missing = ranges(trou.manquants)
        many = "manque" if len(trou.manquants) == 1 else "manquent"
        told = f"n° {missing} {many}, le dernier est le n° {trou.dernier}"
        yield Ecart("les réponses se suivent sans trou", f"{trou.appli} {trou.interface}", told)


def ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers as people write them: 3, 7 à 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join(" à ".join(map(str, run)) for run in runs)


def _check_answers(flux_list: list[str], statuts: list[tuple[str, str]]) -> Iterator[Ecart]:
    for reference in flux_list:
        yield Ecart("tout ce qui est décidé a sa réponse", reference, "son compte rendu n'est plus en base")
    for numero, statut in statuts:
        told = f"le cycle de vie qui dit {statut} n'est plus en base"
        yield Ecart("tout ce qui est décidé a sa réponse", f"facture {numero}", told)


def _check_late(found: list[tuple[str, datetime]]) -> Iterator[Ecart]:
    for nom, since in found:
        yield Ecart("une réponse part dans l'heure", nom, f"attend depuis le {since:%d/%m/%Y %H:%M} UTC")


def _check_journal(base: Engine, spool: Spool, *, complet: bool) -> Iterator[Ecart]:
    proof = prove(base, spool, complet=complet)
    for rupture in proof.ruptures[:_RUPTURES]:
        where = f"n° {rupture.numero} " if rupture.numero is not None else ""
        yield Ecart("le journal se suit sans rupture", f"{where}{rupture.quoi}".strip(), rupture.constat)


def _check_tickets(
    base: Engine, spool: Spool, under_way: dict[str, Flux], working: set[str]
) -> Iterator[Ecart]:
    """Every flux under way has one ticket; a decided one has none, but in the hands of a process at work."""
    seen = Counter(entry.ticket for queue in _MOVING for entry in spool.entries(queue))
    for ticket, flux in under_way.items():
        if seen[ticket] != 1 and flux.proprietaire not in working:
            yield Ecart(
                "un flux en cours est dans une file et une seule", flux.reference, f"{seen[ticket]} file(s)"
            )
    if working:
        return
    with reading(base) as conn:
        decided = comptes.decided_among(conn, seen.keys())
    for ticket in sorted(decided):
        yield Ecart("un flux décidé n'est plus dans une file", ticket, "encore en file")


def _check_blobs(
    spool: Spool, wanted: Iterable[Octets], of: int, *, complet: bool, progress: Progress
) -> Iterator[Ecart]:
    for rank, one in enumerate(wanted, 1):
        taille = spool.size(one.sha256)
        progress(rank, max(rank, of))
        if taille is None:
            yield Ecart("tout octet reçu est au stock", one.reference, f"{one.sha256} est absent")
        elif taille != one.taille:
            yield Ecart("le stock est intact", one.reference, f"{taille} octets, {one.taille} attendus")
        elif complet and _digest(spool, one.sha256) != one.sha256:
            yield Ecart("le stock est intact", one.reference, f"{one.sha256} a changé")


def _digest(spool: Spool, sha256: str) -> str:
    with spool.reading(sha256) as path, open(path, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
