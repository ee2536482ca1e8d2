"""The jobs of the night at an instant, and the reports of their runs."""

from __future__ import annotations

from sqlalchemy import Connection

from edi.bilan import chiffres
from edi.bilan.page import write_body, write_page
from edi.bilan.tenue import stem_of
from edi.bilan.texte import write_text
from edi.espace import Espace
from edi.model import Feries, Issue, Tache
from edi.model.plateforme import Allure, NuitVue
from edi.nuit.echeances import next_due, remark
from edi.nuit.etats import Situation, look_at
from edi.nuit.mots import tell_state
from edi.store import bilans

_COMING = 5  # due dates told
_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_FERIES = {
    Feries.EXECUTER: "jours fériés compris",
    Feries.SAUTER: "sauf les jours fériés",
    Feries.DECALER: "les jours fériés reportés au jour ouvré suivant",
}
_WRITERS = {"corps": write_body, "html": write_page, "txt": write_text}


def look_at_nights(espace: Espace, conn: Connection) -> tuple[NuitVue, ...]:
    """Each job, in the order of the configuration."""
    return tuple(_look(espace, conn, tache) for tache in espace.settings.taches.values())


def _look(espace: Espace, conn: Connection, tache: Tache) -> NuitVue:
    now = espace.now()
    row = look_at(conn, tache, now)
    return NuitVue(
        tache=tache,
        etat=row.etat,
        allure=_allure(row),
        dit=tell_state(row),
        jours=_days(tache),
        dernier=row.dernier,
        prochaines=tuple(
            (due, remark(tache, due)) for due in next_due(tache, row.etat.couverte, now, _COMING)
        ),
    )


def _allure(row: Situation) -> Allure:
    if row.en_cours:
        return Allure.ROUTE if row.vivant and not row.chevauche else Allure.MAUVAIS
    if row.etat.pause_le:
        return Allure.ATTENTE
    if row.dernier and row.dernier.issue in (Issue.ECHOUE, Issue.AVEC_DEFAUTS):
        return Allure.MAUVAIS
    return Allure.ROUTE if row.du else Allure.BON


def _days(tache: Tache) -> str:
    every = len(tache.jours) == len(_JOURS)
    jours = "tous les jours" if every else ", ".join(_JOURS[day] for day in sorted(tache.jours))
    return f"{jours}, {_FERIES[tache.feries]}"


def write_report(espace: Espace, conn: Connection, passage_id: int, forme: str) -> tuple[str, str] | None:
    """Name and text of the report of a run, made again of its figures; None when none are kept.

    ``forme``: "html" (a page of its own), "corps" (what stands in it, without style) or "txt".
    """
    kept = bilans.kept(conn, passage_id)
    if kept is None or forme not in _WRITERS:
        return None
    bilan = chiffres.read(kept)
    return f"{stem_of(bilan.entete)}.{forme}", _WRITERS[forme](bilan, espace.settings.fuseau)
