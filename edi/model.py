"""The words of the trade, frozen.

Every stage speaks in these values and in nothing else; no value here knows a file, a database, a clock or
an XML library. Codes and labels come from the sources named in ``docs/normes.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple

# -- findings ---------------------------------------------------------------------------------------------


class Severity(IntEnum):
    """What a finding does to what it was found in."""

    WARNING = 1  # told, does not block
    HOLD = 2  # we cannot say (the registry is silent): hold and try again, never reject
    ERROR = 3  # this facture is rejected
    FATAL = 4  # this file, or the whole flux, is irrecevable


class Place(NamedTuple):
    """Where a value stands, or should stand, in the bytes that were received."""

    path: str = ""  # XPath, or line:column when there is no tree
    line: int | None = None
    term: str = ""  # BT/BG or CPP element, with its name


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, told so that an accountant can mend it."""

    code: str
    severity: Severity
    message: str  # one French sentence for the sender
    location: str = ""
    line: int | None = None
    value: str = ""  # what was found
    expected: str = ""  # what was expected, or the nearest legal code
    fix: str = ""  # what to do, and who does it
    term: str = ""
    motif: str = ""  # reason code of the cycle de vie
    source: str = "edi"  # pack and version, or "edi"


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a finding before it occurs: the metadata of a rule, without its check.

    ``message`` may quote ``{value}``, ``{expected}`` and any word handed to :meth:`at`.
    ``since`` and ``until`` bound, half open, the days of invoices the rule speaks of.
    """

    code: str
    severity: Severity
    motif: str
    citation: str
    message: str
    fix: str
    since: date = date.min
    until: date = date.max

    def at(
        self, place: Place = Place(), value: str = "", expected: str = "", **words: str | int | Decimal
    ) -> Finding:
        """The finding of this card at one place."""
        return Finding(
            code=self.code,
            severity=self.severity,
            message=self.message.format(value=value, expected=expected, **words),
            location=place.path,
            line=place.line,
            value=value,
            expected=expected,
            fix=self.fix.format(value=value, expected=expected, **words),
            term=place.term,
            motif=self.motif,
        )


class Outcome(StrEnum):
    """Three outcomes for a facture; a flux may also be partial or irrecevable."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    IRRECEVABLE = "irrecevable"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the findings of one facture come to. Derived, never stored apart from its findings."""

    findings: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        found = {finding.severity for finding in self.findings}
        if Severity.FATAL in found:
            return Outcome.REJECTED
        # What we cannot say comes before sure faults: they are all told together, once we can.
        if Severity.HOLD in found:
            return Outcome.UNDECIDED
        return Outcome.REJECTED if Severity.ERROR in found else Outcome.ACCEPTED

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED


Jour = date  # the name for a day where a field is called ``date``

# -- parties, amounts, invoices ---------------------------------------------------------------------------

SIRET, UE_HORS_FRANCE, HORS_UE, RIDET, TAHITI, AUTRE, PARTICULIER = "1", "2", "3", "4", "5", "6", "7"
SIREN = "0002"  # the reform names a party by its SIREN (ISO 6523 scheme 0002)


class Identifiant(NamedTuple):
    """A party's number and the list it comes from (Chorus Pro types 1..7, or ``0002`` for a SIREN)."""

    type: str
    valeur: str

    @property
    def siren(self) -> str:
        """The nine digits of the legal entity, or '' where the list has none."""
        return self.valeur[:9] if self.type in (SIRET, SIREN) else ""

    def __str__(self) -> str:
        return f"{'SIRET ' if self.type == SIRET else 'SIREN ' if self.type == SIREN else ''}{self.valeur}"


class Partie(NamedTuple):
    """A fournisseur or a destinataire as the invoice names it."""

    identifiant: Identifiant
    nom: str = ""
    pays: str = ""


class Montants(NamedTuple):
    """Totals of an invoice in its own currency; None where the document does not say."""

    ht: Decimal | None = None
    tva: Decimal | None = None
    ttc: Decimal | None = None
    net: Decimal | None = None  # net à payer
    acompte: Decimal | None = None  # already paid
    arrondi: Decimal | None = None


class LigneTva(NamedTuple):
    """One row of the VAT recap; ``taux`` is a percentage."""

    taux: Decimal | None
    base: Decimal | None
    montant: Decimal | None


