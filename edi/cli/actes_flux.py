"""``edi flux renvoie``: what operators do to a flux, each with a reason that the journal keeps."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from edi.assemblage import make_pipeline, remake
from edi.cli.affichage import console
from edi.cli.espace import Erreur, Raison, open_espace, user_name
from edi.gestes.renvoi import send_again
from edi.model import Emission
from edi.store import emissions
from edi.store.database import reading
from edi.wiring import process_name


def send_return(
    ctx: typer.Context,
    nom: Annotated[str, typer.Argument(metavar="NOM", help="Nom du flux retour : « edi flux show ».")],
    raison: Raison = "",
) -> None:
    """Renvoie un flux retour qui est parti : mêmes octets, même nom, là où son destinataire les prend."""
    espace = open_espace(ctx)
    with reading(espace.engine) as conn:
        emission = emissions.find_by_name(conn, nom)
    if emission is None:
        raise Erreur(f"aucun flux retour « {nom} » ; « edi flux show » les nomme")
    pipeline = make_pipeline(espace, process_name(), lambda flux, done: None)

    def make(one: Emission) -> bytes | None:
        return remake(espace, pipeline, one)

    with closing(pipeline.engine):
        vers = send_again(espace, make, emission, raison, user_name())
    console.print(f"{nom} : remis à {emission.appli} ({vers}).", markup=False, soft_wrap=True)
