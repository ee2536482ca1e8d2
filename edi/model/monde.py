"""Who deposits, and the world at one instant: structures, services, mandats, earlier invoices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from edi.model.facture import SIREN, CleFacture, Facture, Identifiant
from edi.model.reperes import Repere
from edi.model.reprises import Nature
from edi.model.statuts import FactureStatut


@dataclass(frozen=True, slots=True)
class Deposant:
    """A partner that may put flux_list into its folder (a ``code appli`` of the form AAA999)."""

    code: str
    libelle: str = ""
    siret: str = ""  # the structure the déposant itself is
    raccordement_actif: bool = True
    emetteur_edi: bool = True
    recoit_cycles_de_vie: bool = True
    format_retour: str = "cpp"  # of the cycle de vie: "cpp", "cdar" or "cpp+cdar"
    politique: str = "par_facture"  # or "tout_ou_rien"
    signature: str = "facultative"  # or "exigee": its deposits say that they are signed
    readiness: str = "immobilite"  # when a file is complete: see edi/inbound/ready.py
    temoins: tuple[str, ...] = (".ok", ".done")  # suffixes of done files
    attente_max: float | None = (
        None  # seconds that an incomplete deposit is waited for; None: the common rule
    )
    protocoles: tuple[str, ...] = ("sftp",)
    utilisateur: str = ""  # its Unix account, when we are the SFTP server
    cles: tuple[str, ...] = ()  # its public keys, in the form of authorized_keys
    reste: bool = False  # what is to be mended of a lot is put into its out/
    pousse: bool = False  # its return flows are put on a server
    out_local: bool = True  # they go into its out/
    statut_distant: bool = False  # its statut/<flux>.json are put on a server too
    courriel: tuple[str, ...] = ()  # who is written to when what is expected of it does not come


@dataclass(frozen=True, slots=True)
class Destinataire:
    """A destinataire as the configuration knows it; those it does not name are not connected."""

    siret: str
    code: str = ""  # its application code, of the form AAA999; '' when it is not connected
    libelle: str = ""
    edi: bool = True  # it takes its invoices from its out/, and sends statuts into its in/
    groupement: str = "flux"  # one pivot for the invoices of a flux, or "facture": one for each
    readiness: str = "immobilite"
    temoins: tuple[str, ...] = (".ok", ".done")
    pousse: bool = False  # what it is handed is put on a server
    out_local: bool = True  # it goes into its out/

    def as_partenaire(self) -> Deposant:
        """The same partner, for whoever only takes what it puts down and gives it what it is owed."""
        return Deposant(
            self.code,
            self.libelle,
            self.siret,
            emetteur_edi=False,
            recoit_cycles_de_vie=False,
            readiness=self.readiness,
            temoins=self.temoins,
            pousse=self.pousse,
            out_local=self.out_local,
        )


@dataclass(frozen=True, slots=True)
class Structure:
    """A public or private structure of the annuaire, with the obligations it declares."""

    identifiant: Identifiant
    nom: str
    active: bool = True
    emetteur_edi: bool = False
    recepteur_edi: bool = False
    gestion_engagement: bool = False
    gestion_service: bool = False
    gestion_service_engagement: bool = False
    statut_paiement: bool = False
    moa: bool = False
    moa_uniquement: bool = False
    privee: bool = False
    code_postal: str = ""
    ville: str = ""
    pays: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a structure; valid from ``debut`` to ``fin``, both days included."""

    siret: str
    code: str
    nom: str = ""
    actif: bool = True
    engagement: bool = False
    debut: date | None = None
    fin: date | None = None


class EtatMandat(Enum):
    """The states of a mandat de facturation, with the portal's own words."""

    SOUSCRIT = "Souscrit"
    EN_COURS_DE_VALIDATION = "En cours de validation"
    ACTIF = "Actif"
    REVOQUE = "Révoqué"


