"""``edi alertes``: what is wrong and who looks after it; what a rule that is doubted is worth."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from edi.alertes.lettre import key_of, write_contenu
from edi.alertes.veille import acknowledged
from edi.assemblage import make_veille
from edi.cli.affichage import console, print_json, print_table
from edi.cli.espace import Erreur, Espace, Raison, open_espace, record_act
from edi.disjoncteur import count_held
from edi.espace import real_now
from edi.gestes.alertes import look_after, say_of_rule
from edi.model import Alerte
from edi.outbound.phrases import count
from edi.store import alertes as store
from edi.store import annonces, disjoncteurs
from edi.store.disjoncteurs import FAUTIVE, JUSTE, Declenchement

app = typer.Typer(no_args_is_help=True, help="Ce qui ne va pas, et qui s'en occupe.")

_LAST = 200  # alerts shown with --toutes
Par = Annotated[str, typer.Option("--par", help="Qui le dit ; par défaut, votre compte sur cette machine.")]


@app.command("list")
def list_all(
    ctx: typer.Context,
    toutes: Annotated[bool, typer.Option("--toutes", help="Celles qui sont réglées aussi.")] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Les alertes en cours, les plus urgentes d'abord, et les règles mises en doute."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        found = store.latest(conn, _LAST) if toutes else store.current(conn)
        retenues = [(one, count_held(conn, one.regle)) for one in disjoncteurs.open_ones(conn)]
    found.sort(key=lambda one: (one.resolue_le is not None, one.gravite.name != "CRITIQUE"))
    if en_json:
        rules = [{**_as_json_rule(one), "flux": flux} for one, flux in retenues]
        print_json({"alertes": [_as_json(espace, one) for one in found], "regles_en_doute": rules})
        return
    if found:
        columns = ("n°", "gravité", "depuis", "ce qui ne va pas", "qui agit", "que faire", "état")
        print_table(columns, [_row(espace, one) for one in found])
    else:
        console.print("Aucune alerte.")
    _print_rules(espace, retenues)


@app.command("acquitte")
def acquitte(
    ctx: typer.Context,
    numero: Annotated[int, typer.Argument(metavar="N°", help="Numéro de l'alerte.")],
    raison: Raison = "",
    heures: Annotated[
        float, typer.Option("--heures", min=0.1, max=168, help="Combien de temps sans rappel.")
    ] = 24.0,
    par: Par = "",
) -> None:
    """Dit que quelqu'un s'en occupe : plus de rappel jusque-là ; la fin de l'alerte est dite quand même."""
    espace = open_espace(ctx)
    said = look_after(espace, numero, raison, timedelta(hours=heures), par or _account())
    until = _moment(espace, said.acquittee_jusqu) if said.acquittee_jusqu else ""
    console.print(
        f"Alerte n° {numero} acquittée par {said.acquittee_par} jusqu'au {until}.",
        markup=False,
        soft_wrap=True,
    )


@app.command("leve")
def leve(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="RÈGLE", help="La règle en doute, par exemple BR-CO-15.")],
    juste: Annotated[
        bool, typer.Option("--regle-juste", help="La règle est juste : ce qu'elle refuse est rejeté.")
    ] = False,
    fautif: Annotated[
        bool, typer.Option("--jeu-fautif", help="La règle est fausse : ses factures attendent une version.")
    ] = False,
    jeu: Annotated[
        str, typer.Option("--jeu", metavar="« JEU VERSION »", help="Si plusieurs jeux ont cette règle.")
    ] = "",
    raison: Raison = "",
    par: Par = "",
) -> None:
    """Dit ce que vaut une règle mise en doute ; ce qu'elle retient est jugé au prochain passage."""
    if juste is fautif:
        raise Erreur("dites ce que vaut la règle : --regle-juste, ou --jeu-fautif")
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        found = _find(disjoncteurs.open_ones(conn), code, jeu)
        held = count_held(conn, found.regle)
    say_of_rule(espace, found.id, JUSTE if juste else FAUTIVE, raison, par or _account())
    flux = count(held, "flux retenu", "flux retenus")
    if juste:
        told = f"{flux} : jugés de nouveau au prochain passage, et rejetés si rien n'a changé."
    else:
        told = f"{flux} : en attente d'une autre version (« edi rules install », « edi rules activate »)."
    console.print(f"{found.regle.code} ({found.regle.jeu}) : {told}", markup=False, soft_wrap=True)


