"""Mandats: the list with its filters and its file, one of them with its history, and what is done to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edi.annuaire.mandats import TRANSITIONS, last_act, read_mandant
from edi.annuaire.portail import name_etat, tell_etat, write_csv
from edi.console.droits import Droit, may, needs
from edi.console.filtres import read_day
from edi.console.visite import Ici, Visite
from edi.model import ActeMandat, EtatMandat, Identifiant
from edi.model.gestes import GesteRefuse
from edi.model.mandats import DemandeMandat, Souscription
from edi.store import liste_mandats, mandats, repertoire
from edi.store.liste_mandats import Filtre

router = APIRouter(prefix="/mandats")

_PAGE = 50
_LONG = 100  # characters of a number, of a name
FAITS = {
    "souscrit": "Mandat enregistré.",
    "soumis": "Mandat envoyé à la signature : il est en cours de validation.",
    "signe": "Signature enregistrée.",
    "revoque": "Révocation enregistrée.",
}


@router.get("")
def list_mandats(
    ici: Ici,
    deposant: str = "",
    fournisseur: str = "",
    etat: str = "",
    avant: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    apres: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> HTMLResponse:
    """The mandats that a filter lets through, newest first."""
    filtre, jour = read_filtre(deposant, fournisseur, etat), _today(ici)
    with ici.reading() as conn:
        page = liste_mandats.list_mandats(conn, ici.portee, filtre, jour, _PAGE, avant=avant, apres=apres)
        noms = repertoire.names_of(conn, [one.mandant for one in page.lignes])
    return ici.show(
        "mandats_liste.html",
        page=page,
        noms=noms,
        demande={"deposant": deposant, "fournisseur": fournisseur, "etat": etat},
        etats=[(one.name, one.value) for one in EtatMandat],
        deposants=ici.deposants,
        jour=jour,
        nom_etat=name_etat,
        agit=may(ici, Droit.AGIR),
    )


@router.get("/export")
def export(ici: Ici, deposant: str = "", fournisseur: str = "", etat: str = "") -> Response:
    """The same as a file that a French spreadsheet opens, with the columns of the portal."""
    return give_csv(ici, read_filtre(deposant, fournisseur, etat))


def give_csv(ici: Visite, filtre: Filtre) -> Response:
    """The mandats that a filter lets through, all of them, as a file."""
    jour = _today(ici)
    with ici.reading() as conn:
        found = liste_mandats.all_mandats(conn, ici.portee, filtre, jour)
    return ici.give(f"mandats-{jour:%Y-%m-%d}.csv", write_csv(found, jour), "text/csv")


@router.get("/nouveau", dependencies=[needs(Droit.AGIR)])
def show_form(ici: Ici) -> HTMLResponse:
    """The form of a new mandat."""
    return _ask(ici, {"du": _today(ici).isoformat(), "soumis": "oui"})


@router.post("", dependencies=[needs(Droit.AGIR)])
def give(
    ici: Ici,
    fournisseur: Annotated[str, Form(max_length=_LONG)] = "",
    deposant: Annotated[str, Form()] = "",
    du: Annotated[str, Form()] = "",
    signataire: Annotated[str, Form(max_length=_LONG)] = "",
    soumis: Annotated[str, Form()] = "",
) -> Response:
    """A new mandat: subscribed, or sent to be signed on that very day."""
    form = {"fournisseur": fournisseur, "deposant": deposant, "du": du, "signataire": signataire}
    form["soumis"] = soumis
    refusals: list[str] = []
    jour = read_day(du.strip(), refusals)
    mandant: Identifiant | None = None
    try:
        mandant = read_mandant(fournisseur)
    except GesteRefuse as refused:
        refusals.append(str(refused))
    if deposant not in ici.deposants:
        refusals.append("choisissez le déposant à qui le mandat est donné")
    if refusals or mandant is None:
        return _ask(ici, form, 422, refusals)
    asked = Souscription(mandant, deposant, jour, soumis=soumis == "oui", signataire=signataire)
    try:
        made = ici.console.gestes.referentiel.give_mandat(asked, _login(ici))
    except GesteRefuse as refused:
        return _ask(ici, form, 409, [str(refused)])
    return RedirectResponse(f"/mandats/{made.id}?fait=souscrit", 303)


@router.get("/{mandat_id}")
def show_mandat(ici: Ici, mandat_id: int, fait: str = "") -> HTMLResponse:
    """One mandat: its state, its history, what may be done to it."""
    return _show(ici, mandat_id, fait=fait)


@router.post("/{mandat_id}/envoyer", dependencies=[needs(Droit.AGIR)])
def submit(ici: Ici, mandat_id: int, le: Annotated[str, Form()] = "") -> Response:
    """Sent to be signed."""
    return _act(ici, mandat_id, ActeMandat.SOUMIS, le)


@router.post("/{mandat_id}/signer", dependencies=[needs(Droit.VALIDER)])
def sign(
    ici: Ici,
    mandat_id: int,
    le: Annotated[str, Form()] = "",
    signataire: Annotated[str, Form(max_length=_LONG)] = "",
) -> Response:
    """Signed by the fournisseur."""
    return _act(ici, mandat_id, ActeMandat.SIGNE, le, signataire=signataire)


@router.post("/{mandat_id}/revoquer", dependencies=[needs(Droit.AGIR)])
def revoke(
    ici: Ici, mandat_id: int, le: Annotated[str, Form()] = "", raison: Annotated[str, Form()] = ""
) -> Response:
    """Without force from a day on."""
    return _act(ici, mandat_id, ActeMandat.REVOQUE, le, raison=raison)


def _act(
    ici: Visite, mandat_id: int, acte: ActeMandat, le: str, *, signataire: str = "", raison: str = ""
) -> Response:
    refusals: list[str] = []
    jour = read_day(le.strip(), refusals)
    if acte is ActeMandat.REVOQUE and not raison.strip():
        refusals.append("Dites pourquoi : la raison d'une révocation se lit dans l'histoire du mandat")
    typed = {"le": le, "signataire": signataire, "raison": raison}
    if refusals:
        return _show(ici, mandat_id, 422, refus=refusals, acte=acte, typed=typed)
    asked = DemandeMandat(mandat_id, acte, jour, signataire, raison)
    try:
        ici.console.gestes.referentiel.act_on_mandat(asked, _login(ici))
    except GesteRefuse as refused:
        return _show(ici, mandat_id, 409, refus=[str(refused)], acte=acte, typed=typed)
    return RedirectResponse(f"/mandats/{mandat_id}?fait={acte.name.lower()}", 303)


def _show(
    ici: Visite,
    mandat_id: int,
    code: int = 200,
    *,
    fait: str = "",
    refus: list[str] | None = None,
    acte: ActeMandat | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    jour = _today(ici)
    with ici.reading() as conn:
        mandat = ici.known(liste_mandats.find_seen(conn, ici.portee, mandat_id))
        events = mandats.history(conn, mandat_id)
        nom = repertoire.names_of(conn, [mandat.mandant]).get(mandat.mandant, "")
    possible = TRANSITIONS[last_act(mandat)]
    droits = {ActeMandat.SOUMIS: Droit.AGIR, ActeMandat.SIGNE: Droit.VALIDER, ActeMandat.REVOQUE: Droit.AGIR}
    agit = may(ici, Droit.AGIR)
    return ici.show(
        "mandat.html",
        code,
        mandat=mandat,
        nom=nom,
        etat=mandat.etat_le(jour),
        nom_etat=name_etat(mandat, jour),
        dit=tell_etat(mandat, jour),
        histoire=events,
        actes=[one.name for one, droit in droits.items() if one in possible and may(ici, droit)],
        attend_valideur=agit and ActeMandat.SIGNE in possible and not may(ici, Droit.VALIDER),
        agit=agit,
        nomme=ici.portee.est_entiere,
        jour=jour,
        fait=FAITS.get(fait, ""),
        refus=refus or [],
        acte=acte.name if acte else "",
        typed=typed or {},
        gueries=ici.console.gestes.referentiel.count_cured() if agit and fait == "signe" else None,
    )


def _ask(
    ici: Visite, form: dict[str, str], code: int = 200, refusals: list[str] | None = None
) -> HTMLResponse:
    empty = {"fournisseur": "", "deposant": "", "du": "", "signataire": "", "soumis": ""}
    return ici.show(
        "mandat_nouveau.html", code, form=empty | form, refus=refusals or [], deposants=ici.deposants
    )


def read_filtre(deposant: str, fournisseur: str, etat: str) -> Filtre:
    """What is asked for, as it is written in an address."""
    return Filtre(
        deposant.strip().upper(),
        "".join(fournisseur.split())[:_LONG],
        EtatMandat[etat] if etat in EtatMandat.__members__ else None,
    )


def _today(ici: Visite) -> date:
    return ici.console.now().astimezone(ici.console.fuseau).date()


def _login(ici: Visite) -> str:
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur.login
