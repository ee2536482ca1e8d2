"""The relevés of the days that have ended, each once: what was missed is made, what failed is made later."""

from __future__ import annotations

from edi.model import Constat, Tache
from edi.nuit.echeances import days_owed
from edi.releve.jour import CleRefused
from edi.releve.service import Releves
from edi.store import releves_jour

_NONE = {"relevés": 0, "factures relevées": 0}


def make_owed(releves: Releves, tache: Tache) -> Constat:
    """Make every relevé that is owed to the déposants of a job; one that fails does not stop the others."""
    espace, comptes, incidents = releves.espace, dict(_NONE), []
    for appli in tache.deposants:
        if appli not in espace.settings.deposants:  # a destinataire: it has no relevé
            continue
        with espace.engine.begin() as conn:
            told = releves_jour.told(conn, appli)
        for jour in days_owed(told, espace.today()):
            try:
                made = releves.put(appli, jour)
            except (CleRefused, OSError) as why:
                incidents.append(f"relevé du {jour:%d/%m/%Y} de {appli} : {why}")
                continue
            with espace.engine.begin() as conn:
                releves_jour.record(conn, appli, jour, espace.now(), made.flux, made.factures)
            comptes["relevés"] += 1
            comptes["factures relevées"] += made.factures
    return Constat(comptes, tuple(incidents))
