"""The nights: each job and how it stands, its runs, the report of each, pausing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from edi.console.droits import DROITS, Droit, needs
from edi.console.visite import Ici, Visite
from edi.model.gestes import GesteRefuse, RaisonManquante
from edi.store import passages

router = APIRouter(prefix="/nuits", dependencies=[needs(Droit.VOIR_PLATEFORME)])

_PAGE = 30  # runs
_KINDS = {"html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8"}
FAITS = {"pause": "La tâche est en pause.", "reprise": "La tâche reprend."}


@router.get("")
def list_nuits(
    ici: Ici,
    tache: str = "",
    avant: Annotated[int, Query(ge=0)] = 0,
    apres: Annotated[int, Query(ge=0)] = 0,
    fait: str = "",
) -> HTMLResponse:
    """The jobs, and their last runs."""
    return _show(ici, tache=tache, avant=avant, apres=apres, fait=FAITS.get(fait, ""))


def _show(
    ici: Visite,
    code: int = 200,
    *,
    tache: str = "",
    avant: int = 0,
    apres: int = 0,
    fait: str = "",
    **refus: object,
) -> HTMLResponse:
    with ici.reading() as conn:
        nuits = ici.console.gestes.plateforme.nuits(conn)
        page = passages.list_page(conn, tache, _PAGE, avant=avant, apres=apres)
    role = ici.visiteur.utilisateur.role if ici.visiteur else None
    values = {"refus": "", "refusee": "", "raison": "", "rattraper": False, **refus}
    return ici.show(
        "nuits.html",
        code,
        rubrique="/plateforme",
        nuits=nuits,
        page=page,
        tache=tache,
        fait=fait,
        agit=role is not None and Droit.AGIR in DROITS[role],
        **values,
    )


@router.post("/{nom}/pause", dependencies=[needs(Droit.AGIR)])
def pause(ici: Ici, nom: str, raison: Annotated[str, Form()] = "") -> Response:
    """Start no run of a job any more."""
    try:
        ici.console.gestes.plateforme.pause_nuit(nom, raison, _me(ici))
    except GesteRefuse as refused:
        return _refuse(ici, refused, nom, raison)
    return RedirectResponse("/nuits?fait=pause", 303)


@router.post("/{nom}/reprise", dependencies=[needs(Droit.AGIR)])
def resume(
    ici: Ici, nom: str, raison: Annotated[str, Form()] = "", rattraper: Annotated[bool, Form()] = False
) -> Response:
    """Let a job go on."""
    try:
        ici.console.gestes.plateforme.reprend_nuit(nom, raison, _me(ici), rattraper)
    except GesteRefuse as refused:
        return _refuse(ici, refused, nom, raison, rattraper=rattraper)
    return RedirectResponse("/nuits?fait=reprise", 303)


def _refuse(
    ici: Visite, refused: GesteRefuse, nom: str, raison: str, *, rattraper: bool = False
) -> HTMLResponse:
    """The page with the form as it was filled in, and why nothing was done."""
    code = 422 if isinstance(refused, RaisonManquante) else 409
    return _show(ici, code, refus=str(refused), refusee=nom, raison=raison, rattraper=rattraper)


def _me(ici: Visite) -> str:
    assert ici.visiteur is not None  # strangers are turned away before
    return ici.visiteur.utilisateur.login


@router.get("/passages/{passage_id}")
def show_passage(ici: Ici, passage_id: int) -> HTMLResponse:
    """One run: its steps, and its report."""
    with ici.reading() as conn:
        passage = ici.known(passages.find(conn, passage_id))
        report = ici.console.gestes.plateforme.rapport(conn, passage_id, "corps")
        good = passages.made_good_by(conn, passage_id)
    return ici.show(
        "passage.html",
        rubrique="/plateforme",
        passage=passage,
        rattrapees=good,
        rapport=Markup(report[1]) if report else "",
    )


@router.get("/passages/{passage_id}/rapport.{forme}")
def give_report(ici: Ici, passage_id: int, forme: str) -> Response:
    """The report as a file to be kept: the page that is mailed, or its text."""
    with ici.reading() as conn:
        made = ici.console.gestes.plateforme.rapport(conn, passage_id, forme) if forme in _KINDS else None
    name, text = ici.known(made)
    return ici.give(name, text.encode(), _KINDS[forme])
