"""``edi check``: the same judgement as a deposit, without depositing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine, StaticPool, create_engine

from edi import espace as workspace
from edi import wiring
from edi.annuaire.export import AnnuaireRefused
from edi.annuaire.imports import import_csv
from edi.annuaire.snapshot import take_snapshot
from edi.assemblage import make_feuilles
from edi.cli.affichage import console, make_progress, print_json
from edi.cli.espace import Erreur, open_espace, read_settings_here
from edi.cli.packs import known_packs
from edi.cli.usage import tell_system
from edi.cli.verdict import print_verdict, verdict_as_json
from edi.espace import Espace
from edi.essai.jugement import judge_aside, world_of
from edi.inbound.envelope import EXTENSIONS, bears_flux_name
from edi.inbound.nature import HEAD, recognise
from edi.judge import Demande
from edi.lots import World
from edi.model import (
    Deposant,
    Facture,
    LotJuge,
    Outcome,
    Snapshot,
)
from edi.relecture import Relecture
from edi.settings import Settings
from edi.store.tables import metadata
from edi.validators.scenarios import INTERFACES


def check(
    ctx: typer.Context,
    fichiers: Annotated[list[Path], typer.Argument(help="Lots, factures ou dossiers.")],
    en_tant_que: Annotated[
        str, typer.Option("--as", metavar="APPLI", help="Déposant de l'espace au nom de qui juger.")
    ] = "",
    annuaire: Annotated[
        list[Path] | None, typer.Option("--annuaire", help="Annuaire CSV (structures, services) ; répétable.")
    ] = None,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Juge des fichiers sans les déposer. Code 0 : tout accepté ; 1 : un rejet ; 2 : jugement impossible."""
    espace = _espace(ctx) if en_tant_que else None
    settings = espace.settings if espace else read_settings_here(ctx)
    deposant = _deposant(settings, en_tant_que)
    world, skipped = _world(espace, deposant, annuaire or [], settings)
    now = workspace.read_clock(settings)
    demande = Demande(
        "",
        now.date(),
        settings.as_politique(),
        settings.as_limites(),
        now,
        packs=known_packs(ctx),
        confiance=make_feuilles(espace).current() if espace else wiring.make_confiance(settings),
    )
    scanner = wiring.make_scanner(settings) if espace else None
    results: list[tuple[Path, LotJuge, str]] = []
    engine = wiring.make_engine(settings)
    with closing(engine), make_progress() as progress:
        paths = list(_files(fichiers))
        task = progress.add_task("Contrôle", total=len(paths))
        for path in paths:
            progress.update(task, description=f"Contrôle de {path.name}")
            earlier = (espace.engine, espace.settings.fuseau) if espace else None
            lot, error = judge_aside(path, path.name, deposant, demande, engine, world, scanner, earlier)
            results.append((path, lot, _tell(error)))
            progress.advance(task)
    if espace is not None:
        espace.engine.dispose()  # SQLite puts its side files away with the last connection
    if en_json:
        print_json([verdict_as_json(path, lot, incident, skipped) for path, lot, incident in results])
    else:
        for path, lot, incident in results:
            print_verdict(path, lot, incident)
        for what in skipped:
            console.print(f"Non contrôlé : {what}.", markup=False)
    outcomes = {Outcome.UNDECIDED if incident else lot.outcome for _, lot, incident in results}
    if Outcome.UNDECIDED in outcomes:
        raise typer.Exit(2)
    raise typer.Exit(int(outcomes - {Outcome.ACCEPTED} != set()))


# -- what to judge, and against which world ---------------------------------------------------------------


def _espace(ctx: typer.Context) -> Espace:
    return open_espace(ctx, workspace.look_into)


def _deposant(settings: Settings, code: str) -> Deposant | None:
    if code and code not in settings.deposants:
        known = ", ".join(settings.deposants) or "aucun"
        raise Erreur(f"le déposant « {code} » n'est pas déclaré ; déposants déclarés : {known}")
    return settings.deposants.get(code)


def _world(
    espace: Espace | None, deposant: Deposant | None, csv: Sequence[Path], settings: Settings
) -> tuple[World, tuple[str, ...]]:
    """How to see the registry, and what is not checked for want of it."""
    politique = settings.as_politique()
    skipped: tuple[str, ...] = ()
    if deposant is None:
        skipped += ("le mandat et les doublons de factures déjà déposées (donnez --as APPLI)",)
        if settings.antivirus.adresse:
            skipped += ("l'absence de virus (donnez --as APPLI)",)
        if not csv:
            skipped = ("le fournisseur et le destinataire (donnez --annuaire FICHIER.csv)", *skipped)
            return lambda wanted: None, skipped
    annuaire = _import_aside(csv, workspace.read_clock(settings)) if csv else None

    def world(wanted: Sequence[Facture]) -> Snapshot:
        snapshot = Snapshot()
        if espace is not None and deposant is not None:
            relecture = Relecture(espace.spool, INTERFACES, settings.as_limites())
            asked = world_of(espace.engine, deposant.code, politique, relecture)
            snapshot = asked(wanted) or snapshot
        if annuaire is not None:
            with annuaire.begin() as conn:
                seen = take_snapshot(conn, wanted, "", {})
            snapshot = replace(seen, mandats=snapshot.mandats, originaux=snapshot.originaux)
        return snapshot

    return world, skipped


def _import_aside(csv: Sequence[Path], at: datetime) -> Engine:
    """The annuaire of some CSV files, in a database of its own that vanishes with the command."""
    base = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with base.begin() as conn:
            metadata.create_all(conn)
            for path in csv:
                import_csv(conn, path, at)
    except AnnuaireRefused as refused:
        raise Erreur(str(refused)) from refused
    return base


def _files(named: Sequence[Path]) -> Sequence[Path]:
    """The files meant by the arguments: a folder stands for every document or archive below it."""
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            below = [p for p in sorted(path.rglob("*")) if p.is_file()]
            below = [p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts)]
            below = [p for p in below if _is_document(p)]
            if not below:
                raise Erreur(f"le dossier « {path} » ne contient aucun fichier à contrôler")
            found += below
        elif path.is_file():
            found.append(path)
        else:
            raise Erreur(f"« {path} » n'existe pas ou n'est ni un fichier ni un dossier")
    return found


def _is_document(path: Path) -> bool:
    """False for what lies beside the documents of a folder: lists, notes, programs."""
    with path.open("rb") as source:
        head = source.read(HEAD)
    named = bears_flux_name(path.name) or path.name.lower().endswith(tuple(f".{e}" for e in EXTENSIONS))
    return named or bool(recognise(head).libelle)


def _tell(error: BaseException | None) -> str:
    """Why a file could not be judged; '' when it was."""
    if error is None:
        return ""
    if isinstance(error, OSError):
        return tell_system(error)
    return f"{type(error).__name__} : {str(error).partition(chr(10))[0]}"
