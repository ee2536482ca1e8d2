"""The pages of the console over a demonstration: what is photographed, measured, examined."""

from __future__ import annotations

CONNEXION = {"connexion": "/connexion"}  # before anybody is logged in
PAGES = {
    "accueil": "/",
    "flux-liste": "/flux",
    "flux": "/flux/2",
    "flux-en-attente": "/flux/12",
    "facture": "/factures/30",
    "facture-pdf": "/factures/38",
    "pdf": "/factures/38/pdf",
    "rejets": "/rejets",
    "rejet": "/rejets/EDI-SERVICE-02",
    "rejeu": "/rejeux/1",
    "alertes": "/alertes",
    "quarantaine": "/quarantaine",
    "retenues": "/retenues",
    "jugements": "/jugements",
    "annuaire": "/annuaire?cherche=*brest*",
    "annuaire-services": "/annuaire?quoi=services",
    "structure": "/annuaire/00021290200019",
    "corriger": "/annuaire/00021290200019/corriger?service=VOIRIE",
    "mandats": "/mandats",
    "mandat": "/mandats/1",
    "mandat-nouveau": "/mandats/nouveau",
    "plateforme": "/plateforme",
    "deposants": "/deposants",
    "deposant": "/deposants/AAA123",
    "regles": "/regles",
    "version": "/regles/en16931-ubl/1.3.16",
    "catalogue": "/regles/catalogue?cherche=service",
    "nuits": "/nuits",
    "passage": "/nuits/passages/1",
    "deposer": "/deposer",
    "depots-manuels": "/deposer/depots",
    "depot-manuel": "/deposer/depots/1",
    "compte": "/compte",
    "comptes": "/comptes",
    "erreur": "/rien",
}
# Addresses that show no page of their own: files, pictures, streams, the way to another login.
SANS_PAGE = (
    "/connexion/oidc",
    "/connexion/retour",
    "/nouvelles",
    "/health/live",
    "/flux/{flux_id}/original",
    "/flux/{flux_id}/retours/{emission_id}",
    "/factures/{facture_id}/document",
    "/factures/{facture_id}/pieces/{piece}",
    "/factures/{facture_id}/pieces/{piece}/pdf",  # looks like the PDF of an invoice
    "/factures/{facture_id}/pdf/{page}",
    "/factures/{facture_id}/pieces/{piece}/pdf/{page}",
    "/mandats/export",
    "/nuits/passages/{passage_id}/rapport.{forme}",
)
