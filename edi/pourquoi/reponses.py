"""What each stage of a judgement had before it, and what it answers when nothing is wrong; French, pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi.annuaire.obligations import tell_etat, tell_obligations
from edi.model import EtatMandat, FactureJugee, Identifiant, Mandat, Structure
from edi.pourquoi.jeux import OWN
from edi.pourquoi.rejouer import Vue
from edi.validators.catalogue import DOCUMENT_RULES
from edi.validators.doublon import unicity_key
from edi.validators.fournisseur import deposits_for_itself
from edi.validators.mandat import between_parties, is_due
from edi.validators.rules import Context
from edi.validators.scenarios import SCENARIOS
from edi.validators.wording import shown


class Dit(NamedTuple):
    """Under what a stage was asked (version, date), and its answer when it found nothing."""

    cadre: str
    reponse: str


@dataclass(frozen=True, slots=True)
class Dossiee:
    """One invoice in one judgement: all that a stage may look at."""

    vue: Vue
    jugee: FactureJugee
    scenario: str
    fuseau: ZoneInfo

    @property
    def context(self) -> Context:
        reglage, famille = self.vue.reglage, "chorus"
        famille = next((s.famille for s in SCENARIOS if s.id == self.scenario), famille)
        return Context(
            self.jugee.facture,
            famille,
            reglage.politique,
            reglage.limites,
            self.vue.jour,
            reglage.deposant,
            self.vue.snapshot,
        )

    def day(self, at: datetime) -> str:
        return f"{at.astimezone(self.fuseau):%d/%m/%Y}"


def tell_transport(one: Dossiee) -> Dit:
    limites = one.vue.reglage.limites
    return Dit(f"au plus {limites.factures} factures par flux", "oui")


def tell_schema(one: Dossiee) -> Dit:
    found = next((s for s in SCENARIOS if s.id == one.scenario), None)
    return Dit(found.libelle if found else "", "conforme")


def tell_official(one: Dossiee) -> Dit:
    packs = [pack for pack in one.jugee.packs if pack.id != OWN]
    if not packs:
        asked = any(s.packs for s in SCENARIOS if s.id == one.scenario)
        why = "le document n'est pas conforme à son format" if asked else "aucune n'est prévue pour ce format"
        return Dit("", f"non demandées : {why}")
    told = ", ".join(f"{pack.id} {pack.version} ({pack.sha256[0][:8]})" for pack in packs)
    return Dit(told, "respectées")


def tell_own(one: Dossiee) -> Dit:
    versions = [pack.version for pack in one.jugee.packs if pack.id == OWN]
    rules = f"{len(DOCUMENT_RULES)} règles, version {versions[0]}" if versions else ""
    return Dit(rules, "respectées")


def tell_fournisseur(one: Dossiee) -> Dit:
    return _tell_structure(one, one.jugee.facture.fournisseur.identifiant)


def tell_mandat(one: Dossiee) -> Dit:
    context, politique = one.context, one.vue.reglage.politique
    cadre = f"dépôt du {one.vue.jour:%d/%m/%Y}"
    if politique.mandat == "never":
        return Dit(cadre, "non demandé : la configuration n'en exige jamais (politique.mandat)")
    if not is_due(context):
        own = deposits_for_itself(context)
        return Dit(cadre, "non demandé : le déposant est le fournisseur" if own else "non demandé")
    told = [_tell_mandat(mandat, one) for mandat in between_parties(context)]
    return Dit(cadre, " ; ".join(told) or "aucun mandat")


def _tell_mandat(mandat: Mandat, one: Dossiee) -> str:
    etat = mandat.etat_le(one.vue.jour)
    if etat is None:
        return f"mandat n° {mandat.id} pas encore créé"
    since = {
        EtatMandat.SOUSCRIT: mandat.cree_le,
        EtatMandat.EN_COURS_DE_VALIDATION: mandat.soumis_le,
        EtatMandat.ACTIF: mandat.signe_le,
        EtatMandat.REVOQUE: mandat.revoque_le,
    }[etat]
    return f"mandat n° {mandat.id} {etat.value.lower()}{f' depuis le {since:%d/%m/%Y}' if since else ''}"


def tell_destinataire(one: Dossiee) -> Dit:
    return _tell_structure(one, one.jugee.facture.destinataire.identifiant, tell_obligations)


def tell_service(one: Dossiee) -> Dit:
    facture, snapshot, services_du = one.jugee.facture, one.vue.snapshot, one.vue.services_du
    cadre = f"services du {one.day(services_du)}, " if services_du else ""
    cadre += f"dépôt du {one.vue.jour:%d/%m/%Y}"
    told = []
    if facture.service and snapshot is not None:
        known = snapshot.services.get((facture.destinataire.identifiant.valeur, facture.service))
        etat = tell_etat(known, one.vue.jour).lower() if known else "inconnu de l'annuaire"
        asks = ", demande un engagement" if known and known.engagement else ""
        told.append(f"service {shown(facture.service)} : {etat}{asks}")
    elif not facture.service:
        told.append("pas de service")
    told.append(f"engagement {shown(facture.engagement)}" if facture.engagement else "pas d'engagement")
    return Dit(cadre, " ; ".join(told))


def tell_doublon(one: Dossiee) -> Dit:
    facture, snapshot, politique = one.jugee.facture, one.vue.snapshot, one.vue.reglage.politique
    key = unicity_key(facture, politique)
    if key is None:
        return Dit("", "non demandé : il manque le numéro, la date ou le fournisseur")
    cadre = f"n° {shown(key.numero)}, vendeur {key.fournisseur}, année {key.annee}"
    original = snapshot.originaux.get(key) if snapshot else None
    if original is None:
        return Dit(cadre, "aucune autre facture acceptée ne porte ce numéro")
    statut = f", « {original.statut.court} »" if original.statut else ""
    return Dit(cadre, f"reprend la facture acceptée du flux {original.flux}{statut}")


def tell_lot(one: Dossiee) -> Dit:
    whole = one.vue.reglage.deposant.politique == "tout_ou_rien"
    return Dit("politique « tout ou rien »" if whole else "politique « par facture »", "rien ne s'y oppose")


def _tell_structure(
    one: Dossiee,
    identifiant: Identifiant,
    more: Callable[[Structure], tuple[str, ...]] = lambda structure: (),
) -> Dit:
    snapshot = one.vue.snapshot
    if snapshot is None or snapshot.annuaire_du is None:
        return Dit("aucun annuaire", "non demandé")
    found = snapshot.structures_of(identifiant)
    cadre = f"annuaire du {one.day(snapshot.annuaire_du)}"
    if not found:
        return Dit(cadre, f"{identifiant} n'y figure pas")
    if len(found) > 1:
        return Dit(cadre, f"{len(found)} établissements pour le SIREN {identifiant.valeur}")
    (structure,) = found
    told = [f"{structure.nom}, {'active' if structure.active else 'inactive'}"]
    told += [text.rstrip(".") for text in more(structure)]
    return Dit(cadre, " ; ".join(told))
