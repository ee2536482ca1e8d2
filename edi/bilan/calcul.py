"""From what the database holds of some deliveries to the figures of a run. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, NamedTuple

from edi.bilan.chiffres import (
    Bilan,
    Cause,
    Compte,
    Entete,
    Exemple,
    Ligne,
    Point,
    Somme,
    Sommes,
    add_up,
)
from edi.model import AVOIRS, FluxStatut
from edi.store.bilans import Constat, Decidees, FluxVu, Rejetee

ENOUGH = 3  # runs before anything is called usual
Cle = tuple[str, str]  # déposant, fournisseur


class Deposant(NamedTuple):
    """Who deposits: its own name and number."""

    nom: str
    numero: str


@dataclass(frozen=True, slots=True)
class Matiere:
    """Rows about the deliveries of a run."""

    vus: Sequence[FluxVu] = ()
    decidees: Sequence[Decidees] = ()
    reprises: Sequence[Decidees] = ()  # accepted invoices that were brought back
    rejetees: Sequence[Rejetee] = ()
    constats: Sequence[Constat] = ()
    deposants: Mapping[str, Deposant] = field(default_factory=dict)


def make_bilan(entete: Entete, matiere: Matiere, avant: Sequence[Bilan] = ()) -> Bilan:
    """The figures of a run; ``avant``: those of the runs before, oldest first."""
    lignes = _lignes(matiere)
    usual = _usual([bilan.lignes for bilan in avant])
    lignes = [
        replace(ligne, habituel=known[0], passages=known[1])
        if (known := usual.get((ligne.appli, ligne.fournisseur)))
        else ligne
        for ligne in lignes
    ]
    new = [vu.flux for vu in matiere.vus if not vu.reporte]
    made = Bilan(
        entete=entete,
        lignes=tuple(lignes),
        flux=len(new),
        rappels=sum(flux.rappel_de is not None for flux in new),
        non_comptes=sum(vu.flux.statut.en_cours and vu.flux.recues is None for vu in matiere.vus),
        causes=_causes(matiere),
    )
    points = [Point(bilan.entete.jour, bilan.compte) for bilan in avant]
    return replace(made, historique=(*points, Point(entete.jour, made.compte)))


def _usual(avant: Iterable[Iterable[Ligne]]) -> dict[Cle, tuple[float, int]]:
    """The median rate of each fournisseur, and of how many runs."""
    rates: dict[Cle, list[float]] = defaultdict(list)
    for lignes in avant:
        for ligne in lignes:
            if ligne.compte.taux is not None:
                rates[ligne.appli, ligne.fournisseur].append(ligne.compte.taux)
    return {cle: (median(found), len(found)) for cle, found in rates.items() if len(found) >= ENOUGH}


# -- by fournisseur ---------------------------------------------------------------------------------------


def _lignes(matiere: Matiere) -> list[Ligne]:
    """One line a fournisseur and déposant, those with trouble first."""
    comptes: dict[Cle, Compte] = defaultdict(Compte)
    names: dict[Cle, str] = {}
    by_flux = {vu.flux.id: vu for vu in matiere.vus}
    known = defaultdict(list)
    for one in (*matiere.decidees, *_reprises(matiere)):
        known[one.flux_id].append(one)
        cle = (by_flux[one.flux_id].flux.appli, one.fournisseur)
        names[cle] = max(names.get(cle, ""), one.nom)
        if not one.avant:
            comptes[cle] = comptes[cle].plus(_counted(by_flux[one.flux_id], one))
    for vu in matiere.vus:
        cle = _own(matiere, vu.flux.appli)
        names.setdefault(cle, matiere.deposants.get(vu.flux.appli, Deposant(vu.flux.appli, "")).nom)
        comptes[cle] = comptes[cle].plus(_unread(vu, known[vu.flux.id]))
    refused = Counter(
        _own(matiere, vu.flux.appli) for vu in matiere.vus if vu.flux.statut is FluxStatut.IRRECEVABLE
    )
    blocked, why = _blocked(matiere), _why(matiere)
    lignes = [
        Ligne(
            *cle,
            names[cle] or cle[1] or cle[0],
            compte,
            blocked.get(cle, ()),
            refused[cle],
            **why.get(cle, {}),
        )
        for cle, compte in comptes.items()
        if any(compte) or refused[cle]
    ]
    return sorted(lignes, key=rank)


def rank(ligne: Ligne) -> tuple[object, ...]:
    """What has trouble first, the most of it first."""
    compte = ligne.compte
    money = sum(montant for _, montant in ligne.bloque)
    return (-ligne.irrecevables, -compte.rejetees, -money, -compte.en_attente, ligne.nom, ligne.appli)


def _own(matiere: Matiere, appli: str) -> Cle:
    """Where that of a déposant is counted which nobody could read."""
    known = matiere.deposants.get(appli)
    return (appli, known.numero if known else "")


def _counted(vu: FluxVu, one: Decidees) -> Compte:
    became = Compte(rejetees=one.factures) if one.rejetees else Compte(acceptees=one.factures)
    return _came(vu, one.factures).plus(became)


def _came(vu: FluxVu, factures: int) -> Compte:
    return Compte(reportees=factures) if vu.reporte else Compte(recues=factures)


def _unread(vu: FluxVu, known: Sequence[Decidees]) -> Compte:
    """What the invoices that were recorded do not tell: files nobody could read, invoices not judged yet."""
    flux = vu.flux
    if flux.rappel_de is not None:  # counted with the delivery that it repeats
        return Compte()
    accepted = sum(one.factures for one in known if not one.rejetees)
    rejected = sum(one.factures for one in known if one.rejetees)
    if flux.statut.en_cours:
        pending = max((flux.recues or 0) - accepted - rejected, 0)
        return _came(vu, pending).plus(Compte(en_attente=pending))
    total = flux.acceptees + flux.rejetees if flux.recues is None else flux.recues
    more = Compte(acceptees=flux.acceptees - accepted, rejetees=flux.rejetees - rejected)
    return _came(vu, total - accepted - rejected).plus(more)


def _reprises(matiere: Matiere) -> Iterable[Decidees]:
    """Invoices brought back count where their delivery is decided: it counts them as accepted then."""
    over = {vu.flux.id for vu in matiere.vus if not vu.flux.statut.en_cours and vu.flux.rappel_de is None}
    return (one for one in matiere.reprises if one.flux_id in over)


# -- what blocks ------------------------------------------------------------------------------------------


def _amount(rejetees: Iterable[Rejetee]) -> Sommes:
    """What will not be paid until it is mended: an avoir is no such thing."""
    return add_up(
        Somme(one.devise or "?", one.ttc)
        for one in rejetees
        if one.ttc is not None and one.type not in AVOIRS
    )


def _by_ligne(matiere: Matiere) -> dict[Cle, list[Rejetee]]:
    applis = {vu.flux.id: vu.flux.appli for vu in matiere.vus}
    found: dict[Cle, list[Rejetee]] = defaultdict(list)
    for one in matiere.rejetees:
        found[applis[one.flux_id], one.fournisseur].append(one)
    return found


def _blocked(matiere: Matiere) -> dict[Cle, Sommes]:
    return {cle: _amount(some) for cle, some in _by_ligne(matiere).items()}


def _why(matiere: Matiere) -> dict[Cle, dict[str, Any]]:
    """The codes of each line, the most frequent first, and what is said of one of the first."""
    times: dict[Cle, Counter[str]] = defaultdict(Counter)
    said: dict[tuple[Cle, str], str] = {}
    for (code, _), touched in _touched(matiere).items():
        for (cle, _, _), first in touched.items():
            times[cle][code] += 1
            said.setdefault((cle, code), first.finding.message)
    ordered = {cle: sorted(some.items(), key=lambda one: (-one[1], one[0])) for cle, some in times.items()}
    return {
        cle: {"causes": tuple(code for code, _ in some), "pourquoi": said[cle, some[0][0]]}
        for cle, some in ordered.items()
    }


Touched = dict[tuple[Cle, int, str], Constat]  # line, invoice (negative: flux) and file -> the first finding


def _touched(matiere: Matiere) -> dict[tuple[str, str], Touched]:
    """By code and motif, each invoice once, each unread file once."""
    applis = {vu.flux.id: vu.flux.appli for vu in matiere.vus}
    sellers = {one.id: one.fournisseur for one in matiere.rejetees}
    found: dict[tuple[str, str], Touched] = defaultdict(dict)
    for one in matiere.constats:
        appli = applis[one.flux_id]
        if one.facture_id is None:
            where = (_own(matiere, appli), -one.flux_id, one.fichier)
        else:
            where = ((appli, sellers[one.facture_id]), one.facture_id, "")
        found[one.finding.code, one.finding.motif].setdefault(where, one)
    return found


def _causes(matiere: Matiere) -> tuple[Cause, ...]:
    """Why things were rejected, the most frequent first."""
    rejetees = {one.id: one for one in matiere.rejetees}
    flux = {vu.flux.id: vu.flux for vu in matiere.vus}
    found = []
    for (code, motif), touched in _touched(matiere).items():
        factures = [rejetees[number] for _, number, _ in touched if number > 0]
        (cle, number, _), first = next(iter(touched.items()))
        told = rejetees.get(number)
        nom = told.nom if told else matiere.deposants.get(cle[0], Deposant(cle[0], "")).nom
        delivery = flux[first.flux_id]
        found.append(
            Cause(
                code=code,
                motif=motif,
                message=first.finding.message,
                remede=first.finding.fix,
                factures=len(factures),
                fichiers=len(touched) - len(factures),
                fournisseurs=len({cle[1] for cle, _, _ in touched}),
                bloque=_amount(factures),
                exemple=Exemple(
                    told.numero if told else "", first.fichier, delivery.reference, delivery.appli, nom
                ),
            )
        )
    return tuple(sorted(found, key=lambda cause: (-cause.factures - cause.fichiers, cause.code, cause.motif)))
