"""``edi export-incident``: one flux, and all that is known of it, in one archive for support."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edi.alertes.tableau import deadline_of
from edi.assemblage import make_pipeline
from edi.cli.affichage import console
from edi.cli.designation import find_flux
from edi.cli.ecriture import write_aside
from edi.cli.espace import Espace, open_espace, record_act
from edi.docteur.prelevement import Portee, take_portrait
from edi.docteur.verifications import verify
from edi.dossier.archive import Dossier
from edi.dossier.journal import without_paths
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
        avis = [] if masque else _ask_doctor(espace)
        dossier = Dossier(espace, flux, pipeline.sortie.make_many, masque, avis)
        data = dossier.write(real_now().astimezone(espace.settings.fuseau))
    target = vers or Path(f"incident-{flux.idflux or flux.id}{'-masque' if masque else ''}.zip")
    path = write_aside(target.parent, target.name, data)
    record_act(espace, "dossier-d-incident", f"flux n° {flux.id}", masque=masque)
    files = count(len(dossier.files) + 1, "fichier", "fichiers")
    console.print(f"{path} : {files}, {size(len(data))}.", markup=False, soft_wrap=True)
    console.print(
        "Masqué ; lisez LISEZMOI.txt, puis relisez-le avant de l'envoyer."
        if masque
        else "Non masqué : il contient des factures entières. --masque en fait un qui n'en montre rien."
    )


_PASSING = ("horloge", "disque", "annuaire", "échéances")  # domains whose figures change by the minute


def _ask_doctor(espace: Espace) -> list[dict[str, str]]:
    """How the workspace stands; of what changes by the minute, only whether it is well."""
    told = []
    for one in verify(take_portrait(espace, Portee(), deadline_of, None)):
        trouve = "" if one.domaine in _PASSING else without_paths(one.trouve, espace.root)
        sujet = without_paths(one.sujet, espace.root)
        told.append({"domaine": one.domaine, "sujet": sujet, "etat": one.etat.value, "trouve": trouve})
    return told
