"""``edi attendus``: what déposants are expected to bring, learnt, confirmed, changed; how it stands."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection

from edi.annuaire.rows import parse_date
from edi.attendus import registre
from edi.attendus.apprentissage import Appris, Insuffisant, learn
from edi.attendus.fenetres import first_judged
from edi.attendus.observation import Observation
from edi.attendus.phrases import tell_attendu
from edi.attendus.saisie import AIDE_JOURS, read_days, read_hours, read_volumes
from edi.cli.affichage import print_json
from edi.cli.espace import Erreur, Espace, open_espace, user_name
from edi.cli.fenetres import (
    as_json,
    as_json_vue,
    print_attendu,
    print_history,
    print_signalements,
    print_vues,
)
from edi.cli.passages import say
from edi.cli.preuves import as_json_learnt, print_learnt
from edi.model import Attendu, EtatAttendu, Feries, JoursAttendus, Saisie, Volumes
from edi.settings.nuits import Territoire
from edi.store import attendus as store
from edi.store import depots, signalements

app = typer.Typer(no_args_is_help=True, help="Les dépôts attendus de chaque déposant : quand, combien.")

_LAST = 20  # lines of what was told
_HISTORY = timedelta(weeks=26)  # that is learnt from

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


@app.command("list")
def list_all(ctx: typer.Context, en_json: EnJson = False) -> None:
    """Chaque dépôt attendu : dernière fenêtre, prochaine, et où il en est en ce moment."""
    espace = open_espace(ctx)
    look = _observation(espace)
    with espace.engine.begin() as conn:
        expected = store.current(conn, espace.settings.fuseau)
        vues = [look.look_at(conn, one, espace.now())[0] for one in expected]
    if en_json:
        print_json([as_json_vue(espace, vue) for vue in vues])
    elif vues:
        print_vues(espace, vues)
    else:
        say("Aucun dépôt attendu : « edi attendus apprend » en propose d'après l'historique.")


@app.command("show")
def show(ctx: typer.Context, appli: Appli, en_json: EnJson = False) -> None:
    """Un déposant : ce qui est attendu, ce qui lui a été signalé, qui en a décidé."""
    espace = open_espace(ctx)
    _check(espace, appli)
    look = _observation(espace)
    with espace.engine.begin() as conn:
        expected = store.current(conn, espace.settings.fuseau, appli)
        vues = [look.look_at(conn, one, espace.now())[0] for one in expected]
        past = store.history(conn, appli)
        told = signalements.of_appli(conn, appli, _LAST)
    if not past:
        raise Erreur(f"aucun dépôt n'est attendu de « {appli} » : « edi attendus apprend {appli} »")
    if en_json:
        acts = [{**one._asdict(), "acte": one.acte.value} for one in past]
        signaled = [{**asdict(one), "nature": one.nature.value} for one in told]
        print_json(
            {"attendus": [as_json_vue(espace, v) for v in vues], "signalements": signaled, "historique": acts}
        )
        return
    for vue in vues:
        print_attendu(espace, vue)
    print_signalements(espace, told)
    print_history(espace, past)


@app.command("apprend")
def apprend(
    ctx: typer.Context,
    appli: Annotated[str, typer.Argument(metavar="[APPLI]", help="Un déposant ; sinon tous.")] = "",
    depuis: Annotated[
        str, typer.Option("--depuis", help="Premier jour de l'historique lu ; 26 semaines.")
    ] = "",
    territoire: OptTerritoire = "",
    a_blanc: Annotated[bool, typer.Option("--a-blanc", help="Montre sans rien enregistrer.")] = False,
    par: Par = "",
    en_json: EnJson = False,
) -> None:
    """Propose ce qui est attendu d'après l'historique, et montre sur quoi ; reste à confirmer."""
    espace = open_espace(ctx)
    if appli:
        _check(espace, appli)
    active = (code for code, d in sorted(espace.settings.deposants.items()) if d.raccordement_actif)
    since = _day(depuis) or espace.today() - _HISTORY
    told = []
    for code in [appli] if appli else active:
        with espace.engine.begin() as conn:
            found = _learn(conn, espace, code, since, territoire or "")
            new = isinstance(found, Appris) and not _is_known(conn, found.attendu)
            if isinstance(found, Appris) and new and not a_blanc:
                registre.propose(conn, found.attendu, _saisie(espace, par))
        told.append(as_json_learnt(code, found, new=new))
        if not en_json:
            print_learnt(code, found, new=new)
    if en_json:
        print_json(told)


def _learn(
    conn: Connection, espace: Espace, appli: str, since: date, territoire: str
) -> Appris | Insuffisant:
    zone = espace.settings.fuseau
    start = datetime.combine(since, time(), zone)
    recus = tuple(depots.with_amounts(conn, depots.received(conn, appli, start)))
    tolerance = timedelta(seconds=espace.settings.attendus.tolerance)
    return learn(appli, recus, zone, espace.now(), tolerance, territoire)


def _is_known(conn: Connection, learnt: Attendu) -> bool:
    """Whether the same thing is proposed or confirmed already."""
    known = store.current(conn, learnt.fuseau, learnt.appli)
    return any(
        replace(one, id=0, etat=learnt.etat, du=None, au=None, pause_au=None, fermetures=frozenset())
        == learnt
        for one in known
    )


@app.command("ajoute")
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
    _check(espace, appli)
    blank = Attendu(appli, JoursAttendus(), time(), time(), espace.settings.fuseau)
    given = _change(blank, jours, fenetre, feries, territoire, fermetures)
    given = _change_volumes(given, flux, factures, montants or [], fin_de_mois=False)
    with espace.engine.begin() as conn:
        new = registre.propose(conn, given, _saisie(espace, par))
    _tell(espace, new, en_json=en_json)


@app.command("confirme")
def confirme(
    ctx: typer.Context,
    appli: Appli,
    du: Annotated[str, typer.Option("--du", help="Premier jour jugé ; par défaut dès maintenant.")] = "",
    au: Annotated[str, typer.Option("--au", help="Dernier jour jugé ; sans fin par défaut.")] = "",
    par: Par = "",
    en_json: EnJson = False,
) -> None:
    """Confirme ce qui est proposé : à partir de là, un dépôt qui manque est signalé."""
    espace = open_espace(ctx)
    first, last = _day(du), _day(au)
    with espace.engine.begin() as conn:
        proposed = store.find(conn, espace.settings.fuseau, appli, EtatAttendu.PROPOSE)
        if proposed is None:
            raise Erreur(f"rien n'est proposé pour « {appli} » : « edi attendus apprend {appli} »")
        known = replace(proposed, au=last or proposed.au)
        first = first or first_judged(known, espace.now())
        confirmed = registre.confirm(conn, replace(known, du=first), _saisie(espace, par))
    _tell(espace, confirmed, en_json=en_json)


@app.command("modifie")
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
        known = _latest(conn, espace, appli)
        changed = _change(known, jours, fenetre, feries, territoire, fermetures)
        changed = replace(changed, pointe=None) if sans_fin_de_mois else changed
        changed = _change_volumes(changed, flux, factures, montants or [], fin_de_mois=fin_de_mois)
        paused = None if reprise else _day(pause) or changed.pause_au
        changed = replace(changed, pause_au=paused, au=_day(au) or changed.au)
        if changed == known:
            raise Erreur("rien à changer : dites ce qui change (voir « edi attendus modifie --help »)")
        registre.modify(conn, changed, _saisie(espace, par))
    _tell(espace, changed, en_json=en_json)


@app.command("supprime")
def supprime(ctx: typer.Context, appli: Appli, par: Par = "", en_json: EnJson = False) -> None:
    """N'attend plus rien de ce déposant (retire d'abord la proposition, s'il y en a une)."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        known = _latest(conn, espace, appli)
        registre.end(conn, known, _saisie(espace, par))
    _tell(espace, replace(known, etat=EtatAttendu.TERMINE), en_json=en_json)


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


