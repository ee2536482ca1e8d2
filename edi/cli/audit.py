"""``edi audit``: the proof that nothing was lost."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.audit import Audit
from edi.audit import audit as prove
from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import open_espace
from edi.espace import real_now
from edi.outbound.phrases import count
from edi.store.alertes import record_audit
from edi.validators.wording import size

app = typer.Typer()


@app.callback(invoke_without_command=True)
def audit(
    ctx: typer.Context,
    rapide: Annotated[bool, typer.Option("--rapide", help="Sans relire les octets du stock.")] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Prouve que rien n'est perdu. Code 0 : tout concorde ; 1 : un écart."""
    if ctx.invoked_subcommand is not None:
        return
    espace = open_espace(ctx)
    with make_progress() as progress:
        task = progress.add_task("Lecture du stock", total=None)
        found = prove(
            espace.engine,
            espace.spool,
            real_now(),
            complet=not rapide,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    with espace.engine.begin() as conn:
        record_audit(conn, found.ecarts, espace.now(), complet=not rapide)
    if en_json:
        print_json(
            {
                "bilans": [bilan._asdict() for bilan in found.bilans],
                "ecarts": [{**ecart._asdict(), "remede": ecart.remede} for ecart in found.ecarts],
                "fichiers": found.fichiers,
                "octets": found.octets,
                "oublies": found.oublies,
            }
        )
    else:
        _print(found, rapide)
    raise typer.Exit(int(bool(found.ecarts)))


def _print(found: Audit, rapide: bool) -> None:
    columns = (
        "déposant",
        "flux reçus",
        "décidés",
        "dont rappels",
        "en cours",
        "factures",
        "acceptées",
        "rejetées",
    )
    rows = [
        tuple(
            map(
                str,
                (b.appli, b.flux, b.decides, b.rappels, b.en_cours, b.factures, b.acceptees, b.rejetees),
            )
        )
        for b in found.bilans
    ]
    print_table(columns, rows)
    looked = "taille comparée" if rapide else "relu en entier"
    console.print(f"Stock : {count(found.fichiers, 'fichier', 'fichiers')}, {size(found.octets)}, {looked}.")
    if found.oublies:
        gone = count(found.oublies, "original oublié", "originaux oubliés")
        console.print(f"{gone}, leur durée de conservation atteinte (« edi retention »).")
    if found.ecarts:
        lines = [(*ecart, ecart.remede) for ecart in found.ecarts]
        print_table(("ce qui doit être", "sujet", "constat", "que faire"), lines, titre="Écarts")
    else:
        console.print("Tout concorde : rien n'est perdu, rien n'est en double.")
