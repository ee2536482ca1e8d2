"""Flux: the list with its filters, one of them, its files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse, HTMLResponse, Response

from edi.console.actes import DUREES, Refus
from edi.console.filtres import read_filtre
from edi.console.lot import FAMILLES, fold_findings, of_family
from edi.console.visite import Ici, Visite
from edi.model import FactureStatut, FluxStatut
from edi.outbound.statut import totals
from edi.outbound.suites import say, suite_flux
from edi.store import (
    depots_manuels,
    emissions,
    jugements_main,
    livraisons,
    nouvelles,
    packs,
    recherches,
    retenues,
)
from edi.store import flux as flux_store
from edi.store.etats import read_etat

router = APIRouter(prefix="/flux")

FAITS = {
    "relance": "C'est fait : il est jugé de nouveau au prochain passage.",
    "repris": "C'est fait : le dépôt est repris comme complet, sous ce flux ; il sera jugé bientôt.",
    "retenu": "C'est fait : il attend jusqu'à l'instant dit, puis repart de lui-même.",
    "propose": "C'est proposé : une autre personne, valideur, doit maintenant confirmer ou refuser.",
    "renvoye": "C'est fait : le flux retour est remis là où son destinataire le prend.",
}
_PAGE = 50  # flux
_FACTURES = 100  # of one flux on a page
_TROUVEES = 10  # invoices that bear what is looked for


@router.get("")
def list_flux(
    ici: Ici, avant: Annotated[int, Query(ge=0)] = 0, apres: Annotated[int, Query(ge=0)] = 0
) -> HTMLResponse:
    """The flux that a filter lets through, newest first; the invoices that bear what is looked for."""
    asked = read_filtre(ici.request.query_params, ici.console.fuseau)
    with ici.reading() as conn:
        page = recherches.list_flux(conn, ici.portee, asked.filtre, _PAGE, avant=avant, apres=apres)
        trouvees = (
            recherches.factures_holding(conn, ici.portee, asked.filtre.texte, _TROUVEES)
            if asked.filtre.texte
            else []
        )
        causes = recherches.causes(conn, [flux.id for flux in page.lignes])
        marque = nouvelles.mark(conn, ici.portee)
        interfaces = recherches.interfaces(conn, ici.portee)
    return ici.show(
        "flux_liste.html",
        marque=marque,
        demande=asked,
        page=page,
        trouvees=trouvees,
        causes=causes,
        interfaces=interfaces,
        statuts=list(FluxStatut),
        deposants=ici.deposants,
    )


@router.get("/{flux_id}")
def show_flux(
    ici: Ici, flux_id: int, factures: str = "", de: Annotated[int, Query(ge=0)] = 0, fait: str = ""
) -> HTMLResponse:
    """One flux: its life, its balance, its invoices, what was found, its answers, the rules that judged."""
    return show_one(ici, flux_id, factures, de, fait=FAITS.get(fait, ""))


def show_one(
    ici: Visite, flux_id: int, factures: str = "", de: int = 0, *, fait: str = "", refus: Refus | None = None
) -> HTMLResponse:
    """The same after an act: what was done, or why it was refused."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        etat = read_etat(conn, flux.id)
        answers = [e for e in emissions.of_flux(conn, flux.id) if ici.sees(e.appli)]
        sent = livraisons.of_flux(conn, flux.id)
        retenue = retenues.holding(conn, flux, ici.console.now()) if flux.statut.en_cours else None
        waiting = jugements_main.undecided(conn, flux.id) if ici.portee.est_entiere else []
        said = jugements_main.of_flux(conn, flux.id) if waiting else []
        history = flux_store.history(conn, flux.id)
        depot = depots_manuels.of_flux(conn, flux)
        sets = sorted(packs.sets_of_flux(conn, flux.id))
    found = [finding for _, _, finding in etat.findings]
    shown = of_family(etat.factures, factures)
    return ici.show(
        "flux.html",
        refus.code if refus else 200,
        fait=fait,
        retenue=retenue,
        indecises=waiting,
        proposes={(one.fichier, one.rang): one for one in said if one.confirme is None},
        motifs=ici.console.gestes.motifs,
        durees=DUREES,
        refus=refus,
        flux=flux,
        etat_=etat,
        dit=say(suite_flux(flux, found)),
        bilan=totals(etat),
        histoire=history,
        causes=fold_findings(etat.findings),
        constats={
            f.id: [x for g, _, x in etat.findings if g is not None and g.id == f.id]
            for f in shown[de : de + _FACTURES]
        },
        familles=[(nom, cle, len(of_family(etat.factures, cle))) for cle, nom in FAMILLES.items()],
        famille=factures,
        factures=shown,
        de=de,
        pas=_FACTURES,
        reponses=[(e, sent.get(e.id)) for e in answers],
        jeux=sets,
        depot=depot,
        rejugeable=any(f.statut is FactureStatut.NON_CONFORME for f in etat.factures)
        and flux.statut in (FluxStatut.REJETE, FluxStatut.INTEGRE_PARTIEL),
    )


@router.get("/{flux_id}/original")
def give_original(ici: Ici, flux_id: int) -> Response:
    """The very bytes that were deposited."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
    path = ici.console.gestes.find_blob(flux.sha256) if flux.sha256 else None
    if path is None or not path.is_file():
        raise HTTPException(404, "Les octets de ce flux ne sont pas encore au stock.")
    return FileResponse(path, filename=flux.nom, media_type="application/octet-stream")


@router.get("/{flux_id}/retours/{emission_id}")
def give_retour(ici: Ici, flux_id: int, emission_id: int) -> Response:
    """A return flow, made again from what is recorded: its déposant may have taken the file away."""
    with ici.reading() as conn:
        emission = ici.known(recherches.find_emission(conn, ici.portee, flux_id, emission_id))
    data = ici.console.gestes.make_retour(emission)
    if data is None:
        raise HTTPException(
            409,
            "Ce flux retour ne se refait pas à l'identique : la configuration dont il dépend a changé depuis "
            "qu'il est parti. L'original est chez son destinataire.",
        )
    return ici.give(emission.nom, data, "application/xml")
