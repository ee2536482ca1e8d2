"""``edi attendus ajoute`` and ``modifie``: what is expected, as an operator writes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection

from edi.annuaire.rows import parse_date
from edi.attendus import registre
from edi.attendus.phrases import tell_attendu
from edi.attendus.saisie import AIDE_JOURS, read_days, read_hours, read_volumes
from edi.cli.affichage import print_json
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.fenetres import as_json
from edi.cli.passages import say
from edi.model import Attendu, EtatAttendu, Feries, JoursAttendus, Saisie, Volumes
from edi.settings.nuits import Territoire
from edi.store import attendus as store

Appli = Annotated[str, typer.Argument(metavar="APPLI", help="Le déposant, par son code application.")]
EnJson = Annotated[bool, typer.Option("--json", help="Résultat en JSON.")]
Par = Annotated[str, typer.Option("--par", help="Qui le dit ; par défaut, votre compte sur cette machine.")]
OptJours = Annotated[str, typer.Option("--jours", help=f"Jours d'ouverture : {AIDE_JOURS}.")]
OptFenetre = Annotated[str, typer.Option("--fenetre", help="Heures, par exemple 22:00-02:00.")]
OptFeries = Annotated[
    Literal["executer", "sauter", "decaler"] | None,
    typer.Option("--feries", help="Jours fériés : executer, sauter ou decaler."),
]
OptTerritoire = Annotated[
    Territoire | None, typer.Option("--territoire", help="Fériés d'un territoire : 57 (Moselle), 974…")
]
OptFermetures = Annotated[
    list[str] | None, typer.Option("--fermeture", help="Jour sans dépôt ; à répéter. Remplace la liste.")
]
OptFlux = Annotated[str, typer.Option("--flux", help="Nombre de flux : 1-3, 2-, « aucune ».")]
OptFactures = Annotated[str, typer.Option("--factures", help="Nombre de factures : 900-1500, 900-.")]
OptMontants = Annotated[
    list[str] | None, typer.Option("--montant", help="TTC hors avoirs : « EUR 1000-50000 » ; à répéter.")
]
OptFinDeMois = Annotated[
    bool, typer.Option("--fin-de-mois", help="Les bornes données valent autour de la fin du mois.")
]


def ajoute(
    ctx: typer.Context,
    appli: Appli,
    jours: OptJours,
    fenetre: OptFenetre,
    feries: OptFeries = "sauter",
    territoire: OptTerritoire = "",
    fermetures: OptFermetures = None,
    flux: OptFlux = "1-",
    factures: OptFactures = "",
    montants: OptMontants = None,
    par: Par = "",
    en_json: EnJson = False,
) -> None:
    """Propose un dépôt attendu à la main, sans historique ; reste à le confirmer."""
    espace = open_espace(ctx)
    check(espace, appli)
    blank = Attendu(appli, JoursAttendus(), time(), time(), espace.settings.fuseau)
    given = _change(blank, jours, fenetre, feries, territoire, fermetures)
    given = _change_volumes(given, flux, factures, montants or [], fin_de_mois=False)
    with espace.engine.begin() as conn:
        new = registre.propose(conn, given, sign(espace, par))
    tell(espace, new, en_json=en_json)


def modifie(
    ctx: typer.Context,
    appli: Appli,
    jours: OptJours = "",
    fenetre: OptFenetre = "",
    feries: OptFeries = None,
    territoire: OptTerritoire = None,
    fermetures: OptFermetures = None,
    flux: OptFlux = "",
    factures: OptFactures = "",
    montants: OptMontants = None,
    fin_de_mois: OptFinDeMois = False,
    sans_fin_de_mois: Annotated[
        bool, typer.Option("--sans-fin-de-mois", help="La fin du mois est jugée comme le reste.")
    ] = False,
    pause: Annotated[str, typer.Option("--pause", help="Ne rien juger jusqu'à ce jour compris.")] = "",
    reprise: Annotated[bool, typer.Option("--reprise", help="Met fin à la pause.")] = False,
    au: Annotated[str, typer.Option("--au", help="Dernier jour jugé.")] = "",
    par: Par = "",
    en_json: EnJson = False,
) -> None:
    """Change ce qui est attendu (proposé s'il y a une proposition, sinon confirmé)."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        known = find_latest(conn, espace, appli)
        changed = _change(known, jours, fenetre, feries, territoire, fermetures)
        changed = replace(changed, pointe=None) if sans_fin_de_mois else changed
        changed = _change_volumes(changed, flux, factures, montants or [], fin_de_mois=fin_de_mois)
        paused = None if reprise else read_day(pause) or changed.pause_au
        changed = replace(changed, pause_au=paused, au=read_day(au) or changed.au)
        if changed == known:
            raise Erreur("rien à changer : dites ce qui change (voir « edi attendus modifie --help »)")
        registre.modify(conn, changed, sign(espace, par))
    tell(espace, changed, en_json=en_json)


# -- what is typed ----------------------------------------------------------------------------------------


def _change(
    known: Attendu,
    jours: str,
    fenetre: str,
    feries: str | None,
    territoire: str | None,
    fermetures: list[str] | None,
) -> Attendu:
    """Raises Erreur."""
    try:
        debut, fin = read_hours(fenetre) if fenetre else (known.debut, known.fin)
        return replace(
            known,
            jours=read_days(jours) if jours else known.jours,
            debut=debut,
            fin=fin,
            feries=Feries(feries) if feries else known.feries,
            territoire=known.territoire if territoire is None else territoire,
            fermetures=frozenset(map(parse_date, fermetures)) if fermetures else known.fermetures,
        )
    except ValueError as error:
        raise Erreur(str(error)) from error


def _change_volumes(
    known: Attendu, flux: str, factures: str, montants: list[str], *, fin_de_mois: bool
) -> Attendu:
    """Raises Erreur."""
    base = (known.pointe or known.volumes) if fin_de_mois else known.volumes
    try:
        volumes: Volumes = read_volumes(base, flux, factures, montants)
    except ValueError as error:
        raise Erreur(str(error)) from error
    return replace(known, pointe=volumes) if fin_de_mois else replace(known, volumes=volumes)


def read_day(text: str) -> date | None:
    """Raises Erreur."""
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise Erreur(f"« {text} » n'est pas une date ; écrivez-la jj/mm/aaaa ou aaaa-mm-jj") from error


def check(espace: Espace, appli: str) -> None:
    if appli not in espace.settings.deposants:
        known = ", ".join(sorted(espace.settings.deposants)) or "aucun"
        raise Erreur(f"le déposant « {appli} » n'est pas déclaré ; déposants déclarés : {known}")


def find_latest(conn: Connection, espace: Espace, appli: str) -> Attendu:
    """The proposal of a déposant, else what is confirmed. Raises Erreur."""
    for etat in (EtatAttendu.PROPOSE, EtatAttendu.CONFIRME):
        found = store.find(conn, espace.settings.fuseau, appli, etat)
        if found is not None:
            return found
    raise Erreur(f"rien n'est attendu de « {appli} » : voir « edi attendus list »")


def sign(espace: Espace, par: str) -> Saisie:
    return Saisie(espace.now(), par or user_name() or "un exploitant")


def tell(espace: Espace, attendu: Attendu, *, en_json: bool) -> None:
    if en_json:
        print_json(as_json(attendu))
        return
    say(f"{attendu.appli} : {attendu.etat.value}. {tell_attendu(attendu)}.")
    if attendu.etat is EtatAttendu.PROPOSE:
        say(f"Rien n'est signalé tant que ce n'est pas confirmé : « edi attendus confirme {attendu.appli} ».")
