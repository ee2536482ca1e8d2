"""``edi annuaire``: import the official export, search it, show a structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, TaskID

from edi.annuaire.export import AnnuaireRefused
from edi.annuaire.imports import Report, import_csv
from edi.annuaire.obligations import tell_etat, tell_obligations
from edi.annuaire.search import search
from edi.cli.affichage import console, make_progress, print_json, print_table, stderr
from edi.cli.corrige import tell_kept
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.rejoue import tell_cured
from edi.identifiers import luhn_hint, siret_is_well_formed
from edi.model import SIRET, Identifiant, Structure
from edi.outbound.phrases import count
from edi.store import annuaire as store

_CHANGES = {
    "ajoutees": "ajoutées",
    "modifiees": "modifiées",
    "fermees": "dont fermées",
    "supprimees": "supprimées",
}

app = typer.Typer(no_args_is_help=True, help="L'annuaire des structures et de leurs services.")


def as_json(structure: Structure) -> dict[str, Any]:
    """A structure as ``--json`` shows it everywhere."""
    type_, valeur = structure.identifiant
    flags = {name: value for name, value in asdict(structure).items() if name != "identifiant"}
    return {"type": type_, "identifiant": valeur, **flags, "obligations": list(tell_obligations(structure))}


@app.command("import")
def import_files(
    ctx: typer.Context,
    fichiers: Annotated[list[Path], typer.Argument(metavar="FICHIER...")],
) -> None:
    """Remplace les structures, ou les services, par ceux de l'export officiel, CSV ou XLSX (tout ou rien)."""
    espace = open_espace(ctx)
    try:
        reports = _import(espace, fichiers)
    except AnnuaireRefused as refused:
        for faute in refused.fautes[1:]:
            stderr.print(str(faute), markup=False, soft_wrap=True)
        raise Erreur(str(refused)) from refused
    except FileNotFoundError as missing:
        raise Erreur(f"le fichier « {missing.filename} » n'existe pas ; rien n'a été importé") from missing
    columns = ("fichier", "nature", "lignes", *_CHANGES.values())
    rows = [
        (r.fichier, r.nature, str(r.lignes), *(str(getattr(r, kind)) for kind in _CHANGES)) for r in reports
    ]
    print_table(columns, rows)
    for line in _tell_examples(reports):
        console.print(line, markup=False, soft_wrap=True)
    tell_kept(sum(r.maintenues for r in reports))
    tell_cured(espace)


def _tell_examples(reports: list[Report]) -> Iterator[str]:
    """``services modifiées : 21290019300014 SRV (nom, fin)``; of an import that brings all, nothing."""
    for report in reports:
        if report.ajoutees == report.lignes:
            continue
        for kind, word in _CHANGES.items():
            told = [
                " ".join(exemple.cle[-2 if report.nature == store.SERVICES else -1 :])
                + (f" ({', '.join(exemple.champs)})" if exemple.champs else "")
                for exemple in report.exemples.get(kind, ())
            ]
            if told:
                more = ", …" if getattr(report, kind) > len(told) else ""
                yield f"{report.nature}, lignes {word} : {', '.join(told)}{more}"


def _import(espace: Espace, paths: list[Path]) -> list[Report]:
    """One transaction for all the files, so that structures never meet services of another day."""
    reports: dict[str, Report] = {}
    with make_progress() as progress, espace.engine.begin() as conn:
        for path in paths:
            task = progress.add_task(f"Import de {path.name}", total=None)
            report = import_csv(conn, path, espace.now(), _show_on(progress, task), user_name())
            if report.nature in reports:
                raise Erreur(
                    f"{reports[report.nature].fichier} et {path.name} sont deux exports des {report.nature}, "
                    "et chacun remplace tout ce qui précède ; rien n'a été importé"
                )
            reports[report.nature] = report
    return list(reports.values())


def _show_on(progress: Progress, task: TaskID) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return show


@app.command("search")
def search_structures(
    ctx: typer.Context,
    motif: Annotated[str, typer.Argument(help="SIRET, SIREN, nom, ville ou code postal ; * vaut tout.")],
    limite: Annotated[int, typer.Option(min=1)] = 50,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les structures dont le numéro, le nom, la ville ou le code postal correspond au motif."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        page = search(conn, motif, limite)
    if en_json:
        print_json([as_json(structure) for structure in page.structures])
        return
    rows = [
        (s.identifiant.valeur, s.nom, f"{s.code_postal} {s.ville}".strip(), " ".join(tell_obligations(s)))
        for s in page.structures
    ]
    if rows:
        print_table(("identifiant", "nom", "lieu", "obligations"), rows)
    console.print(f"{count(len(rows), 'structure montrée', 'structures montrées')} sur {page.total}.")


@app.command("show")
def show_structure(
    ctx: typer.Context,
    siret: Annotated[str, typer.Argument(metavar="SIRET")],
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Une structure : ses obligations et ses services."""
    espace = open_espace(ctx)
    structure = _find(espace, "".join(siret.split()))
    with espace.engine.begin() as conn:
        services = list(store.services_of(conn, {structure.identifiant.valeur}).values())
    if en_json:
        print_json([{**as_json(structure), "services": [asdict(service) for service in services]}])
        return
    place = f"{structure.code_postal} {structure.ville}".strip()
    for line in (f"{structure.nom} ({structure.identifiant})", place, *tell_obligations(structure)):
        console.print(line, markup=False, soft_wrap=True)
    rows = [
        (s.code, s.nom, tell_etat(s, espace.today()), "obligatoire" if s.engagement else "") for s in services
    ]
    if rows:
        print_table(("service", "nom", "état", "engagement"), rows)


def _find(espace: Espace, siret: str) -> Structure:
    if not siret_is_well_formed(siret):
        raise Erreur(f"« {siret} » n'est pas un SIRET : il en faut 14 chiffres")
    identifiant = Identifiant(SIRET, siret)
    with espace.engine.begin() as conn:
        found = store.structures_named(conn, {identifiant})
        du = store.annuaire_du(conn)
    if identifiant in found:
        return found[identifiant]
    if du is None:
        raise Erreur("aucun annuaire n'a été importé ; « edi annuaire import FICHIER.csv » le fait")
    hint = luhn_hint(siret)
    meant = f" ; sa clé est fausse, peut-être fallait-il écrire {hint}" if hint else ""
    jour = du.astimezone(espace.settings.fuseau)
    raise Erreur(f"le SIRET {siret} n'est pas dans l'annuaire importé le {jour:%d/%m/%Y}{meant}")
