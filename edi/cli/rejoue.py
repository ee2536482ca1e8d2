"""``edi rejoue``: rejected invoices under the registry of today, shown first, accepted when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Annotated, Any

import typer

from edi import wiring
from edi.assemblage import make_rejeu
from edi.cli.affichage import console, make_progress, print_json, print_table
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.versions import read_day
from edi.gestes.rejeu import begin, carry_out
from edi.outbound.phrases import count
from edi.rejeu.apercu import count_cured
from edi.rejeu.bilan import Bilan, sum_up
from edi.rejeu.jugement import Rejeu, Rejugee
from edi.store import rejets
from edi.store.rejeux import Nouveau
from edi.validators.schematron.packs import PackUnavailable
from edi.wiring import process_name

_CHANGES = {"acceptee": "passent", "rejetee": "encore rejetées", "non_jugee": "non rejugées"}


def rejoue(
    ctx: typer.Context,
    valider: Annotated[
        bool,
        typer.Option("--valider/--a-blanc", help="Accepter ce qui passe ; sans cela, rien n'est modifié."),
    ] = False,
    depuis: Annotated[
        str, typer.Option("--depuis", metavar="AAAA-MM-JJ", help="Dépôts de ce jour et d'après.")
    ] = "",
    appli: Annotated[str, typer.Option("--appli", help="Code appli du déposant.")] = "",
    code: Annotated[str, typer.Option("--code", help="Rejetées par ce constat, p. ex. EDI-MANDAT-02.")] = "",
    raison: Annotated[
        str, typer.Option("--raison", help="Pourquoi, avec --valider : écrit au journal.")
    ] = "",
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Rejuge les factures rejetées au dépôt, avec l'annuaire et les mandats d'aujourd'hui."""
    choix = rejets.Choix(read_day(depuis, "--depuis"), appli, code)
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        wanted = rejets.chosen(conn, choix, espace.settings.fuseau)
    total = sum(map(len, wanted.values()))
    try:
        with closing(wiring.make_engine(espace.settings)) as engine, make_progress() as progress:
            task = progress.add_task("Factures rejetées", total=total)
            rejeu = make_rejeu(espace, engine, user_name(), raison)
            judged = _accept(espace, rejeu, wanted) if valider and wanted else rejeu.replay(wanted)
            bilans = sum_up(progress.track(judged, task_id=task))
    except PackUnavailable as error:
        raise Erreur(f"le rejeu n'a pas pu se faire : {error}") from error
    if en_json:
        print_json({"valide": valider, "fournisseurs": [_as_json(bilan) for bilan in bilans]})
    else:
        _print(bilans, valider)


def _accept(espace: Espace, rejeu: Rejeu, wanted: Mapping[int, tuple[int, ...]]) -> Iterator[Rejugee]:
    """The replay for good, recorded like one that a page has asked for."""
    total = count(sum(map(len, wanted.values())), "facture rejetée", "factures rejetées")
    nouveau = Nouveau(rejeu.par, f"{total}, par « edi rejoue »", "", True, rejeu.raison, process_name())
    return carry_out(espace, rejeu, begin(espace, nouveau, wanted))


def tell_cured(espace: Espace) -> None:
    """After a change of the registry: one line when rejected invoices would pass now, else nothing."""
    settings = espace.settings
    with espace.engine.begin() as conn:
        cured = count_cured(
            conn, settings.as_politique(), settings.as_limites(), settings.deposants, espace.today()
        )
    if cured:
        told = count(cured, "facture rejetée passerait", "factures rejetées passeraient")
        line = f"{told} aujourd'hui : « edi rejoue » montre lesquelles, « edi rejoue --valider » les accepte."
        console.print(line, markup=False, soft_wrap=True)


# -- what is shown ----------------------------------------------------------------------------------------


def _as_json(bilan: Bilan) -> dict[str, Any]:
    return {
        "fournisseur": bilan.fournisseur,
        "nom": bilan.nom,
        **{change: bilan.factures[change] for change in _CHANGES},
        "exemples": bilan.exemples,
        "avant": dict(sorted(bilan.avant.items())),
        "apres": dict(sorted(bilan.apres.items())),
        "raisons": bilan.raisons,
    }


def _print(bilans: tuple[Bilan, ...], valider: bool) -> None:
    if not bilans:
        console.print("Aucune facture rejetée au dépôt ne correspond.")
        return
    rows = [
        (
            b.nom or b.fournisseur,
            b.fournisseur,
            str(b.factures.total()),
            *(_with_example(b.factures[change], b.exemples.get(change, "")) for change in _CHANGES),
        )
        for b in bilans
    ]
    print_table(("fournisseur", "identifiant", "rejetées", *_CHANGES.values()), rows)
    rows = [
        (b.nom or b.fournisseur, code, str(b.avant[code]), str(b.apres[code]), b.exemples_de_code[code])
        for b in bilans
        for code in sorted(b.exemples_de_code)
    ]
    if rows:
        print_table(("fournisseur", "ce qui bloque", "avant", "aujourd'hui", "par exemple"), rows)
    for bilan in bilans:
        for raison, numero in bilan.raisons.items():
            told = f"Non rejugée, par exemple {numero} ({bilan.nom or bilan.fournisseur}) : {raison}."
            console.print(told, markup=False, soft_wrap=True)
    console.print(_tell_end(sum(b.factures["acceptee"] for b in bilans), valider), soft_wrap=True)


def _with_example(number: int, numero: str) -> str:
    return f"{number} ({numero})" if number else "0"


def _tell_end(passed: int, valider: bool) -> str:
    if not valider:
        told = count(passed, "facture passerait", "factures passeraient")
        how = " ; « edi rejoue --valider », avec les mêmes options, les accepte" if passed else ""
        return f"{told} aujourd'hui. À blanc : rien n'a été modifié{how}."
    told = count(passed, "facture acceptée", "factures acceptées")
    return f"{told}." + (" Leurs cycles de vie partent au prochain passage (edi run)." if passed else "")