class PieceJointe(NamedTuple):
    """An attachment as measured when the invoice was read; its bytes stay in the store.

    ``faute`` names why the content cannot be opened: '', 'base64', 'zip', 'membres' (not exactly one).
    """

    nom: str
    type: str  # 01 facture, 02 complementary
    mime: str
    taille: int  # bytes of the file itself, unzipped
    membre: str = ""  # name inside the zip, '' when the content is not zipped
    faute: str = ""
    nature: str = ""  # what its bytes are ("pdf", "docx"...), "inconnue" when not recognised, '' not measured
    lisible: bool | None = None  # a PDF that opens; None when it is no PDF, or was not tried


class Note(NamedTuple):
    """A note of the invoice: its subject code (BT-21: PMT, PMD, AAB, ADN...) and its text (BT-22)."""

    code: str
    texte: str


@dataclass(frozen=True, slots=True)
class Facture:
    """An invoice or avoir, whatever its syntax. ``places`` tells where each field stands in the bytes."""

    rang: int  # position in its file, from 1
    numero: str
    type: str
    cadre: str
    date: date | None
    devise: str
    fournisseur: Partie
    destinataire: Partie
    service: str = ""
    engagement: str = ""
    marche: str = ""
    mode_paiement: str = ""
    montants: Montants = Montants()
    tva: tuple[LigneTva, ...] = ()
    pieces_jointes: tuple[PieceJointe, ...] = ()
    lignes: int = 0
    profil: str = ""  # BT-24, the profile the document claims
    echeance: Jour | None = None  # BT-9
    notes: tuple[Note, ...] = ()  # BG-1, places "note[0]"...
    # Every identifier of a party, each under the scheme the document writes (ISO 6523 in the reform), by
    # "fournisseur", "destinataire" or "beneficiaire"; places "fournisseur_id[0]"...
    identifiants: Mapping[str, tuple[Identifiant, ...]] = field(default_factory=dict)
    # Other terms, by their BT or BG number, every value in the order of the document; places "BT-84[0]"...,
    # and "BT-84" for where the term should stand when it is absent.
    termes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        """Where the field ``name`` stands; where it should stand, when it is absent."""
        return self.places.get(name, Place())


class CleFacture(NamedTuple):
    """What makes an invoice unique: who sells, its number, its year."""

    fournisseur: str  # SIREN, or type:identifiant
    numero: str
    annee: int


@dataclass(frozen=True, slots=True)
class FactureJugee:
    """An invoice with all that was found in it."""

    facture: Facture
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.findings)

    def with_findings(self, more: tuple[Finding, ...]) -> FactureJugee:
        return replace(self, findings=self.findings + more) if more else self


@dataclass(frozen=True, slots=True)
class FichierJuge:
    """One file of a flux: its invoices, or why it holds none."""

    nom: str
    interface: str = ""  # interface of the scenario it was judged under
    factures: tuple[FactureJugee, ...] = ()
    findings: tuple[Finding, ...] = ()  # of the file itself
    scenario: str = ""  # id of the scenario it was judged under

    @property
    def recevable(self) -> bool:
        """True when at least one invoice of the file passed the technical controls, or still may."""
        passed = (max((f.severity for f in j.findings), default=0) < Severity.FATAL for j in self.factures)
        return self.en_attente or any(passed)

    @property
    def en_attente(self) -> bool:
        """True for a file that we could not judge: it stands for one undecided invoice."""
        return not self.factures and any(f.severity == Severity.HOLD for f in self.findings)


