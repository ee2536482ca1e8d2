"""``edi attendus``: what déposants are expected to bring, learnt, confirmed, changed; how it stands."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Annotated

import typer

from edi.attendus import registre
from edi.attendus.fenetres import first_judged
from edi.attendus.observation import Observation
from edi.cli.affichage import print_json
from edi.cli.attendus_appris import apprend
from edi.cli.attendus_ecrits import (
    Appli,
    EnJson,
    Par,
    ajoute,
    check,
    find_latest,
    modifie,
    read_day,
    sign,
    tell,
)
from edi.cli.espace import Erreur, Espace, open_espace
from edi.cli.fenetres import (
    as_json_bilan,
    as_json_vue,
    print_attendu,
    print_history,
    print_signalements,
    print_vues,
    print_windows,
)
from edi.cli.passages import say
from edi.model import EtatAttendu
from edi.store import attendus as store
from edi.store import signalements
from edi.store.database import reading

app = typer.Typer(no_args_is_help=True, help="Les dépôts attendus de chaque déposant : quand, combien.")
for command in (apprend, ajoute, modifie):
    app.command()(command)

_LAST = 20  # lines of what was told


@app.command("list")
def list_all(ctx: typer.Context, en_json: EnJson = False) -> None:
    """Chaque dépôt attendu : dernière fenêtre, prochaine, et où il en est en ce moment."""
    espace = open_espace(ctx)
    look = make_observation(espace)
    with reading(espace.engine) as conn:
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
    check(espace, appli)
    look = make_observation(espace)
    with reading(espace.engine) as conn:
        expected = store.current(conn, espace.settings.fuseau, appli)
        vues = [look.look_at(conn, one, espace.now())[0] for one in expected]
        past = store.history(conn, appli)
        windows = look.past(conn, expected[0], espace.now(), _LAST) if expected else []
        told = signalements.of_appli(conn, appli, _LAST)
    if not past:
        raise Erreur(f"aucun dépôt n'est attendu de « {appli} » : « edi attendus apprend {appli} »")
    if en_json:
        acts = [{**one._asdict(), "acte": one.acte.value} for one in past]
        signaled = [{**asdict(one), "nature": one.nature.value} for one in told]
        print_json(
            {
                "attendus": [as_json_vue(espace, vue) for vue in vues],
                "fenetres": [{**as_json_bilan(one), "constat": why} for one, why in windows],
                "signalements": signaled,
                "historique": acts,
            }
        )
        return
    for vue in vues:
        print_attendu(espace, vue)
    print_windows(windows)
    print_signalements(espace, told)
    print_history(espace, past)


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
    first, last = read_day(du), read_day(au)
    with espace.engine.begin() as conn:
        proposed = store.find(conn, espace.settings.fuseau, appli, EtatAttendu.PROPOSE)
        if proposed is None:
            raise Erreur(f"rien n'est proposé pour « {appli} » : « edi attendus apprend {appli} »")
        known = replace(proposed, au=last or proposed.au)
        first = first or first_judged(known, espace.now())
        confirmed = registre.confirm(conn, replace(known, du=first), sign(espace, par))
    tell(espace, confirmed, en_json=en_json)


@app.command("supprime")
def supprime(ctx: typer.Context, appli: Appli, par: Par = "", en_json: EnJson = False) -> None:
    """N'attend plus rien de ce déposant (retire d'abord la proposition, s'il y en a une)."""
    espace = open_espace(ctx)
    with espace.engine.begin() as conn:
        known = find_latest(conn, espace, appli)
        registre.end(conn, known, sign(espace, par))
    tell(espace, replace(known, etat=EtatAttendu.TERMINE), en_json=en_json)


def make_observation(espace: Espace) -> Observation:
    return Observation(timedelta(seconds=espace.settings.attendus.tolerance))
