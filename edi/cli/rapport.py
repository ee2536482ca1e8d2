"""``edi nightly report``: the report of a run, made again of the figures that were kept with it."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from edi import acts
from edi.bilan import chiffres
from edi.bilan.page import write_page
from edi.bilan.texte import write_text
from edi.cli.espace import Erreur, open_espace
from edi.store import bilans


def report(
    ctx: typer.Context,
    nom: Annotated[str, typer.Argument(metavar="[NOM]", help="La tâche ; sinon, la dernière passée.")] = "",
    jour: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="La nuit de ce jour ; sinon, la dernière.")
    ] = None,
    passage: Annotated[
        int | None, typer.Option(min=1, help="Numéro d'un passage, fait à la main ou non.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="La page HTML.")] = False,
    texte: Annotated[bool, typer.Option("--texte", help="Le texte ; c'est ce qui est montré sinon.")] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Les chiffres, en JSON.")] = False,
    vers: Annotated[Path | None, typer.Option(help="Écrire dans ce fichier plutôt qu'à l'écran.")] = None,
) -> None:
    """Le rapport d'un passage, refait à l'identique : que faire, qui, combien, pourquoi."""
    if html + texte + en_json > 1:
        raise Erreur("une seule forme à la fois : « --html », « --texte » ou « --json »")
    espace = open_espace(ctx)
    if nom and nom not in espace.settings.taches:
        raise Erreur(f"la tâche « {nom} » n'est pas déclarée")
    with espace.engine.begin() as conn:
        kept = bilans.find(conn, nom, jour.date() if jour else None, passage or 0)
    if kept is None:
        raise Erreur("aucun rapport n'est gardé de ce passage : « edi nightly list NOM » montre les passages")
    bilan, zone = chiffres.read(kept), espace.settings.fuseau
    if en_json:
        told = json.dumps(json.loads(kept), ensure_ascii=False, indent=2) + "\n"
    else:
        told = write_page(bilan, zone) if html else write_text(bilan, zone)
    if vers is None:
        sys.stdout.write(told)
    else:
        acts.write_whole(vers, told.encode())
