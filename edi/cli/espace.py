"""The workspace a command works on, and the one way a command fails."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from edi import espace as workspace
from edi.espace import Espace
from edi.regles.versions import Regles
from edi.settings import Settings, read_settings
from edi.store import journal

__all__ = ["Erreur", "Espace", "Raison", "open_espace", "read_regles", "read_settings_here", "read_today"]


Raison = Annotated[str, typer.Option("--raison", help="Pourquoi : écrit au journal avec votre nom.")]


class Erreur(Exception):
    """Something the user can mend: printed as one line, exit code 2."""


def user_name() -> str:
    """Who types the command, '' for a user without a name; under sudo, whoever asked for it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return ""
    asked = os.environ.get("SUDO_USER", "")
    return f"{asked} (sudo, {name})" if asked and asked != name else name


def record_act(espace: Espace, acte: str, sujet: str, **detail: str | int) -> None:
    """Tell the journal what whoever types the command has just done, where nothing else keeps it."""
    with espace.engine.begin() as conn:
        journal.note_act(conn, acte, sujet, espace.now(), par=user_name(), detail=detail)


def read_regles(ctx: typer.Context) -> Regles:
    """The official rules of the workspace we stand in; outside of one, those that are shipped."""
    root: Path = ctx.find_root().obj
    return Regles(root / workspace.REGLES)


def read_settings_here(ctx: typer.Context) -> Settings:
    """The settings of the workspace we stand in, or what they are by default. Raises SettingsRefused."""
    config = ctx.find_root().obj / workspace.CONFIG
    return read_settings(config) if config.is_file() else Settings()


def read_today(ctx: typer.Context) -> date:
    """This day, by the clock of the workspace we stand in."""
    return workspace.read_clock(read_settings_here(ctx)).date()


def open_espace(ctx: typer.Context, how: Callable[[Path], Espace] = workspace.open_espace) -> Espace:
    """The workspace named by ``--espace``, by ``EDI_DOSSIER``, or the current folder. Raises Erreur."""
    root: Path = ctx.find_root().obj
    try:
        return how(root)
    except FileNotFoundError as error:
        raise Erreur(
            f"« {root} » n'est pas un espace de travail ({error.args[0]} manque) : "
            "créez-le par « edi init DOSSIER », ou désignez-le par « edi --espace DOSSIER … » ou EDI_DOSSIER"
        ) from error
