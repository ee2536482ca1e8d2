"""What one person proposes of undecided invoices, and another confirms or refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edi.console.actes import Refus, author, refuse
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model.gestes import GesteRefuse
from edi.store import jugements_main

router = APIRouter(prefix="/jugements", dependencies=[needs(Droit.VOIR_PLATEFORME)])
log = structlog.get_logger()

_MONTRES = 100  # proposals
FAITS = {
    "confirme": "C'est confirmé : le flux est jugé de nouveau au prochain passage, selon ce jugement.",
    "refuse": "C'est refusé : la facture attend toujours.",
    "retire": "C'est retiré : la facture attend toujours.",
}


@router.get("")
def list_proposals(ici: Ici, fait: str = "") -> HTMLResponse:
    """Proposals that wait for another person, the oldest first."""
    return _show(ici, fait=FAITS.get(fait, ""))


def _show(ici: Visite, *, fait: str = "", refus: Refus | None = None) -> HTMLResponse:
    with ici.reading() as conn:
        found = jugements_main.unanswered(conn, ici.portee, _MONTRES)
    return ici.show(
        "jugements.html",
        refus.code if refus else 200,
        proposes=found,
        motifs=ici.console.gestes.motifs,
        moi=author(ici).login,
        fait=fait,
        refus=refus,
    )


@router.post("/{numero}/reponse", dependencies=[needs(Droit.VALIDER)])
def answer(
    ici: Ici,
    numero: int,
    confirme: Annotated[str, Form()] = "",
    raison: Annotated[str, Form()] = "",
) -> Response:
    """Confirm or refuse what somebody else has proposed."""
    yes = confirme == "oui"

    def act(login: str) -> object:
        return ici.console.gestes.answer(numero, yes, raison, login)

    return _do(ici, numero, "confirme" if yes else "refuse", act, raison)


@router.post("/{numero}/retrait", dependencies=[needs(Droit.AGIR)])
def withdraw(ici: Ici, numero: int, raison: Annotated[str, Form()] = "") -> Response:
    """Take back what one has proposed."""

    def act(login: str) -> object:
        return ici.console.gestes.withdraw(numero, raison, login)

    return _do(ici, numero, "retire", act, raison)


def _do(ici: Visite, numero: int, fait: str, act: Callable[[str], object], raison: str) -> Response:
    me = author(ici)
    try:
        act(me.login)
    except GesteRefuse as error:
        return _show(ici, refus=refuse(f"jugement-{numero}", error, raison=raison))
    log.info("judged_by_hand", judgement=numero, act=fait, user=me.id)
    return RedirectResponse(f"/jugements?fait={fait}", 303)
