"""Rejets through the API: what is rejected, grouped by cause as on the page; one cause, its invoices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Path, Query

from edi.console.api.problemes import declare
from edi.console.api.reponses.factures import FactureBreve
from edi.console.api.reponses.rejets import (
    CauseEntiere,
    CauseRejet,
    FactureRejetee,
    GroupeDit,
    GroupeNomme,
    Rejets,
    amounts,
)
from edi.console.api.valeurs import Curseur, Page, cut, read_cursor, texte
from edi.console.filtres import FENETRE, DemandeRejets, read_rejets, write_signature
from edi.console.pages.rejets import add_up, find_tableau, read_cause, set_marks
from edi.console.visite import Ici, Visite
from edi.store import causes

router = APIRouter(prefix="/rejets", tags=["rejets"])

_PAGE = 100  # invoices
_PREMIER = date(2000, 1, 1)  # days before it ask for the same
_REPONSES = declare(401, 404, 422, 429)
CodeDit = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z][^\x00-\x1f/]{0,99}$", description="Code d'un constat bloquant.")
]
Jours = Annotated[int, Query(ge=1, le=3_660, description="Reçues depuis tant de jours, aujourd'hui compris.")]
Depuis = Annotated[
    date | None, Query(description="Reçues depuis ce jour, compris : 2026-11-26. L'emporte sur « jours ».")
]


def read_group(
    ici: Ici,
    deposant: Annotated[str, texte("Code appli.")] = "",
    signature: Annotated[
        str | None, texte("Signature d'un groupe, telle que dite, fût-elle vide ; absente : toutes.")
    ] = None,
    fournisseur: Annotated[str, texte("Numéro du fournisseur, tel que dit ; vide : tous.")] = "",
    jours: Jours = FENETRE,
    depuis: Depuis = None,
) -> dict[str, Any]:
    """What names a group within a code."""
    window = {"jours": jours, "depuis": depuis}
    return {"deposant": deposant, "signature": signature, "fournisseur": fournisseur, **window}


def read_asked(ici: Visite, said: Mapping[str, Any], code: str = "") -> DemandeRejets:
    """The filter of the page, of what the API was asked."""
    today = ici.console.now().astimezone(ici.console.fuseau).date()
    first = max(said["depuis"] or today - timedelta(days=int(said["jours"]) - 1), _PREMIER)
    asked = {**said, "signature": write_signature(said.get("signature")), "depuis": first.isoformat()}
    return read_rejets(asked, ici.console.fuseau, today, code)


Groupement = Annotated[dict[str, Any], Depends(read_group)]


@router.get("", responses=declare(401, 422, 429))
def list_causes(
    ici: Ici,
    afterwards: BackgroundTasks,
    deposant: Annotated[str, texte("Code appli.")] = "",
    jours: Jours = FENETRE,
    depuis: Depuis = None,
) -> Rejets:
    """Ce qui est rejeté et n'est pas revenu corrigé, par cause. Les chiffres datent de 30 s au plus."""
    asked = {"deposant": deposant, "jours": jours, "depuis": depuis}
    demande, reperes = read_asked(ici, asked), set_marks(ici)
    tableau = find_tableau(ici, demande, reperes, afterwards)
    groups = [one.groupe for one in tableau.lignes]
    return Rejets(
        depuis=demande.depuis,
        factures=sum(one.factures for one in groups),
        montants=amounts(add_up(groups)),
        causes=[CauseRejet.of(one, tableau.noms, reperes.minuit) for one in tableau.lignes],
    )


@router.get("/{code}", responses=_REPONSES)
def show_cause(ici: Ici, code: CodeDit, groupement: Groupement) -> CauseEntiere:
    """Une cause : ce qu'elle est, depuis quand, ses groupes, la dernière facture acceptée avant."""
    reperes = set_marks(ici)
    found = ici.known(read_cause(ici, code, read_asked(ici, groupement, code), reperes))
    noms = found.noms
    return CauseEntiere.told(
        found.regle,
        ensemble=GroupeDit.of(found.total, reperes.minuit) if found.total else None,
        groupes=[
            GroupeNomme.of(
                one,
                reperes.minuit,
                signature=one.cle[0],
                fournisseur=one.cle[1],
                nom=noms.get(one.cle[1], ""),
            )
            for one in found.groupes
        ],
        autres=found.autres,
        premiere=FactureRejetee.rejected(found.premiere) if found.premiere else None,
        derniere_acceptee=FactureBreve.of(found.bonne[0]) if found.bonne else None,
    )


@router.get("/{code}/factures", responses=_REPONSES)
def list_rejected(
    ici: Ici, code: CodeDit, groupement: Groupement, curseur: Curseur = ""
) -> Page[FactureRejetee]:
    """Les factures rejetées pour une cause, la plus récente d'abord."""
    filtre = read_asked(ici, groupement, code).filtre
    with ici.reading() as conn:
        page = causes.list_rejected(conn, ici.portee, filtre, _PAGE + 1, avant=read_cursor(curseur))
    return cut(page.lignes, _PAGE, FactureRejetee.rejected, lambda one: one.id)
