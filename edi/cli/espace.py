"""The workspace a command works on, and the one way a command fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from edi import app
from edi.app import Espace

__all__ = ["Erreur", "Espace", "open_espace"]


class Erreur(Exception):
    """Something the user can mend: printed as one line, exit code 2."""


def open_espace(ctx: typer.Context, how: Callable[[Path], Espace] = app.open_espace) -> Espace:
    """The workspace named by ``--espace``, by ``EDI_DOSSIER``, or the current folder. Raises Erreur."""
    root: Path = ctx.find_root().obj
    try:
        return how(root)
    except FileNotFoundError as error:
        raise Erreur(
            f"« {root} » n'est pas un espace de travail ({error.args[0]} manque) : "
            "créez-le par « edi init DOSSIER », ou désignez-le par « edi --espace DOSSIER … » ou EDI_DOSSIER"
        ) from error
