"""The sentences that the page and the text have in common. Pure; French."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from edi.bilan.chiffres import Bilan, Cause, Compte, Ligne, Ouvert
from edi.bilan.mots import combien, de, duree, heure, jour, moment, montant, nombre
from edi.model import Genre


def title(bilan: Bilan) -> str:
    """What the report is about."""
    entete = bilan.entete
    return f"Rapport de la tâche « {entete.tache} », {jour(entete.jour)}"


def when(bilan: Bilan, zone: ZoneInfo) -> str:
    """When the run was made, and what is unusual about that."""
    entete = bilan.entete
    told = f"Passage {entete.genre.libelle}, de {heure(entete.debut, zone)} à {heure(entete.fin, zone)}"
    if entete.genre is not Genre.PREVU or entete.debut.date() != entete.jour:
        told += f", le {entete.debut.astimezone(zone):%d/%m/%Y}"
    if entete.depuis is not None:
        told += f" ; compte ce qui est arrivé depuis le rapport du {moment(entete.depuis, zone)}"
    if entete.rattrapees:
        days = ", ".join(f"{day:%d/%m}" for day in entete.rattrapees)
        told += f" ; rattrape {'la nuit' if len(entete.rattrapees) == 1 else 'les nuits'} du {days}"
    if entete.ferme is not None:
        told += f" ; fini après sa fenêtre, fermée à {heure(entete.ferme, zone)}"
    if entete.chevauche is not None:
        told += f" ; déborde sur l'échéance du {moment(entete.chevauche, zone)}"
    return f"{told}."


def balance(compte: Compte) -> str:
    """The line of conservation: what was there and came is what it became."""
    left = combien(compte.recues, "facture reçue", "factures reçues")
    if compte.reportees:
        before = combien(compte.reportees, "facture reportée", "factures reportées")
        left = f"{before} + {combien(compte.recues, 'reçue', 'reçues')}"
    accepted = combien(compte.acceptees, "acceptée", "acceptées")
    rejected = combien(compte.rejetees, "rejetée", "rejetées")
    sign = "≠" if compte.ecart else "="
    return f"{left} {sign} {accepted} + {rejected} + {nombre(compte.en_attente)} en attente"


def trouble(ligne: Ligne) -> bool:
    """True for a line that is not folded."""
    return bool(ligne.compte.rejetees or ligne.compte.en_attente or ligne.irrecevables or ligne.compte.ecart)


def folded(bilan: Bilan) -> str:
    """The fournisseurs without trouble, in one line; '' when there is none."""
    some = [ligne for ligne in bilan.lignes if not trouble(ligne)]
    if not some:
        return ""
    many = sum(ligne.compte.acceptees for ligne in some)
    other = "autre" if len(some) < len(bilan.lignes) else ""
    who = combien(
        len(some), f"{other} fournisseur".strip(), f"{other + 's' if other else ''} fournisseurs".strip()
    )
    return f"{who} : {combien(many, 'facture, acceptée', 'factures, toutes acceptées')}"


def slowest(bilan: Bilan) -> str:
    """Which step took longest; '' when none took long enough to be said."""
    step = bilan.plus_lente
    if step is None or step.secondes < 1:
        return ""
    whole = sum(one.secondes for one in bilan.etapes)
    told = f"Étape la plus lente : {step.etape.libelle}, {duree(step.secondes)}"
    return f"{told} sur {duree(whole)}." if len(bilan.etapes) > 1 and whole >= 1 else f"{told}."


def tries(bilan: Bilan) -> str:
    """What was tried more than once."""
    reprises = bilan.reprises
    parts = [
        (reprises.flux, "flux essayé plusieurs fois", "flux essayés plusieurs fois"),
        (
            reprises.livraisons,
            "réponse livrée après plusieurs essais",
            "réponses livrées après plusieurs essais",
        ),
        (
            reprises.interruptions,
            "reprise du passage après interruption",
            "reprises du passage après interruption",
        ),
        (reprises.doubles, "départ en double, renvoyé", "départs en double, renvoyés"),
    ]
    told = [combien(*part) for part in parts if part[0]]
    return f"Reprises : {', '.join(told)}." if told else "Aucune reprise."


def arrivals(bilan: Bilan) -> str:
    """How many deliveries came, and what of them is not in the count of invoices."""
    told = combien(bilan.flux, "flux reçu", "flux reçus")
    if bilan.rappels:
        told += f", dont {combien(bilan.rappels, 'déjà répondu (rappel)', 'déjà répondus (rappels)')}"
    if bilan.non_comptes:
        told += f" ; {combien(bilan.non_comptes, 'flux pas encore ouvert', 'flux pas encore ouverts')} : "
        told += "ses factures" if bilan.non_comptes < 2 else "leurs factures"
        told += " ne sont pas encore comptées"
    return f"{told}."


def blocked(bilan: Bilan) -> str:
    """The money that waits; '' for none."""
    money = montant(bilan.bloque)
    return f"{money} TTC bloqués (factures rejetées, hors avoirs)" if money else ""


def many(cause: Cause) -> str:
    """How many things one cause has rejected, and whose."""
    parts = [combien(cause.factures, "facture", "factures")] if cause.factures else []
    if cause.fichiers:
        parts.append(combien(cause.fichiers, "fichier illisible", "fichiers illisibles"))
    told = " et ".join(parts)
    whose = f"de {nombre(cause.fournisseurs)} fournisseurs" if cause.fournisseurs > 1 else "d'un fournisseur"
    return f"{told} {whose}"


def example(cause: Cause) -> str:
    """Where a cause can be seen."""
    one = cause.exemple
    parts = [f"facture {one.numero}" if one.numero else "", f"fichier {one.fichier}" if one.fichier else ""]
    parts += [f"flux {one.flux}", one.fournisseur]
    return ", ".join(filter(None, parts))


_QUOI = {
    "RECEPTION": ("dépôt incomplet", "dépôts incomplets"),
    "EMISSION": ("réponse à émettre", "réponses à émettre"),
}


def open_things(one: Ouvert) -> str:
    """What is not over, and how much of it."""
    told = combien(one.combien, *_QUOI.get(one.quoi, ("flux en attente", "flux en attente")))
    return told + (f" ({combien(one.factures, 'facture', 'factures')})" if one.factures else "")


def open_line(one: Ouvert, zone: ZoneInfo) -> str:
    """One thing that is not over: since when, until when, who acts."""
    told = f"{open_things(one)} {de(one.deposants)}, depuis le {moment(one.depuis, zone)}"
    told += f" : {one.raison.rstrip('.')}. Agit : {one.qui}"
    if one.essai:
        told += f", nouvel essai le {moment(one.essai, zone)}"
    if one.jusqu:
        told += f", au plus tard le {moment(one.jusqu, zone)}"
    return f"{told}."


def command(bilan: Bilan) -> str:
    """What makes the report of a run again."""
    entete = bilan.entete
    if entete.genre is Genre.MANUEL:
        return f"edi nightly report {entete.tache} --passage {entete.passage}"
    return f"edi nightly report {entete.tache} --jour {entete.jour.isoformat()}"
