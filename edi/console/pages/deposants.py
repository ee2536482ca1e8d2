"""Déposants: all of those that may be seen, and one: what it sends, what is expected, its channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from edi.console import courbes
from edi.console.visite import Ici, Visite
from edi.model import Flux, Portee
from edi.model.plateforme import CanalVu, DeposantVu
from edi.store import accueil, mesures, recherches
from edi.store import deposants as store
from edi.store.deposants import Passees
from edi.store.mesures import Queue

router = APIRouter(prefix="/deposants")

_PAGE = 50  # déposants
_DERNIERS = 8  # flux of one
_REPONSES = 5  # last deliveries among whose answers the last one is looked for
JOURS = 30

ETAPES = {
    "RECEPTION": "en réception",
    "RECU": "reçus",
    "EN_COURS": "en jugement",
    "EN_ATTENTE": "en attente",
    "EMISSION": "réponses à émettre",
    "LIVRAISON": "réponses à livrer",
}


class Ligne(NamedTuple):
    """One déposant in the list."""

    vu: DeposantVu
    dernier: Flux | None
    repondu_le: datetime | None
    attend: Sequence[Queue]
    passees: Passees | None
    canaux: Sequence[CanalVu]


@router.get("")
def list_deposants(ici: Ici, apres: str = "", cherche: str = "") -> HTMLResponse:
    """Those that may be seen, by code."""
    found = seen(ici, cherche)
    shown = [one for one in found if one.code > apres][:_PAGE]
    later = BackgroundTasks()
    lines = list_lines(ici, shown, later)
    with ici.reading() as conn:
        expected = {one.appli: one for one in reversed(ici.console.gestes.plateforme.attendus(conn, ""))}
    page = ici.show(
        "deposants.html",
        rubrique="/plateforme",
        lignes=lines,
        attendus={code: one for code, one in expected.items() if ici.sees(code)},
        etapes=ETAPES,
        cherche=cherche,
        suivant=shown[-1].code if shown and shown[-1].code != found[-1].code else "",
        apres=apres,
    )
    page.background = later
    return page


def seen(ici: Visite, cherche: str = "") -> list[DeposantVu]:
    """Those that may be seen and in whose code or name a text stands, by code."""
    wanted = cherche.strip().casefold()
    return [
        one
        for one in ici.console.gestes.plateforme.deposants()
        if ici.sees(one.code) and (wanted in one.code.casefold() or wanted in one.nom.casefold())
    ]


def list_lines(ici: Visite, shown: Sequence[DeposantVu], later: BackgroundTasks) -> list[Ligne]:
    """What a list tells of some of them; ``later`` renews the figures of the month."""
    codes = tuple(one.code for one in shown)
    passed = ici.memoire.get(("passees", codes), lambda: _read_passed(ici, codes), later.add_task)
    with ici.reading() as conn:
        waiting = mesures.queues(conn, ici.console.now(), ici.portee)
        channels = see_channels(ici, conn)
        last = {code: store.last_flux(conn, code, _REPONSES) for code in codes}
        answered = store.answered(conn, [flux.id for some in last.values() for flux in some])
    return [
        Ligne(
            one,
            last[one.code][0] if last[one.code] else None,
            answered.get(one.code),
            [queue for queue in waiting if queue.appli == one.code],
            passed.get(one.code),
            [canal for canal in channels if one.code in canal.applis],
        )
        for one in shown
    ]


def _read_passed(ici: Visite, codes: Sequence[str]) -> dict[str, Passees]:
    with ici.reading() as conn:
        return store.passed(conn, codes, _month(ici))


def _month(ici: Visite) -> datetime:
    today = ici.console.now().astimezone(ici.console.fuseau).date()
    return datetime.combine(today - timedelta(days=JOURS - 1), time.min, ici.console.fuseau)


def see_channels(ici: Visite, conn: Connection) -> list[CanalVu]:
    """The channels that serve whom one may see. What went wrong is told in words to the platform alone:
    a server may be shared.
    """
    found = []
    for canal in ici.console.gestes.plateforme.canaux(conn):
        served = tuple(one for one in canal.sens if ici.sees(one[0]))
        if ici.portee.est_entiere:
            found.append(canal)
        elif served:
            found.append(canal._replace(sens=served, incident="", adresse="", a_deposer=0, a_ranger=0))
    return found


@router.get("/{appli}")
def show_deposant(ici: Ici, appli: str) -> HTMLResponse:
    """One déposant."""
    one = ici.known({one.code: one for one in seen(ici)}.get(appli))
    portee = Portee(frozenset({appli}))
    later = BackgroundTasks()
    month = find_month(ici, portee, later)
    with ici.reading() as conn:
        last = store.last_flux(conn, appli, _DERNIERS)
        channels = [canal for canal in see_channels(ici, conn) if appli in canal.applis]
        values: dict[str, Any] = {
            "attend": mesures.queues(conn, ici.console.now(), portee),
            "derniers": last,
            "reponse": store.last_answer(conn, appli, last),
            "attendus": ici.console.gestes.plateforme.attendus(conn, appli),
            "interfaces": recherches.interfaces(conn, portee),
        }
    page = ici.show(
        "deposant.html", rubrique="/plateforme", vu=one, canaux=channels, etapes=ETAPES, **values, **month
    )
    page.background = later
    return page


def find_month(ici: Visite, portee: Portee, later: BackgroundTasks) -> dict[str, Any]:
    """The figures of a month of one, kept for a moment; ``later`` renews them."""
    return ici.memoire.get(("mois", portee), lambda: _read_month(ici, portee), later.add_task)


def _read_month(ici: Visite, portee: Portee) -> dict[str, Any]:
    since = _month(ici)
    jours = [since.date() + timedelta(days=rank) for rank in range(JOURS)]
    with ici.reading() as conn:
        journees = courbes.fill(accueil.days(conn, portee, since, ici.console.fuseau), jours)
    return {
        "journees": journees,
        "points": courbes.points(journees),
        "mois": Passees(*(sum(getattr(one, name) for one in journees) for name in Passees._fields)),
    }
