"""Judging again through the API: a dry run, what it says of each invoice, then for good, with a reason."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import Field, StringConstraints

from edi.console.api.gestes import SANS_CONTROLE, Court, Demande, Raison, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.rejets import read_asked
from edi.console.api.reponses.rejeux import CodeCompare, FactureRejouee, RaisonDite, RejeuDit, RejeuEntier
from edi.console.api.valeurs import Curseur, Numero, Page, cut, read_cursor
from edi.console.droits import Droit, needs
from edi.console.filtres import FENETRE
from edi.console.pages.rejeux import aim_at, aim_at_cause, count_codes
from edi.console.visite import Ici, Visite
from edi.model import RejeuLance
from edi.store import rejeux

router = APIRouter(prefix="/rejeux", tags=["rejeux"])

_PAGE = 100  # invoices
_DERNIERS = 50
_REPONSES = 20  # return flows
_TOUTES = 5_000  # invoices that a sum is made of: those of the largest run
_TOUT = [needs(Droit.VOIR_PLATEFORME)]
Change = Literal["", "acceptee", "rejetee", "non_jugee"]


class RejeuDeFacture(Demande):
    """Une facture à rejuger, ou toutes celles d'un flux."""

    objet: Literal["facture", "flux"]
    numero: int = Field(ge=1, le=2**31 - 1, description="Son « id ».")


class RejeuDeCause(Demande):
    """Les factures qu'une cause rejette, ou un groupe d'entre elles."""

    objet: Literal["cause"]
    code: Court = Field(min_length=1)
    signature: Annotated[str, StringConstraints(max_length=200, pattern=SANS_CONTROLE)] | None = Field(
        None, description="D'un groupe, telle que dite, fût-elle vide ; null : toutes."
    )
    fournisseur: Court = ""
    deposant: Court = ""
    jours: int = Field(FENETRE, ge=1, le=3_660, description="Reçues depuis tant de jours.")
    depuis: date | None = Field(None, description="Reçues depuis ce jour, compris. L'emporte sur « jours ».")


Voulu = Annotated[RejeuDeFacture | RejeuDeCause, Body(discriminator="objet")]


@router.get("", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_replays(ici: Ici) -> list[RejeuDit]:
    """Les cinquante derniers rejeux, le plus récent d'abord."""
    with ici.reading() as conn:
        found = rejeux.recent(conn, _DERNIERS)
    return [_tell(ici, one) for one in found]


@router.get("/{rejeu_id}", responses=declare(401, 403, 404, 422, 429), dependencies=_TOUT)
def show_replay(ici: Ici, rejeu_id: Numero) -> RejeuEntier:
    """Un rejeu : son avancement ; terminé, ce qui disparaît, reste et apparaît."""
    with ici.reading() as conn:
        rejeu = ici.known(rejeux.find(conn, rejeu_id))
        under_way = ici.console.gestes.is_replaying(rejeu)
        everything = [] if under_way else rejeux.list_done(conn, rejeu_id, "", _TOUTES)
        told = rejeu.valider and not under_way
        answers = rejeux.answers(conn, rejeu, _REPONSES) if told else []
    done = [one.rejouee for one in everything]
    reasons = Counter(one.raison for one in done if one.raison).most_common()
    return RejeuEntier.of(
        rejeu,
        under_way,
        codes=[
            CodeCompare(code=code, tombe=falls, reste=stays, vient=comes)
            for code, falls, stays, comes in count_codes(done)
        ],
        raisons=[RaisonDite(raison=raison, factures=many) for raison, many in reasons],
        retours=[one.nom for one in answers],
    )


@router.get("/{rejeu_id}/factures", responses=declare(401, 403, 404, 422, 429), dependencies=_TOUT)
def list_replayed(
    ici: Ici,
    rejeu_id: Numero,
    change: Annotated[Change, Query(description="Vide : toutes.")] = "",
    curseur: Curseur = "",
) -> Page[FactureRejouee]:
    """Les factures d'un rejeu terminé : leurs constats avant, et maintenant."""
    with ici.reading() as conn:
        rejeu = ici.known(rejeux.find(conn, rejeu_id))
        over = not ici.console.gestes.is_replaying(rejeu)
        after = read_cursor(curseur)
        found = rejeux.list_done(conn, rejeu_id, change, _PAGE + 1, after) if over else []
    return cut(found, _PAGE, FactureRejouee.of, lambda one: one.facture.id)


@act(router, "")
def try_out(ici: Ici, voulu: Voulu) -> RejeuDit:
    """Commence un rejeu à blanc : rien ne change, et un seul à la fois par jeton."""
    if isinstance(voulu, RejeuDeCause):
        cible = aim_at_cause(ici, voulu.code, read_asked(ici, voulu.model_dump(), voulu.code))
    else:
        cible = aim_at(ici, voulu.objet, voulu.numero)
    number = ici.console.gestes.try_replay(who_asks(ici), cible.nom, cible.adresse, cible.choix)
    return _find(ici, number)


@act(router, "/{rejeu_id}/acceptation")
def accept(ici: Ici, rejeu_id: Numero, pourquoi: Raison) -> RejeuDit:
    """Rejuge pour de bon, et accepte, ce qui passait dans un rejeu à blanc terminé : le nouveau rejeu."""
    with ici.reading() as conn:
        essai = ici.known(rejeux.find(conn, rejeu_id))
    number = ici.console.gestes.accept_replay(essai, who_asks(ici), pourquoi.raison)
    return _find(ici, number)


def _find(ici: Visite, number: int) -> RejeuDit:
    with ici.reading() as conn:
        return _tell(ici, ici.known(rejeux.find(conn, number)))


def _tell(ici: Visite, one: RejeuLance) -> RejeuDit:
    return RejeuDit.of(one, ici.console.gestes.is_replaying(one))