@dataclass(frozen=True, slots=True)
class LotJuge:
    """All that was found in one flux: in its envelope, and file by file."""

    findings: tuple[Finding, ...] = ()  # of the flux itself
    fichiers: tuple[FichierJuge, ...] = ()

    @property
    def factures(self) -> tuple[FactureJugee, ...]:
        return tuple(jugee for fichier in self.fichiers for jugee in fichier.factures)

    @property
    def rejetees(self) -> int:
        """Invoices rejected, counting an unreadable file as the one invoice it stood for."""
        rejected = sum(jugee.verdict.outcome is Outcome.REJECTED for jugee in self.factures)
        return rejected + self.illisibles

    @property
    def illisibles(self) -> int:
        """Files in which no invoice could be read."""
        return sum(not fichier.factures and not fichier.en_attente for fichier in self.fichiers)

    @property
    def acceptees(self) -> int:
        return sum(jugee.verdict.accepted for jugee in self.factures)

    @property
    def en_attente(self) -> int:
        """Invoices that we cannot judge yet; the others need not wait for them."""
        undecided = sum(jugee.verdict.outcome is Outcome.UNDECIDED for jugee in self.factures)
        return undecided + sum(fichier.en_attente for fichier in self.fichiers)

    @property
    def outcome(self) -> Outcome:
        """The one place where a flux is called accepted, partial, rejected, irrecevable or undecided."""
        worst = max((finding.severity for finding in self.findings), default=Severity.WARNING)
        if worst == Severity.FATAL:
            return Outcome.IRRECEVABLE
        if worst == Severity.HOLD:
            return Outcome.UNDECIDED
        if not any(fichier.recevable for fichier in self.fichiers):
            return Outcome.IRRECEVABLE
        if self.en_attente:
            return Outcome.UNDECIDED
        if not self.acceptees:
            return Outcome.REJECTED
        return Outcome.PARTIAL if self.rejetees else Outcome.ACCEPTED


# -- who deposits, and the world at one instant -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deposant:
    """A partner that may put flux_list into its folder (a ``code appli`` of the form AAA999)."""

    code: str
    libelle: str = ""
    siret: str = ""  # the structure the déposant itself is
    raccordement_actif: bool = True
    emetteur_edi: bool = True
    recoit_cycles_de_vie: bool = True
    format_retour: str = "cpp"
    politique: str = "par_facture"  # or "tout_ou_rien"
    readiness: str = "immobilite"  # or "renommage"
    protocoles: tuple[str, ...] = ("sftp",)


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

    def etat_le(self, jour: date) -> EtatMandat | None:
        """Its state on a day: signed days count, the day of the revocation no longer does."""
        if self.revoque_le is not None and jour >= self.revoque_le:
            return EtatMandat.REVOQUE
        if self.signe_le is not None and jour >= self.signe_le:
            return EtatMandat.ACTIF
        return EtatMandat.EN_COURS_DE_VALIDATION if jour >= self.cree_le else None


