"""``edi bench``: what this machine gives, measured on the real stages in a workspace that is thrown away."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from edi.banc.campagne import Campagne
from edi.banc.espace import Ecarte
from edi.banc.graphe import write_svg
from edi.banc.mesures import COURT, PLEIN, Plan, Resultats, compute_ratios
from edi.banc.tableau import make_tableaux
from edi.cli.affichage import console, print_json, print_table, stderr
from edi.cli.espace import Erreur


def bench(
    court: Annotated[
        bool, typer.Option("--court", help="Moins d'une minute, avec moins de certitude.")
    ] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
    graphe: Annotated[
        Path | None, typer.Option("--graphe", metavar="FICHIER.svg", help="Dessine aussi les résultats.")
    ] = None,
    disque: Annotated[
        Path | None,
        typer.Option("--disque", metavar="DOSSIER", help="Où travailler : le disque à mesurer."),
    ] = None,
) -> None:
    """Mesure cette machine : factures par seconde, part de chaque étape, latence. Ne touche aucun espace."""
    if disque is not None and not disque.is_dir():
        raise Erreur(f"« {disque} » n'est pas un dossier")
    try:
        found = measure(COURT if court else PLEIN, disque)
    except Ecarte as error:
        raise Erreur(f"le banc s'arrête, sans chiffres : {error}") from None
    if graphe is not None:
        graphe.write_text(write_svg(found), encoding="utf-8")
    if en_json:
        print_json(as_json(found))
        return
    show(found)
    if graphe is not None:
        console.print(f"\nDessin : {graphe}", markup=False, soft_wrap=True)


def measure(plan: Plan, disque: Path | None = None) -> Resultats:
    """Run the bench, its progress shown on a terminal. Raises Ecarte."""
    with tempfile.TemporaryDirectory(prefix="edi-banc-", dir=disque) as dossier, _progress() as progress:
        campagne = Campagne(Path(dossier), plan)
        task = progress.add_task("", total=campagne.steps)

        def told(quoi: str, rang: int, sur: int) -> None:
            progress.update(task, description=quoi, completed=rang - 1, total=sur)

        campagne.told = told
        return campagne.run()


def show(found: Resultats) -> None:
    """Every table."""
    for tableau in make_tableaux(found):
        print_table(tableau.colonnes, tableau.lignes, tableau.titre)
        console.print()
    console.print(
        "entier/jugement : ce qui reste, de bout en bout, de ce que le jugement seul atteint. "
        "Voie ordinaire : factur-x pour le PDF et le XSD, Saxon pour les feuilles officielles, document par "
        "document, rien d'autre. Contre-épreuve : ce qu'un document coûte de plus quand Saxon le juge aussi "
        "(un sur cent) ; ces lots n'en ont pas.",
        markup=False,
    )


def as_json(found: Resultats) -> dict[str, Any]:
    """All figures, in seconds and bytes, and the ratios."""
    told = asdict(found)
    told["machine"] = found.machine._asdict()
    told["plan"] = found.plan._asdict()
    return {**told, "ratios": compute_ratios(found)}


def _progress() -> Progress:
    return Progress(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    )
