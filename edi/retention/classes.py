"""The classes of what a workspace keeps: how long, in which state each may go, and on whose word.

Sources are those of ``docs/normes.md``. A class without a key is never removed by retention; ``etat`` says
why, or who does.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from edi.outbound.phrases import count
from edi.settings.sections import Retention

OVER = "tout ce qu'ils disent est décidé, répondu et livré"
OURS = "choix de Navette"


class Classe(NamedTuple):
    """One kind of things that are kept."""

    code: str
    libelle: str  # in French, for operators
    etat: str  # in which they may go, or why they never do
    cle: str = ""  # of the section [retention]
    unite: Literal["jours", "ans", ""] = ""
    source: str = OURS
    refaisable: bool = False  # can be made again: the server removes them by itself

    def duree(self, kept: Retention) -> int:
        """In days or years, as ``unite`` says; 0: for ever."""
        value: int = getattr(kept, self.cle) if self.cle else 0
        return value

    def tell(self, kept: Retention) -> str:
        """How long, in French."""
        if not self.duree(kept):
            return "sans limite" if self.cle else ""
        many = self.duree(kept)
        return count(many, "jour", "jours") if self.unite == "jours" else count(many, "an", "ans")


_MOIS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip

CLASSES = (
    Classe(
        "originaux",
        "octets reçus, tels quels",
        "flux décidé, répondu, livré ; factures sorties de leur acheminement ; ni gelé, ni en quarantaine",
        "originaux_ans",
        "ans",
        "code de commerce, L123-22 : dix ans",
    ),
    Classe(
        "refuses",
        "octets reçus des flux refusés en entier (rejetés, irrecevables)",
        "les mêmes",
        "refuses_ans",
        "ans",
        "code de commerce, L110-4 : cinq ans pour agir",
    ),
    Classe(
        "quarantaine",
        "fichiers jamais complets, dans queue/quarantaine",
        "refus répondu et livré, octets au stock",
        "quarantaine_jours",
        "jours",
    ),
    Classe(
        "essais", "réponses d'essais, dans statut/test", "toujours", "essais_jours", "jours", refaisable=True
    ),
    Classe(
        "signalements",
        "dépôts attendus signalés, dans statut",
        "réglés ou clos",
        "signalements_jours",
        "jours",
    ),
    Classe(
        "rapports",
        "rapports des nuits, dans rapports",
        "toujours : « edi nightly report » les refait",
        "rapports_jours",
        "jours",
        refaisable=True,
    ),
    Classe("releves", "relevés du jour, dans statut", OVER, "releves_jours", "jours", refaisable=True),
    Classe("restes", "restes de lots, dans out", OVER, "restes_jours", "jours", refaisable=True),
    Classe("retours", "flux retour, dans out", "jamais : ce que le partenaire n'a pas pris n'est pas livré"),
    Classe("suivis", "où en est chaque flux, dans statut", "jamais : le déposant les relit"),
    Classe(
        "decisions",
        "flux, factures, constats, statuts (base)",
        "jamais : la preuve de ce qui a été décidé, et le registre des doublons",
    ),
    Classe("nuits", "passages de nuit (base)", "jamais : peu de place, et l'histoire des nuits"),
    Classe("alertes", "alertes (base)", "jamais : peu de place, et l'histoire des pannes"),
    Classe("annonces", "messages d'alertes partis (base)", "ôtés par la surveillance, parmi les plus vieux"),
    Classe("decomptes", "refus par règle (base)", "ôtés après deux fois « disjoncteur.periode »"),
    Classe("processus", "processus au travail (base)", "ôtés quand le processus s'arrête"),
    Classe("ecartes", "ce qui n'était pas un fichier, dans queue/corrupt", "à ôter à la main"),
    Classe("journal", "journal chaîné (base)", "jamais : la preuve de tout ce qui précède"),
    Classe("racines", "racines du journal, une par jour", "jamais : à copier ailleurs chaque jour"),
    Classe("logs", "journal technique, dans logs", "à tourner par logrotate ; voir l'aide d'exploitation"),
)
BY_CODE = {classe.code: classe for classe in CLASSES}


def tell_rule(classe: Classe, kept: Retention) -> str:
    """Under which rule things of a class go, in French; it stays with the trace of what went."""
    if classe.code == "originaux":
        since = f" après la clôture de l'exercice, fin {_MOIS[kept.cloture_mois - 1]}"
    else:
        since = " après le dépôt" if classe.unite == "ans" else ""
    return f"{classe.tell(kept)}{since} ({classe.cle} = {classe.duree(kept)})"
