"""What an archive is, what it holds, and what it cannot tell: its first file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_FILES = {
    "original/": "le dépôt tel qu'il a été reçu, octet pour octet",
    "membres/": "les fichiers du lot qui ont pu être lus",
    "reponses/": "les flux retour, tels qu'ils sont partis",
    "flux.json": "le flux : statut, comptes, tentatives, incident",
    "factures.json": "ses factures, leurs statuts, les règles qui les ont jugées",
    "constats.json": "ce qui a été constaté",
    "reponses.json": "les réponses : décidées, émises, livrées, refusées par un serveur",
    "chronologie.txt": "tout ce qui est arrivé, dans l'ordre, en UTC",
    "journal.jsonl": "les lignes du journal technique qui parlent de ce flux",
    "configuration.json": "les réglages en vigueur, sans aucun secret",
    "docteur.json": "ce que dit « edi doctor », sans ce qui change d'une minute à l'autre",
    "regles.json": "les jeux de règles officielles installés aujourd'hui",
    "versions.json": "Navette, Python, le système, les bibliothèques, le schéma de la base",
    "absents.csv": "ce qui devrait être ici et n'y est pas, avec sha256 et taille",
}

_MASKED = """\
Ce dossier est masqué. Chaque valeur est remplacée par une autre de même longueur et de même forme, la même
pour la même valeur ; le SIRET masqué commence par le SIREN masqué ; une clé juste reste juste, une clé fausse
reste fausse ; un montant garde son signe, sa longueur et ses décimales, zéro reste zéro. Restent tels quels :
codes, dates, taux, devises, codes applicatifs des déposants, identifiants de flux, noms des flux retour,
sha256 des octets d'origine.

Ce que le masquage ne peut pas garder :
- les calculs : des montants masqués ne s'additionnent plus, une règle de calcul rejouée ici dira autre chose.
  Les constats d'origine sont dans constats.json ;
- le registre : les numéros masqués ne sont dans aucun annuaire ni aucun mandat ;
- les signatures : elles ne couvrent plus ce qui a changé ;
- les PDF Factur-X : seul le XML de la facture est gardé, masqué, dans un PDF d'une page refait ; un défaut du
  PDF lui-même ne se rejoue pas ;
- les pièces jointes et l'archive d'origine, qui sont ôtées (absents.csv) ;
- les textes courts : un mot ou un nombre de trois signes, au milieu d'une phrase de Navette, peut rester.
Relisez ce dossier avant de l'envoyer : vous seul savez ce qui, chez vous, est confidentiel.
"""
_CLEAR = """\
Ce dossier n'est pas masqué : il contient des factures entières, avec montants, noms et coordonnées bancaires.
Ne l'envoyez qu'à qui peut les lire. « edi export-incident FLUX --masque » fait le même sans ces valeurs.
"""


def write_lisezmoi(
    files: Mapping[str, bytes], absents: Sequence[Any], at: datetime, *, masque: bool
) -> bytes:
    """The text, in French; ``at`` is when the archive was made."""
    lines = [
        "Dossier d'incident d'un flux, fait par Navette (edi export-incident)",
        f"Fait le {at:%d/%m/%Y à %H:%M}",
        "",
        *(_MASKED if masque else _CLEAR).splitlines(),
        "",
        "Contenu",
    ]
    for nom, what in _FILES.items():
        count = sum(1 for path in files if path.startswith(nom))
        if count:
            many = f" ({count})" if nom.endswith("/") else ""
            lines.append(f"  {nom:<20}{what}{many}")
    lines += ["", f"Absents : {len(absents)}, dits dans absents.csv." if absents else "Rien ne manque."]
    return ("\n".join(lines) + "\n").encode()
