"""Conservation: what was received is decided or under way, and every byte lies where it must.

Nothing is changed here, and nothing is believed: counts come from rows, files from the disk. What does not
agree is an :class:`Ecart`; whoever called decides how to shout.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from edi.journal.verification import prove
from edi.model import Flux
from edi.spool import QUEUES, Spool
from edi.store import comptes, oublis
from edi.store.comptes import Bilan, Trou

_MOVING = tuple(queue for queue in QUEUES if queue not in ("corrupt", "quarantaine"))


_RUPTURES = 20  # that are told; « edi audit journal » shows more

_RESTAURER = "rendre à la base ce qui y manque, d'après sa dernière sauvegarde"
_STOCK = "rendre le fichier à spool/store depuis une sauvegarde"
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
    base: Engine, spool: Spool, at: datetime, *, complet: bool = True, progress: Progress = lambda n, of: None
) -> Audit:
    """The whole proof; ``complet``: every byte of the store is read again, else sizes are compared."""
    with base.begin() as conn:
        bilans = comptes.by_appli(conn)
        flux_list = comptes.kept(conn)
        ecarts = [
            *_check_counts(comptes.unbalanced(conn)),
            *_check_numbers(comptes.holes(conn)),
            *_check_answers(comptes.unanswered(conn), comptes.untold(conn)),
            *_check_late(comptes.late(conn, at)),
            *(
                Ecart("le registre ne tient que des factures acceptées", numero, statut)
                for numero, statut in comptes.wrongly_registered(conn)
            ),
        ]
        under_way = {flux.ticket: flux for flux in flux_list if flux.statut.en_cours}
        decided = {flux.ticket for flux in flux_list if not flux.statut.en_cours}
        working = comptes.working(conn)
        forgotten = oublis.forgotten(conn)
    ecarts += _check_journal(base, spool, complet=complet)
    # Bytes that were kept long enough are not missing: their trace stands for them.
    here = [flux for flux in flux_list if flux.sha256 and (flux.id, flux.sha256) not in forgotten]
    ecarts += _check_tickets(spool, under_way, decided, working)
    ecarts += _check_blobs(spool, here, complet=complet, progress=progress)
    ecarts += [Ecart("rien ne traîne hors des places du spool", str(path), "") for path in spool.strangers()]
    sizes = {flux.sha256: flux.taille for flux in here}
    return Audit(bilans, tuple(ecarts), len(sizes), sum(sizes.values()), len(forgotten))


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
    spool: Spool, under_way: dict[str, Flux], decided: set[str], working: set[str]
) -> Iterator[Ecart]:
    """Every flux under way has one ticket; a decided one has none, but in the hands of a process at work."""
    seen = Counter(entry.ticket for queue in _MOVING for entry in spool.entries(queue))
    for ticket, flux in under_way.items():
        if seen[ticket] != 1 and flux.proprietaire not in working:
            yield Ecart(
                "un flux en cours est dans une file et une seule", flux.reference, f"{seen[ticket]} file(s)"
            )
    for ticket in sorted(decided & set(seen)):
        if not working:
            yield Ecart("un flux décidé n'est plus dans une file", ticket, "encore en file")


def _check_blobs(
    spool: Spool, flux_list: list[Flux], *, complet: bool, progress: Progress
) -> Iterator[Ecart]:
    wanted = {flux.sha256: flux for flux in flux_list}
    for rank, (sha256, flux) in enumerate(sorted(wanted.items()), 1):
        path = spool.blob(sha256)
        progress(rank, len(wanted))
        if not path.is_file():
            yield Ecart("tout octet reçu est au stock", flux.reference, f"{sha256} est absent")
        elif path.stat().st_size != flux.taille:
            yield Ecart(
                "le stock est intact", flux.reference, f"{path.stat().st_size} octets, {flux.taille} attendus"
            )
        elif complet and _digest(path) != sha256:
            yield Ecart("le stock est intact", flux.reference, f"{sha256} a changé")


def _digest(path: Path) -> str:
    with open(path, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
