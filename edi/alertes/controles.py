"""The checks of the picture: each yields what is wrong, since when, and the words of its sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from edi.alertes.silences import is_silent
from edi.alertes.tableau import Refus, Tableau, deadline_of, held_by_operator
from edi.disjoncteur import is_unusual
from edi.model import Bornes, ErrorClass, FluxStatut, NatureSignalement, Seuils, Signalement
from edi.outbound.phrases import count
from edi.store.comptes import EnAttente
from edi.store.disjoncteurs import FAUTIVE
from edi.validators.wording import size


class Indice(NamedTuple):
    """One thing that is wrong: what, since when, and the words of its sentence."""

    sujet: str
    depuis: datetime
    mots: dict[str, str]


class Reglages(NamedTuple):
    """What the operator calls too much."""

    bornes: Bornes
    seuils: Seuils


_LATE = {
    FluxStatut.RECU.name: ("flux reçu attend d'être traité", "flux reçus attendent d'être traités"),
    FluxStatut.EN_COURS.name: ("flux est toujours en cours", "flux sont toujours en cours"),
    "EMISSION": ("réponse attend de partir", "réponses attendent de partir"),
}


def _folded(some: list[EnAttente], one: str, many: str) -> dict[str, str]:
    oldest = min(some, key=lambda one: one.depuis)
    return {"combien": count(len(some), one, many), "ancien": f"{oldest.appli} {oldest.sujet}"}


def find_late(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for etape, words in _LATE.items():
        some = [one for one in tableau.attentes if one.etape == etape and _is_past(one, tableau.at)]
        if some:
            yield Indice(etape, min(one.depuis for one in some), _folded(some, *words))


def _is_past(one: EnAttente, at: datetime) -> bool:
    deadline = deadline_of(one)
    return deadline is not None and deadline < at


def _held(tableau: Tableau, *, retried: bool) -> list[EnAttente]:
    waiting = (one for one in tableau.attentes if one.etape == FluxStatut.EN_ATTENTE.name)
    return [one for one in waiting if (one.prochain_essai is not None) is retried]


def find_abandoned(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    some = _held(tableau, retried=False)
    if some:
        words = "flux attend et ne sera plus essayé", "flux attendent et ne seront plus essayés"
        yield Indice("", min(one.depuis for one in some), _folded(some, *words))


def find_undecided(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    bound = tableau.at - reglages.bornes.indecises
    held = (one for one in _held(tableau, retried=True) if not held_by_operator(one))
    old = [one for one in held if one.depuis < bound]
    for raison, some in groupby(sorted(old, key=lambda one: one.raison), key=lambda one: one.raison):
        group = list(some)
        classe = ErrorClass[raison].value if raison else "inconnue"
        words = _folded(group, "flux ne peut pas être jugé", "flux ne peuvent pas être jugés")
        yield Indice(raison, min(one.depuis for one in group), {**words, "classe": classe})


def find_incomplete(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    late = [one for one in tableau.attentes if one.etape == "RECEPTION" and _is_past(one, tableau.at)]
    for appli, some in groupby(sorted(late, key=lambda one: one.appli), key=lambda one: one.appli):
        group = list(some)
        words = _folded(group, "fichier attend en vain", "fichiers attendent en vain")
        yield Indice(appli, min(one.depuis for one in group), {**words, "appli": appli})


def find_stopped(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for canal in tableau.canaux:
        if canal.arrete:
            words = {"serveur": canal.serveur, "incident": canal.incident}
            yield Indice(canal.serveur, canal.reussi_le or tableau.at, words)


def find_failing(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for canal in tableau.canaux:
        since = canal.reussi_le
        tolerated = since is not None and tableau.at - since <= reglages.bornes.canal
        if canal.essais and not canal.arrete and not tolerated:
            words = {"serveur": canal.serveur, "incident": canal.incident}
            words["essais"] = count(canal.essais, "essai", "essais")
            yield Indice(canal.serveur, since or tableau.at, words)


def find_mismatches(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for regle, some in groupby(sorted(tableau.ecarts), key=lambda ecart: ecart.regle):
        group = list(some)
        first = group[0]
        what = f"{first.sujet} ({first.constat})" if first.constat else first.sujet
        words = {"regle": regle, "combien": count(len(group), "cas", "cas"), "premier": what}
        yield Indice(regle, min(ecart.vu_le for ecart in group), words)


def find_full(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for disque in tableau.disques:
        if disque.libre < reglages.bornes.place:
            words = {"chemin": disque.chemin, "libre": size(disque.libre), "total": size(disque.total)}
            yield Indice(disque.chemin, tableau.at, words)


def find_silent(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for appli, days in sorted(tableau.habitudes.items()):
        if reglages.bornes.silence and is_silent(days, tableau.at.date()):
            last = datetime.combine(days[-1], datetime.min.time(), tableau.at.tzinfo)
            yield Indice(appli, last, {"appli": appli, "dernier": f"{days[-1]:%d/%m/%Y}"})


def _unusual(tableau: Tableau, reglages: Reglages, *, alone: bool) -> Iterator[Indice]:
    held = {one.declenchement.regle for one in tableau.doutees}
    for refus in tableau.refus:
        one = len(refus.deposants) == 1
        if one is alone and refus.regle not in held and is_unusual(refus.mesure, reglages.seuils):
            yield Indice(f"{refus.regle.code}:{refus.regle.source}", tableau.at, _of_rule(refus))


def _of_rule(refus: Refus) -> dict[str, str]:
    mesure = refus.mesure
    return {
        "code": refus.regle.code,
        "jeu": refus.regle.jeu,
        "refusees": count(mesure.refusees, "facture", "factures"),
        "taux": f"{100 * mesure.taux:.0f} %",
        "usuel": f"{100 * mesure.usuel:.0f} %",
        "deposants": ", ".join(refus.deposants),
        "fournisseurs": count(mesure.fournisseurs, "fournisseur", "fournisseurs"),
    }


def find_unusual_of_one(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    return _unusual(tableau, reglages, alone=True)


def find_unusual_of_many(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    return _unusual(tableau, reglages, alone=False)


def find_tripped(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for found, flux in tableau.doutees:
        if found.avis != FAUTIVE:
            words = _of_rule(Refus(found.regle, found.mesure, ())) | {"flux": str(flux)}
            yield Indice(f"{found.regle.code}:{found.regle.source}", found.declenche_le, words)


def find_wrong(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for found, flux in tableau.doutees:
        if found.avis == FAUTIVE and flux:
            waiting = count(flux, "flux attend", "flux attendent")
            words = {"code": found.regle.code, "jeu": found.regle.jeu, "flux": waiting, "par": found.par}
            yield Indice(f"{found.regle.code}:{found.regle.source}", found.declenche_le, words)


def find_unjudged(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    some = [one for one in _held(tableau, retried=True) if one.raison == ErrorClass.CLUSTER.name]
    if some:
        words = _folded(some, "flux attend la grappe de contrôle", "flux attendent la grappe de contrôle")
        yield Indice("", min(one.depuis for one in some), words)


def find_set_aside(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for one in tableau.ecartees:
        words = {"nom": one.nom, "court": one.feuille[:12], "ecart": one.dernier_ecart}
        yield Indice(one.feuille, one.depuis, words)


def find_unheard(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for canal, essais, incident, depuis in tableau.muets:
        if essais >= 3:
            words = {"canal": canal, "essais": str(essais), "incident": incident}
            yield Indice(canal, depuis, words)


def _unheeded(tableau: Tableau, reglages: Reglages, *, missing: bool) -> Iterator[Signalement]:
    """What a déposant was told, and nothing has changed since."""
    for one in tableau.signalements:
        is_late = one.nature is NatureSignalement.RETARD
        if is_late is missing and one.dit_le + reglages.bornes.deposant <= tableau.at:
            yield one


def find_missing(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    late = sorted(_unheeded(tableau, reglages, missing=True), key=lambda one: (one.appli, one.jour))
    for appli, some in groupby(late, key=lambda one: one.appli):
        group = list(some)
        first = group[0]
        absent = first.suivante is not None and first.suivante <= tableau.at
        words = {"appli": appli, "phrase": first.phrase, "dit": _told(group[-1], tableau.at)}
        words["etat"] = "est absent" if absent else "est en retard"
        words["etat"] += f" ({len(group)} dépôts attendus ne sont pas venus)" if len(group) > 1 else ""
        yield Indice(appli, group[0].depuis, words)


def find_abnormal(tableau: Tableau, reglages: Reglages) -> Iterator[Indice]:
    for one in _unheeded(tableau, reglages, missing=False):
        words = {"appli": one.appli, "phrase": one.phrase, "dit": _told(one, tableau.at)}
        yield Indice(f"{one.appli}:{one.jour}:{one.nature.value}", one.depuis, words)


def _told(one: Signalement, at: datetime) -> str:
    """How and when a déposant was told."""
    ways = "dans son dossier « statut »"
    ways += f" et par courriel ({', '.join(one.courriel)})" if one.courriel else ""
    return f"prévenu le {one.dit_le.astimezone(at.tzinfo):%d/%m/%Y à %H:%M} {ways}"
