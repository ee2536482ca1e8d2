"""How jobs of the night stand, in French. Pure."""

from __future__ import annotations

from datetime import datetime

from edi.model import Tache
from edi.nuit.etats import Situation


def tell_state(row: Situation) -> str:
    """How a job stands."""
    since = _moment(row.tache, row.en_cours.debut) if row.en_cours else ""
    if row.en_cours and not row.vivant:
        return f"interrompue (commencée le {since}), reprise au prochain passage"
    if row.en_cours and row.chevauche:
        return f"en cours depuis le {since}, déborde sur le {_moment(row.tache, row.chevauche)}"
    if row.en_cours:
        return f"en cours depuis le {since}"
    if row.etat.pause_le:
        return f"en pause depuis le {_moment(row.tache, row.etat.pause_le)}"
    if row.du:
        many = 1 + len(row.du.manquees)
        return f"due : {row.du.genre.libelle}, {many} échéance{'s' if many > 1 else ''}"
    return "en attente de son heure"


def _moment(tache: Tache, at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(tache.fuseau):%d/%m/%Y %H:%M}"
