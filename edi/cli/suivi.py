"""``edi mandat show`` and ``edi mandat export``: what became of mandats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edi.annuaire.portail import write_csv
from edi.cli.affichage import console, print_json, print_table
from edi.cli.ecriture import write_aside
from edi.cli.espace import Erreur, open_espace
from edi.cli.mandat import AIDE_MANDANT, as_json, read_mandant, tell
from edi.outbound.phrases import count
from edi.store.mandats import find_mandat, history, list_mandats


def show_mandat(
    ctx: typer.Context,
    mandat_id: Annotated[int, typer.Argument(metavar="ID", max=2**31)],
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Un mandat : son état d'aujourd'hui et son histoire (qui, quand, quoi)."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        mandat, events = find_mandat(conn, mandat_id), history(conn, mandat_id)
    if mandat is None:
        raise Erreur(f"aucun mandat n° {mandat_id} ; « edi mandat list » les montre")
    if en_json:
        told = [
            {
                "le": e.saisie.le,
                "par": e.saisie.par,
                "acte": e.acte,
                "jour": e.jour,
                "signataire": e.signataire,
                "raison": e.raison,
            }
            for e in events
        ]
        print_json([{**as_json(mandat, espace.today()), "histoire": told}])
        return
    tell(mandat, espace.today())
    zone = espace.settings.fuseau
    rows = [
        (
            f"{e.saisie.le.astimezone(zone):%d/%m/%Y %H:%M}",
            e.saisie.par,
            f"{e.acte.value} par {e.signataire}" if e.signataire else e.acte.value,
            f"{e.jour:%d/%m/%Y}",
            e.raison,
        )
        for e in events
    ]
    print_table(("saisi le", "par", "acte", "vaut du", "raison"), rows)


def export_mandats(
    ctx: typer.Context,
    fichier: Annotated[Path, typer.Argument(metavar="FICHIER.csv", help="Remplacé s'il existe.")],
    mandant: Annotated[str, typer.Option(help=AIDE_MANDANT)] = "",
    mandataire: Annotated[str, typer.Option(help="Code appli du déposant.")] = "",
) -> None:
    """Écrit les mandats en CSV, avec les colonnes du portail et le statut d'aujourd'hui."""
    wanted = read_mandant(mandant) if mandant else None
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        found = list_mandats(conn, wanted, mandataire)
    write_aside(fichier.parent, fichier.name, write_csv(found, espace.today()))
    console.print(f"{count(len(found), 'mandat écrit', 'mandats écrits')} dans {fichier}.", soft_wrap=True)
