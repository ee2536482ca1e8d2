"""The sample world: a handful of structures, services, fournisseurs, déposants and mandats.

The four recipients of SIREN 123456782 and the État are the public recipients of Chorus Pro's qualification
platform. Every other entity is invented: its SIREN begins with 000, which INSEE does not give, and its keys
are right (but for :data:`CLE_FAUSSE`, whose key is wrong on purpose).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from stdnum import luhn

from edi.model import SIRET, Deposant, Identifiant, Mandat, Service, Structure


def siret(racine: str, nic: str = "0001") -> str:
    """A SIRET from eight digits of a SIREN and four of an establishment, both keys computed."""
    siren = racine + str(luhn.calc_check_digit(racine))
    return siren + nic + str(luhn.calc_check_digit(siren + nic))


def _structure(numero: str, nom: str, code_postal: str, ville: str) -> Structure:
    return Structure(Identifiant(SIRET, numero), nom, code_postal=code_postal, ville=ville, pays="FR")


def _publique(numero: str, nom: str, code_postal: str, ville: str) -> Structure:
    return replace(_structure(numero, nom, code_postal, ville), recepteur_edi=True)


def _entreprise(racine: str, nom: str, code_postal: str, ville: str) -> Structure:
    return replace(_structure(siret(racine), nom, code_postal, ville), privee=True, emetteur_edi=True)


# -- destinataires ----------------------------------------------------------------------------------------

SANS_OBLIGATION = _publique("12345678200051", "TEST DESTINATAIRE SANS OBLIGATION", "75013", "PARIS")
AVEC_ENGAGEMENT = replace(
    _publique("12345678200036", "TEST DESTINATAIRE ENGAGEMENT", "75013", "PARIS"), gestion_engagement=True
)
AVEC_SERVICE = replace(
    _publique("12345678200028", "TEST DESTINATAIRE SERVICE", "75013", "PARIS"), gestion_service=True
)
AVEC_LES_DEUX = replace(
    _publique("12345678200044", "TEST DESTINATAIRE SERVICE ET ENGAGEMENT", "75013", "PARIS"),
    gestion_service=True,
    gestion_engagement=True,
)
ETAT = replace(_publique("11000201100044", "ÉTAT", "75012", "PARIS"), gestion_service=True)
BREST = replace(
    _publique(siret("00021290"), "VILLE DE BREST - EXEMPLE", "29200", "BREST"), statut_paiement=True
)
SERVICE_OU_ENGAGEMENT = replace(
    _publique(siret("00020029"), "COMMUNAUTÉ DE COMMUNES DU CAP SIZUN - EXEMPLE", "29770", "AUDIERNE"),
    gestion_service_engagement=True,
)
FERME = replace(
    _publique(siret("00025290"), "SYNDICAT DES EAUX DE L'AULNE - EXEMPLE", "29150", "CHÂTEAULIN"),
    active=False,
)
MOA_SEULE = replace(
    _publique(siret("00026560"), "SOCIÉTÉ D'AMÉNAGEMENT DU BLAVET - EXEMPLE", "56100", "LORIENT"),
    moa=True,
    moa_uniquement=True,
)
# The last digit is one more than the right key: a fictive number such as qualification platforms use.
CLE_FAUSSE = _publique(
    siret("00027220")[:-1] + str((int(siret("00027220")[-1]) + 1) % 10),
    "COLLÈGE DES QUATRE VENTS - EXEMPLE",
    "22000",
    "SAINT-BRIEUC",
)
DESTINATAIRES = (
    SANS_OBLIGATION,
    AVEC_ENGAGEMENT,
    AVEC_SERVICE,
    AVEC_LES_DEUX,
    ETAT,
    BREST,
    SERVICE_OU_ENGAGEMENT,
    FERME,
    MOA_SEULE,
    CLE_FAUSSE,
)

INCONNU = siret("00099999")  # a right SIRET that the annuaire does not hold
FACTURES_PUBLIQUES = "FACTURES_PUBLIQUES"


def _service(structure: Structure, code: str, nom: str) -> Service:
    return Service(structure.identifiant.valeur, code, nom)


SERVICE_CULTURE = _service(BREST, "CULTURE", "Direction de la culture")
SERVICE_ENGAGEMENT = replace(
    _service(BREST, "COMMANDE_PUBLIQUE", "Service de la commande publique"), engagement=True
)
SERVICE_INACTIF = replace(_service(BREST, "VOIRIE", "Ancien service de la voirie"), actif=False)
SERVICE_ECHU = replace(
    _service(BREST, "TRAVAUX_2024", "Mission des travaux 2024"),
    debut=date(2024, 1, 1),
    fin=date(2024, 12, 31),
)
SERVICE_A_VENIR = replace(_service(BREST, "TRAM_2099", "Mission du tramway"), debut=date(2099, 1, 1))
SERVICE_PUBLIC = _service(BREST, FACTURES_PUBLIQUES, "Factures entre entités publiques")
SERVICES = (
    _service(AVEC_SERVICE, "SERVICE_DEST_SERV_OBL", "Service obligatoire"),
    _service(AVEC_LES_DEUX, "SERVICE_DEST_DEUX_OBL", "Service des achats"),
    _service(ETAT, "SFACETAT", "Service facturier de l'État"),
    SERVICE_CULTURE,
    replace(_service(BREST, "ECOLES", "Direction des écoles"), debut=date(2020, 1, 1)),
    SERVICE_ENGAGEMENT,
    SERVICE_INACTIF,
    SERVICE_ECHU,
    SERVICE_A_VENIR,
    SERVICE_PUBLIC,
    _service(SERVICE_OU_ENGAGEMENT, "DECHETS", "Collecte des déchets"),
)

# -- fournisseurs and déposants ---------------------------------------------------------------------------

KERVADEC = _entreprise("00031001", "MENUISERIE KERVADEC", "29000", "QUIMPER")
PAPETERIES = _entreprise("00031002", "LES PAPETERIES DU LÉON", "29600", "MORLAIX")
NON_EMETTEUR = replace(
    _entreprise("00031003", "RELIURE GRALL ET FILLES", "29400", "LANDIVISIAU"), emetteur_edi=False
)
INACTIF = replace(_entreprise("00031004", "TRANSPORTS LE BIHAN", "56300", "PONTIVY"), active=False)
SANS_MANDAT = _entreprise("00031005", "ÉLECTRICITÉ ABGRALL", "29490", "GUIPAVAS")
MANDAT_EN_COURS = _entreprise("00031006", "CORNOUAILLE PROPRETÉ", "29900", "CONCARNEAU")
MANDAT_REVOQUE = _entreprise("00031007", "IROISE BUREAUTIQUE", "29280", "PLOUZANÉ")
MANDAT_A_VENIR = _entreprise("00031008", "LES JARDINS DE L'ODET", "29950", "BÉNODET")
PLATEFORME = _entreprise("00031009", "ARMOR DÉMATÉRIALISATION", "35000", "RENNES")
FOURNISSEURS = (
    KERVADEC,
    PAPETERIES,
    NON_EMETTEUR,
    INACTIF,
    SANS_MANDAT,
    MANDAT_EN_COURS,
    MANDAT_REVOQUE,
    MANDAT_A_VENIR,
    PLATEFORME,
)

STRUCTURES = (*DESTINATAIRES, *FOURNISSEURS)

_SIGNE, _REVOQUE, _LOINTAIN = date(2024, 1, 15), date(2025, 2, 1), date(2099, 1, 1)


def deposants() -> tuple[Deposant, ...]:
    """AAA123 and CCC789 deposit for themselves (CCC789 is no EDI emitter), BBB456 for others only."""
    return (
        Deposant("AAA123", KERVADEC.nom, KERVADEC.identifiant.valeur),
        Deposant("BBB456", PLATEFORME.nom, PLATEFORME.identifiant.valeur),
        Deposant("CCC789", NON_EMETTEUR.nom, NON_EMETTEUR.identifiant.valeur),
    )


def mandats() -> tuple[Mandat, ...]:
    """Given to each déposant by the other fournisseurs but SANS_MANDAT, signed on 15 January 2024.

    MANDAT_EN_COURS never signed, MANDAT_REVOQUE revoked on 1 February 2025, MANDAT_A_VENIR begins in 2099.
    """
    mandants = (
        KERVADEC,
        PAPETERIES,
        NON_EMETTEUR,
        INACTIF,
        MANDAT_EN_COURS,
        MANDAT_REVOQUE,
        MANDAT_A_VENIR,
    )
    pairs = [
        (mandant, code)
        for code, own in (("AAA123", KERVADEC), ("BBB456", PLATEFORME), ("CCC789", NON_EMETTEUR))
        for mandant in mandants
        if mandant is not own
    ]
    return tuple(_mandat(rang, mandant, code) for rang, (mandant, code) in enumerate(pairs, 1))


def _mandat(rang: int, mandant: Structure, mandataire: str) -> Mandat:
    given = Mandat(
        rang,
        mandant.identifiant,
        mandataire,
        _SIGNE,
        signe_le=_SIGNE,
        signataire="Soazig Le Goff",
        soumis_le=_SIGNE,
    )
    if mandant is MANDAT_EN_COURS:
        return replace(given, signe_le=None, signataire="")
    if mandant is MANDAT_REVOQUE:
        return replace(given, revoque_le=_REVOQUE)
    if mandant is MANDAT_A_VENIR:
        return replace(given, cree_le=_LOINTAIN, signe_le=_LOINTAIN, soumis_le=_LOINTAIN)
    return given


def services_of(structure: Structure, jour: date) -> tuple[Service, ...]:
    """The services of a structure that may receive an ordinary invoice on a day."""
    return tuple(service for service in _ordinary(structure) if _is_open(service, jour))


def _ordinary(structure: Structure) -> Iterable[Service]:
    numero = structure.identifiant.valeur
    return (s for s in SERVICES if s.siret == numero and s.actif and s.code != FACTURES_PUBLIQUES)


def _is_open(service: Service, jour: date) -> bool:
    return (service.debut or date.min) <= jour <= (service.fin or date.max)


class World(NamedTuple):
    """All that a lot is judged against, as values."""

    structures: tuple[Structure, ...]
    services: tuple[Service, ...]
    deposants: tuple[Deposant, ...]
    mandats: tuple[Mandat, ...]


WORLD = World(STRUCTURES, SERVICES, deposants(), mandats())
