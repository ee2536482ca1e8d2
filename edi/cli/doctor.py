"""``edi doctor``: what is wrong with this workspace, and what to do about it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edi import espace as workspace
from edi.alertes.tableau import deadline_of
from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import Espace, open_espace
from edi.docteur.avis import Avis, Etat
from edi.docteur.echantillon import find_blocking, submit_sample
from edi.docteur.portrait import Moteur, Portrait
from edi.docteur.prelevement import Portee, take_portrait
from edi.docteur.verifications import verify
from edi.engine import EngineFailed
from edi.settings import SettingsRefused
from edi.validators.schema import SchemaUnavailable
from edi.validators.schematron.packs import PackUnavailable
from edi.wiring import make_confiance, make_engine, make_scanner


def doctor(
    ctx: typer.Context,
    reseau: Annotated[
        bool, typer.Option("--reseau", help="Appelle aussi les serveurs ; n'y prend et n'y dépose rien.")
    ] = False,
    complet: Annotated[
        bool, typer.Option("--complet", help="Relit aussi toute la base, et fait juger un échantillon.")
    ] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Examine l'espace de travail et dit quoi faire. Ne change rien. Code 0 : sans faute ; 1 : une faute."""
    avis = verify(_look(ctx, Portee(reseau=reseau, complet=complet)))
    if en_json:
        print_json([{**c._asdict(), "etat": c.etat.value} for c in avis])
    else:
        _print(avis)
    raise typer.Exit(int(any(c.etat is Etat.FAUTE for c in avis)))


def _look(ctx: typer.Context, portee: Portee) -> Portrait:
    root: Path = ctx.find_root().obj
    try:
        espace = open_espace(ctx, workspace.describe)
    except SettingsRefused as refused:
        return Portrait(refus=tuple(line.removeprefix(f"{root}/") for line in str(refused).splitlines()))
    with make_progress() as progress:
        progress.add_task("Verification", total=None)
        seen = take_portrait(espace, portee, deadline_of, make_scanner(espace.settings))
        return replace(seen, moteur=_try_engine(espace)) if portee.complet else seen


def _try_engine(espace: Espace) -> Moteur:
    """Start the engine as it is configured, and let it judge a valid invoice."""
    began = time.monotonic()
    try:
        with closing(make_engine(espace.settings)) as engine:
            confiance = make_confiance(espace.settings)
            fichier = submit_sample(engine, espace.regles.read, espace.today(), confiance).result()
    except (EngineFailed, SchemaUnavailable, PackUnavailable) as error:
        grappe = espace.settings.moteur.grappe
        return Moteur(time.monotonic() - began, incident=str(error), grappe=grappe)
    return Moteur(time.monotonic() - began, bloquants=find_blocking(fichier))


def _print(avis: tuple[Avis, ...]) -> None:
    columns = ("domaine", "sujet", "état", "trouvé", "que faire")
    print_table(columns, [(c.domaine, c.sujet, c.etat.value, c.trouve, c.remede) for c in avis])
    many = Counter(c.etat for c in avis)
    told = f"{many[Etat.OK]} en ordre, {many[Etat.ATTENTION]} à regarder, {many[Etat.FAUTE]} en faute."
    console.print(told)
