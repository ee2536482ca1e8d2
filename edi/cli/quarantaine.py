"""``edi quarantaine``: deposits that were never complete, and what becomes of them."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.affichage import console, print_json, print_table
from edi.cli.designation import find_flux
from edi.cli.espace import Raison, open_espace, user_name
from edi.gestes.quarantaine import abandon, take_up
from edi.inbound.display import show_size
from edi.model import TOUT
from edi.outbound.phrases import count
from edi.store import quarantaines
from edi.store.database import reading
from edi.store.quarantaines import Quarantaine
from edi.wiring import tickets

app = typer.Typer(no_args_is_help=True, help="Les dépôts jamais complets, et ce qu'ils deviennent.")
Ident = Annotated[str, typer.Argument(metavar="FLUX", help="Numéro, identifiant ou nom du flux en cause.")]


@app.command("list")
def list_quarantined(
    ctx: typer.Context,
    limite: Annotated[int, typer.Option(min=1, max=10_000, help="Nombre de lignes.")] = 50,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les dépôts mis en quarantaine, le plus récent d'abord."""
    espace = open_espace(ctx)
    with reading(espace.engine) as conn:
        found = quarantaines.latest(conn, TOUT, limite)
    if en_json:
        names = ("issue", "raison", "par", "le", "nouveau", "echeance")
        print_json(
            [
                {"flux": one.flux.id, "nom": one.flux.nom, "appli": one.flux.appli}
                | {"attend": one.attend.name, **{name: getattr(one, name) for name in names}}
                for one in found
            ]
        )
        return
    rows = [
        (
            str(one.flux.id),
            one.flux.appli,
            one.flux.nom,
            one.attend.libelle,
            show_size(one.flux.taille),
            _tell(one),
        )
        for one in found
    ]
    print_table(("flux", "appli", "fichier", "attendait", "taille", "suite"), rows)
    console.print(f"{count(len(found), 'dépôt', 'dépôts')} en quarantaine.")


@app.command("reprend")
def take_up_one(ctx: typer.Context, ident: Ident, raison: Raison = "") -> None:
    """Dépose de nouveau un dépôt en quarantaine, tel qu'il est, comme complet."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    new = take_up(espace, tickets(), flux, raison, user_name())
    console.print(f"Le flux n° {new.id} reprend le dépôt ; il sera jugé par « edi run » ou « edi serve ».")


@app.command("abandonne")
def abandon_one(ctx: typer.Context, ident: Ident, raison: Raison = "") -> None:
    """Dit qu'un dépôt en quarantaine n'a pas de suite ; ses octets sont gardés."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    abandon(espace, flux, raison, user_name())
    console.print(f"Le dépôt du flux n° {flux.id} est abandonné.")


def _tell(one: Quarantaine) -> str:
    if one.issue == quarantaines.REPRISE:
        return f"repris par {one.par} : flux n° {one.nouveau}"
    return f"abandonné par {one.par}" if one.issue else "à traiter"
