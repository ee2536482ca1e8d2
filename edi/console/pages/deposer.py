"""Deposits by hand: a file tried or deposited, what became of those that were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import RedirectResponse, Response

from edi.console.droits import Droit, needs
from edi.console.televersement import Recu
from edi.console.visite import Ici, Visite
from edi.model import (
    ChampsRefuses,
    DepotVoulu,
    EssaiManuel,
    FichierRefuse,
    Finding,
    FluxStatut,
    LotJuge,
    Outcome,
    Role,
    Severity,
)
from edi.model.gestes import GesteRefuse
from edi.model.minimum import CADRES, IDENTITE, MODES, MONTANTS, PARTIES, TAUX, TYPES
from edi.store import depots_manuels, nouvelles

router = APIRouter(prefix="/deposer", dependencies=[needs(Droit.DEPOSER)])

_PAGE = 50  # deposits
_DERNIERS = 5
_CONSTATS = 100  # findings of a trial that are shown
_SIENNE = "Dépôt par le déposant lui-même"
# Of a trial: the statut whose tone it is shown in, its word, its sentence.
ESSAI = {
    Outcome.ACCEPTED: (FluxStatut.INTEGRE, "Accepté", "Ce dépôt serait accepté"),
    Outcome.PARTIAL: (FluxStatut.INTEGRE_PARTIEL, "Accepté en partie", "Ce dépôt serait accepté en partie"),
    Outcome.REJECTED: (FluxStatut.REJETE, "Rejeté", "Ce dépôt serait rejeté"),
    Outcome.IRRECEVABLE: (FluxStatut.IRRECEVABLE, "Irrecevable", "Ce dépôt serait irrecevable"),
    Outcome.UNDECIDED: (FluxStatut.EN_ATTENTE, "Pas jugé", "Ce dépôt ne peut pas être jugé pour l'instant"),
}


class Constats(NamedTuple):
    """What was found, and in what."""

    ou: str
    constats: tuple[Finding, ...]
    fichier: str = ""  # '' the deposit as a whole


@router.get("")
def ask(ici: Ici) -> Response:
    """The form."""
    return _show(ici, {"cadre": "A1", "type": "380", "mode_paiement": "30", "devise": "EUR"})


@router.post("")
def take(ici: Ici, recu: Recu) -> Response:
    """Try what was handed in, or deposit it."""
    said, manuel = recu.champs, ici.console.gestes.manuel
    voulu = read_voulu(ici, said, recu.nom)
    try:
        if not recu.nom and not recu.versement.taille:
            raise ChampsRefuses({"fichier": "Choisissez un fichier."})
        if said.get("acte") != "depot":
            return _show(ici, said, essai=manuel.try_out(voulu, recu.versement))
        number = manuel.deposit(voulu, recu.versement, _me(ici))
    except ChampsRefuses as refused:
        return _show(ici, said, 422, fautes=refused.fautes)
    except FichierRefuse as refused:
        return _show(ici, said, 422, refus=str(refused), constat=refused.finding)
    except GesteRefuse as refused:
        return _show(ici, said, 409, refus=str(refused))
    return RedirectResponse(f"/deposer/depots/{number}", 303)


@router.get("/depots")
def list_depots(
    ici: Ici, avant: Annotated[int, Query(ge=0)] = 0, apres: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """The deposits that were made, newest first."""
    with ici.reading() as conn:
        page = depots_manuels.list_depots(conn, ici.portee, _PAGE, avant=avant, apres=apres)
        marque = nouvelles.mark(conn, ici.portee)
    return ici.show("depots_manuels.html", page=page, marque=marque)


@router.get("/depots/{number}")
def show_depot(ici: Ici, number: int) -> Response:
    """One deposit, and where its flux is."""
    with ici.reading() as conn:
        depot = ici.known(depots_manuels.find(conn, ici.portee, number))
        marque = nouvelles.mark(conn, ici.portee)
    return ici.show("depot_manuel.html", depot=depot, marque=marque)


def read_voulu(ici: Visite, said: Mapping[str, str], nom: str) -> DepotVoulu:
    """What is asked for, within the scope of whoever asks; another's déposant is nobody's."""
    appli = said.get("deposant", "")
    raison = " ".join(said.get("raison", "").split())
    if not raison and ici.visiteur and ici.visiteur.utilisateur.role is Role.FOURNISSEUR:
        raison = _SIENNE
    return DepotVoulu(appli if appli in _deposants(ici) else "", nom, said, raison)


def _deposants(ici: Visite) -> dict[str, str]:
    """Those for whom whoever asks may deposit."""
    return {code: nom for code, nom in ici.console.gestes.manuel.deposants.items() if ici.sees(code)}


def _me(ici: Visite) -> str:
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur.login


def _show(
    ici: Visite,
    said: Mapping[str, str],
    code: int = 200,
    *,
    fautes: Mapping[str, str] | None = None,
    refus: str = "",
    constat: Finding | None = None,
    essai: EssaiManuel | None = None,
) -> Response:
    with ici.reading() as conn:
        last = depots_manuels.list_depots(conn, ici.portee, _DERNIERS)
    groups = list(group_findings(essai.lot)) if essai else []
    outcome = outcome_of(essai) if essai else Outcome.UNDECIDED
    return ici.show(
        "deposer.html",
        code,
        dit=said,
        fautes=dict(fautes or {}),
        refus=refus,
        constat=constat,
        essai=essai,
        verdict=ESSAI[outcome],
        accepte=outcome is Outcome.ACCEPTED,
        groupes=groups[:_CONSTATS],
        caches=sum(len(group.constats) for group in groups[_CONSTATS:]),
        deposants=_deposants(ici),
        derniers=last.lignes,
        limite=ici.console.gestes.manuel.limite,
        sien=ici.visiteur is not None and ici.visiteur.utilisateur.role is Role.FOURNISSEUR,
        cadres=CADRES,
        types=TYPES,
        modes=MODES,
        identite=IDENTITE,
        parties=PARTIES,
        montants=MONTANTS,
        taux=range(1, TAUX + 1),
    )


def outcome_of(essai: EssaiManuel) -> Outcome:
    """What would become of a deposit; undecided where it could not be judged."""
    return Outcome.UNDECIDED if essai.incident else essai.lot.outcome


def group_findings(lot: LotJuge) -> Iterator[Constats]:
    """What was found of the flux, of each file, of each invoice; what blocks first, nothing twice."""
    if lot.findings:
        yield Constats("Le dépôt entier", _sort(lot.findings))
    for fichier in lot.fichiers:
        if fichier.findings:
            yield Constats(f"Fichier {fichier.nom}", _sort(fichier.findings), fichier.nom)
        for jugee in fichier.factures:
            own = tuple(f for f in jugee.findings if f not in fichier.findings)
            if own:
                named = f"Facture {jugee.facture.numero or 'sans numéro'}"
                yield Constats(named, _sort(own), fichier.nom)


def _sort(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (-Severity(one.severity), one.code)))
