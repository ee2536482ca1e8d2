"""``edi console``: the operators' pages, in a process of their own."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Annotated

import typer

from edi import assemblage
from edi.cli.affichage import console as screen
from edi.cli.espace import Erreur, open_espace
from edi.store import utilisateurs
from edi.store.database import reading
from edi.wiring import process_name

_SINON = "127.0.0.1:8080"


def console(
    ctx: typer.Context,
    adresse: Annotated[
        str, typer.Option(help=f"Où écouter ; sinon « console.adresse », sinon {_SINON}.")
    ] = "",
) -> None:
    """Montre la plateforme dans un navigateur : flux, factures, ce qui attend, ce qui est rejeté."""
    from edi.console.serveur import ServeurConsole  # slow to load: no other command should wait for it

    espace = open_espace(ctx)
    pipeline = assemblage.make_pipeline(espace, process_name(), lambda flux, done: None)
    made = assemblage.make_console(espace, pipeline)
    made = replace(made, reglages=replace(made.reglages, adresse=adresse or made.reglages.adresse or _SINON))
    try:
        serveur = ServeurConsole(made)
    except (OSError, ValueError, OverflowError) as error:
        raise Erreur(f"impossible d'écouter sur « {made.reglages.adresse} » ({error})") from error
    with reading(espace.engine) as conn:
        if not utilisateurs.all_users(conn):
            screen.print(
                "Personne n'a encore de compte : « edi user add NOM --role administrateur » en fait un."
            )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, frame: serveur.stop())
    host = made.reglages.adresse.rpartition(":")[0]
    screen.print(f"Console : http://{host}:{serveur.port}/ ; Ctrl-C pour arrêter.", soft_wrap=True)
    try:
        serveur.serve()
    finally:
        pipeline.engine.close()
    screen.print("Arrêtée.")