@app.command("essai")
def essai(ctx: typer.Context) -> None:
    """Envoie un message d'essai par chaque voie d'alerte, et dit s'il est parti."""
    espace = open_espace(ctx)
    veille = make_veille(espace)
    canaux = veille.reglages.canaux
    if not canaux:
        raise Erreur("aucune voie d'alerte : remplissez [alertes.courriel] ou [[alertes.webhook]]")
    contenu = write_contenu((), veille.plateforme, real_now())  # each trial is another one
    with espace.engine.begin() as conn:
        for canal in canaux:
            annonces.book(conn, key_of(canal.nom, contenu), canal.nom, contenu, espace.now())
    record_act(espace, "essai-d-alerte", ", ".join(canal.nom for canal in canaux))
    failures = veille.send()
    for canal in canaux:
        told = failures.get(canal.nom)
        console.print(f"{canal.nom} : {told or 'parti'}", markup=False, soft_wrap=True)
    if failures:
        raise Erreur(f"{count(len(failures), 'voie', 'voies')} sans succès ; l'envoi sera essayé de nouveau")


def _find(found: Sequence[Declenchement], code: str, jeu: str) -> Declenchement:
    """Raises Erreur."""
    named = [one for one in found if one.regle.code == code and jeu in ("", one.regle.source)]
    if len(named) == 1:
        return named[0]
    if not named:
        known = ", ".join(one.regle.code for one in found) or "aucune"
        raise Erreur(f"la règle « {code} » n'est pas mise en doute ; règles mises en doute : {known}")
    sources = ", ".join(f"« {one.regle.source} »" for one in named)
    raise Erreur(f"plusieurs jeux ont la règle {code} : précisez --jeu, parmi {sources}")


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return "un exploitant"


def _moment(espace: Espace, at: datetime) -> str:
    return f"{at.astimezone(espace.settings.fuseau):%d/%m/%Y %H:%M}"


def _state(espace: Espace, alerte: Alerte) -> str:
    if alerte.resolue_le is not None:
        return f"réglée le {_moment(espace, alerte.resolue_le)}"
    if acknowledged(alerte, espace.now()) and alerte.acquittee_jusqu is not None:
        return f"acquittée par {alerte.acquittee_par} jusqu'au {_moment(espace, alerte.acquittee_jusqu)}"
    if alerte.ouverte_le is None:
        return "vient d'apparaître"
    return "ne se voit plus, à confirmer" if alerte.absente_depuis else "en cours"


def _row(espace: Espace, one: Alerte) -> tuple[str, ...]:
    since = _moment(espace, one.depuis)
    return (
        str(one.id),
        one.gravite.value,
        since,
        one.phrase,
        one.qui.value,
        one.remede,
        _state(espace, one),
    )


def _as_json(espace: Espace, one: Alerte) -> dict[str, Any]:
    return {**asdict(one), "etat": _state(espace, one)}


def _as_json_rule(one: Declenchement) -> dict[str, Any]:
    return {
        "code": one.regle.code,
        "jeu": one.regle.source,
        "declenche_le": one.declenche_le,
        **one.mesure._asdict(),
        "avis": one.avis,
        "par": one.par,
        "leve_le": one.leve_le,
    }


def _print_rules(espace: Espace, retenues: Sequence[tuple[Declenchement, int]]) -> None:
    if not retenues:
        return
    rows = [
        (
            one.regle.code,
            one.regle.jeu,
            _moment(espace, one.declenche_le),
            f"{one.mesure.refusees} sur {one.mesure.jugees}",
            f"{100 * one.mesure.usuel:.0f} %",
            str(flux),
            f"fautive, selon {one.par}" if one.avis == FAUTIVE else "à vérifier",
        )
        for one, flux in retenues
    ]
    columns = ("règle", "jeu", "depuis", "refusées", "d'habitude", "flux en attente", "avis")
    print_table(columns, rows, titre="Règles mises en doute")
