"""``edi facture show``: all that is known of one invoice, down to the rules it was judged under."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NamedTuple

import typer
from sqlalchemy import Connection

from edi.cli.affichage import console, print_json, print_table, show_amount
from edi.cli.espace import Erreur, Espace, open_espace
from edi.cli.facture import finding_as_json, fold
from edi.model import FactureDeposee, FactureStatut, Finding, PackApplique
from edi.outbound.phrases import describe_finding
from edi.outbound.statut import suite_as_told
from edi.outbound.suites import PERSONNE, Suite, motif_of, suite_attente, suite_facture
from edi.store import factures, packs, rejets

_MANY = 1_000  # invoices that may bear one number


class Fiche(NamedTuple):
    """An invoice, the flux that brought it, its statuts, what was found, and the rules that were asked."""

    facture: FactureDeposee
    flux: str
    history: list[tuple[FactureStatut, datetime, tuple[str, ...]]]
    findings: list[Finding]
    levees: list[tuple[str, datetime]]  # codes that blocked it once, and when a replay lifted them
    packs: tuple[PackApplique, ...]

    @property
    def suite(self) -> Suite:
        """Who says its statut, and what next."""
        statut = self.facture.statut
        return suite_facture(statut, self.findings) if statut else suite_attente()


def show_facture(
    ctx: typer.Context,
    numero: Annotated[str, typer.Argument(metavar="NUMERO", help="Numéro de la facture.")],
    appli: Annotated[str, typer.Option(help="Code appli du déposant.")] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Une facture (toutes celles de ce numéro) : parties, statuts, constats, règles qui l'ont jugée."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        fiches = _read(conn, numero, appli)
    if not fiches:
        raise Erreur(
            f"aucune facture reçue ne porte le numéro « {numero} » ; « edi facture list » les montre"
        )
    if en_json:
        print_json([_as_json(fiche) for fiche in fiches])
        return
    for fiche in fiches:
        _print(fiche, espace)


def _read(conn: Connection, numero: str, appli: str) -> list[Fiche]:
    _, found = factures.search(conn, text=numero, appli=appli, limit=_MANY)
    found = [(facture, flux) for facture, flux in found if facture.numero == numero]
    ids = [facture.id for facture, _ in found]
    lifted = rejets.lifted(conn, ids)
    findings, sets = factures.findings_of_factures(conn, ids), packs.sets_of_factures(conn, ids)
    return [
        Fiche(
            facture,
            flux,
            factures.history(conn, facture.id),
            findings.get(facture.id, []),
            lifted.get(facture.id, []),
            sets.get(facture.id, ()),
        )
        for facture, flux in found
    ]


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
        **suite_as_told(fiche.suite),
        "statuts": [
            {"statut": s.name, "le": le, "flux_retour": (*noms, "")[0], "flux_retours": noms}
            for s, le, noms in fiche.history
        ],
        "findings": [finding_as_json(finding) for finding in fiche.findings],
        "levees": [{"code": code, "le": le} for code, le in fiche.levees],
        "packs": [pack._asdict() for pack in fiche.packs],
    }


def _print(fiche: Fiche, espace: Espace) -> None:
    facture, suite = fiche.facture, fiche.suite
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
    print_table(
        ("statut", "depuis", "dit par"),
        [
            (s.libelle, f"{le.astimezone(zone):%d/%m/%Y %H:%M}", "\n".join(noms))
            for s, le, noms in fiche.history
        ],
    )
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
