"""``edi base``: the database of the workspace, moved into another one."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from edi.assemblage import make_presence
from edi.cli.affichage import console, make_progress, print_json
from edi.cli.espace import Erreur, open_espace, user_name
from edi.cli.progres import tell_mended
from edi.espace import Espace, real_now
from edi.outbound.phrases import count
from edi.store import processus
from edi.store.database import open_database
from edi.store.demenagement import Demenagement, NotNew, Unequal, move
from edi.wiring import process_name

app = typer.Typer(help="La base de données de l'espace de travail.")


@app.callback()
def base() -> None:
    """La base de données de l'espace de travail."""


@app.command()
def copie(
    ctx: typer.Context,
    vers: Annotated[
        str, typer.Argument(metavar="ADRESSE", help="Base neuve, comme « espace.base » la nommera.")
    ],
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Copie toute la base dans une autre, neuve, et la relit : de SQLite à PostgreSQL, ou retour.

    Rien ne travaille pendant ce temps, et rien ne change dans la base d'origine ni dans la configuration.
    """
    espace = open_espace(ctx)
    _assert_at_rest(espace)
    cible = _open(vers, espace)
    shown = cible.url.render_as_string(hide_password=True)
    try:
        with make_progress() as progress:
            task = progress.add_task("Copie et relecture", total=None)
            made = move(
                espace.engine,
                cible,
                espace.now(),
                user_name(),
                lambda done, of: progress.update(task, completed=done, total=of),
            )
    except NotNew as table:
        raise Erreur(f"{shown} contient déjà la table « {table} » : il faut une base neuve") from table
    except Unequal as table:
        raise Erreur(f"la table « {table} » ne se relit pas égale : rien n'est resté dans {shown}") from table
    finally:
        cible.dispose()
    if en_json:
        print_json({"lignes": made.lignes, "tables": made.tables, "vers": shown})
    else:
        _tell(made, shown)


def _assert_at_rest(espace: Espace) -> None:
    """Raises Erreur while a process of the workspace is at work: what it did meanwhile would be missing."""
    for one in make_presence(espace, process_name()).reconcile(real_now()):
        tell_mended(one)
    with espace.engine.begin() as conn:
        living = processus.all_present(conn)
    if living:
        names = ", ".join(f"{one.id} ({one.machine})" for one in living)
        raise Erreur(f"au travail : {names} ; arrêtez d'abord tout processus de cet espace")


def _open(vers: str, espace: Espace) -> Engine:
    try:
        cible = open_database(vers, espace.root)
    except ModuleNotFoundError as error:
        raise Erreur(f'{error.name} manque : pip install "navette-edi[postgresql]"') from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise Erreur(f"« {vers} » n'est pas une adresse de base de données") from error
    if cible.url == espace.engine.url or cible.url == make_url(espace.settings.espace.base):
        cible.dispose()
        raise Erreur("c'est la base de cet espace : nommez-en une autre")
    try:  # here, so that a lock on our own database is not taken for this
        cible.connect().close()
    except OperationalError as error:
        shown = cible.url.render_as_string(hide_password=True)
        raise Erreur(f"{shown} n'est pas joignable : {str(error.orig).splitlines()[0]}") from error
    return cible


def _tell(made: Demenagement, shown: str) -> None:
    rows, tables = count(made.lignes, "ligne", "lignes"), count(made.tables, "table", "tables")
    for line in (
        f"{rows} de {tables} : copiées dans {shown}, relues, égales.",
        "Ensuite : nommez-la dans config/edi.toml (« espace.base »), puis « edi audit » et « edi doctor ».",
        "L'ancienne base reste telle quelle : gardez-la, et ne la remettez jamais au travail.",
    ):
        console.print(line, markup=False, soft_wrap=True)
