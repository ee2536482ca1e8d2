"""``edi releve``: what a déposant deposited on a day, sealed, for it to compare with its own books."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from edi.cli.affichage import console
from edi.cli.espace import Erreur, open_espace, record_act
from edi.outbound.phrases import count
from edi.releve.jour import CleRefused
from edi.releve.service import Releves


def releve(
    ctx: typer.Context,
    jour: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Jour de réception ; par défaut, hier.")
    ] = None,
    appli: Annotated[str, typer.Option(help="Code appli d'un seul déposant.")] = "",
) -> None:
    """Écrit dans statut/ le relevé d'une journée (CSV, JSON, signature) de chaque déposant."""
    espace = open_espace(ctx)
    if appli and appli not in espace.settings.deposants:
        raise Erreur(f"le déposant « {appli} » n'est pas déclaré")
    day: date = jour.date() if jour else espace.today() - timedelta(days=1)
    for code in [appli] if appli else sorted(espace.settings.deposants):
        try:
            made = Releves(espace).put(code, day)
        except CleRefused as why:
            raise Erreur(str(why)) from why
        record_act(espace, "releve-ecrit", code, jour=day.isoformat(), factures=made.factures)
        seal = "signé" if made.signe else "NON SIGNÉ (aucune clé : [releve] cle)"
        told = f"{count(made.factures, 'facture', 'factures')}, {seal}"
        line = f"{code} : relevé du {day:%d/%m/%Y}, {made.flux} flux, {told}."
        console.print(line, markup=False, soft_wrap=True)
