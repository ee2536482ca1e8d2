"""What a déposant reads of what is expected of it: two files in its ``statut``, one mail a look. Pure.

Every word follows from the row and from the configuration: written twice, a file has the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi.model import Deposant, NatureSignalement, Signalement

_TITRES = {
    NatureSignalement.RETARD: "EN RETARD",
    NatureSignalement.VOLUME_BAS: "MOINS QUE D'HABITUDE",
    NatureSignalement.VOLUME_HAUT: "PLUS QUE D'HABITUDE",
    NatureSignalement.MONTANT_BAS: "MONTANT PLUS BAS QUE D'HABITUDE",
    NatureSignalement.MONTANT_HAUT: "MONTANT PLUS HAUT QUE D'HABITUDE",
}
_MORE = "Vérifiez que rien n'a été déposé deux fois ni par erreur ; si tout est juste, il n'y a rien à faire."
_LESS = "Vérifiez que tout a été déposé ; ce qui manque peut encore l'être."
_CLOS = "CLOS : cette fenêtre n'est plus regardée, il n'y a plus rien à faire."
_MENDABLE = (NatureSignalement.RETARD, NatureSignalement.VOLUME_BAS, NatureSignalement.MONTANT_BAS)
_CONSIGNES = {
    NatureSignalement.RETARD: "Déposez dans « in » dès que possible. Si vous avez déposé, cherchez la "
    "réponse dans « out » : sans réponse, le fichier n'est pas arrivé jusqu'ici.",
    NatureSignalement.VOLUME_BAS: _LESS,
    NatureSignalement.VOLUME_HAUT: _MORE,
    NatureSignalement.MONTANT_BAS: _LESS,
    NatureSignalement.MONTANT_HAUT: _MORE,
}


class Auteur(NamedTuple):
    """Who writes."""

    plateforme: str
    fuseau: ZoneInfo
    delai: timedelta  # after which operators are told


def name_of(one: Signalement) -> str:
    """The name of its files, without what follows the dot."""
    return f"signalement-{one.jour.isoformat()}-{one.nature.value}"


def write_files(one: Signalement, deposant: Deposant, auteur: Auteur) -> list[tuple[str, bytes]]:
    """The two files that tell one thing, as it holds now."""
    told = json.dumps(_as_json(one, auteur), ensure_ascii=False, indent=2)
    return [
        (f"{name_of(one)}.json", f"{told}\n".encode()),
        (f"{name_of(one)}.txt", _text(one, deposant, auteur).encode()),
    ]


def _as_json(one: Signalement, auteur: Auteur) -> dict[str, object]:
    zone = auteur.fuseau
    return {
        "plateforme": auteur.plateforme,
        "deposant": one.appli,
        "jour": one.jour.isoformat(),
        "nature": one.nature.value,
        "etat": "en cours" if one.fin_le is None else "réglé" if one.fin else "clos",
        "phrase": one.phrase,
        "consigne": "" if one.fin_le else _CONSIGNES[one.nature],
        "depuis": one.depuis.astimezone(zone).isoformat(),
        "dit_le": one.dit_le.astimezone(zone).isoformat(),
        "fin_le": one.fin_le.astimezone(zone).isoformat() if one.fin_le else None,
        "fin": one.fin,
    }


def _text(one: Signalement, deposant: Deposant, auteur: Auteur) -> str:
    title = f"{auteur.plateforme} : dépôt attendu de {_who(deposant)}"
    footer = f"Écrit {_at(one, auteur)}."
    if one.nature in _MENDABLE:
        footer += " Ce fichier dira quand ce sera réglé."
    if one.fin_le:
        word = "réglé" if one.fin else "clos"
        ended = f"{one.fin_le.astimezone(auteur.fuseau):%d/%m/%Y à %H:%M}"
        footer = f"Signalé {_at(one, auteur)}, {word} le {ended}."
    return "\n".join([title, "=" * len(title), "", *_paragraphs(one, auteur), footer]) + "\n"


def _who(deposant: Deposant) -> str:
    return f"{deposant.code} ({deposant.libelle})" if deposant.libelle else deposant.code


def _at(one: Signalement, auteur: Auteur) -> str:
    return f"le {one.dit_le.astimezone(auteur.fuseau):%d/%m/%Y à %H:%M}"


def _paragraphs(one: Signalement, auteur: Auteur) -> list[str]:
    if one.fin_le:
        return [f"RÉGLÉ : {one.fin}" if one.fin else _CLOS, "", one.phrase, ""]
    told = (one.dit_le + auteur.delai).astimezone(auteur.fuseau)
    rest = f"Si rien ne change, l'exploitant de la plateforme sera prévenu le {told:%d/%m/%Y à %H:%M}."
    return [_TITRES[one.nature], one.phrase, "", "Que faire", "---------", _CONSIGNES[one.nature], rest, ""]


def write_mail(some: Sequence[Signalement], deposant: Deposant, auteur: Auteur) -> str:
    """All that one look has to tell a déposant, as JSON: the subject and the body of one mail."""
    wrong = [one for one in some if one.fin_le is None]
    first = (wrong or list(some))[0]
    what = _TITRES[first.nature].capitalize() if wrong else f"Réglé : {first.fin}"
    more = f" (et {len(some) - 1} de plus)" if len(some) > 1 else ""
    lines = ["Bonjour,", ""]
    for one in some:
        lines += _paragraphs(one, auteur)
    lines += ["Les mêmes lignes sont dans votre dossier « statut » (signalement-…).", ""]
    lines += [f"-- \n{auteur.plateforme}, envoi automatique à {_who(deposant)}"]
    told = {
        "plateforme": auteur.plateforme,
        "courriel": {"sujet": f"{deposant.code} : {what}{more}", "texte": "\n".join(lines) + "\n"},
        "cles": [[one.id, one.fin_le is not None] for one in some],
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)