class Original(NamedTuple):
    """The accepted invoice that a doublon repeats."""

    flux: str  # flux id, or file name
    depose_le: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world at one instant, for one lot: read once, in a few queries, then never asked again."""

    annuaire_du: datetime | None = None  # None: no annuaire was ever imported
    structures: Mapping[Identifiant, Structure] = field(default_factory=dict)
    services: Mapping[tuple[str, str], Service] = field(default_factory=dict)
    mandats: tuple[Mandat, ...] = ()
    originaux: Mapping[CleFacture, Original] = field(default_factory=dict)

    def structures_of(self, identifiant: Identifiant) -> tuple[Structure, ...]:
        """The structures an identifier may mean: one for a SIRET, every establishment for a SIREN."""
        if identifiant.type != SIREN:
            found = self.structures.get(identifiant)
            return (found,) if found else ()
        return tuple(s for s in self.structures.values() if s.identifiant.siren == identifiant.valeur)


# -- limits and policy, as configured ---------------------------------------------------------------------

EXTENSIONS_PIECES_JOINTES = frozenset(
    "BMP GIF FAX ODT PPT TIFF XLS BZ2 GZ JPEG P7S RTF TXT XML CSV GZIP JPG PDF SVG XHTML XLSX DOC HTM "
    "ODP PNG TGZ XLC ZIP DOCX HTML ODS PPS TIF XLM PPTX".split()
)


@dataclass(frozen=True, slots=True)
class Limites:
    """How large a thing may be; sizes in bytes."""

    flux: int = 1024**3
    fichier: int = 120 * 1024**2
    piece_jointe: int = 10 * 1024**2
    factures: int = 500  # per flux
    entrees: int = 2_000  # members of an archive, of any kind
    ratio: int = 200  # expanded / compressed, above 10 MiB expanded
    nom_piece_jointe: int = 50  # characters, extension included
    extensions: frozenset[str] = EXTENSIONS_PIECES_JOINTES


@dataclass(frozen=True, slots=True)
class Politique:
    """What the operator decides where the law or the facts leave a choice."""

    mandat: str = "third_party"  # or "always", "never"
    mandat_en_cours_vaut_actif: bool = False
    emetteur_edi: str = "direct"  # the fournisseur must be an EDI emitter: "direct", "always", "never"
    unicite: str = "siren"  # or "identifiant": what names the seller in the unicity key
    tolerance: Decimal = Decimal("0.01")  # on sums, in the invoice's currency
    severites: Mapping[str, Severity] = field(default_factory=dict)  # our own codes only
    ancres: tuple[bytes, ...] = ()  # PEM certificates of the authorities whose signatures are trusted


class Interface(NamedTuple):
    """A flow code (FSO1100A), what it carries, and whether this version opens it."""

    code: str
    libelle: str
    ouverte: bool


# -- statuts ----------------------------------------------------------------------------------------------


class FluxStatut(Enum):
    """Life of a flux: API code, IdStatut of ``CPPFluxStatuts`` ('' when none is sent), label."""

    RECU = ("IN_RECU", "", "Reçu")
    EN_COURS = ("IN_EN_COURS_TRAITEMENT_CPP", "", "En cours de traitement")
    EN_ATTENTE = ("IN_EN_ATTENTE_RETRAITEMENT_CPP", "", "En attente de retraitement")
    INTEGRE = ("IN_INTEGRE", "90", "Intégré")
    INTEGRE_PARTIEL = ("IN_INTEGRE_PARTIEL", "96", "Intégré partiellement")
    REJETE = ("IN_REJETE", "93", "Rejeté")
    IRRECEVABLE = ("QP_IRRECEVABLE", "93", "Irrecevable")
    RAPPEL = ("RAPPEL", "", "Rappel d'un flux déjà répondu")

    @property
    def api(self) -> str:
        return self.value[0]

    @property
    def id_statut(self) -> str:
        return self.value[1]

    @property
    def libelle(self) -> str:
        return self.value[2]


class FactureStatut(Enum):
    """Life of an invoice: IdStatut of ``CPPFactureStatuts`` (facts §4.3), label."""

    DEPOSEE = ("01", "Déposée")
    EN_COURS_ACHEMINEMENT = ("02", "En cours d'acheminement vers le destinataire")
    MISE_A_DISPOSITION = ("03", "Mise à disposition du destinataire")
    A_RECYCLER = ("04", "Rejetée par l'ordonnateur pour erreur de données d'acheminement")
    REJETEE = ("05", "Rejetée par l'ordonnateur pour autre motif")
    SUSPENDUE = ("06", "Suspendue")
    SERVICE_FAIT = ("07", "Service fait")
    MANDATEE = ("08", "Mandatée")
    MISE_A_DISPOSITION_COMPTABLE = ("09", "Mise à disposition du comptable")
    COMPTABILISEE = ("10", "Comptabilisée")
    MISE_EN_PAIEMENT = ("11", "Mise en paiement")
    COMPLETEE = ("12", "Complétée")
    NON_CONFORME = ("37", "Non conforme : rejetée au dépôt")

    @property
    def id_statut(self) -> str:
        return self.value[0]

    @property
    def libelle(self) -> str:
        return self.value[1]


# -- a flux and its answers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flux:
    """One delivery: a file that a déposant put into its folder, and what became of it."""

    id: int
    ticket: str
    appli: str
    nom: str
    interface: str
    idflux: str
    sha256: str
    taille: int  # bytes
    recu_le: datetime
    statut: FluxStatut
    tentatives: int = 0
    incident: str = ""  # why it is held, for operators
    rappel_de: int | None = None
    acceptees: int = 0
    rejetees: int = 0

    @property
    def reference(self) -> str:
        """What a déposant knows it by: its flux id, or its file name when the name bears none."""
        return self.idflux or self.nom


@dataclass(frozen=True, slots=True)
class FactureDeposee:
    """An invoice as it is remembered: what identifies it, and its statut (None: not yet decided)."""

    id: int
    flux_id: int
    ordre: int  # sorts the invoices as the flux does
    fichier: str
    rang: int
    numero: str
    type: str
    date: date | None
    fournisseur: Partie
    destinataire: Partie
    service: str
    engagement: str
    marche: str
    devise: str
    ttc: Decimal | None
    statut: FactureStatut | None


@dataclass(frozen=True, slots=True)
class Emission:
    """One return flow: ``numero`` counts without holes per déposant and interface."""

    id: int
    flux_id: int
    appli: str
    interface: str
    numero: int
    nom: str
    cree_le: datetime
    emis_le: datetime | None = None
    sha256: str = ""
