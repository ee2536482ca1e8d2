"""``edi rules packs``, ``edi rules run``, and the cards of the official rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from edi import xml
from edi.catalogue import GRAVITES
from edi.cli import feuilles
from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import Erreur, read_regles, read_settings_here, read_today
from edi.cli.facture import finding_as_json, fold
from edi.cli.usage import tell_system
from edi.model import Finding, Severity
from edi.outbound.phrases import count, describe_finding
from edi.validators.schematron import runner, texts
from edi.validators.schematron.confiance import Confiance
from edi.validators.schematron.official import Assertion, read_asserts
from edi.validators.schematron.packs import (
    PACKS,
    Pack,
    Packs,
    PackUnavailable,
    locate_sheet,
    pack_on,
    tell_absence,
)
from edi.validators.schematron.versions import Etat, state_on
from edi.wiring import make_confiance

AsJson = Annotated[bool, typer.Option("--json", help="Écrire du JSON.")]


def known_packs(ctx: typer.Context) -> Packs:
    """Every version known where we stand. Raises Erreur for a packs.toml that cannot be read."""
    try:
        return read_regles(ctx).read()
    except PackUnavailable as error:
        raise Erreur(f"le fichier des versions installées est illisible ({error})") from error


def list_packs(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Énumère les jeux de règles officielles et leurs feuilles : version, période, état, forme compilée."""
    jour, known = read_today(ctx), known_packs(ctx)
    sheets = feuilles.describe_sheets(ctx, (pack for versions in known.values() for pack in versions))
    rows: list[dict[str, Any]] = [
        {
            "id": pack.id,
            "libelle": pack.libelle,
            "version": pack.version,
            "depuis": "" if pack.valid_from == date.min else pack.valid_from.isoformat(),
            "jusqu_a": pack.valid_to.isoformat() if pack.valid_to else "",
            "etat": state_on(pack, jour).value,
            "absence": tell_absence(pack),
            "sha256": list(pack.sha256),
            "feuilles": [sheets[part.sheet.sha256] for part in pack.parts],
        }
        for versions in known.values()
        for pack in versions
    ]
    if as_json:
        print_json(rows)
        return
    shown = [
        (
            str(row["id"]),
            str(row["version"]),
            str(row["libelle"]),
            str(row["depuis"]),
            str(row["jusqu_a"]),
            _tell_state(str(row["etat"]), str(row["depuis"])),
            "absent" if row["absence"] else "présent",
            pack_sums[0][:12] if (pack_sums := list(row["sha256"])) else "",
        )
        for row in rows
    ]
    print_table(("jeu", "version", "règles", "depuis", "jusqu'à", "état", "fichiers", "sha256"), shown)
    feuilles.print_sheets(list(sheets.values()))


def _tell_state(etat: str, depuis: str) -> str:
    return f"dès le {date.fromisoformat(depuis):%d/%m/%Y}" if etat == Etat.A_VENIR.value else etat


def run_pack(
    ctx: typer.Context,
    jeu: Annotated[str, typer.Argument(metavar="JEU", help="Jeu de règles, par exemple en16931-ubl.")],
    fichiers: Annotated[list[Path], typer.Argument(help="Documents ou fragments XML.")],
    version: Annotated[str, typer.Option(help="Version, par défaut celle en vigueur.")] = "",
    as_json: AsJson = False,
) -> None:
    """Applique un seul jeu de règles officielles. Code 0 : aucune faute ; 1 : une faute ; 2 : impossible."""
    pack = _pack(known_packs(ctx), jeu, version, read_today(ctx))
    confiance = make_confiance(read_settings_here(ctx))
    told: list[tuple[Path, tuple[Finding, ...]]] = []
    with make_progress() as progress:
        task = progress.add_task(pack.source, total=len(fichiers))
        for path in fichiers:
            told.append((path, _apply(pack, path, confiance)))
            progress.advance(task)
    if as_json:
        print_json(
            [{"file": str(path), "findings": list(map(finding_as_json, found))} for path, found in told]
        )
    else:
        for path, found in told:
            _print(path, found)
    blocking = any(f.severity >= Severity.ERROR for _, found in told for f in found)
    raise typer.Exit(int(blocking))


def explain_official(code: str) -> dict[str, str] | None:
    """The French card of an official rule and what its sheet says; None when no installed pack has it."""
    found = next(_assertions(code.strip()), None)
    if found is None:
        return None
    pack, rule = found
    texte = texts.find_text(rule.id, "", rule)
    return {
        "code": rule.id,
        "message": texts.build_message(texte, "…"),
        "terme": texte.terme,
        "attendu": texte.attendu,
        "que_faire": texte.fix,
        "motif": texte.motif or pack.motif,
        "gravite": GRAVITES[pack.severity_of(rule.flag)],
        "jeu": pack.source,
        "texte_officiel": rule.text,
        "test_officiel": rule.test,
    }


def _assertions(code: str) -> Iterator[tuple[Pack, Assertion]]:
    """The asserts of the installed packs that bear a code, or whose code begins with it (BR-FR-09_BT-29)."""
    for exact in (True, False):
        for versions in PACKS.values():
            for pack in versions:
                if tell_absence(pack):
                    continue
                for part in pack.parts:
                    for rule in read_asserts(locate_sheet(part.sheet).read_bytes()):
                        same = rule.id == code if exact else rule.id.startswith(f"{code}_")
                        if same and part.applies(rule.id):
                            yield pack, rule


def _pack(packs: Packs, name: str, version: str, jour: date) -> Pack:
    if name not in packs:
        raise Erreur(f"le jeu de règles « {name} » est inconnu ; jeux connus : {', '.join(packs)}")
    pack = next((one for one in packs[name] if one.version == version), None)
    if version and pack is None:
        known = ", ".join(one.version for one in packs[name])
        raise Erreur(f"le jeu « {name} » n'a pas de version « {version} » ; versions connues : {known}")
    try:
        pack = pack or pack_on(name, jour, packs)
    except PackUnavailable as error:
        raise Erreur(f"le jeu « {name} » n'a pas de version en vigueur ({error})") from error
    if why := tell_absence(pack):
        raise Erreur(f"le jeu de règles « {name} » n'est pas installé ({why})")
    return pack


def _apply(pack: Pack, path: Path, confiance: Confiance) -> tuple[Finding, ...]:
    try:
        tree = xml.parse(path.read_bytes())
    except OSError as error:
        raise Erreur(tell_system(error)) from error
    except xml.XmlRefused as refused:
        raise Erreur(f"« {path} » n'est pas un document XML lisible : {refused.reason}") from refused
    return runner.apply(pack, tree, confiance)


def _print(path: Path, found: tuple[Finding, ...]) -> None:
    console.print(f"{path} : {count(len(found), 'constat', 'constats')}", markup=False, soft_wrap=True)
    lines = fold(((f.code, f.message), describe_finding("", None, f)) for f in found)
    if lines:
        print_table(("code", "constat", "où et que faire", "fois"), lines)
