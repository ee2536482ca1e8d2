"""The first page: where the lots of today stand, what waits, what is wrong, a month of volumes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from edi.console import courbes
from edi.console.visite import Ici, Visite
from edi.model import FactureStatut, FluxStatut
from edi.outbound.suites import suite_flux
from edi.store import accueil as store
from edi.store import alertes, mesures, nouvelles
from edi.store.accueil import Bloque
from edi.store.mesures import Queue

router = APIRouter()

JOURS = 30  # of the charts, today included
_REGARDES = 8  # held flux shown

# What waits: stage, its words, where a click leads.
ETAPES = (
    ("RECEPTION", "En réception", "pas encore complets", ""),
    ("RECU", "Reçus", "pas encore jugés", "/flux?statut=RECU"),
    ("EN_COURS", "En jugement", "contrôles en cours", "/flux?statut=EN_COURS"),
    ("EN_ATTENTE", "En attente", "à décider plus tard", "/flux?statut=EN_ATTENTE"),
    ("EMISSION", "À émettre", "réponses décidées", ""),
    ("LIVRAISON", "À livrer", "sur un serveur", ""),
)
# What is decided of a flux, in the words that a narrow column holds.
MOTS = {
    FluxStatut.INTEGRE: "Intégrés",
    FluxStatut.INTEGRE_PARTIEL: "Partiels",
    FluxStatut.REJETE: "Rejetés",
    FluxStatut.IRRECEVABLE: "Irrecevables",
    FluxStatut.RAPPEL: "Rappels",
}


class Etape(NamedTuple):
    """One stage, and what waits there."""

    nom: str
    explication: str
    lien: str
    nombre: int
    depuis: datetime | None


@router.get("/")
def show_accueil(ici: Ici) -> HTMLResponse:
    """What was received, where it stands, what somebody must look at."""
    now, portee = ici.console.now().astimezone(ici.console.fuseau), ici.portee
    midnight = datetime.combine(now.date(), time.min, ici.console.fuseau)
    with ici.reading() as conn:
        queues = mesures.queues(conn, now, portee)
        told = [a for a in alertes.current(conn) if a.ouverte_le] if portee.est_entiere else None
        fresh: dict[str, Any] = {
            "marque": nouvelles.mark(conn, portee),
            "etapes": gather(queues),
            "en_attente": sum(one.nombre for one in queues if one.etape == FluxStatut.EN_ATTENTE.name),
            "recus": store.received_since(conn, portee, midnight),
            "attendent": [(flux, suite_flux(flux)) for flux in store.held(conn, portee, _REGARDES)],
            "alertes": told,
        }
    afterwards = BackgroundTasks()
    month = find_month(ici, now.date(), afterwards)
    page = ici.show("accueil.html", vu_le=now, minuit=midnight, mots=MOTS, **fresh, **month)
    page.background = afterwards
    return page


def find_month(ici: Visite, today: date, afterwards: BackgroundTasks) -> dict[str, Any]:
    """The figures of a month, kept for a moment; ``afterwards`` renews them."""
    key = ("mois", ici.portee, today)
    return ici.memoire.get(key, lambda: _read_month(ici, today), afterwards.add_task)


def _read_month(ici: Visite, today: date) -> dict[str, Any]:
    """What costs the more the more there is, and need not be of this very second."""
    zone, portee = ici.console.fuseau, ici.portee
    jours = [today - timedelta(days=JOURS - 1 - rank) for rank in range(JOURS)]
    month = datetime.combine(jours[0], time.min, zone)
    with ici.reading() as conn:
        journees = courbes.fill(store.days(conn, portee, month, zone), jours)
        return {
            "bloques": _blocked(conn, ici, month),
            "conservation": mesures.conservation(conn) if portee.est_entiere else None,
            "journees": journees,
            "barres": courbes.bars(journees),
            "points": courbes.points(journees),
        }


def _blocked(conn: Connection, ici: Visite, since: datetime) -> list[tuple[str, str, list[Bloque]]]:
    kinds = (
        ("Pas encore jugées", "la plateforme", (None,)),
        ("Rejetées au dépôt", "l'émetteur", (FactureStatut.NON_CONFORME,)),
        ("Suspendues ou à recycler", "l'émetteur", (FactureStatut.SUSPENDUE, FactureStatut.A_RECYCLER)),
    )
    return [(nom, qui, store.blocked(conn, ici.portee, some, since)) for nom, qui, some in kinds]


def gather(queues: Sequence[Queue]) -> list[Etape]:
    """Each stage with all that waits there, whoever sent it."""
    found = []
    for code, nom, explication, lien in ETAPES:
        here = [one for one in queues if one.etape == code]
        oldest = min((one.depuis for one in here), default=None)
        found.append(Etape(nom, explication, lien, sum(one.nombre for one in here), oldest))
    return found
