"""The words of the trade, frozen.

Every stage speaks in these values and in nothing else; no value here knows a file, a database, a clock or
an XML library. Codes and labels come from the sources named in ``docs/normes.md``. Whoever needs a word
imports it from here: which file of this folder holds it is nobody else's business.
"""

from edi.model.cdv import Cdv, DonneeCdv, MotifCdv, ObjetCdv, PartieCdv
from edi.model.erreurs import ErrorClass
from edi.model.facture import (
    AUTRE,
    HORS_UE,
    PARTICULIER,
    RIDET,
    SIREN,
    SIRET,
    TAHITI,
    UE_HORS_FRANCE,
    CleFacture,
    Facture,
    Identifiant,
    Jour,
    LigneFacture,
    LigneTva,
    Montants,
    Note,
    Partie,
    PieceJointe,
)
from edi.model.findings import Card, Finding, Outcome, Place, Severity, Verdict
from edi.model.lot import FactureJugee, FichierJuge, LotJuge, PackApplique
from edi.model.monde import (
    ActeMandat,
    Deposant,
    Destinataire,
    EtatMandat,
    EvenementMandat,
    Mandat,
    Original,
    Saisie,
    Service,
    Snapshot,
    Structure,
)
from edi.model.reception import Attente, Reception
from edi.model.registre import Emission, FactureDeposee, Flux, Processus
from edi.model.reglages import EXTENSIONS_PIECES_JOINTES, Interface, Limites, Politique
from edi.model.reprises import Acheminement, Nature, PieceAjoutee, Reprise, RepriseFaite
from edi.model.retours import Fait, LigneRecue, Retour, StatutFluxRecu, StatutRecu
from edi.model.serveurs import Canal, Dossier, Livraison, Releve, Serveur, fingerprint, pinned
from edi.model.statuts import FactureStatut, FluxStatut

__all__ = [
    "AUTRE",
    "EXTENSIONS_PIECES_JOINTES",
    "HORS_UE",
    "PARTICULIER",
    "RIDET",
    "SIREN",
    "SIRET",
    "TAHITI",
    "UE_HORS_FRANCE",
    "Acheminement",
    "ActeMandat",
    "Attente",
    "Canal",
    "Card",
    "Cdv",
    "CleFacture",
    "Deposant",
    "Destinataire",
    "DonneeCdv",
    "Dossier",
    "Emission",
    "ErrorClass",
    "EtatMandat",
    "EvenementMandat",
    "Facture",
    "FactureDeposee",
    "FactureJugee",
    "FactureStatut",
    "Fait",
    "FichierJuge",
    "Finding",
    "Flux",
    "FluxStatut",
    "Identifiant",
    "Interface",
    "Jour",
    "LigneFacture",
    "LigneRecue",
    "LigneTva",
    "Limites",
    "Livraison",
    "LotJuge",
    "Mandat",
    "Montants",
    "MotifCdv",
    "Nature",
    "Note",
    "ObjetCdv",
    "Original",
    "Outcome",
    "PackApplique",
    "Partie",
    "PartieCdv",
    "PieceAjoutee",
    "PieceJointe",
    "Place",
    "Politique",
    "Processus",
    "Reception",
    "Releve",
    "Reprise",
    "RepriseFaite",
    "Retour",
    "Saisie",
    "Serveur",
    "Service",
    "Severity",
    "Snapshot",
    "StatutFluxRecu",
    "StatutRecu",
    "Structure",
    "Verdict",
    "fingerprint",
    "pinned",
]
