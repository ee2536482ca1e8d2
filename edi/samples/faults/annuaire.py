"""Faults of the parties and of what the registries ask, and the doublon.

They rest on :mod:`edi.samples.world`: its annuaire must be imported and its mandats recorded, and the lot be
deposited by one of its déposants (``fournisseur-non-emetteur``: by CCC789).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edi.model import Service, Structure
from edi.samples import world
from edi.samples.brouillon import Acteur, Brouillon, actor_of
from edi.samples.faults.fault import LES_REFORMES, MIXTE, Fault, Scene, SpoilValues


def _sell(structure: Structure) -> SpoilValues:
    return lambda brouillon, scene: replace(brouillon, fournisseur=actor_of(structure))


def _send_to(structure: Structure, service: str = "", engagement: str = "") -> SpoilValues:
    return lambda brouillon, scene: replace(
        brouillon,
        destinataire=actor_of(structure),
        service=service,
        nom_service="Service" if service else "",
        engagement=engagement,
    )


def _send_to_service(service: Service) -> SpoilValues:
    return _send_to(world.BREST, service.code)


def _spoil(partie: str, change: Callable[[Acteur], Acteur]) -> SpoilValues:
    """Change what the document says of one party."""

    def apply(brouillon: Brouillon, scene: Scene) -> Brouillon:
        if partie == "fournisseur":
            return replace(brouillon, fournisseur=change(brouillon.fournisseur))
        return replace(brouillon, destinataire=change(brouillon.destinataire))

    return apply


def _misspell(acteur: Acteur) -> Acteur:
    return acteur._replace(identifiant=acteur.identifiant[:13] + "X")


def _forget(acteur: Acteur) -> Acteur:
    return acteur._replace(identifiant="", siren="")


def _make_unknown(acteur: Acteur) -> Acteur:
    return acteur._replace(identifiant=world.INCONNU, siren=world.INCONNU[:9])


def _name_by_siren(brouillon: Brouillon, scene: Scene) -> Brouillon:
    destinataire = actor_of(world.SANS_OBLIGATION)._replace(identifiant="")
    return replace(brouillon, destinataire=destinataire, service="", engagement="")


def _repeat(brouillon: Brouillon, scene: Scene) -> Brouillon:
    """The number, seller and date of the first invoice of the lot. Raises ValueError when there is none."""
    if scene.original is None:
        raise ValueError("a doublon needs a faultless first invoice in its lot")
    return replace(
        brouillon,
        numero=scene.original.numero,
        fournisseur=scene.original.fournisseur,
        date=scene.original.date,
    )


_SIRET = (
    Fault(
        "siret-fournisseur-mal-forme",
        "EDI-SIRET-01",
        "SIRET du fournisseur avec une lettre",
        values=_spoil("fournisseur", _misspell),
    ),
    Fault(
        "siret-destinataire-mal-forme",
        "EDI-SIRET-01",
        "SIRET du destinataire avec une lettre",
        values=_spoil("destinataire", _misspell),
    ),
    Fault(
        "siret-cle-fausse",
        "EDI-SIRET-02",
        "destinataire connu dont la clé du SIRET est fausse (avertissement)",
        values=_send_to(world.CLE_FAUSSE),
    ),
)

_FOURNISSEUR = (
    Fault(
        "fournisseur-inconnu",
        "EDI-FOURN-01",
        "fournisseur qui n'est pas dans l'annuaire",
        values=_spoil("fournisseur", _make_unknown),
        aussi=("EDI-MANDAT-01",),
    ),
    Fault("fournisseur-inactif", "EDI-FOURN-02", "fournisseur inactif", values=_sell(world.INACTIF)),
    Fault(
        "fournisseur-non-emetteur",
        "EDI-FOURN-03",
        "fournisseur qui dépose pour lui-même (CCC789) sans être émetteur EDI",
        values=_sell(world.NON_EMETTEUR),
    ),
    Fault(
        "fournisseur-absent",
        "EDI-FOURN-04",
        "fournisseur sans identifiant",
        values=_spoil("fournisseur", _forget),
    ),
    Fault("mandat-absent", "EDI-MANDAT-01", "fournisseur sans mandat", values=_sell(world.SANS_MANDAT)),
    Fault("mandat-en-cours", "EDI-MANDAT-02", "mandat non encore signé", values=_sell(world.MANDAT_EN_COURS)),
    Fault(
        "mandat-revoque",
        "EDI-MANDAT-03",
        "mandat révoqué le 1er février 2025",
        values=_sell(world.MANDAT_REVOQUE),
    ),
    Fault(
        "mandat-a-venir",
        "EDI-MANDAT-04",
        "mandat qui ne commence qu'en 2099",
        values=_sell(world.MANDAT_A_VENIR),
    ),
)

_DESTINATAIRE = (
    Fault(
        "destinataire-inconnu",
        "EDI-DEST-01",
        "destinataire qui n'est pas dans l'annuaire",
        values=_spoil("destinataire", _make_unknown),
    ),
    Fault(
        "destinataire-absent",
        "EDI-DEST-01",
        "destinataire sans identifiant",
        values=_spoil("destinataire", _forget),
        codes={MIXTE: "EDI-XSD-06"},
        aussi=("EDI-DEST-01",),
    ),
    Fault("destinataire-ferme", "EDI-DEST-02", "destinataire inactif", values=_send_to(world.FERME)),
    Fault(
        "destinataire-moa",
        "EDI-DEST-03",
        "destinataire qui n'est que maître d'ouvrage",
        values=_send_to(world.MOA_SEULE),
    ),
    Fault(
        "factures-publiques",
        "EDI-DEST-04",
        "service réservé aux factures entre entités publiques",
        values=_send_to_service(world.SERVICE_PUBLIC),
    ),
    Fault(
        "destinataire-par-siren",
        "EDI-DEST-05",
        "SIREN seul, qui désigne plusieurs établissements",
        LES_REFORMES,
        values=_name_by_siren,
        aussi=("EDI-CPRO-06",),
    ),
)

_SERVICE = (
    Fault(
        "service-absent",
        "EDI-SERVICE-01",
        "code service exigé et absent",
        values=_send_to(world.AVEC_SERVICE),
    ),
    Fault(
        "service-inconnu",
        "EDI-SERVICE-02",
        "code service que le destinataire n'a pas",
        values=_send_to(world.AVEC_SERVICE, "SERVICE_INCONNU"),
    ),
    Fault(
        "service-inactif",
        "EDI-SERVICE-03",
        "service inactif",
        values=_send_to_service(world.SERVICE_INACTIF),
    ),
    Fault(
        "service-echu",
        "EDI-SERVICE-04",
        "service fermé depuis le 31 décembre 2024",
        values=_send_to_service(world.SERVICE_ECHU),
    ),
    Fault(
        "service-a-venir",
        "EDI-SERVICE-04",
        "service qui n'ouvre qu'en 2099",
        values=_send_to_service(world.SERVICE_A_VENIR),
    ),
    Fault(
        "engagement-manquant",
        "EDI-ENGAGEMENT-01",
        "engagement exigé par le destinataire et absent",
        values=_send_to(world.AVEC_ENGAGEMENT),
    ),
    Fault(
        "engagement-du-service-manquant",
        "EDI-ENGAGEMENT-02",
        "engagement exigé par le service et absent",
        values=_send_to_service(world.SERVICE_ENGAGEMENT),
    ),
    Fault(
        "service-ou-engagement-manquant",
        "EDI-ENGAGEMENT-03",
        "ni service ni engagement, quand l'un des deux est exigé",
        values=_send_to(world.SERVICE_OU_ENGAGEMENT),
    ),
    Fault(
        "doublon",
        "EDI-DOUBLON-02",
        "même fournisseur, même numéro et même date que la première facture du lot",
        values=_repeat,
    ),
)

FAUTES = (*_SIRET, *_FOURNISSEUR, *_DESTINATAIRE, *_SERVICE)
