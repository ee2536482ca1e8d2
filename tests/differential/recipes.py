"""What is known to break the rules of each sheet: examples of the product, recipes of the rig, and reasons.

``recettes/<sheet>.toml`` holds the cases of rules without example; ``impossibles.toml`` the rules that no
document breaks, each with its reason.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from differential.cases import Case, make
from differential.sheets import Feuille, broken_ranks, packs_of, rules_of
from edi.exemples.edits import ATTRIBUT, DOUBLE, INSERE, RETIRE, TEXTE, Edit, EditRefused, read_edit
from edi.exemples.variantes import load_variantes
from edi.validators.schematron import saxon
from edi.validators.schematron.official import Assertion

HERE = Path(__file__).parent
RECETTES = HERE / "recettes"


def examples(feuille: Feuille) -> Iterator[Case]:
    """The faulty examples of the packs that use a sheet."""
    for pack in packs_of(feuille):
        for rule, variante in load_variantes(pack.id).variantes.items():
            yield Case(f"base:{variante.base}", variante.edits, f"exemple {rule}")


def known(feuille: Feuille) -> Iterator[Case]:
    """The recipes written down for a sheet."""
    path = RECETTES / f"{feuille.name}.toml"
    if path.is_file():
        for entry in tomllib.loads(path.read_text("utf-8")).get("recette", ()):
            yield read_case(entry)


def breaks(feuille: Feuille, case: Case) -> frozenset[int]:
    """The rules that a case breaks; none when it cannot be made, or when the sheet raises."""
    try:
        return broken_ranks(feuille, saxon.open_document(make(case)))
    except (EditRefused, ValueError, saxon.DynamicError):
        return frozenset()


def read_case(entry: Mapping[str, Any]) -> Case:
    """A case as a file has it. Raises EditRefused."""
    return Case(entry["graine"], tuple(map(read_edit, entry["edits"])), f"recette {entry.get('regle', '')}")


def write_case(case: Case, rule: Assertion | None = None) -> str:
    """A case as a file has it, with the rule that it is meant to break."""
    told = f"regle = {_quote(name_of(rule))}\n" if rule else ""
    edits = "".join(f"    {write_edit(edit)},\n" for edit in case.edits)
    return f"\n[[recette]]\n{told}graine = {_quote(case.seed)}\nedits = [\n{edits}]\n"


def write_edit(edit: Edit) -> str:
    """An edit as :func:`edi.exemples.edits.read_edit` reads it."""
    if edit.acte in (RETIRE, DOUBLE):
        fields: dict[str, object] = {"en": edit.en, edit.acte: True}
    elif edit.acte == TEXTE:
        fields = {"en": edit.en, TEXTE: edit.valeur or ""}
    elif edit.acte == INSERE:
        fields = {"en": edit.en, INSERE: edit.valeur or ""}
        if edit.avant:
            fields["avant"] = edit.avant
    else:
        fields = {"en": edit.en, ATTRIBUT: edit.nom}
        if edit.valeur is not None:
            fields["valeur"] = edit.valeur
    return "{ " + ", ".join(f"{key} = {_quote(value)}" for key, value in fields.items()) + " }"


def _quote(value: object) -> str:
    """A string of TOML is one of JSON, but for the characters that JSON leaves as they are."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


LEVE = "tout document qui la viole fait lever une autre règle : la feuille officielle ne rend aucun verdict"


def reasons(feuille: Feuille) -> dict[str, str]:
    """Why some rules of a sheet fail in no document that it judges, by :func:`name_of` or by id.

    Where the example of a rule makes another one raise, the official sheet tells of neither.
    """
    found: dict[str, str] = {}
    for pack in packs_of(feuille):
        known = load_variantes(pack.id)
        found |= {rule: LEVE for rule, variante in known.variantes.items() if variante.leve}
        found |= known.injouables
    data = tomllib.loads((HERE / "impossibles.toml").read_text("utf-8"))
    return {**found, **data.get(feuille.name, {})}


def impossible_ranks(feuille: Feuille) -> dict[int, str]:
    """The same by rank."""
    known = reasons(feuille)
    return {
        rank: known[name]
        for rank, rule in enumerate(rules_of(feuille))
        for name in (rule.id, name_of(rule))
        if name and name in known
    }


def name_of(rule: Assertion) -> str:
    """What tells a rule from the others of its sheet, as people may write it."""
    return f"{rule.id} {rule.match}".strip()
