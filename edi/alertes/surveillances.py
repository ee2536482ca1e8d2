"""What is worth an alert: each watch is a row of words and one pure check of the picture.

Adding one is adding a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from edi.alertes import controles
from edi.alertes.controles import Indice, Reglages
from edi.alertes.tableau import Tableau
from edi.model import Acteur, Gravite, Signe


class Surveillance(NamedTuple):
    """One watch. ``phrase`` and ``remede`` quote the words of each Indice."""

    code: str
    gravite: Gravite
    qui: Acteur
    phrase: str
    remede: str
    check: Callable[[Tableau, Reglages], Iterator[Indice]]


def find_signs(tableau: Tableau, reglages: Reglages) -> list[Signe]:
    """Everything that is wrong in a picture, the most urgent first; each key once."""
    found = {
        f"{s.code}:{i.sujet}": Signe(
            f"{s.code}:{i.sujet}",
            s.code,
            s.gravite,
            s.qui,
            s.phrase.format(**i.mots),
            s.remede.format(**i.mots),
            i.depuis,
        )
        for s in SURVEILLANCES
        for i in s.check(tableau, reglages)
    }
    return sorted(found.values(), key=lambda signe: list(Gravite).index(signe.gravite))


_C, _A = Gravite.CRITIQUE, Gravite.ATTENTION
_NOUS, _EUX = Acteur.EXPLOITANT, Acteur.DEPOSANT

SURVEILLANCES: tuple[Surveillance, ...] = (
    Surveillance(
        "ecart",
        _C,
        _NOUS,
        "Le contrôle de conservation trouve un écart : « {regle} » n'est pas vrai ({combien}, "
        "dont {premier}).",
        "Lancez « edi audit » : il montre chaque cas ; la page « Rien n'est-il perdu ? » dit quoi faire. "
        "L'alerte cesse au prochain contrôle sans écart.",
        controles.find_mismatches,
    ),
    Surveillance(
        "disque",
        _C,
        _NOUS,
        "Il ne reste que {libre} sur {total} là où se trouve {chemin}.",
        "Libérez de la place ou agrandissez le disque : quand il est plein, plus aucun dépôt n'est pris.",
        controles.find_full,
    ),
    Surveillance(
        "disjoncteur",
        _C,
        _NOUS,
        "La règle {code} ({jeu}) refuse soudain presque tout : {refusees} de {fournisseurs} en peu de temps, "
        "soit {taux} contre {usuel} d'habitude. Ce qu'elle seule bloque est mis en attente ({flux} flux).",
        "Vérifiez la règle sur quelques factures, puis dites ce qu'elle vaut : "
        "« edi alertes leve {code} --regle-juste » (elles seront rejetées) ou « --jeu-fautif » (elles "
        "attendront une autre version). « edi rejoue --code {code} » reprend ensuite celles qui étaient "
        "déjà rejetées.",
        controles.find_tripped,
    ),
    Surveillance(
        "jeu-fautif",
        _A,
        _NOUS,
        "{flux} une autre version du jeu de règles {jeu}, dont la règle {code} a été déclarée "
        "fautive par {par}.",
        "Installez et activez une version corrigée (« edi rules install », « edi rules activate »), ou dites "
        "que la règle était juste : « edi alertes leve {code} --regle-juste ».",
        controles.find_wrong,
    ),
    Surveillance(
        "feuille-ecartee",
        _C,
        _NOUS,
        "La forme compilée de la feuille officielle {nom} a trouvé autre chose qu'elle ({ecart}) : elle est "
        "écartée, la feuille officielle juge seule.",
        "La page « Les règles compilées » dit comment vérifier ce qui a été jugé avant. La cause comprise : "
        "« edi rules reprendre {court} --raison … » la remet à l'essai.",
        controles.find_set_aside,
    ),
    Surveillance(
        "grappe",
        _C,
        _NOUS,
        "{combien} (le plus ancien : {ancien}) : aucune machine ne juge pour ce serveur.",
        "« edi doctor --complet » dit ce qui manque : l'ordonnanceur, ses travailleurs, ou leur version, "
        "qui doit être celle de ce serveur. Les flux reprennent d'eux-mêmes.",
        controles.find_unjudged,
    ),
    Surveillance(
        "canal-arrete",
        _C,
        _NOUS,
        "Plus rien n'est échangé avec le serveur « {serveur} » : {incident}.",
        "Faites confirmer la clé du serveur par son exploitant, corrigez « empreinte », puis "
        "« edi serveur check {serveur} ».",
        controles.find_stopped,
    ),
    Surveillance(
        "canal-en-echec",
        _A,
        _NOUS,
        "Le serveur « {serveur} » ne peut pas être utilisé ({essais} de suite) : {incident}.",
        "« edi serveur check {serveur} » dit ce qui manque ; les échanges reprennent d'eux-mêmes quand il "
        "répond.",
        controles.find_failing,
    ),
    Surveillance(
        "a-relancer",
        _C,
        _NOUS,
        "{combien} (le plus ancien : {ancien}).",
        "« edi flux list --en-attente » dit pourquoi ; la cause corrigée, « edi flux relancer ».",
        controles.find_abandoned,
    ),
    Surveillance(
        "retard",
        _C,
        _NOUS,
        "{combien}, depuis trop longtemps (le plus ancien : {ancien}).",
        "« edi queue » montre ce qui attend ; vérifiez que « edi serve » tourne et que le disque écrit.",
        controles.find_late,
    ),
    Surveillance(
        "indecises",
        _A,
        _NOUS,
        "{combien} pour l'instant (incident {classe} ; le plus ancien : {ancien}).",
        "« edi flux list --en-attente » dit pourquoi ; ils sont repris d'eux-mêmes quand la cause a disparu.",
        controles.find_undecided,
    ),
    Surveillance(
        "refus",
        _A,
        _NOUS,
        "La règle {code} ({jeu}) refuse {refusees} de {fournisseurs}, soit {taux} contre {usuel} d'habitude "
        "(déposants : {deposants}).",
        "« edi facture list --code {code} » montre les factures ; vérifiez la règle et l'annuaire.",
        controles.find_unusual_of_many,
    ),
    Surveillance(
        "refus-deposant",
        _A,
        _EUX,
        "La règle {code} ({jeu}) refuse {refusees} déposées par {deposants}, soit {taux} contre {usuel} "
        "d'habitude.",
        "Prévenez le déposant {deposants} : son logiciel produit sans doute une même erreur ; "
        "« edi facture list --code {code} » la montre.",
        controles.find_unusual_of_one,
    ),
    Surveillance(
        "depot-incomplet",
        _A,
        _EUX,
        "Chez {appli}, {combien} d'être pris (le plus ancien : {ancien}).",
        "Demandez au déposant {appli} de terminer ou de retirer ces fichiers : « edi flux list "
        "--en-reception » dit ce qui leur manque.",
        controles.find_incomplete,
    ),
    Surveillance(
        "depot-attendu",
        _A,
        _EUX,
        "{appli} {etat}. {phrase} Déposant {dit}.",
        "Appelez le déposant {appli} : « edi attendus show {appli} » montre ses dernières fenêtres. S'il ne "
        "doit rien déposer : « edi attendus modifie {appli} --pause JOUR », ou « edi attendus supprime ».",
        controles.find_missing,
    ),
    Surveillance(
        "depot-anormal",
        _A,
        _EUX,
        "{appli} : {phrase} Déposant {dit}.",
        "Demandez au déposant {appli} si c'est voulu. Si c'est désormais ordinaire : « edi attendus apprend "
        "{appli} » propose d'autres bornes.",
        controles.find_abnormal,
    ),
    Surveillance(
        "silence",
        _A,
        _EUX,
        "{appli} n'a rien déposé depuis le {dernier}, plus longtemps que jamais ces dernières semaines.",
        "Demandez au déposant {appli} s'il a déposé ; sinon vérifiez son dossier et son serveur.",
        controles.find_silent,
    ),
    Surveillance(
        "annonce",
        _A,
        _NOUS,
        "Les alertes ne partent plus par « {canal} » ({essais} essais) : {incident}.",
        "Corrigez la section [alertes] de la configuration, ou rétablissez ce service ; « edi alertes "
        "essai » le vérifie.",
        controles.find_unheard,
    ),
)
