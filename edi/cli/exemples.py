"""The valid and the faulty fragment of a rule, for ``edi rules explain``; and ``edi sample exemple``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from edi import xml
from edi.cli.affichage import console, print_table
from edi.cli.ecriture import write_aside
from edi.cli.espace import Erreur
from edi.exemples.bases import load_bases, write_base
from edi.exemples.fragments import Fragment, compare
from edi.exemples.variantes import load_variantes, write_variante
from edi.samples import FAULTS, FORMATS, LES_REFORMES, make_facture
from edi.samples.officielles import JEUX, find_officielle, tell_injouable
from edi.validators.schematron.packs import PACKS

_LEVE = (
    "Sur ce document, une autre règle de la feuille officielle ne peut pas être évaluée (EDI-REGLES-01) :"
    " la feuille seule s'arrêterait là."
)
_HORS_SCHEMA = "Le schéma XML refuse déjà ce document, avant cette règle."


class Exemple(NamedTuple):
    """What is shown of a rule: two fragments of one document, and what is to be known of it."""

    document: str
    valable: Fragment
    fautif: Fragment
    note: str = ""


def find_example(regle: str, jeu: str) -> Exemple | str:
    """The example of an official rule, of its own pack if that has one; or why there is none."""
    for name in dict.fromkeys((jeu, *PACKS)):
        known = load_variantes(name)
        if variante := known.variantes.get(regle):
            valable, fautif = compare(write_base(variante.base), write_variante(variante))
            note = _HORS_SCHEMA if variante.hors_schema else ""
            note = _LEVE if variante.leve else note
            return Exemple(load_bases()[variante.base].libelle, valable, fautif, note)
        if why := known.injouables.get(regle):
            return f"aucun document ne l'enfreint : {why}"
    return ""


def find_own_example(code: str) -> Exemple | None:
    """The example of a rule of ours: the first fault of the samples that provokes it in an XML document."""
    for nom_format in (*LES_REFORMES, *FORMATS):
        for fault in FAULTS.values():
            if nom_format not in fault.formats or fault.code_for(nom_format) != code or fault.octets:
                continue
            try:
                valable, fautif = compare(make_facture(nom_format), make_facture(nom_format, faute=fault.nom))
            except (ValueError, xml.XmlRefused):  # a fault of the whole lot, or of the PDF
                continue
            if any(ligne.change for ligne in (*valable.lignes, *fautif.lignes)):
                return Exemple(f"{nom_format} : {fault.libelle}", valable, fautif)
    return None


def print_example(exemple: Exemple) -> None:
    """The two fragments; « > » marks the lines that differ."""
    for titre, fragment in (("Exemple valable", exemple.valable), ("Exemple fautif", exemple.fautif)):
        console.print(f"\n{titre} ({exemple.document})", style="bold", markup=False, soft_wrap=True)
        for ligne in fragment.lignes:
            text = f"{'>' if ligne.change else ' '} {ligne.texte}"
            console.print(text, style="yellow" if ligne.change else None, markup=False, soft_wrap=True)
    if exemple.note:
        console.print(f"\n{exemple.note}", markup=False, soft_wrap=True)


def example_as_json(exemple: Exemple) -> dict[str, Any]:
    """Both fragments, with the ranks of the lines that differ, from 1."""
    sides = {"exemple_valable": exemple.valable, "exemple_fautif": exemple.fautif}
    told = {
        name: {
            "xml": side.xml,
            "lignes_changees": [rank for rank, ligne in enumerate(side.lignes, 1) if ligne.change],
        }
        for name, side in sides.items()
    }
    return {**told, "exemple_document": exemple.document, "exemple_note": exemple.note}


def write_example(
    base: Annotated[
        str, typer.Argument(metavar="[BASE]", help="Exemple à écrire ; sans lui, leur liste.")
    ] = "",
    faute: Annotated[
        str, typer.Option(help="Règle officielle à enfreindre, par exemple BR-FR-09_BT-29.")
    ] = "",
    jeu: Annotated[str, typer.Option(help="Jeu de règles où la prendre.")] = "",
    vers: Annotated[Path, typer.Option("--vers", help="Dossier où écrire.", file_okay=False)] = Path("."),
) -> None:
    """Écrit une facture valable des règles de la réforme, ou la facture fautive d'une règle officielle."""
    if faute:
        name, data = _faulty(faute, jeu)
    elif base in load_bases():
        name, data = base, write_base(base)
    elif base:
        raise Erreur(f"« {base} » n'est pas un exemple ; « edi sample exemple » les énumère")
    else:
        rows = [(one.id, one.libelle, one.scenario) for one in load_bases().values()]
        print_table(("Exemple", "Document", "Scénario"), rows)
        return
    typer.echo(write_aside(vers, f"{name}.xml", data))


def _faulty(code: str, jeu: str) -> tuple[str, bytes]:
    known = load_variantes(jeu).variantes if jeu else {}
    if code in known:
        return code, write_variante(known[code])
    for nom_format in JEUX:
        found = None if jeu else find_officielle(code, nom_format)
        if found is not None:
            return found.regle, write_variante(found.variante)
    raise Erreur(f"la règle « {code} » n'a pas d'exemple fautif{tell_reason(code)}")


def tell_reason(code: str) -> str:
    """`` : its reason``; '' when none is known."""
    why = tell_injouable(code)
    return f" : {why}" if why else ""
