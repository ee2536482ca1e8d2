"""How what is put on servers is told: where it lies, or why not yet and when it is tried again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from edi.espace import Espace
from edi.model import Emission, Envoi, Livraison, NatureEnvoi
from edi.outbound import names
from edi.store import canaux

NATURES = {NatureEnvoi.RESTE: "Archive du reste", NatureEnvoi.STATUT: "Situation du flux"}


def name_kind(emission: Emission) -> str:
    """What a return flow is to whoever reads of it."""
    return "Remise" if emission.interface == names.PIVOT else "Réponse"


def tell_livraison(livraison: Livraison | Envoi, appli: str, espace: Espace) -> str:
    """Where a file was put, or why it was not yet and when it is tried again."""

    def at(moment: datetime) -> str:
        return f"le {moment.astimezone(espace.settings.fuseau):%d/%m/%Y à %H:%M}"

    if livraison.livre_le is not None:
        if not livraison.serveur:
            return "sans objet"
        return f"déposée sur {livraison.serveur} {at(livraison.livre_le)}"
    if livraison.prochain_essai is not None:
        return f"pas encore déposée ({livraison.incident}) ; nouvel essai {at(livraison.prochain_essai)}"
    for serveur in espace.settings.serveurs:
        if appli in (*serveur.served, *serveur.told):
            with espace.engine.begin() as conn:
                canal = canaux.get(conn, serveur.nom)
            if canal.prochain_essai is not None:
                told = f"{canal.incident} ; nouvel essai {at(canal.prochain_essai)}"
                return f"à déposer sur le serveur {serveur.nom} : {told}"
    return "à déposer sur le serveur"


def as_json_livraison(livraison: Livraison | Envoi) -> dict[str, Any]:
    """The same for programs."""
    keys = ("serveur", "livre_le", "essais", "prochain_essai", "incident")
    return {key: getattr(livraison, key) for key in keys}
