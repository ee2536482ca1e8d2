"""``edi facture``: invoices by what people hold of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from edi.cli.affichage import console, print_json, print_table, show_amount
from edi.cli.espace import open_espace
from edi.model import FactureDeposee, FactureStatut, Finding, Severity
from edi.outbound.phrases import count
from edi.store import factures as store

app = typer.Typer(no_args_is_help=True, help="Les factures déposées.")


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as ``--json`` shows it everywhere."""
    return {**asdict(finding), "severity": finding.severity.name.lower()}


def fold(lines: Iterable[tuple[tuple[str, ...], str]]) -> list[tuple[str, ...]]:
    """Lines that say the same once, with where the first of them stands and how often they came."""
    first: dict[tuple[str, ...], str] = {}
    times: Counter[tuple[str, ...]] = Counter()
    for said, where in lines:
        first.setdefault(said, where)
        times[said] += 1
    return [(*said, where, str(times[said])) for said, where in first.items()]


@app.command("list")
def list_factures(
    ctx: typer.Context,
    rejetees: Annotated[bool, typer.Option("--rejetees", help="Seulement les factures rejetées.")] = False,
    appli: Annotated[str, typer.Option(help="Code appli du déposant.")] = "",
    texte: Annotated[
        str, typer.Option("--cherche", help="Numéro, SIRET, engagement, marché, fichier ou flux.")
    ] = "",
    code: Annotated[str, typer.Option(help="Code d'un constat, par exemple EDI-SERVICE-02.")] = "",
    limite: Annotated[int, typer.Option(min=1, max=100_000, help="Nombre de lignes.")] = 50,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les factures, la plus récente d'abord, avec ce qui les bloque."""
    statuts = (
        [FactureStatut.NON_CONFORME, FactureStatut.REJETEE, FactureStatut.A_RECYCLER] if rejetees else []
    )
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        total, page = store.search(conn, statuts=statuts, appli=appli, text=texte, code=code, limit=limite)
        findings = store.findings_of_factures(conn, [facture.id for facture, _ in page])
    if en_json:
        print_json([_as_json(facture, flux, findings.get(facture.id, [])) for facture, flux in page])
        return
    rows = [_as_row(facture, flux, findings.get(facture.id, [])) for facture, flux in page]
    print_table(("facture", "flux", "destinataire", "TTC", "statut", "pourquoi"), rows)
    console.print(f"{count(len(page), 'facture montrée', 'factures montrées')} sur {total}.")


def _as_json(facture: FactureDeposee, flux: str, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "numero": facture.numero,
        "flux": flux,
        "fichier": facture.fichier,
        "fournisseur": facture.fournisseur.identifiant.valeur,
        "destinataire": facture.destinataire.identifiant.valeur,
        "ttc": facture.ttc,
        "devise": facture.devise,
        "statut": facture.statut.name if facture.statut else "",
        "findings": [finding_as_json(f) for f in findings],
    }


def _as_row(facture: FactureDeposee, flux: str, findings: Sequence[Finding]) -> tuple[str, ...]:
    return (
        facture.numero,
        flux,
        facture.destinataire.nom or facture.destinataire.identifiant.valeur,
        show_amount(facture.ttc, facture.devise),
        facture.statut.libelle if facture.statut else "",
        "\n".join(f.message for f in findings if f.severity >= Severity.ERROR),
    )
