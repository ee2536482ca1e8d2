"""``edi rules``: what each code of a finding means."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Annotated

import typer

from edi.catalogue import CARDS, GRAVITES, find_card, render_markdown, sentence
from edi.cli import comparaison, exemples, feuilles, packs, versions
from edi.cli.affichage import print_json, print_table
from edi.cli.espace import Erreur
from edi.cli.exemples import Exemple
from edi.model import Card

app = typer.Typer(help="Les règles de contrôle et leurs codes.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Écrire du JSON.")]
Code = Annotated[str, typer.Argument(help="Code d'un constat, par exemple EDI-MANDAT-01.")]


def _row(card: Card) -> dict[str, str]:
    return {
        "code": card.code,
        "gravite": GRAVITES[card.severity],
        "motif": card.motif,
        "message": sentence(card.message),
        "que_faire": sentence(card.fix),
        "source": card.citation,
        "depuis": "" if card.since == date.min else card.since.isoformat(),
        "jusqu_a": "" if card.until == date.max else card.until.isoformat(),
    }


@app.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """Énumère toutes les règles."""
    if as_json:
        print_json([_row(card) for card in CARDS])
        return
    rows = [(card.code, GRAVITES[card.severity], card.motif, sentence(card.message)) for card in CARDS]
    print_table(("Code", "Gravité", "Motif", "Message"), rows, titre="Règles de contrôle")


@app.command("explain")
def explain_rule(code: Code, as_json: AsJson = False) -> None:
    """Explique un code : ce qu'il dit, que faire, d'où il vient, un exemple valable et un fautif."""
    card = find_card(code)
    official = None if card else packs.explain_official(code)
    if official is not None:
        _show(official, as_json, exemples.find_example(official["code"], official["jeu"].partition(" ")[0]))
        return
    if card is None:
        near = get_close_matches(code.strip().upper(), [known.code for known in CARDS], n=1)
        hint = f"vouliez-vous dire {near[0]} ?" if near else "« edi rules list » les énumère"
        raise Erreur(f"aucune règle ne porte le code « {code} » ; {hint}")
    _show(_row(card), as_json, exemples.find_own_example(card.code) or "")


_LABELS = {
    "gravite": "Gravité",
    "motif": "Motif",
    "message": "Message",
    "terme": "Donnée",
    "attendu": "Attendu",
    "que_faire": "Que faire",
    "source": "Source",
    "jeu": "Jeu de règles",
    "texte_officiel": "Texte officiel",
    "test_officiel": "Test officiel",
    "depuis": "Depuis le",
    "jusqu_a": "Jusqu'au",
    "exemple": "Exemple",
}


def _show(row: dict[str, str], as_json: bool, exemple: Exemple | str) -> None:
    if isinstance(exemple, str) and exemple:
        row = {**row, "exemple": exemple}
    if as_json:
        print_json({**row, **(exemples.example_as_json(exemple) if isinstance(exemple, Exemple) else {})})
        return
    rows = [(label, row[key]) for key, label in _LABELS.items() if row.get(key)]
    print_table(("Rubrique", "Contenu"), rows, titre=row["code"])
    if isinstance(exemple, Exemple):
        exemples.print_example(exemple)


app.command("packs")(packs.list_packs)
app.command("run")(packs.run_pack)
app.command("install")(versions.install)
app.command("compare")(comparaison.compare_versions)
app.command("activate")(versions.activate)
app.command("retirer")(versions.retire)
app.command("build")(feuilles.build)
app.command("reprendre")(feuilles.resume)


@app.command("doc")
def print_doc() -> None:
    """Écrit la page docs/regles.md."""
    typer.echo(render_markdown(), nl=False)
