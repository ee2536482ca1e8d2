"""``edi attendus apprend``: what the history of a déposant has us expect of it, proposed with evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from edi.attendus import registre
from edi.attendus.apprentissage import Appris, Insuffisant, learn
from edi.cli.affichage import print_json
from edi.cli.attendus_ecrits import EnJson, OptTerritoire, Par, check, read_day, sign
from edi.cli.espace import Espace, open_espace
from edi.cli.preuves import as_json_learnt, print_learnt
from edi.model import Attendu
from edi.store import attendus as store
from edi.store import depots
from edi.store.database import reading

_HISTORY = timedelta(weeks=26)  # that is learnt from


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
        check(espace, appli)
    active = (code for code, d in sorted(espace.settings.deposants.items()) if d.raccordement_actif)
    since = read_day(depuis) or espace.today() - _HISTORY
    told = []
    for code in [appli] if appli else active:
        with reading(espace.engine) as conn:  # months of invoices: nobody waits for that
            found = _learn(conn, espace, code, since, territoire or "")
        with espace.engine.begin() as conn:
            new = isinstance(found, Appris) and not _is_known(conn, found.attendu)
            if isinstance(found, Appris) and new and not a_blanc:
                registre.propose(conn, found.attendu, sign(espace, par))
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
