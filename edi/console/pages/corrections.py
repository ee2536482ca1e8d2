"""Correcting the annuaire: one form for a structure or a service, and letting go of what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edi.annuaire import champs as mots
from edi.console.droits import Droit, needs
from edi.console.filtres import read_day
from edi.console.gabarits import make_address
from edi.console.pages.annuaire import structure_page
from edi.console.visite import Ici, Visite
from edi.model import SIRET, Identifiant, Service, Structure
from edi.model.corrections import MAINTIEN, Correction, Valeur
from edi.model.gestes import GesteRefuse
from edi.store import corrections

router = APIRouter(prefix="/annuaire", dependencies=[needs(Droit.AGIR)])

_DATES = ("debut", "fin")


@dataclass(frozen=True, slots=True)
class Saisie:
    """The form as it stands: what somebody ticked and wrote, what it was drawn from."""

    identifiant: Identifiant
    service: str = ""  # its code; '': the structure itself, or a service that is added
    nouveau: bool = False
    vu: int = 0
    coches: frozenset[str] = frozenset()
    textes: Mapping[str, str] = field(default_factory=dict)  # nom, debut, fin
    raison: str = ""
    jusqu_au: str = ""

    @property
    def champs(self) -> tuple[mots.Champ, ...]:
        return mots.SERVICE if self.service or self.nouveau else mots.STRUCTURE

    @property
    def adresse(self) -> str:
        """Of the structure."""
        asked = {"type": self.identifiant.type if self.identifiant.type != SIRET else ""}
        return make_address(f"/annuaire/{quote(self.identifiant.valeur, safe='')}", asked)


@router.get("/{identifiant}/corriger")
def show_form(
    ici: Ici, identifiant: str, type: str = SIRET, service: str = "", nouveau: bool = False
) -> HTMLResponse:
    """The form, filled with what the annuaire says now."""
    named = Identifiant(type, identifiant)
    structure, value, vu = _find(ici, named, service)
    known: Structure | Service = Service(identifiant, "") if nouveau else value
    coches = frozenset(name for name in known.__dataclass_fields__ if getattr(known, name) is True)
    textes = {name: getattr(known, name, None) or "" for name in ("nom", *_DATES)}
    texts = {name: said.isoformat() if isinstance(said, date) else said for name, said in textes.items()}
    return _show(ici, structure, Saisie(named, service, nouveau, 0 if nouveau else vu, coches, texts))


@router.post("/{identifiant}/corriger")
def correct(
    ici: Ici,
    identifiant: str,
    type: Annotated[str, Form()] = SIRET,
    service: Annotated[str, Form()] = "",
    nouveau: Annotated[bool, Form()] = False,
    vu: Annotated[int, Form()] = 0,
    champs: Annotated[frozenset[str], Form()] = frozenset(),
    nom: Annotated[str, Form()] = "",
    debut: Annotated[str, Form()] = "",
    fin: Annotated[str, Form()] = "",
    raison: Annotated[str, Form()] = "",
    jusqu_au: Annotated[str, Form()] = "",
) -> Response:
    """Write what the form says; shown again as it was when it cannot be."""
    named = Identifiant(type, identifiant)
    structure, _, _ = _find(ici, named, "" if nouveau else service)
    texts = {"nom": nom, "debut": debut, "fin": fin}
    form = Saisie(named, service.strip(), nouveau, vu, champs, texts, raison, jusqu_au)
    refusals: list[str] = []
    asked = _read(form, refusals)
    if not raison.strip():
        refusals.append("Dites pourquoi : la raison d'une correction se lit dans son histoire")
    if refusals:
        return _show(ici, structure, form, 422, refusals)
    try:
        ici.console.gestes.referentiel.correct(asked, _login(ici))
    except GesteRefuse as refused:
        return _show(ici, structure, form, 409, [str(refused)])
    return RedirectResponse(form.adresse + ("&" if "?" in form.adresse else "?") + "fait=corrige", 303)


@router.post("/{identifiant}/relacher")
def release(
    ici: Ici,
    identifiant: str,
    correction: Annotated[int, Form()],
    type: Annotated[str, Form()] = SIRET,
    raison: Annotated[str, Form()] = "",
) -> Response:
    """Imports undo a correction again."""
    form = Saisie(Identifiant(type, identifiant))
    if not raison.strip():
        return structure_page(ici, form.identifiant, 422, refus="Dites pourquoi elle n'est plus maintenue")
    try:
        ici.console.gestes.referentiel.release(correction, raison, _login(ici))
    except GesteRefuse as refused:
        return structure_page(ici, form.identifiant, 409, refus=str(refused))
    return RedirectResponse(form.adresse + ("&" if "?" in form.adresse else "?") + "fait=relache", 303)


def _find(ici: Visite, named: Identifiant, service: str) -> tuple[Structure, Structure | Service, int]:
    """A structure, and what is to be corrected of it with the import since which it reads so."""
    with ici.reading() as conn:
        structure, vu = ici.known(corrections.find_structure(conn, named, lock=False))
        if not service:
            return structure, structure, vu
        found, vu = ici.known(corrections.find_service(conn, named.valeur, service, lock=False))
    return structure, found, vu


def _read(form: Saisie, refusals: list[str]) -> Correction:
    """What the form asks for; what of it means nothing is told."""
    said: dict[str, Valeur] = {}
    for champ in form.champs:
        if champ.nom in _DATES:
            said[champ.nom] = read_day(form.textes[champ.nom].strip(), refusals)
        elif champ.nom == "nom":
            said[champ.nom] = form.textes["nom"].strip()
        else:
            said[champ.nom] = champ.nom in form.coches
    until = read_day(form.jusqu_au.strip(), refusals)
    return Correction(
        form.identifiant, said, form.raison, form.service, ajout=form.nouveau, jusqu_au=until, vu=form.vu
    )


def _show(
    ici: Visite, structure: Structure, form: Saisie, code: int = 200, refusals: list[str] | None = None
) -> HTMLResponse:
    flags = [champ for champ in form.champs if champ.nom not in (*_DATES, "nom")]
    today = ici.console.now().date()
    return ici.show(
        "corriger.html",
        code,
        structure=structure,
        form=form,
        flags=flags,
        refus=refusals or [],
        jour=today,
        dernier=today + MAINTIEN,
    )


def _login(ici: Visite) -> str:
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur.login
