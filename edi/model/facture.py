"""An invoice as it was read, whatever its syntax: parties, amounts, attachments, notes, places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from edi.model.findings import Place

Jour = date  # the name for a day where a field is called ``date``

SIRET, UE_HORS_FRANCE, HORS_UE, RIDET, TAHITI, AUTRE, PARTICULIER = "1", "2", "3", "4", "5", "6", "7"

AVOIRS = frozenset({"381", "261", "262", "396", "502", "503"})  # UNTDID 1001: what corrects an invoice
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


class LigneFacture(NamedTuple):
    """What a line computes with; None where it does not say, or where the amount is no such product."""

    quantite: Decimal | None
    prix: Decimal | None  # net, for ``par`` units
    par: Decimal  # units that the price is for
    remises: Decimal  # allowances less charges of the line
    montant: Decimal | None  # BT-131


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
    signee: bool = False  # a PDF that bears a signature, whatever it is worth


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
    calculs: tuple[LigneFacture, ...] = ()  # of its lines, in order; places "ligne[0]"...
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
