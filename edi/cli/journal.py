"""``edi journal``: what happened, row by row; ``edi audit journal``: the proof that none was touched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Any

import typer

from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import Erreur, Espace, open_espace
from edi.journal.recit import tell_contenu
from edi.journal.ruptures import Rupture, show_instant
from edi.journal.verification import Preuve, prove
from edi.model.journal import Ecriture, GenreEcriture
from edi.outbound.phrases import count
from edi.store import ecritures
from edi.store.database import reading

_GENRES = ", ".join(genre.name.lower() for genre in GenreEcriture)


def journal(
    ctx: typer.Context,
    flux: Annotated[int | None, typer.Option(metavar="N°", help="Numéro d'un flux.")] = None,
    facture: Annotated[str, typer.Option(metavar="NUMERO", help="Numéro d'une facture.")] = "",
    jour: Annotated[
        datetime | None, typer.Option(metavar="JOUR", formats=["%Y-%m-%d"], help="Journée, AAAA-MM-JJ.")
    ] = None,
    genre: Annotated[str, typer.Option(metavar="GENRE", help=f"Parmi : {_GENRES}.")] = "",
    par: Annotated[str, typer.Option(metavar="QUI", help="Qui a agi : un compte, ou « navette ».")] = "",
    limite: Annotated[int, typer.Option(min=1, max=100_000, help="Nombre de lignes, les dernières.")] = 50,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Le journal : ce qui a été reçu, jugé, répondu, et qui a fait quoi, dans l'ordre."""
    espace = open_espace(ctx)
    start = None if jour is None else datetime.combine(jour.date(), time(), espace.settings.fuseau)
    end = None if start is None else start + timedelta(days=1)
    choix = ecritures.Choix(flux, facture, start, end, _read_genre(genre), par)
    with reading(espace.engine) as conn:
        total, found = ecritures.search(conn, choix, limite)
    if en_json:
        print_json([_as_json(one) for one in found])
        return
    rows = [_row(one, espace) for one in found]
    print_table(("n°", "instant", "genre", "sujet", "détail", "flux", "par"), rows)
    console.print(f"{count(len(found), 'ligne montrée', 'lignes montrées')} sur {total}.")


def _read_genre(genre: str) -> str:
    name = genre.upper()
    if name and name not in GenreEcriture.__members__:
        raise Erreur(f"le genre « {genre} » n'existe pas ; au choix : {_GENRES}")
    return name


def _row(one: Ecriture, espace: Espace) -> tuple[str, ...]:
    label = GenreEcriture[one.genre].value if one.genre in GenreEcriture.__members__ else one.genre
    at = show_instant(one.le, espace.settings.fuseau)
    flux = "" if one.flux_id is None else str(one.flux_id)
    return str(one.numero), at, label, one.sujet, tell_contenu(one), flux, one.par


def _as_json(one: Ecriture) -> dict[str, Any]:
    return {
        "numero": one.numero,
        "le": one.le,
        "genre": one.genre,
        "flux": one.flux_id,
        "sujet": one.sujet,
        "contenu": json.loads(one.contenu),
        "par": one.par,
        "precedente": one.precedente,
        "empreinte": one.empreinte,
    }


# -- the proof --------------------------------------------------------------------------------------------


def audit_journal(
    ctx: typer.Context,
    rapide: Annotated[
        bool, typer.Option("--rapide", help="Depuis la racine de la dernière journée close.")
    ] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Prouve que nul n'a touché au journal, ou nomme la première ligne rompue. Code 0 : intact ; 1 : rompu.

    Rien n'est changé. Sont comparées les lignes entre elles, avec les racines exportées dans spool/journal,
    et avec ce que dit le reste de la base.
    """
    espace = open_espace(ctx)
    with make_progress() as progress:
        task = progress.add_task("Lecture du journal", total=None)
        proof = prove(
            espace.engine,
            espace.spool,
            complet=not rapide,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if en_json:
        print_json({**proof._asdict(), "ruptures": [one._asdict() for one in proof.ruptures]})
    else:
        _print(proof, espace)
    raise typer.Exit(int(bool(proof.ruptures)))


def _print(proof: Preuve, espace: Espace) -> None:
    console.print(
        f"Journal : {count(proof.lignes, 'ligne lue', 'lignes lues')}, du n° {proof.depuis} au n° "
        f"{proof.dernier} ; {count(proof.racines, 'journée close', 'journées closes')}."
    )
    first = proof.premiere
    if first is None:
        console.print(f"Empreinte de la dernière ligne : {proof.empreinte}")
        console.print("Le journal est intact, et la base dit la même chose que lui.")
        return
    console.print(f"Rompu : {_tell_first(first, espace)}", style="bold red", markup=False, soft_wrap=True)
    print_table(("n°", "instant", "ce qui est dit", "ce qui ne va pas"), _rows(proof.ruptures, espace))
    if proof.en_tout > len(proof.ruptures):
        console.print(f"{len(proof.ruptures)} montrées sur {proof.en_tout}.")


def _tell_first(first: Rupture, espace: Espace) -> str:
    at = f", du {show_instant(first.le, espace.settings.fuseau)}" if first.le else ""
    where = f"ligne n° {first.numero}{at}" if first.numero is not None else first.quoi
    what = f", {first.quoi}" if first.numero is not None and first.quoi else ""
    return f"{where}{what} : {first.constat}."


def _rows(found: Sequence[Rupture], espace: Espace) -> list[tuple[str, ...]]:
    fuseau = espace.settings.fuseau
    return [
        (
            "" if one.numero is None else str(one.numero),
            show_instant(one.le, fuseau) if one.le else "",
            one.quoi,
            one.constat,
        )
        for one in found
    ]
