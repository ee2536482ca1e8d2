"""``edi entrepot``: the bytes that lie elsewhere than in the spool."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.affichage import console, make_progress, print_json
from edi.cli.espace import Erreur, open_espace
from edi.outbound.phrases import count
from edi.spool.entrepot import EntrepotAway
from edi.validators.wording import size

app = typer.Typer(help="Les octets reçus, quand ils sont gardés ailleurs que dans le spool.")


@app.command()
def envoie(
    ctx: typer.Context,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Envoie à l'entrepôt ce que le spool tient et qu'il n'a pas : à faire une fois, quand on en change."""
    espace = open_espace(ctx)
    entrepot = espace.spool.entrepot
    if entrepot is None:
        raise Erreur("aucun entrepôt n'est configuré : « entrepot.adresse » est vide")
    try:
        with make_progress() as progress:
            task = progress.add_task("Envoi", total=None)
            files, octets = espace.spool.bring_all(
                lambda rank, of: progress.update(task, completed=rank, total=of)
            )
    except EntrepotAway as away:
        raise Erreur(f"{away} ; ce qui est parti y est, recommencez") from away
    if en_json:
        print_json({"fichiers": files, "octets": octets})
    elif files:
        went = "parti" if files == 1 else "partis"
        console.print(f"{count(files, 'fichier', 'fichiers')}, {size(octets)} : {went} à {entrepot.adresse}.")
    else:
        console.print(f"{entrepot.adresse} a déjà tout.")
