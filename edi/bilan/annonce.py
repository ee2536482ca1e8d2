"""The report as it is announced: fixed when the figures are, one content a channel. Pure."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from edi.bilan.chiffres import Bilan
from edi.bilan.consignes import find_consignes, headline
from edi.bilan.mots import INSECABLE, combien
from edi.bilan.ordres import Qui
from edi.bilan.page import write_page
from edi.bilan.texte import write_text
from edi.model import Courriel, Crochet, Tache


def write_contenu(bilan: Bilan, tache: Tache, canal: Courriel | Crochet, zone: ZoneInfo) -> str:
    """What one channel tells of a run; equal figures give equal bytes."""
    head = {"plateforme": bilan.entete.plateforme, "instant": bilan.entete.fin.isoformat()}
    if isinstance(canal, Crochet):
        told = {**head, "alertes": [], "rapport": summarize(bilan, zone)}
    else:
        mail = {
            "passage": bilan.entete.passage,
            "a": tache.rapport_a,
            "sujet": subject(bilan, zone),
            "texte": write_text(bilan, zone),
            "html": write_page(bilan, zone),
        }
        told = {**head, "courriel": mail}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def is_announced(bilan: Bilan, tache: Tache, zone: ZoneInfo) -> bool:
    """True when somebody is told of a run."""
    if tache.rapport_envoi == "a-faire":
        return any(one.qui is not Qui.PERSONNE for one in find_consignes(bilan, zone))
    return tache.rapport_envoi != "jamais"


def subject(bilan: Bilan, zone: ZoneInfo) -> str:
    """What somebody reads before opening the mail."""
    compte = bilan.compte
    told = f"{bilan.entete.tache} du {bilan.entete.jour:%d/%m} : "
    told += headline(bilan, find_consignes(bilan, zone))
    if compte.rejetees:
        came = combien(compte.recues + compte.reportees, "facture", "factures")
        told += f" ({combien(compte.rejetees, 'rejetée', 'rejetées')} sur {came})"
    return told.replace(INSECABLE, " ")


def summarize(bilan: Bilan, zone: ZoneInfo) -> dict[str, object]:
    """A run in few words and numbers, for programs."""
    entete, compte = bilan.entete, bilan.compte
    consignes = find_consignes(bilan, zone)
    return {
        "tache": entete.tache,
        "jour": entete.jour.isoformat(),
        "passage": entete.passage,
        "issue": entete.issue.name,
        "factures": compte._asdict(),
        "bloque": {one.devise: format(one.montant, "f") for one in bilan.bloque},
        "fournisseurs": len(bilan.lignes),
        "a_faire": headline(bilan, consignes).replace(INSECABLE, " "),
        "consignes": [
            {
                "qui": one.qui.name,
                "phrase": one.phrase.replace(INSECABLE, " "),
                "commandes": [texte for texte, _ in one.commandes],
            }
            for one in consignes
        ],
    }
