"""``edi facture show``: all that is known of one invoice, down to the rules it was judged under."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from edi.cli.affichage import console, print_json, print_table, show_amount
from edi.cli.changements import changes_as_json, print_changes, read_changes
from edi.cli.espace import Erreur, Espace, open_espace
from edi.cli.facture import finding_as_json, fold
from edi.model import Nature
from edi.outbound.phrases import describe_finding
from edi.outbound.statut import suite_as_told
from edi.outbound.suites import PERSONNE, Suite, motif_of, suite_deposee, who_said, why_said
from edi.store import factures, vies
from edi.store.fiches import Fiche, read_fiches

_MANY = 1_000  # invoices that may bear one number


def show_facture(
    ctx: typer.Context,
    numero: Annotated[str, typer.Argument(metavar="NUMERO", help="Numéro de la facture.")],
    appli: Annotated[str, typer.Option(help="Code appli du déposant.")] = "",
    changements: Annotated[
        bool,
        typer.Option(
            "--changements",
            help="Ce qui change depuis la dernière facture acceptée du même fournisseur.",
        ),
    ] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Une facture (toutes celles de ce numéro) : parties, statuts, constats, règles qui l'ont jugée."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        fiches = _read(conn, numero, appli)
        since = [read_changes(conn, espace, fiche) for fiche in fiches] if changements else []
    if not fiches:
        raise Erreur(
            f"aucune facture reçue ne porte le numéro « {numero} » ; « edi facture list » les montre"
        )
    if en_json:
        told = [_as_json(fiche) for fiche in fiches]
        for document, fiche, depuis in zip(told, fiches, since, strict=False):
            document["depuis"] = changes_as_json(depuis, fiche)
        print_json(told)
        return
    for rank, fiche in enumerate(fiches):
        _print(fiche, espace)
        if changements:
            print_changes(since[rank], fiche)


def _read(conn: Connection, numero: str, appli: str) -> list[Fiche]:
    _, found = factures.search(conn, text=numero, appli=appli, limit=_MANY)
    return read_fiches(conn, [(facture, flux) for facture, flux in found if facture.numero == numero])


def _suite(fiche: Fiche) -> Suite:
    """Who says its statut, and what next."""
    return suite_deposee(fiche.facture.statut, fiche.findings)


def _as_json(fiche: Fiche) -> dict[str, Any]:
    facture = fiche.facture
    return {
        "numero": facture.numero,
        "type": facture.type,
        "date": facture.date,
        "flux": fiche.flux,
        "fichier": facture.fichier,
        "fournisseur": facture.fournisseur.identifiant.valeur,
        "fournisseur_nom": facture.fournisseur.nom,
        "destinataire": facture.destinataire.identifiant.valeur,
        "destinataire_nom": facture.destinataire.nom,
        "service": facture.service,
        "engagement": facture.engagement,
        "ttc": facture.ttc,
        "devise": facture.devise,
        "statut": facture.statut.name if facture.statut else "",
        "motif": motif_of(fiche.findings),
        **suite_as_told(_suite(fiche)),
        "statuts": [_passage_as_json(passage, fiche) for passage in fiche.history],
        "findings": [finding_as_json(finding) for finding in fiche.findings],
        "levees": [{"code": code, "le": le} for code, le in fiche.levees],
        "reprises": [
            {"nature": one.nature.value, "le": one.le, "par": one.par, "flux": one.flux_id}
            for one in fiche.reprises
        ],
        "acquittements": [{"statut": one.statut.name, "le": one.le, "par": one.par} for one in fiche.vues],
        "origine": facture.origine,
        "avoirs": [one.numero for one in fiche.avoirs],
        "packs": [pack._asdict() for pack in fiche.packs],
    }


def _print_links(fiche: Fiche, zone: ZoneInfo) -> None:
    """What was done about it since, and the invoices that it has to do with."""
    for one in fiche.reprises:
        who = (
            f"par le flux n° {one.flux_id}" if one.flux_id else f"à la main par {one.par or 'un exploitant'}"
        )
        told = f"{one.nature.value} le {one.le.astimezone(zone):%d/%m/%Y %H:%M}, {who}"
        if one.nature is Nature.RECYCLAGE:
            avant = (one.avant.destinataire.identifiant.valeur, one.avant.service, one.avant.engagement)
            told += f" ; avant : {' / '.join(part for part in avant if part)}"
        noms = ", ".join(piece.nom for piece in one.pieces)
        console.print(f"{told}{f' ; ajoute {noms}' if noms else ''}.", markup=False)
    for seen in fiche.vues:
        le = f"{seen.le.astimezone(zone):%d/%m/%Y %H:%M}"
        console.print(f"« {seen.statut.court} » acquitté le {le} par {seen.par or 'inconnu'}.", markup=False)
    if fiche.facture.origine:
        known = [f"{one.statut.court}" for one in fiche.origines if one.statut]
        told = f"« {known[0]} »" if known else "inconnue de la plateforme"
        console.print(f"Avoir sur la facture {fiche.facture.origine}, {told}.", markup=False)
    for avoir in fiche.avoirs:
        statut = avoir.statut.court if avoir.statut else "en attente"
        console.print(f"Corrigée par l'avoir {avoir.numero}, « {statut} ».", markup=False)


def _passage_as_json(passage: vies.Passage, fiche: Fiche) -> dict[str, Any]:
    return {
        "statut": passage.statut.name,
        "le": passage.le,
        "flux_retour": (*passage.dit_par, "")[0],
        "flux_retours": passage.dit_par,
        "par": who_said(passage.statut, passage.fait),
        "fait_le": passage.fait.le,
        "motif": why_said(passage.statut, passage.fait, fiche.findings),
        "complement": passage.fait.complement,
        "mandat": passage.fait.mandat,
        "flux_statuts": passage.fait.flux_id,
    }


def _print_history(fiche: Fiche, espace: Espace) -> None:
    zone, rows = espace.settings.fuseau, []
    for passage in fiche.history:
        said = [
            ("motif", why_said(passage.statut, passage.fait, fiche.findings)),
            ("complément", passage.fait.complement),
            ("mandat", passage.fait.mandat),
        ]
        rows.append(
            (
                passage.statut.court,
                f"{passage.fait.le.astimezone(zone):%d/%m/%Y %H:%M}",
                who_said(passage.statut, passage.fait),
                "\n".join(f"{name} : {text}" for name, text in said if text),
                "\n".join(passage.dit_par),
            )
        )
    print_table(("statut", "pris le", "par", "avec", "dit dans"), rows)


def _print(fiche: Fiche, espace: Espace) -> None:
    facture, suite = fiche.facture, _suite(fiche)
    rows = [
        ("Flux", f"{fiche.flux}, fichier {facture.fichier}"),
        ("Date", f"{facture.date:%d/%m/%Y}" if facture.date else ""),
        ("Fournisseur", f"{facture.fournisseur.nom} ({facture.fournisseur.identifiant})"),
        ("Destinataire", f"{facture.destinataire.nom} ({facture.destinataire.identifiant})"),
        ("Service", facture.service),
        ("Engagement", facture.engagement),
        ("Total TTC", show_amount(facture.ttc, facture.devise)),
        ("Statut", facture.statut.libelle if facture.statut else "en attente"),
        ("Dit par", f"{suite.emetteur}, à l'étape « {suite.etape} »"),
        ("Suite", suite.action if suite.acteur == PERSONNE else f"{suite.acteur} : {suite.action}"),
    ]
    print_table(("Rubrique", "Contenu"), [row for row in rows if row[1]], f"Facture {facture.numero}")
    zone = espace.settings.fuseau
    _print_history(fiche, espace)
    _print_links(fiche, zone)
    for code, le in fiche.levees:
        jour = f"{le.astimezone(zone):%d/%m/%Y}"
        console.print(f"Rejetée d'abord pour {code}, qui ne la bloque plus depuis le rejeu du {jour}.")
    if fiche.findings:
        lines = fold(
            ((f.code, f.message), describe_finding(facture.fichier, None, f)) for f in fiche.findings
        )
        print_table(("code", "constat", "où et que faire", "fois"), lines)
    if not fiche.packs:
        console.print(
            "Les règles qui l'ont jugée n'ont pas été enregistrées : version antérieure de Navette."
        )
        return
    print_table(
        ("règles qui l'ont jugée", "version", "sha256"),
        [(pack.id, pack.version, "\n".join(pack.sha256)) for pack in fiche.packs],
    )