def _day(text: str) -> date | None:
    """Raises Erreur."""
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise Erreur(f"« {text} » n'est pas une date ; écrivez-la jj/mm/aaaa ou aaaa-mm-jj") from error


def _check(espace: Espace, appli: str) -> None:
    if appli not in espace.settings.deposants:
        known = ", ".join(sorted(espace.settings.deposants)) or "aucun"
        raise Erreur(f"le déposant « {appli} » n'est pas déclaré ; déposants déclarés : {known}")


def _latest(conn: Connection, espace: Espace, appli: str) -> Attendu:
    """The proposal of a déposant, else what is confirmed. Raises Erreur."""
    for etat in (EtatAttendu.PROPOSE, EtatAttendu.CONFIRME):
        found = store.find(conn, espace.settings.fuseau, appli, etat)
        if found is not None:
            return found
    raise Erreur(f"rien n'est attendu de « {appli} » : voir « edi attendus list »")


def _saisie(espace: Espace, par: str) -> Saisie:
    return Saisie(espace.now(), par or user_name() or "un exploitant")


def _observation(espace: Espace) -> Observation:
    return Observation(timedelta(seconds=espace.settings.attendus.tolerance))


def _tell(espace: Espace, attendu: Attendu, *, en_json: bool) -> None:
    if en_json:
        print_json(as_json(attendu))
        return
    say(f"{attendu.appli} : {attendu.etat.value}. {tell_attendu(attendu)}.")
    if attendu.etat is EtatAttendu.PROPOSE:
        say(f"Rien n'est signalé tant que ce n'est pas confirmé : « edi attendus confirme {attendu.appli} ».")
