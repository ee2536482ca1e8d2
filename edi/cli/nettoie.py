"""``edi nettoie``: put away the old files that can be made again."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.affichage import console, print_json, print_table
from edi.cli.espace import open_espace, user_name
from edi.outbound.phrases import count
from edi.retention import Retention


def nettoie(
    ctx: typer.Context,
    a_blanc: Annotated[bool, typer.Option("--a-blanc", help="Montre tout, n'ôte rien.")] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Ôte réponses d'essais, relevés et restes anciens ([retention]), ce que le serveur fait chaque nuit."""
    retention = Retention(open_espace(ctx))
    found = retention.old() if a_blanc else retention.prune(user_name())
    if en_json:
        print_json([ancien._asdict() for ancien in found])
        return
    if found:
        rows = [(a.appli, f"{a.dossier}/{a.nom}", f"{a.depuis:%d/%m/%Y}") for a in found]
        print_table(("déposant", "fichier", "du"), rows)
    told = count(len(found), "fichier", "fichiers")
    console.print(f"{told} à ôter." if a_blanc else f"{told} {'ôté' if len(found) < 2 else 'ôtés'}.")
