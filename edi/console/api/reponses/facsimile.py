"""An invoice as it reads: what its document says, term by term."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from edi.console.api.reponses.factures import PartieDite
from edi.console.api.valeurs import Montant, Valeur
from edi.model import Facsimile, Jour, LigneFacture, PieceJointe


class MontantsDits(Valeur):
    """Les totaux ; null : le document ne le dit pas."""

    ht: Montant | None
    tva: Montant | None
    ttc: Montant | None
    net: Montant | None = Field(description="Net à payer.")
    acompte: Montant | None
    arrondi: Montant | None


class LigneDite(Valeur):
    """Une ligne de la facture."""

    rang: int
    designation: str
    quantite: Montant | None
    prix: Montant | None = Field(description="Net, pour « par » unités.")
    par: Montant
    remises: Montant
    montant: Montant | None

    @classmethod
    def of(cls, rang: int, designation: str, one: LigneFacture) -> Self:
        return cls(
            rang=rang,
            designation=designation,
            quantite=one.quantite,
            prix=one.prix,
            par=one.par,
            remises=one.remises,
            montant=one.montant,
        )


class TvaDite(Valeur):
    """Une ligne du récapitulatif de TVA."""

    taux: Montant | None = Field(description="Pour cent.")
    base: Montant | None
    montant: Montant | None


class PieceDite(Valeur):
    """Une pièce jointe ; ses octets : /factures/{facture_id}/pieces/{rang}."""

    rang: int = Field(description="À partir de 0.")
    nom: str
    type: str = Field(description="01 facture, 02 complémentaire.")
    mime: str
    taille: int = Field(description="Octets, hors base64 et hors zip.")
    nature: str = Field(description="Ce que sont ses octets : « pdf »… ; vide : pas mesuré.")
    signee: bool
    faute: str = Field(description="Pourquoi elle ne s'ouvre pas ; vide : elle s'ouvre.")

    @classmethod
    def of(cls, rang: int, one: PieceJointe) -> Self:
        return cls(
            rang=rang,
            nom=one.nom,
            type=one.type,
            mime=one.mime,
            taille=one.taille,
            nature=one.nature,
            signee=one.signee,
            faute=one.faute,
        )


class NoteDite(Valeur):
    """Une note de la facture."""

    code: str
    texte: str


# Fields that say the same thing under the same name.
_MEMES = "numero type cadre profil date echeance devise service engagement marche mode_paiement".split()


class FactureLue(Valeur):
    """Ce que dit le document d'une facture."""

    fichier: str
    pdf: bool = Field(description="Le fichier est un PDF qui porte son XML.")
    numero: str
    type: str
    cadre: str
    profil: str
    date: Jour | None
    echeance: Jour | None
    devise: str
    fournisseur: PartieDite
    destinataire: PartieDite
    service: str
    engagement: str
    marche: str
    mode_paiement: str
    montants: MontantsDits
    tva: list[TvaDite]
    lignes: list[LigneDite]
    pieces_jointes: list[PieceDite]
    notes: list[NoteDite]

    @classmethod
    def of(cls, vue: Facsimile) -> Self:
        lue, names = vue.facture, vue.designations
        return cls(
            fichier=vue.fichier,
            pdf=vue.pdf,
            **{name: getattr(lue, name) for name in _MEMES},
            fournisseur=PartieDite.of(lue.fournisseur),
            destinataire=PartieDite.of(lue.destinataire),
            montants=MontantsDits(**lue.montants._asdict()),
            tva=[TvaDite(**one._asdict()) for one in lue.tva],
            lignes=[
                LigneDite.of(rang, names[rang - 1].nom if rang <= len(names) else "", one)
                for rang, one in enumerate(lue.calculs, 1)
            ],
            pieces_jointes=[PieceDite.of(rang, one) for rang, one in enumerate(lue.pieces_jointes)],
            notes=[NoteDite(code=one.code, texte=one.texte) for one in lue.notes],
        )
