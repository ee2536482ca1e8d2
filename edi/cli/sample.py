"""``edi sample``: lots to try things with, the faults they may bear, and the annuaire they go with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from edi.cli import exemples
from edi.cli.affichage import print_json, print_table
from edi.cli.ecriture import write_aside
from edi.samples import (
    ARCHIVES,
    FACTURX,
    FAULTS,
    FORMATS,
    JOUR,
    LES_REFORMES,
    MIXTE,
    UBL,
    Fault,
    Lot,
    LotSpec,
    make_lot,
    services_csv,
    structures_csv,
)
from edi.samples.officielles import find_officielle

app = typer.Typer(help="Lots et annuaire d'essai, fictifs.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Écrire du JSON.")]
Vers = Annotated[Path, typer.Option("--vers", help="Dossier où écrire, créé s'il manque.", file_okay=False)]


@app.command("lot")
def write_lot(
    nom_format: Annotated[
        str,
        typer.Option(
            "--format",
            help=f"Format : {', '.join(FORMATS)}.",
            show_default=f"{UBL}, ou celui de la règle officielle demandée",
        ),
    ] = "",
    nombre: Annotated[int, typer.Option(min=1, help="Nombre de factures.")] = 20,
    fautes: Annotated[
        list[str] | None,
        typer.Option(
            "--faute",
            help="Faute à mettre dans une facture, ou règle officielle à enfreindre (BR-FR-09), répétable :"
            " voir « edi sample fautes ».",
        ),
    ] = None,
    graine: Annotated[int, typer.Option(help="Même graine, même lot, octet pour octet.")] = 1,
    appli: Annotated[str, typer.Option(help="Code appli du déposant.")] = "AAA123",
    numero: Annotated[int, typer.Option(min=0, max=10**15 - 1, help="Numéro du flux.")] = 1,
    archive: Annotated[str, typer.Option(help=f"Enveloppe : {', '.join(ARCHIVES)}.")] = "tar.gz",
    jour: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Date des factures.", show_default=str(JOUR))
    ] = datetime(JOUR.year, JOUR.month, JOUR.day),  # noqa: DTZ001 - a day, not an instant
    pieces_jointes: Annotated[
        bool, typer.Option("--pieces-jointes", help="Joindre un bon de livraison à chaque facture.")
    ] = False,
    tronque: Annotated[bool, typer.Option("--tronque", help="Couper le flux avant sa fin.")] = False,
    vers: Vers = Path("."),
    as_json: AsJson = False,
) -> None:
    """Écrit un lot d'essai ; les fautes demandées frappent ses dernières factures."""
    nom_format = nom_format or _format_of(fautes or [])
    legal = _legal_faults(fautes or [], _require(nom_format, FORMATS, "--format"), nombre)
    spec = LotSpec(
        format=nom_format,
        nombre=nombre,
        fautes=legal,
        graine=graine,
        appli=_require_appli(appli),
        numero_flux=numero,
        archive=_require(archive, ARCHIVES, "--archive"),
        jour=jour.date(),
        pieces_jointes=pieces_jointes,
        tronque=tronque,
    )
    _require_room(spec)
    path = write_aside(vers, *make_lot(spec))
    told = [{"faute": nom, "code": _code_of(nom, nom_format)} for nom in legal]
    if as_json:
        print_json({"fichier": str(path), "factures": nombre, "fautes": told})
        return
    typer.echo(f"{path} : {nombre} facture{'s' if nombre > 1 else ''}")
    for row in told:
        typer.echo(f"  {row['faute']} : {row['code']} attendu")


def _require_appli(appli: str) -> str:
    if not re.fullmatch("[A-Z]{3}[0-9]{3}", appli):
        raise typer.BadParameter(
            f"« {appli} » : trois majuscules et trois chiffres, comme AAA123", param_hint="--appli"
        )
    return appli


def _require_room(spec: LotSpec) -> None:
    """A flux that is one file holds one document of its own kind."""
    if spec.archive not in ("xml", "pdf"):
        return
    if (spec.archive == "pdf") != (spec.format == FACTURX):
        raise typer.BadParameter(
            "pdf pour le format facturx, xml pour les autres, ou --archive tar.gz", param_hint="--archive"
        )
    if spec.format != MIXTE and spec.nombre > 1:
        raise typer.BadParameter(
            "un fichier de ce format contient une seule facture : --nombre 1, ou --archive tar.gz",
            param_hint="--archive",
        )


