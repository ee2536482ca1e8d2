"""Judging again from a page: a dry run, what it says of each invoice, then for good, with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import RedirectResponse, Response

from edi.console.droits import Droit, needs
from edi.console.filtres import DemandeRejets, read_rejets
from edi.console.gabarits import make_address
from edi.console.visite import Ici, Visite
from edi.model import RejeuLance, Rejouee, Trouve
from edi.model.gestes import GesteRefuse
from edi.store import recherches, rejeux
from edi.store.rejets import Choix

router = APIRouter(prefix="/rejeux")

_PAGE = 50  # invoices
_REPONSES = 20  # return flows
_TOUTES = 5_000  # invoices that a sum is made of: those of the largest run
CHANGES = {"acceptee": "Passent", "rejetee": "Encore rejetées", "non_jugee": "Non rejugées"}


class Cible(NamedTuple):
    """What is judged again: in words, from which page, which invoices."""

    nom: str
    adresse: str
    choix: Choix


@router.post("", dependencies=[needs(Droit.AGIR)])
def try_out(
    ici: Ici,
    objet: Annotated[str, Form()] = "",
    numero: Annotated[int, Form()] = 0,
    code: Annotated[str, Form()] = "",
    signature: Annotated[str, Form()] = "",
    fournisseur: Annotated[str, Form()] = "",
    deposant: Annotated[str, Form()] = "",
    depuis: Annotated[str, Form()] = "",
) -> Response:
    """Begin a dry run of what a form names: an invoice, a flux, a cause."""
    if objet == "cause" and code:
        said = {"signature": signature, "fournisseur": fournisseur, "deposant": deposant, "depuis": depuis}
        zone = ici.console.fuseau
        today = ici.console.now().astimezone(zone).date()
        cible = aim_at_cause(ici, code, read_rejets(said, zone, today, code))
    else:
        cible = aim_at(ici, objet, numero)
    try:
        number = ici.console.gestes.try_replay(_me(ici), cible.nom, cible.adresse, cible.choix)
    except GesteRefuse as refused:
        raise HTTPException(409, str(refused)) from refused
    return RedirectResponse(f"/rejeux/{number}", 303)


def aim_at(ici: Visite, objet: str, number: int) -> Cible:
    """An invoice or a flux that may be seen. Raises HTTPException."""
    with ici.reading() as conn:
        if objet == "facture":
            facture = ici.known(recherches.find_facture(conn, ici.portee, number))
            name = f"la facture {facture.numero or 'sans numéro'}"
            return Cible(name, f"/factures/{number}", Choix(facture_id=number, portee=ici.portee))
        flux = ici.known(recherches.find_flux(conn, ici.portee, number if objet == "flux" else 0))
    choix = Choix(flux_id=number, portee=ici.portee)
    return Cible(f"le flux {flux.reference}", f"/flux/{number}", choix)


def aim_at_cause(ici: Visite, code: str, demande: DemandeRejets) -> Cible:
    """What a cause, or a group of it, rejects and may be seen."""
    filtre = demande.filtre
    choix = Choix(
        demande.depuis,
        filtre.appli,
        cause=code,
        signature=filtre.signature,
        fournisseur=filtre.fournisseur,
        portee=ici.portee,
    )
    parts = (f"la cause {code}", filtre.signature, filtre.fournisseur, filtre.appli)
    adresse = make_address(f"/rejets/{code}", demande.adresse_groupe)
    return Cible(", ".join(filter(None, parts)), adresse, choix)


@router.get("/{rejeu_id}", dependencies=[needs(Droit.VOIR_PLATEFORME)])
def show_replay(
    ici: Ici, rejeu_id: int, change: str = "", apres: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """How far a replay is; once it has ended, what it says of each invoice."""
    return _show(ici, rejeu_id, change if change in CHANGES else "", apres)


@router.post("/{rejeu_id}/valider", dependencies=[needs(Droit.AGIR)])
def accept(ici: Ici, rejeu_id: int, raison: Annotated[str, Form()] = "") -> Response:
    """Judge what passed in a dry run again, and accept it."""
    raison = raison.strip()
    if not raison:
        return _show(ici, rejeu_id, "", 0, "Dites pourquoi : la raison est écrite au journal.")
    with ici.reading() as conn:
        essai = ici.known(rejeux.find(conn, rejeu_id))
    try:
        number = ici.console.gestes.accept_replay(essai, _me(ici), raison)
    except GesteRefuse as refused:
        raise HTTPException(409, str(refused)) from refused
    return RedirectResponse(f"/rejeux/{number}", 303)


def _show(ici: Visite, rejeu_id: int, change: str, apres: int, refus: str = "") -> Response:
    with ici.reading() as conn:
        rejeu = ici.known(rejeux.find(conn, rejeu_id))
        under_way = ici.console.gestes.is_replaying(rejeu)
        over = not under_way
        lines = rejeux.list_done(conn, rejeu_id, change, _PAGE + 1, apres) if over else []
        everything = rejeux.list_done(conn, rejeu_id, "", _TOUTES) if over else []
        answers = rejeux.answers(conn, rejeu, _REPONSES + 1) if over and rejeu.valider else []
    done = [one.rejouee for one in everything]
    return ici.show(
        "rejeu.html",
        422 if refus else 200,
        rejeu=rejeu,
        en_cours=under_way,
        interrompu=over and rejeu.faites < rejeu.total,
        changes=[(cle, nom, _count(rejeu, cle)) for cle, nom in CHANGES.items()],
        change=change,
        lignes=[(one, compare(one.rejouee)) for one in lines[:_PAGE]],
        suivante=lines[_PAGE - 1].facture.id if len(lines) > _PAGE else 0,
        causes=count_codes(done),
        raisons=Counter(one.raison for one in done if one.raison).most_common(),
        reponses=[one for one in answers[:_REPONSES] if ici.sees(one.appli)],
        reponses_autres=len(answers) > _REPONSES,
        refus=refus,
    )


def _count(rejeu: RejeuLance, change: str) -> int:
    return {"acceptee": rejeu.acceptees, "rejetee": rejeu.rejetees, "non_jugee": rejeu.non_jugees}[change]


class Comparaison(NamedTuple):
    """What blocks an invoice: what does no longer, what still does, what does only now."""

    tombent: list[Trouve]
    restent: list[Trouve]
    viennent: list[Trouve]


def compare(one: Rejouee) -> Comparaison:
    """The findings before beside those of today; of one that was not judged, they stay."""
    before, after = ([x for x in found if x.bloque] for found in (one.avant, one.apres))
    if one.change == "non_jugee":
        return Comparaison([], before, [])
    codes_before, codes_after = {x.code for x in before}, {x.code for x in after}
    return Comparaison(
        [x for x in before if x.code not in codes_after],
        [x for x in after if x.code in codes_before],
        [x for x in after if x.code not in codes_before],
    )


def count_codes(done: Iterable[Rejouee]) -> list[tuple[str, int, int, int]]:
    """For each code in how many invoices it falls, stays, comes; the most frequent first."""
    found: dict[str, list[int]] = {}
    for one in done:
        for place, some in enumerate(compare(one)):
            for code in {x.code for x in some}:
                found.setdefault(code, [0, 0, 0])[place] += 1
    rows = [(code, falls, stays, comes) for code, (falls, stays, comes) in found.items()]
    return sorted(rows, key=lambda row: (-sum(row[1:]), row[0]))


def _me(ici: Visite) -> str:
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur.login
