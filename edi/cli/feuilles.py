"""``edi rules build|reprendre``, and how the compiled form of each official sheet is told to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from edi import espace as workspace
from edi.cli.affichage import console, make_progress, print_table
from edi.cli.espace import Espace, Raison, open_espace, read_settings_here, user_name
from edi.gestes.feuilles import take_back
from edi.model.confiance import EtatFeuille, FeuilleSuivie
from edi.outbound.phrases import count
from edi.store import feuilles as store
from edi.store.database import reading, revisions
from edi.validators.compiled import engine
from edi.validators.compiled.engine import NotCompiled
from edi.validators.schematron.confiance import COMPILED, first_state, shipped_proofs
from edi.validators.schematron.packs import Pack, PackUnavailable, Sheet, locate_sheet

Row = dict[str, Any]


class Compiled(Protocol):
    """A sheet that was compiled."""

    @property
    def asserts(self) -> int:
        """How many rules it has."""
        ...


# -- how each sheet does ----------------------------------------------------------------------------------


def describe_sheets(ctx: typer.Context, packs: Iterable[Pack]) -> dict[str, Row]:
    """How each sheet of some packs does under the compiler of today, by sha256.

    As the database of the workspace tells it; outside of one, as a sheet begins.
    """
    officiel = read_settings_here(ctx).regles.moteur == "officiel"
    known, reasons = _read(ctx.find_root().obj)
    return {
        sheet.sha256: _describe(
            sheet, known.get(sheet.sha256), reasons.get(sheet.sha256, {}), officiel=officiel
        )
        for sheet in _sheets(packs)
    }


def _sheets(packs: Iterable[Pack]) -> list[Sheet]:
    """Each sheet once, whatever packs share it."""
    return list({part.sheet.sha256: part.sheet for pack in packs for part in pack.parts}.values())


def _read(root: Path) -> tuple[dict[str, FeuilleSuivie], dict[str, dict[str, int]]]:
    """What the database of a workspace tells; nothing where there is none, or one that awaits its update."""
    try:
        espace = workspace.look_into(root)
    except FileNotFoundError:
        return {}, {}
    try:
        with reading(espace.engine) as conn:
            seen, head = revisions(conn)
            if seen != head:
                return {}, {}
            return store.states(conn, COMPILED.compiler), store.reasons(conn, COMPILED.compiler)
    finally:
        espace.engine.dispose()  # SQLite puts its side files away with the last connection


def _describe(sheet: Sheet, one: FeuilleSuivie | None, reasons: Mapping[str, int], *, officiel: bool) -> Row:
    etat = one.etat if one else first_state(sheet.sha256, COMPILED.compiler, shipped_proofs())
    return {
        "nom": sheet.name,
        "sha256": sheet.sha256,
        "etat": (EtatFeuille.OFFICIEL if officiel else etat).value,
        "depuis": one.depuis.isoformat() if one else "",
        "documents": one.documents if one else 0,
        "replis": one.replis if one else 0,
        "doubles": one.doubles if one else 0,
        "ecarts": one.ecarts if one else 0,
        "dernier_ecart": one.dernier_ecart if one else "",
        "raisons_des_replis": dict(reasons),
    }


def print_sheets(rows: Sequence[Row]) -> None:
    """How sheets do, then why the official form stood in, then what the last differences were."""
    columns = ("feuille", "forme compilée", "depuis", "documents", "replis", "doubles", "écarts", "sha256")
    shown = [
        (
            row["nom"],
            row["etat"],
            row["depuis"][:10],
            *(str(row[name]) for name in ("documents", "replis", "doubles", "ecarts")),
            row["sha256"][:12],
        )
        for row in rows
    ]
    print_table(columns, shown, "Feuilles officielles et leur forme compilée")
    why = [
        (row["nom"], raison, str(many)) for row in rows for raison, many in row["raisons_des_replis"].items()
    ]
    if why:
        print_table(("feuille", "pourquoi la feuille officielle a jugé à sa place", "fois"), why)
    last = [(row["nom"], row["dernier_ecart"]) for row in rows if row["dernier_ecart"]]
    if last:
        print_table(("feuille", "dernier écart"), last)


# -- acts -------------------------------------------------------------------------------------------------


def resume(
    ctx: typer.Context,
    feuille: Annotated[
        str,
        typer.Argument(metavar="FEUILLE", help="Son nom, ou le début de son empreinte (edi rules packs)."),
    ],
    raison: Raison = "",
) -> None:
    """Remet à l'essai la forme compilée d'une feuille écartée ; la feuille officielle décide encore."""
    espace: Espace = open_espace(ctx)
    one = take_back(espace, feuille, raison, user_name())
    many = count(espace.settings.regles.ombre, "document", "documents")
    console.print(
        f"{one.nom} est de nouveau à l'essai : les deux formes jugent, la feuille officielle décide ; après "
        f"{many} sans écart, sa forme compilée décidera.",
        markup=False,
        soft_wrap=True,
    )


def build(ctx: typer.Context) -> None:
    """Compile chaque feuille officielle à l'avance, et dit ce qui ne se compile pas."""
    from edi.cli.packs import known_packs  # which shows what this file describes

    sheets = _sheets(pack for versions in known_packs(ctx).values() for pack in versions)
    rows = []
    with make_progress() as progress:
        task = progress.add_task("Compilation", total=len(sheets))
        for sheet in sheets:
            progress.update(task, description=f"Compilation de {sheet.name}")
            rows.append(build_sheet(sheet, engine.build))
            progress.advance(task)
    print_table(("feuille", "règles", "durée", "résultat"), rows)


def build_sheet(sheet: Sheet, make: Callable[[Sheet], Compiled]) -> tuple[str, str, str, str]:
    """What comes of compiling a sheet: its name, how many rules it has, how long it took, the outcome."""
    began = time.perf_counter()
    try:
        locate_sheet(sheet)
        asserts, told = str(make(sheet).asserts), "compilée"
    except PackUnavailable as error:
        return sheet.name, "", "", f"absente ({error})"
    except NotCompiled as refused:
        asserts, told = "", "ne se compile pas : " + " ; ".join(map(str, refused.args))
    return sheet.name, asserts, f"{time.perf_counter() - began:.2f} s".replace(".", ","), told
