"""What a destinataire may say of an invoice, and what is refused. Pure.

A statut is never refused for its order alone: destinataires edit late (facts §4.3). The transmission is ours
to tell, and strict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from edi.model import Card, FactureDeposee, FactureStatut, Finding, Severity, StatutRecu
from edi.validators.wording import enumerate_all, shown

F = FactureStatut

# What a destinataire decides about an invoice that lies with it.
TRAITEMENT = (
    F.A_RECYCLER,
    F.REJETEE,
    F.SUSPENDUE,
    F.SERVICE_FAIT,
    F.MANDATEE,
    F.MISE_A_DISPOSITION_COMPTABLE,
    F.COMPTABILISEE,
    F.MISE_EN_PAIEMENT,
)
_MOTIVES = (F.REJETEE, F.SUSPENDUE)
_BY_ID = {statut.id_statut: statut for statut in F}

_EMETTEUR = "L'administrateur EDI du destinataire"
_REFORME = "DGFiP, spécifications externes v3.1 : statuts du cycle de vie (flux 6)"
_CYCLE = "Chorus Pro, CPPStatut V1_19 et cycle de vie des factures (IdStatut 01 à 41)"


def _error(code: str, motif: str, message: str, fix: str) -> Card:
    return Card(code, Severity.ERROR, motif, _CYCLE, message, fix)


NOT_A_STATUT = Card(  # value: the root
    "EDI-STATUT-01",
    Severity.FATAL,
    "IRR_TYPE_F",
    _CYCLE,
    "Le fichier n'est pas un flux de statuts (élément racine « {value} ») : {expected} est attendu.",
    f"{_EMETTEUR} dépose dans ce dossier les seuls flux de statuts, au format attendu.",
)
UNKNOWN_INVOICE = _error(  # fournisseur
    "EDI-STATUT-02",
    "REJ_COH",
    "La facture n° {value} du fournisseur {fournisseur} n'est pas connue comme facture acceptée{annee} : ce "
    "statut n'a été donné à aucune facture.",
    f"{_EMETTEUR} vérifie le numéro, le fournisseur et la date de facture (« DateFacture ») d'après le flux "
    "pivot reçu, puis émet le statut de nouveau.",
)
UNKNOWN_STATUT = _error(
    "EDI-STATUT-03",
    "REJ_SEMAN",
    "Le statut « {value} » n'est pas de ceux qu'un destinataire donne à une facture ({expected}).",
    f"{_EMETTEUR} émet de nouveau la ligne avec un statut admis.",
)
MOTIF_MISSING = _error(
    "EDI-STATUT-04",
    "REJ_SEMAN",
    "Le statut « {value} » doit être motivé : {quoi}.",
    "L'agent du destinataire qui a pris la décision en donne le motif, puis le statut est émis de nouveau.",
)
OTHER_DESTINATAIRE = _error(  # destinataire
    "EDI-STATUT-05",
    "REJ_COH",
    "La facture n° {value} n'est pas adressée à ce destinataire ({expected}) : son statut ne change pas.",
    f"{_EMETTEUR} vérifie de quelle structure la facture dépend ; seul son destinataire lui donne un statut.",
)
TRANSMISSION = _error(  # actuel
    "EDI-STATUT-06",
    "REJ_COH",
    "La facture n° {value} ne peut pas passer à « {apres} » : elle est déjà « {actuel} ».",
    "Rien n'est à faire : la mise à disposition est constatée par la plateforme, une fois.",
)
REPEATED = Card(  # apres
    "EDI-STATUT-07",
    Severity.WARNING,
    "",
    _CYCLE,
    "Le statut « {apres} » du {quand} avait déjà été reçu pour la facture n° {value} : rien ne change.",
    "Rien n'est à faire.",
)
UNKNOWN_FLUX = _error(
    "EDI-STATUT-08",
    "REJ_COH",
    "Le flux « {value} » n'est pas de ceux qui ont été remis à ce destinataire.",
    f"{_EMETTEUR} vérifie l'identifiant (« IdFlux ») d'après l'enveloppe du flux reçu.",
)
NOTED = Card(  # libelle, numero
    "EDI-STATUT-09",
    Severity.WARNING,
    "",
    _REFORME,
    "Le statut « {value} »{libelle} n'a pas d'équivalent parmi les statuts de facture de Chorus Pro : celui "
    "de la facture n° {numero} ne change pas. Statuts qui en ont un : {expected}.",
    "Rien n'est à faire s'il est donné pour information : il est conservé et, s'il est connu, transmis tel "
    "quel au déposant qui reçoit les messages de la réforme. Sinon, le destinataire émet l'un des autres.",
)
UNCHANGED = frozenset({REPEATED.code, TRANSMISSION.code})  # even where they only warn
FLUX_REFUSED = frozenset({"93", "94", "95", "96"})  # IdStatut of a flux that did not wholly arrive
CARDS = (
    NOT_A_STATUT,
    UNKNOWN_INVOICE,
    UNKNOWN_STATUT,
    MOTIF_MISSING,
    OTHER_DESTINATAIRE,
    TRANSMISSION,
    REPEATED,
    UNKNOWN_FLUX,
    NOTED,
)


@dataclass(frozen=True, slots=True)
class Connue:
    """What we know of the invoice that a statut speaks of."""

    facture: FactureDeposee
    statuts: frozenset[tuple[FactureStatut, datetime]] = frozenset()  # already said by its destinataire


def read_statut(recu: StatutRecu) -> FactureStatut | None:
    """The statut that a destinataire gives; None when it is not one it may give."""
    statut = _BY_ID.get(recu.id_statut)
    return statut if statut in TRAITEMENT or statut is F.MISE_A_DISPOSITION else None


def check(recu: StatutRecu, connue: Connue | None, siret: str) -> Iterator[Finding]:
    """What is wrong with one statut that the destinataire ``siret`` sent."""
    statut = read_statut(recu)
    if statut is None and recu.cdv and not recu.id_statut:
        libelle = f" ({shown(recu.complement)})" if recu.complement else ""
        legal = enumerate_all(recu.admis, "et")
        yield NOTED.at(recu.place_statut, shown(recu.cdv), legal, libelle=libelle, numero=shown(recu.numero))
    elif statut is None:
        admis = recu.admis or [f"{s.id_statut} {s.court}" for s in (F.MISE_A_DISPOSITION, *TRAITEMENT)]
        yield UNKNOWN_STATUT.at(recu.place_statut, shown(recu.id_statut), enumerate_all(admis, "ou"))
    elif statut in _MOTIVES and not recu.commentaire:
        told = f"{recu.cdv} {recu.complement}" if recu.cdv else f"{statut.id_statut} {statut.court}"
        quoi = "il ne porte aucun motif" if recu.cdv else "l'élément « Commentaire » est absent ou vide"
        yield MOTIF_MISSING.at(recu.place_statut, told, quoi=quoi)
    if connue is None:
        annee = f" en {recu.date.year}" if recu.date else ""
        fournisseur = shown(recu.fournisseur.identifiant.valeur)
        yield UNKNOWN_INVOICE.at(recu.place, shown(recu.numero), fournisseur=fournisseur, annee=annee)
        return
    facture = connue.facture
    if facture.destinataire.identifiant.valeur != siret:
        yield OTHER_DESTINATAIRE.at(recu.place, shown(recu.numero), siret)
    elif statut is not None:
        yield from _check_order(recu, statut, connue)


def _check_order(recu: StatutRecu, statut: FactureStatut, connue: Connue) -> Iterator[Finding]:
    place, numero = recu.place_statut, shown(recu.numero)
    if recu.horodatage is not None and (statut, recu.horodatage) in connue.statuts:
        quand = f"{recu.horodatage:%d/%m/%Y à %H:%M}"
        yield REPEATED.at(place, numero, apres=statut.court, quand=quand)
    elif statut is F.MISE_A_DISPOSITION and connue.facture.statut is not F.EN_COURS_ACHEMINEMENT:
        actuel = connue.facture.statut.court if connue.facture.statut else ""
        found = TRANSMISSION.at(place, numero, apres=statut.court, actuel=actuel)
        # In the reform every platform says it as a matter of course.
        yield replace(found, severity=Severity.WARNING, motif="") if recu.cdv else found
