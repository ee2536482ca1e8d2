"""Invoices through the API: those that bear a text, one of them, its findings, how it reads, its files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import Response
from sqlalchemy import Connection

from edi.console.api.flux import octets
from edi.console.api.problemes import declare
from edi.console.api.reponses.changements import ChangementsDits
from edi.console.api.reponses.constats import Constat
from edi.console.api.reponses.facsimile import FactureLue
from edi.console.api.reponses.factures import FactureEntiere, FactureTrouvee, StatutDit
from edi.console.api.valeurs import Numero, texte
from edi.console.pages import facture as pages
from edi.console.precedente import compare_with_last
from edi.console.visite import Ici, Visite
from edi.model import Flux
from edi.store import jugements_main, recherches
from edi.store.fiches import Fiche, read_fiches

router = APIRouter(prefix="/factures", tags=["factures"])

_TROUVEES = 100  # at most: whoever looks for one invoice has its number
_REPONSES = declare(401, 404, 422, 429)


@router.get("", responses=declare(401, 422, 429))
def find_factures(
    ici: Ici,
    cherche: Annotated[
        str, texte("Numéro, SIRET d'une partie, engagement, marché ou fichier, en entier.", vide=False)
    ],
) -> list[FactureTrouvee]:
    """Les cent dernières factures qui portent ce texte, la plus récente d'abord."""
    with ici.reading() as conn:
        found = recherches.factures_holding(conn, ici.portee, cherche.strip(), _TROUVEES)
    return [FactureTrouvee.found(one) for one in found]


@router.get("/{facture_id}", responses=_REPONSES)
def show_facture(ici: Ici, facture_id: Numero) -> FactureEntiere:
    """Une facture : son statut, qui doit agir, les règles qui l'ont jugée."""
    with ici.reading() as conn:
        fiche, flux = _read(conn, ici, facture_id)
        original = recherches.find_original(conn, ici.portee, fiche.facture)
        said = jugements_main.of_flux(conn, flux.id) if ici.portee.est_entiere else []
    return FactureEntiere.whole(fiche, flux, original, pages.by_hand(fiche.facture, said))


def _read(conn: Connection, ici: Visite, facture_id: int) -> tuple[Fiche, Flux]:
    facture = ici.known(recherches.find_facture(conn, ici.portee, facture_id))
    flux = ici.known(recherches.find_flux(conn, ici.portee, facture.flux_id))
    (fiche,) = read_fiches(conn, [(facture, flux.reference)])
    return fiche, flux


@router.get("/{facture_id}/historique", responses=_REPONSES)
def list_history(ici: Ici, facture_id: Numero) -> list[StatutDit]:
    """Les statuts d'une facture, du plus ancien au plus récent."""
    with ici.reading() as conn:
        fiche, _ = _read(conn, ici, facture_id)
    return [StatutDit.of(one, fiche.findings) for one in fiche.history]


@router.get("/{facture_id}/constats", responses=_REPONSES)
def list_findings(ici: Ici, facture_id: Numero) -> list[Constat]:
    """Ce qui a été trouvé dans une facture, le plus grave d'abord : où, ce qui était attendu, le remède."""
    with ici.reading() as conn:
        fiche, _ = _read(conn, ici, facture_id)
    found = sorted(fiche.findings, key=lambda one: -one.severity)
    return [Constat.of(one, fiche.facture.fichier, facture_id) for one in found]


@router.get("/{facture_id}/facsimile", responses=_REPONSES)
def show_facsimile(ici: Ici, facture_id: Numero) -> FactureLue:
    """Ce que dit le document de la facture : parties, lignes, TVA, totaux, pièces jointes."""
    with ici.reading() as conn:
        facture = ici.known(recherches.find_facture(conn, ici.portee, facture_id))
    vue = ici.console.gestes.make_facsimile(facture)
    if vue is None:
        raise HTTPException(404, "Le document de cette facture ne se lit plus.")
    return FactureLue.of(vue)


@router.get("/{facture_id}/changements", responses=_REPONSES)
def list_changes(ici: Ici, facture_id: Numero) -> ChangementsDits:
    """Ce qui change depuis la dernière facture acceptée du même fournisseur ; 404 s'il n'y en a pas."""
    with ici.reading() as conn:
        fiche, _ = _read(conn, ici, facture_id)
    vue = ici.console.gestes.make_facsimile(fiche.facture)
    findings = sorted(fiche.findings, key=lambda one: -one.severity)
    found = compare_with_last(ici, fiche.facture, vue, findings, asked=True)
    if found is None or found.comparaison is None:
        raise HTTPException(404, "Il n'y a rien à comparer : aucune acceptée avant elle, ou illisible.")
    return ChangementsDits.of(found.precedente, found.meme_destinataire, found.comparaison)


@router.get(
    "/{facture_id}/document",
    response_class=Response,
    responses=_REPONSES | octets("application/octet-stream"),
)
def give_document(ici: Ici, facture_id: Numero) -> Response:
    """Le fichier qui contient la facture, tel que reçu."""
    return pages.give_document(ici, facture_id)


@router.get(
    "/{facture_id}/pieces/{rang}",
    response_class=Response,
    responses=_REPONSES | octets("application/octet-stream"),
)
def give_piece(
    ici: Ici,
    facture_id: Numero,
    rang: Annotated[int, Path(ge=0, le=9_999, description="Rang de la pièce, à partir de 0.")],
) -> Response:
    """Une pièce jointe, sortie de son base64 et de son zip."""
    return pages.give_piece(ici, facture_id, rang)
