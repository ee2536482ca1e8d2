"""``edi check``: the same judgement as a deposit, without depositing."""

from __future__ import annotations

import hashlib
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
from edi.cli.affichage import console, make_progress, print_json
from edi.cli.espace import Erreur, open_espace, read_settings_here
from edi.cli.packs import known_packs
from edi.cli.usage import tell_system
from edi.cli.verdict import print_verdict, verdict_as_json
from edi.engine import InProcess, JudgementEngine
from edi.espace import Espace
from edi.examen import Scanner
from edi.inbound import cards
from edi.inbound.display import escape_name
from edi.inbound.envelope import EXTENSIONS, FORME, Enveloppe, bears_flux_name, read_name
from edi.inbound.nature import HEAD, recognise
from edi.judge import Demande
from edi.lifecycle.statuts import FLUX_ACCEPTED
from edi.lots import Received, World, judge_lot, read_envelope
from edi.model import (
    Deposant,
    Facture,
    Finding,
    LotJuge,
    Outcome,
    Snapshot,
)
from edi.settings import Settings
from edi.store import factures as facture_store
from edi.store import flux as flux_store
from edi.store.tables import metadata
from edi.validators.doublon import unicity_key
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
        "", now.date(), settings.as_politique(), settings.as_limites(), now, packs=known_packs(ctx)
    )
    scanner = wiring.make_scanner(settings) if espace else None
    results: list[tuple[Path, LotJuge, str]] = []
    engine = wiring.make_engine(settings)
    with closing(engine), make_progress() as progress:
        paths = list(_files(fichiers))
        task = progress.add_task("Contrôle", total=len(paths))
        for path in paths:
            progress.update(task, description=f"Contrôle de {path.name}")
            results.append((path, *_judge(path, espace, deposant, demande, world, engine, scanner)))
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
            with espace.engine.begin() as conn:
                keys = {key for f in wanted if (key := unicity_key(f, politique)) is not None}
                snapshot = take_snapshot(conn, wanted, deposant.code, facture_store.originals(conn, keys))
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


def _judge(
    path: Path,
    espace: Espace | None,
    deposant: Deposant | None,
    demande: Demande,
    world: World,
    engine: JudgementEngine,
    scanner: Scanner | None,
) -> tuple[LotJuge, str]:
    """The judgement of one file, or why we could not judge it."""

    def work() -> LotJuge:
        received = _receive(path, deposant)
        if espace is not None:
            received = replace(received, findings=(*received.findings, *_id_taken(espace, received)))
        asked = replace(demande, interface=received.enveloppe.interface)
        return judge_lot(received, asked, engine, world, scanner=scanner)

    future = InProcess().submit(work)
    error = future.exception()
    if error is None:
        return future.result(), ""
    if isinstance(error, OSError):
        return LotJuge(), tell_system(error)
    return LotJuge(), f"{type(error).__name__} : {str(error).partition(chr(10))[0]}"


def _id_taken(espace: Espace, received: Received) -> tuple[Finding, ...]:
    """What a deposit would be told if its flux id already belongs to other bytes that were accepted."""
    idflux = received.enveloppe.idflux
    if not idflux or received.deposant is None:
        return ()
    with espace.engine.begin() as conn, received.path.open("rb") as source:
        accepted = sorted(FLUX_ACCEPTED, key=lambda statut: statut.name)
        _, found = flux_store.search(conn, appli=received.deposant.code, statuts=accepted, text=idflux)
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    return tuple(
        cards.IDFLUX_DEJA_UTILISE.at(
            value=idflux,
            original=flux.nom,
            le=f"{flux.recu_le.astimezone(espace.settings.fuseau):%d/%m/%Y à %H:%M}",
        )
        for flux in found[:1]
        if flux.sha256 != sha256
    )


def _receive(path: Path, deposant: Deposant | None) -> Received:
    """By its name when it bears a flux name; otherwise recognised from its content, which is said."""
    if not bears_flux_name(path.name):
        return _recognise(path, deposant)
    if deposant is not None:
        received = read_envelope(path.name, deposant, INTERFACES)
    else:
        enveloppe, _ = read_name(path.name, "", INTERFACES)
        received = read_envelope(path.name, Deposant(enveloppe.appli), INTERFACES)
    return Received(path, received.enveloppe, deposant, received.findings)


def _recognise(path: Path, deposant: Deposant | None) -> Received:
    """Opened as its name's extension wants, or failing that as its first bytes want."""
    with path.open("rb") as source:
        head = source.read(HEAD)
    nature = recognise(head)
    by_nature = {"un zip": "zip", "un gzip": "tar.gz", "un PDF": "pdf"}.get(
        nature.libelle, "xml" if nature.xml else ""
    )
    by_name = next((e for e in EXTENSIONS if path.name.lower().endswith(f".{e}")), "")
    nom = escape_name(path.name)
    findings: tuple[Finding, ...] = ()
    if by_nature:
        findings = (cards.SANS_NOM_DE_FLUX.at(value=nom, expected=FORME),)
    elif head and not by_name:
        suffix = escape_name(path.suffix) or "(aucune)"
        findings = (cards.EXTENSION_REFUSEE.at(value=suffix, expected=".xml, .pdf, .tar.gz ou .zip"),)
    return Received(path, Enveloppe(nom, "", "", "", by_name or by_nature), deposant, findings)
