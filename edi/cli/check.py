"""``edi check``: the same judgement as a deposit, without depositing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine, StaticPool, create_engine

from edi import app
from edi.annuaire.export import AnnuaireRefused
from edi.annuaire.imports import import_csv
from edi.annuaire.snapshot import take_snapshot
from edi.app import Espace
from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import Erreur, open_espace
from edi.cli.facture import finding_as_json, fold
from edi.engine import InProcess
from edi.inbound import cards
from edi.inbound.envelope import FORME, Enveloppe, bears_flux_name, read_name
from edi.inbound.display import escape_name
from edi.inbound.envelope import EXTENSIONS
from edi.inbound.nature import HEAD, recognise
from edi.judge import Demande
from edi.lots import Received, World, judge_lot, read_envelope
from edi.model import (
    Deposant,
    Facture,
    FactureJugee,
    FichierJuge,
    Finding,
    LotJuge,
    Outcome,
    Severity,
    Snapshot,
)
from edi.outbound.phrases import count, describe_finding
from edi.settings import Settings
from edi.store import factures as facture_store
from edi.store.tables import metadata
from edi.validators.doublon import unicity_key
from edi.validators.scenarios import INTERFACES

VERDICTS = {
    Outcome.ACCEPTED: "accepté",
    Outcome.PARTIAL: "accepté en partie",
    Outcome.REJECTED: "rejeté",
    Outcome.IRRECEVABLE: "irrecevable",
    Outcome.UNDECIDED: "non jugé",
}


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
    espace = _espace(ctx, needed=bool(en_tant_que))
    settings = espace.settings if espace else Settings()
    deposant = _deposant(settings, en_tant_que)
    world, skipped = _world(espace, deposant, annuaire or [], settings)
    demande = Demande("", _now(espace, settings).date(), settings.as_politique(), settings.as_limites())
    results: list[tuple[Path, LotJuge, str]] = []
    with make_progress() as progress:
        paths = list(_files(fichiers))
        task = progress.add_task("Contrôle", total=len(paths))
        for path in paths:
            progress.update(task, description=f"Contrôle de {path.name}")
            results.append((path, *_judge(path, deposant, demande, world)))
            progress.advance(task)
    if en_json:
        print_json([_as_json(path, lot, incident, skipped) for path, lot, incident in results])
    else:
        for path, lot, incident in results:
            _print(path, lot, incident)
        for what in skipped:
            console.print(f"Non contrôlé : {what}.", markup=False)
    outcomes = {Outcome.UNDECIDED if incident else lot.outcome for _, lot, incident in results}
    if Outcome.UNDECIDED in outcomes:
        raise typer.Exit(2)
    raise typer.Exit(int(outcomes - {Outcome.ACCEPTED} != set()))


# -- what to judge, and against which world ---------------------------------------------------------------


def _espace(ctx: typer.Context, *, needed: bool) -> Espace | None:
    root: Path = ctx.find_root().obj
    return open_espace(ctx) if needed or (root / app.CONFIG).is_file() else None


def _now(espace: Espace | None, settings: Settings) -> datetime:
    return espace.now() if espace else app.now(settings)


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
        if not csv:
            skipped = ("le fournisseur et le destinataire (donnez --annuaire FICHIER.csv)", *skipped)
            return lambda wanted: None, skipped
    annuaire = _import_aside(csv, _now(espace, settings)) if csv else None

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
    """The files meant by the arguments: a folder stands for every visible file below it."""
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            below = (p for p in sorted(path.rglob("*")) if p.is_file())
            found += [p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        elif path.is_file():
            found.append(path)
        else:
            raise Erreur(f"« {path} » n'existe pas ou n'est ni un fichier ni un dossier")
    return found


def _judge(path: Path, deposant: Deposant | None, demande: Demande, world: World) -> tuple[LotJuge, str]:
    """The judgement of one file, or why we could not judge it."""
    received = _receive(path, deposant)
    asked = Demande(received.enveloppe.interface, demande.jour, demande.politique, demande.limites)
    future = InProcess().submit(judge_lot, received, asked, InProcess(), world)
    error = future.exception()
    return (LotJuge(), f"{type(error).__name__} : {error}") if error else (future.result(), "")


def _receive(path: Path, deposant: Deposant | None) -> Received:
    """By its name when it bears a flux name; otherwise recognised from its content, which is said."""
    if not bears_flux_name(path.name):
        said = cards.SANS_NOM_DE_FLUX.at(value=escape_name(path.name), expected=FORME)
        enveloppe = Enveloppe(escape_name(path.name), "", "", "", _recognise_extension(path))
        return Received(path, enveloppe, deposant, (said,))
    if deposant is not None:
        received = read_envelope(path.name, deposant, INTERFACES)
    else:
        enveloppe, _ = read_name(path.name, "", INTERFACES)
        received = read_envelope(path.name, Deposant(enveloppe.appli), INTERFACES)
    return Received(path, received.enveloppe, deposant, received.findings)


def _recognise_extension(path: Path) -> str:
    """The extension a file should have: what its first bytes say, or failing that its own name."""
    with path.open("rb") as source:
        nature = recognise(source.read(HEAD))
    by_nature = {"un zip": "zip", "un gzip": "tar.gz"}.get(nature.libelle, "xml" if nature.xml else "")
    by_name = next((e for e in EXTENSIONS if path.name.lower().endswith(f".{e}")), "")
    return by_name or by_nature


# -- what is said -----------------------------------------------------------------------------------------


def _file_findings(lot: LotJuge) -> list[Finding]:
    """What is said of the flux and of its files, not of one invoice that could be read and judged."""
    said = list(lot.findings)
    for fichier in lot.fichiers:
        said += fichier.findings
        said += [f for j in fichier.factures for f in j.findings if f.severity == Severity.FATAL]
    return list(dict.fromkeys(said))


def _as_json(path: Path, lot: LotJuge, incident: str, skipped: Sequence[str]) -> dict[str, Any]:
    return {
        "file": str(path),
        "verdict": str(Outcome.UNDECIDED if incident else lot.outcome),
        "incident": incident,
        "skipped": list(skipped),
        "findings": [finding_as_json(f) for f in _file_findings(lot)],
        "factures": [_facture_as_json(fichier, jugee) for fichier in lot.fichiers for jugee in fichier.factures],
    }


def _facture_as_json(fichier: FichierJuge, jugee: FactureJugee) -> dict[str, Any]:
    return {
        "file": fichier.nom,
        "numero": jugee.facture.numero,
        "fournisseur": jugee.facture.fournisseur.identifiant.valeur,
        "destinataire": jugee.facture.destinataire.identifiant.valeur,
        "verdict": str(jugee.verdict.outcome),
        "findings": [finding_as_json(f) for f in jugee.findings],
    }


def _print(path: Path, lot: LotJuge, incident: str) -> None:
    if incident:
        console.print(f"{path} : jugement impossible ({incident})", markup=False, soft_wrap=True)
        return
    counts = f"{count(lot.acceptees, 'facture acceptée', 'factures acceptées')}, "
    counts += count(lot.rejetees, "rejetée", "rejetées")
    console.print(f"{path} : {VERDICTS[lot.outcome]} ({counts})", markup=False, soft_wrap=True)
    lines = [(f.code, "", f.message, describe_finding("", None, f)) for f in lot.findings]
    for fichier in lot.fichiers:
        lines += [(f.code, "", f.message, describe_finding(fichier.nom, None, f)) for f in fichier.findings]
        for jugee in fichier.factures:
            lines += [
                (f.code, jugee.facture.numero, f.message, describe_finding(fichier.nom, None, f))
                for f in jugee.findings
            ]
    if lines:
        print_table(("code", "facture", "constat", "où et que faire", "fois"), fold(lines))