@app.command("fautes")
def list_faults(as_json: AsJson = False) -> None:
    """Énumère les fautes, les formats qui les portent et le code que chacune provoque."""
    faults = sorted(FAULTS.values(), key=lambda fault: (fault.code, fault.nom))
    if as_json:
        print_json([_row(fault) for fault in faults])
        return
    rows = [(f.nom, f.libelle, ", ".join(f.formats), _codes(f)) for f in faults]
    print_table(("Faute", "Ce qui est faux", "Formats", "Code provoqué"), rows)


@app.command("annuaire")
def write_annuaire(vers: Vers = Path("."), as_json: AsJson = False) -> None:
    """Écrit structures.csv et services.csv, l'annuaire fictif des lots d'essai."""
    files = (Lot("structures.csv", structures_csv()), Lot("services.csv", services_csv()))
    paths = [str(write_aside(vers, *file)) for file in files]
    if as_json:
        print_json({"fichiers": paths})
        return
    for path in paths:
        typer.echo(path)


app.command("exemple")(exemples.write_example)


def _row(fault: Fault) -> dict[str, object]:
    codes = {nom_format: fault.code_for(nom_format) for nom_format in fault.formats}
    return {
        "faute": fault.nom,
        "libelle": fault.libelle,
        "codes": codes,
        "aussi": sorted(set(fault.aussi) - {fault.code}),
    }


def _codes(fault: Fault) -> str:
    """``EDI-XSD-04 (mixte)`` where a format provokes another code than the others."""
    others = [f"{code} ({nom_format})" for nom_format, code in fault.codes.items()]
    return ", ".join((fault.code, *others))


def _require(value: str, legal: tuple[str, ...], option: str) -> str:
    if value not in legal:
        raise typer.BadParameter(
            f"« {value} » n'existe pas ; au choix : {', '.join(legal)}", param_hint=option
        )
    return value


def _looks_official(nom: str) -> bool:
    """Official rules are in capitals, our faults in lower case."""
    return bool(re.fullmatch(r"[A-Z][A-Z0-9_a-z-]+", nom)) and not nom.startswith("EDI-")


def _format_of(fautes: Sequence[str]) -> str:
    """The format that bears all the official rules asked for; UBL when none is asked for or none fits."""
    officielles = [nom for nom in fautes if nom not in FAULTS and _looks_official(nom)]
    if not officielles:
        return UBL
    fitting = (one for one in LES_REFORMES if all(find_officielle(nom, one) for nom in officielles))
    return next(fitting, LES_REFORMES[0])


def _code_of(nom: str, nom_format: str) -> str:
    if nom in FAULTS:
        return FAULTS[nom].code_for(nom_format)
    officielle = find_officielle(nom, nom_format)
    return officielle.regle if officielle else nom


def _legal_faults(fautes: list[str], nom_format: str, nombre: int) -> tuple[str, ...]:
    """The faults asked for. Raises typer.BadParameter for those that this lot cannot bear."""
    legal = sorted(nom for nom, fault in FAULTS.items() if nom_format in fault.formats)
    for nom in fautes:
        if nom not in FAULTS and _looks_official(nom):
            if find_officielle(nom, nom_format) is None:
                raise typer.BadParameter(
                    f"la règle « {nom} » n'a pas d'exemple fautif au format {nom_format}"
                    f"{exemples.tell_reason(nom)}",
                    param_hint="--faute",
                )
        elif nom not in legal:
            near = get_close_matches(nom, legal, n=1)
            hint = f" ; peut-être « {near[0]} »" if near else ""
            lack = f"ne s'applique pas au format {nom_format}" if nom in FAULTS else "n'existe pas"
            raise typer.BadParameter(
                f"la faute « {nom} » {lack}{hint} ; au choix : {', '.join(legal)}", param_hint="--faute"
            )
    needed = len(fautes) + ("doublon" in fautes)  # a doublon repeats a first invoice without fault
    if needed > nombre:
        raise typer.BadParameter(f"ces fautes demandent au moins {needed} factures", param_hint="--nombre")
    return tuple(fautes)
