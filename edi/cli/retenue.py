"""``edi retenue``: what operators keep from being judged for a while."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from edi.cli.affichage import console, print_json, print_table
from edi.cli.designation import find_flux
from edi.cli.espace import Espace, Raison, open_espace, user_name
from edi.gestes.retenue import hold_deposant, hold_flux, release
from edi.model import TOUT
from edi.model.retenues import Retenue
from edi.outbound.phrases import count
from edi.store import flux as flux_store
from edi.store import retenues
from edi.store.database import reading

app = typer.Typer(no_args_is_help=True, help="Ce qu'un exploitant retient, toujours jusqu'à un instant.")

_PAST = 50  # retenues shown with --toutes


@app.command("list")
def list_all(
    ctx: typer.Context,
    toutes: Annotated[bool, typer.Option("--toutes", help="Celles qui ont pris fin aussi.")] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les retenues en cours, la première à finir d'abord."""
    espace = open_espace(ctx)
    with reading(espace.engine) as conn:
        found = retenues.current(conn, TOUT, espace.now())
        found += retenues.past(conn, TOUT, espace.now(), _PAST) if toutes else []
        names = {
            one.id: flux_store.get(conn, one.flux_id).reference for one in found if one.flux_id is not None
        }
    if en_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        console.print("Aucune retenue.")
        return
    rows = [
        (
            str(one.id),
            one.appli,
            f"flux n° {one.flux_id} ({names[one.id]})" if one.flux_id else "ses nouveaux dépôts",
            _state(espace, one),
            one.raison,
            one.par,
        )
        for one in found
    ]
    print_table(("n°", "déposant", "retient", "jusqu'au", "raison", "par"), rows)


@app.command("pose")
def hold(
    ctx: typer.Context,
    quoi: Annotated[
        str, typer.Argument(metavar="FLUX|DÉPOSANT", help="Un flux, ou le code d'un déposant : AAA123.")
    ],
    heures: Annotated[float, typer.Option("--heures", min=0.1, help="Pendant combien de temps.")],
    raison: Raison = "",
) -> None:
    """Retient un flux qui n'est pas décidé, ou tout ce qu'un déposant dépose désormais."""
    espace = open_espace(ctx)
    duree = timedelta(hours=heures)
    if quoi.upper() in espace.settings.deposants:
        one = hold_deposant(espace, quoi.upper(), raison, duree, user_name())
        told = f"Les nouveaux dépôts de {one.appli} sont retenus"
    else:
        one = hold_flux(espace, find_flux(espace, quoi), raison, duree, user_name())
        told = f"Le flux n° {one.flux_id} est retenu"
    console.print(f"{told} jusqu'au {_moment(espace, one.jusqu)} (retenue n° {one.id}).")


@app.command("leve")
def let_go(
    ctx: typer.Context,
    numero: Annotated[int, typer.Argument(metavar="N°", help="Numéro de la retenue : « edi retenue list ».")],
    raison: Raison = "",
) -> None:
    """Lève une retenue avant son terme : ce qu'elle retenait est jugé au prochain passage."""
    espace = open_espace(ctx)
    many = release(espace, numero, raison, user_name())
    flux = count(many, "flux sera jugé", "flux seront jugés")
    console.print(f"Retenue n° {numero} levée : {flux} au prochain passage.")


def _moment(espace: Espace, at: datetime) -> str:
    return f"{at.astimezone(espace.settings.fuseau):%d/%m/%Y à %H:%M}"


def _state(espace: Espace, one: Retenue) -> str:
    if one.levee_le is not None:
        return f"levée le {_moment(espace, one.levee_le)} par {one.levee_par}"
    return _moment(espace, one.jusqu) + ("" if one.holds(espace.now()) else ", passé")
