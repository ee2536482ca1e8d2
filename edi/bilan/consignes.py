"""What a run asks people to do, most urgent first: the top of its report. Pure; French."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

from edi.bilan.chiffres import Bilan, Ligne, Ouvert, add_up
from edi.bilan.mots import combien, de, liste, moment, montant, nombre, pourcent
from edi.bilan.ouverts import EMISSION, RECEPTION
from edi.model import Issue

_DROP = 0.10  # of the rate of a fournisseur below its usual one, before somebody calls it
_FEW = 3  # rejected invoices that no one is called for
_TOLD = 5  # fournisseurs named one by one
# Alerts that say what the report says by itself.
_SAID = frozenset({"a-relancer", "retard", "indecises", "depot-incomplet", "disjoncteur", "jeu-fautif"})


class Qui(Enum):
    """Who must act."""

    EXPLOITANT = "L'exploitant"
    FOURNISSEURS = "À appeler"
    PERSONNE = "À suivre"


@dataclass(frozen=True, slots=True)
class Consigne:
    """One thing to do: who, what, on what, and the command that shows it."""

    qui: Qui
    phrase: str
    details: tuple[str, ...] = ()
    commande: str = ""


def find_consignes(bilan: Bilan, zone: ZoneInfo) -> tuple[Consigne, ...]:
    """What is to be done, most urgent first; nothing when there is nothing."""
    found = [
        *_ecart(bilan),
        *_steps(bilan),
        *_abandoned(bilan, zone),
        *_doubts(bilan),
        *_alarms(bilan, urgent=True),
        *_calls(bilan),
        *_receptions(bilan, zone),
        *_alarms(bilan, urgent=False),
        *_waiting(bilan, zone),
        *_others(bilan),
    ]
    return tuple(found)


def headline(bilan: Bilan, consignes: tuple[Consigne, ...]) -> str:
    """The one sentence that somebody in a hurry reads."""
    todo = [one for one in consignes if one.qui is not Qui.PERSONNE]
    if todo:
        return combien(len(todo), "chose à faire", "choses à faire")
    compte = bilan.compte
    if not any(compte) and not bilan.flux:
        return "Rien à faire : rien n'a été déposé"
    if compte.acceptees and not compte.rejetees and not compte.en_attente:
        return "Rien à faire : tout a été accepté"
    return "Rien à faire de votre côté"


# -- for the operator -------------------------------------------------------------------------------------


def _ecart(bilan: Bilan) -> Iterator[Consigne]:
    if ecart := bilan.compte.ecart:
        what = combien(abs(ecart), "facture ne se retrouve", "factures ne se retrouvent")
        yield Consigne(
            Qui.EXPLOITANT,
            f"{what} ni acceptées, ni rejetées, ni en attente : le compte n'est pas juste.",
            commande="edi audit",
        )


def _steps(bilan: Bilan) -> Iterator[Consigne]:
    for step in bilan.etapes:
        if step.issue is Issue.ECHOUE or step.incidents:
            done = "n'a pas été faite" if step.issue is Issue.ECHOUE else "n'a été faite qu'en partie"
            yield Consigne(
                Qui.EXPLOITANT,
                f"L'étape « {step.etape.libelle} » {done}.",
                step.incidents[:_TOLD],
                f"edi nightly list {bilan.entete.tache}".rstrip(),
            )


def _abandoned(bilan: Bilan, zone: ZoneInfo) -> Iterator[Consigne]:
    for one in bilan.ouverts:
        if one.abandonne:
            yield Consigne(
                Qui.EXPLOITANT,
                f"{_things(one)} {de(one.deposants)} {_wait(one)} et rien ne se fera plus sans vous.",
                (f"{_sentence(one.raison)} Depuis le {moment(one.depuis, zone)}.",),
                f"{one.commande} ; la cause corrigée : edi flux relancer",
            )


def _doubts(bilan: Bilan) -> Iterator[Consigne]:
    for one in bilan.doutes:
        waiting = [some for some in bilan.ouverts if some.regle == one.code]
        factures = sum(some.factures for some in waiting)
        held = combien(factures, "facture attend", "factures attendent") if factures else "Rien n'attend"
        if one.fautive:
            yield Consigne(
                Qui.EXPLOITANT,
                f"{held} une version corrigée de {one.jeu}, dont la règle {one.code} est fautive.",
                ("« edi rules install », puis « edi rules activate ».",),
                f"edi alertes leve {one.code} --regle-juste",
            )
            continue
        names = sorted({nom for some in waiting for nom in some.deposants})
        whose = f" ({liste(names)})" if names else ""
        yield Consigne(
            Qui.EXPLOITANT,
            f"La règle {one.code} est mise en doute : {held} votre avis{whose}.",
            (
                f"Elle refuse soudain {combien(one.refusees, 'facture', 'factures')} de "
                f"{combien(one.fournisseurs, 'fournisseur', 'fournisseurs')}, {pourcent(one.taux)} contre "
                f"{pourcent(one.usuel)} d'habitude. Regardez-en quelques-unes, puis dites ce qu'elle vaut : "
                "« --regle-juste » les rejette, « --jeu-fautif » les garde pour une version corrigée ; "
                f"« edi rejoue --code {one.code} » reprend celles qui étaient déjà rejetées.",
            ),
            f"edi alertes leve {one.code} --regle-juste (ou --jeu-fautif)",
        )


def _alarms(bilan: Bilan, *, urgent: bool) -> Iterator[Consigne]:
    for one in bilan.alarmes:
        if one.critique is urgent and one.regle not in _SAID:
            who = Qui.EXPLOITANT if one.qui == "l'exploitant" else Qui.FOURNISSEURS
            yield Consigne(who, one.phrase, (one.remede,), f"edi alertes acquitte {one.numero}")


# -- for whoever knows the fournisseurs -------------------------------------------------------------------


def is_unusual(ligne: Ligne) -> bool:
    """True for a fournisseur that somebody should call: it has sent nothing that passes, or far less."""
    compte, taux = ligne.compte, ligne.compte.taux
    if ligne.irrecevables:
        return True
    if taux is None or compte.rejetees < _FEW:
        return False
    return taux == 0 or (ligne.habituel is not None and taux < ligne.habituel - _DROP)


def find_calls(bilan: Bilan) -> list[Ligne]:
    """Whom somebody should call: not those whom a rule strikes that is held to be wrong."""
    doubted = {one.code for one in bilan.doutes}
    unusual = (ligne for ligne in bilan.lignes if is_unusual(ligne))
    return [ligne for ligne in unusual if not doubted.intersection(ligne.causes[:1])]


def _calls(bilan: Bilan) -> Iterator[Consigne]:
    some = find_calls(bilan)
    if not some:
        return
    rejected = sum(ligne.compte.rejetees for ligne in some)
    money = montant(add_up(somme for ligne in some for somme in ligne.bloque))
    refused = sum(ligne.irrecevables for ligne in some)
    parts = []
    if rejected:
        parts.append(
            combien(rejected, "facture rejetée", "factures rejetées")
            + (f", {money} bloqués" if money else "")
        )
    if refused:
        parts.append(combien(refused, "dépôt irrecevable", "dépôts irrecevables"))
    left = combien(len(some) - _TOLD, "autre", "autres")
    more = [f"et {left}, voir le tableau"] if len(some) > _TOLD else []
    only = f" --appli {some[0].appli}" if len(some) == 1 else ""
    yield Consigne(
        Qui.FOURNISSEURS,
        f"{combien(len(some), 'fournisseur', 'fournisseurs')} : {' ; '.join(parts)}.",
        (*(_call(ligne) for ligne in some[:_TOLD]), *more),
        f"edi {'facture list --rejetees' if rejected else 'flux list'}{only}",
    )


def _call(ligne: Ligne) -> str:
    compte = ligne.compte
    told = f"{ligne.nom} : " if ligne.nom == ligne.appli else f"{ligne.nom} ({ligne.appli}) : "
    if compte.rejetees:
        whole = compte.acceptees + compte.rejetees
        told += f"{nombre(compte.rejetees)} rejetée{'s' if compte.rejetees > 1 else ''} sur {nombre(whole)}"
        if money := montant(ligne.bloque):
            told += f", {money}"
        if ligne.habituel is not None:
            told += (
                f" ; {pourcent(compte.taux)} acceptées du premier coup, {pourcent(ligne.habituel)} d'habitude"
            )
    else:
        told += combien(ligne.irrecevables, "dépôt irrecevable", "dépôts irrecevables")
    return told + (f". {_sentence(ligne.pourquoi)}" if ligne.pourquoi else ".")


def _others(bilan: Bilan) -> Iterator[Consigne]:
    called = find_calls(bilan)
    some = [ligne for ligne in bilan.lignes if ligne.compte.rejetees and ligne not in called]
    rejected = sum(ligne.compte.rejetees for ligne in some)
    if rejected:
        words = (
            ("autre facture rejetée", "autres factures rejetées")
            if called
            else ("facture rejetée", "factures rejetées")
        )
        usual = ", rien d'inhabituel" if not any(map(is_unusual, some)) else ""
        money = montant(add_up(somme for ligne in some for somme in ligne.bloque))
        yield Consigne(
            Qui.PERSONNE,
            f"{combien(rejected, *words)} chez {combien(len(some), 'fournisseur', 'fournisseurs')}"
            f"{f', {money} bloqués' if money else ''}{usual}.",
            ("Le compte rendu que chacun a reçu dit quoi corriger.",),
        )


# -- what waits -------------------------------------------------------------------------------------------


def _receptions(bilan: Bilan, zone: ZoneInfo) -> Iterator[Consigne]:
    for one in bilan.ouverts:
        if one.quoi == RECEPTION:
            who = "Il" if one.combien == 1 else "Le premier"
            until = f" {who} sera refusé le {moment(one.jusqu, zone)}." if one.jusqu else ""
            yield Consigne(
                Qui.FOURNISSEURS,
                f"{combien(one.combien, 'dépôt incomplet', 'dépôts incomplets')} {de(one.deposants)} "
                f"({one.raison}).{until}",
                (f"Le plus ancien : {one.sujet}, depuis le {moment(one.depuis, zone)}.",),
                one.commande,
            )


def _waiting(bilan: Bilan, zone: ZoneInfo) -> Iterator[Consigne]:
    for one in bilan.ouverts:
        if one.abandonne or one.regle or one.quoi == RECEPTION:
            continue
        told = _sentence(one.raison)
        told += f" Nouvel essai le {moment(one.essai, zone)}." if one.essai else ""
        if one.jusqu:
            told += f" À regarder si rien n'a changé le {moment(one.jusqu, zone)}."
        late = one.jusqu is not None and one.jusqu < bilan.entete.fin
        who = Qui.EXPLOITANT if late else Qui.PERSONNE
        yield Consigne(who, f"{_things(one)} {de(one.deposants)} {_wait(one)}.", (told,), one.commande)


def _things(one: Ouvert) -> str:
    if one.quoi == EMISSION:
        return combien(one.combien, "réponse", "réponses")
    flux = combien(one.combien, "flux", "flux")
    return f"{combien(one.factures, 'facture', 'factures')} ({flux})" if one.factures else flux


def _wait(one: Ouvert) -> str:
    return "attendent" if max(one.factures, one.combien) > 1 else "attend"


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
