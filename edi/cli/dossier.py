"""``edi export-incident``: one flux, and all that is known of it, in one archive for support."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edi.assemblage import make_pipeline
from edi.cli.affichage import console
from edi.cli.ecriture import write_aside
from edi.cli.espace import open_espace
from edi.cli.flux import find_flux
from edi.dossier.archive import Dossier
from edi.espace import real_now
from edi.outbound.phrases import count
from edi.validators.wording import size
from edi.wiring import process_name


def export_incident(
    ctx: typer.Context,
    ident: Annotated[
        str, typer.Argument(metavar="FLUX", help="Numéro, identifiant de flux ou nom de fichier.")
    ],
    masque: Annotated[
        bool, typer.Option("--masque", help="Remplace montants, noms, adresses, numéros et textes libres.")
    ] = False,
    vers: Annotated[
        Path | None, typer.Option("--vers", metavar="FICHIER.zip", help="Où l'écrire ; par défaut, ici.")
    ] = None,
) -> None:
    """Un dossier d'incident pour l'assistance : octets, chronologie, constats, règles, réglages, versions."""
    espace = open_espace(ctx)
    flux = find_flux(espace, ident)
    pipeline = make_pipeline(espace, process_name(), lambda flux, done: None)
    with closing(pipeline.engine):
        dossier = Dossier(espace, flux, pipeline.make_many, masque)
        data = dossier.write(real_now().astimezone(espace.settings.fuseau))
    target = vers or Path(f"incident-{flux.idflux or flux.id}{'-masque' if masque else ''}.zip")
    path = write_aside(target.parent, target.name, data)
    files = count(len(dossier.files) + 1, "fichier", "fichiers")
    console.print(f"{path} : {files}, {size(len(data))}.", markup=False, soft_wrap=True)
    console.print(
        "Masqué ; lisez LISEZMOI.txt, puis relisez-le avant de l'envoyer."
        if masque
        else "Non masqué : il contient des factures entières. --masque en fait un qui n'en montre rien."
    )