@dataclass(frozen=True, slots=True)
class Mandat:
    """Leave given by a fournisseur (mandant) to a déposant (mandataire). Its state follows from its dates."""

    id: int
    mandant: Identifiant
    mandataire: str  # code appli
    cree_le: date
    signe_le: date | None = None
    revoque_le: date | None = None
    signataire: str = ""
    soumis_le: date | None = None  # sent to be signed; None: not yet

    def etat_le(self, jour: date) -> EtatMandat | None:
        """Its state on a day: signed days count, the day of the revocation no longer does."""
        if self.revoque_le is not None and jour >= self.revoque_le:
            return EtatMandat.REVOQUE
        if self.signe_le is not None and jour >= self.signe_le:
            return EtatMandat.ACTIF
        if jour < self.cree_le:
            return None
        submitted = self.soumis_le is not None and jour >= self.soumis_le
        return EtatMandat.EN_COURS_DE_VALIDATION if submitted else EtatMandat.SOUSCRIT


class ActeMandat(Enum):
    """What may be done to a mandat, in the order of its life."""

    SOUSCRIT = "Souscrit"
    SOUMIS = "Envoyé à la signature"
    SIGNE = "Signé"
    REVOQUE = "Révoqué"


class Saisie(NamedTuple):
    """Who entered something, and when."""

    le: datetime
    par: str


class EvenementMandat(NamedTuple):
    """One line of the history of a mandat: entered then by somebody, counting from ``jour``."""

    saisie: Saisie
    acte: ActeMandat
    jour: date
    signataire: str = ""
    raison: str = ""  # that whoever entered it gave


class Original(NamedTuple):
    """The accepted invoice that a doublon repeats, or that a redeposit takes up again."""

    flux: str  # flux id, or file name
    depose_le: datetime
    facture_id: int = 0
    statut: FactureStatut | None = None
    lue: Facture | None = None  # as it was deposited last, read again; where its statut lets it be taken up

    @property
    def nature(self) -> Nature | None:
        """How it may be taken up again; None when its number alone is known, or its statut forbids it."""
        return next((n for n in Nature if self.lue is not None and n.depuis is self.statut), None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world at one instant, for one lot: read once, in a few queries, then never asked again."""

    annuaire_du: datetime | None = None  # None: no annuaire was ever imported
    structures: Mapping[Identifiant, Structure] = field(default_factory=dict)
    services: Mapping[tuple[str, str], Service] = field(default_factory=dict)
    mandats: tuple[Mandat, ...] = ()
    originaux: Mapping[CleFacture, Original] = field(default_factory=dict)
    repere: Repere | None = None  # how far the histories had come; None: nobody asked
    # By legal entity: each invoice of a lot asks, and a lot may name thousands.
    _etablissements: Mapping[str, list[Structure]] = field(init=False, repr=False, compare=False)
    _donnes: Mapping[str | Identifiant, list[Mandat]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        etablissements: dict[str, list[Structure]] = {}
        for structure in self.structures.values():
            etablissements.setdefault(structure.identifiant.siren, []).append(structure)
        donnes: dict[str | Identifiant, list[Mandat]] = {}
        for mandat in self.mandats:
            donnes.setdefault(mandat.mandant.siren or mandat.mandant, []).append(mandat)
        object.__setattr__(self, "_etablissements", etablissements)
        object.__setattr__(self, "_donnes", donnes)

    def structures_of(self, identifiant: Identifiant) -> tuple[Structure, ...]:
        """The structures an identifier may mean: one for a SIRET, every establishment for a SIREN."""
        if identifiant.type != SIREN:
            found = self.structures.get(identifiant)
            return (found,) if found else ()
        return tuple(self._etablissements.get(identifiant.valeur, ()))

    def mandats_of(self, mandant: Identifiant) -> tuple[Mandat, ...]:
        """The mandats that a party gave, or its legal entity."""
        return tuple(self._donnes.get(mandant.siren or mandant, ()))
