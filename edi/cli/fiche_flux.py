"""All that is known of one flux, read at one instant, and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edi.cli.affichage import console, print_table
from edi.cli.facture import finding_as_json, fold
from edi.cli.garde import tell_garde
from edi.cli.livraison import NATURES, as_json_livraison, name_kind, tell_livraison
from edi.cli.mains import read_confirmed, tell_confirmed
from edi.espace import Espace
from edi.lifecycle.statuts import FLUX_TERMINAL
from edi.model import Emission, Envoi, FactureDeposee, Finding, Flux, Livraison
from edi.outbound.phrases import describe_finding
from edi.outbound.statut import suite_as_told
from edi.outbound.suites import say, suite_flux
from edi.store import emissions, envois, factures, gels, livraisons, oublis
from edi.store.etats import Etat, read_etat
from edi.store.gels import Gel
from edi.store.oublis import Oubli
from edi.validators.statuts import FLUX_REFUSED


@dataclass(frozen=True, slots=True)
class FicheFlux:
    """One flux, its invoices, what was found, and what was answered."""

    flux: Flux
    etat: Etat
    factures: Sequence[FactureDeposee]
    findings: Sequence[tuple[FactureDeposee | None, str, Finding]]
    reponses: Sequence[Emission]
    livraisons: Mapping[int, Livraison]  # by the id of the answer
    envois: Sequence[Envoi]
    oubli: Oubli | None
    gel: Gel | None


def read_fiche(espace: Espace, flux: Flux) -> FicheFlux:
    """What is known of a flux now."""
    with espace.engine.begin() as conn:
        return FicheFlux(
            flux=flux,
            etat=read_etat(conn, flux.id),
            factures=factures.of_flux(conn, flux.id),
            findings=factures.findings_of(conn, flux.id),
            reponses=emissions.of_flux(conn, flux.id),
            livraisons=livraisons.of_flux(conn, flux.id),
            envois=envois.of_flux(conn, flux.id),
            oubli=oublis.of_flux(conn, flux.id, flux.sha256),
            gel=gels.of_flux(conn, flux.id),
        )


def as_json_fiche(fiche: FicheFlux, espace: Espace) -> dict[str, Any]:
    """The same for programs, without the columns of the flux itself."""
    oubli, gel, etat = fiche.oubli, fiche.gel, fiche.etat
    return {
        **suite_as_told(suite_flux(fiche.flux, [f for _, _, f in fiche.findings])),
        "oublie": oubli and {"le": oubli.le, "regle": oubli.regle},
        "gel": gel and {"raison": gel.raison, "par": gel.par, "le": gel.le},
        "reste_de": etat.reste_de and etat.reste_de.id,
        "restes": [reste.id for reste in etat.restes],
        "factures": [
            {"numero": one.numero, "fichier": one.fichier, "statut": one.statut.name if one.statut else ""}
            for one in fiche.factures
        ],
        "findings": [
            {"fichier": fichier, "facture": facture.numero if facture else "", **finding_as_json(f)}
            for facture, fichier, f in fiche.findings
        ],
        "reponses": [
            {
                "nom": one.nom,
                "emis_le": one.emis_le,
                "chemin": str(espace.spool.outbox(one.appli) / one.nom),
                "livraison": as_json_livraison(fiche.livraisons[one.id])
                if one.id in fiche.livraisons
                else None,
            }
            for one in fiche.reponses
        ],
        "envois": [{"nature": one.nature.value, **as_json_livraison(one)} for one in fiche.envois],
    }


def print_fiche(fiche: FicheFlux, espace: Espace) -> None:
    """Below the line of the flux: what follows, its invoices, what was found, what was answered."""
    for line in _head(fiche, espace):
        console.print(line, markup=False, soft_wrap=True)
    if fiche.factures:
        rows = [
            (one.numero, one.fichier, one.destinataire.nom, one.statut.libelle if one.statut else "")
            for one in fiche.factures
        ]
        print_table(("facture", "fichier", "destinataire", "statut"), rows)
    lines = fold(
        ((f.code, f.message), describe_finding(fichier, facture.numero if facture else None, f))
        for facture, fichier, f in fiche.findings
    )
    if lines:
        print_table(("code", "constat", "où et que faire", "fois"), lines)
    for line in (*_answers(fiche, espace), *_more(fiche, espace)):
        console.print(line, markup=False, soft_wrap=True)


def _head(fiche: FicheFlux, espace: Espace) -> Iterator[str]:
    flux, etat = fiche.flux, fiche.etat
    yield from tell_garde(fiche.oubli, fiche.gel, espace.settings.fuseau)
    if etat.reste_de is not None:
        yield f"Reste du flux {etat.reste_de.reference} (n° {etat.reste_de.id})."
    for reste in etat.restes:
        yield f"Son reste est revenu dans le flux {reste.reference} (n° {reste.id})."
    yield say(suite_flux(flux, [f for _, _, f in fiche.findings]))
    if flux.rappel_de is not None:
        yield f"Rappel du flux n° {flux.rappel_de} : « edi flux show {flux.rappel_de} » le montre."


def _answers(fiche: FicheFlux, espace: Espace) -> Iterator[str]:
    for one in fiche.reponses:
        state = "émise" if one.emis_le else "à émettre"
        deposant = espace.settings.partenaires.get(one.appli)
        if deposant is None or deposant.out_local:
            yield f"{name_kind(one)} ({state}) : {espace.spool.outbox(one.appli) / one.nom}"
        if one.accuse:
            recu = "refusé" if one.accuse in FLUX_REFUSED else "reçu"
            yield f"Flux {one.nom} : {recu} par son destinataire (statut {one.accuse})"
        if one.id in fiche.livraisons:
            where = tell_livraison(fiche.livraisons[one.id], one.appli, espace)
            yield f"{name_kind(one)} {one.nom} : {where}"


def _more(fiche: FicheFlux, espace: Espace) -> Iterator[str]:
    flux = fiche.flux
    yield from tell_confirmed(read_confirmed(espace, flux.id))
    for envoi in fiche.envois:
        yield f"{NATURES[envoi.nature]} : {tell_livraison(envoi, flux.appli, espace)}"
    if flux.nature == "factures" and flux.statut in FLUX_TERMINAL:
        yield f"« edi flux show {flux.id} --pourquoi » rejoue ce verdict, et le compare à aujourd'hui."
    yield f"Tout ce qui lui est arrivé, dans l'ordre : « edi journal --flux {flux.id} »."
