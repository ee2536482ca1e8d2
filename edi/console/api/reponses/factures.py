"""An invoice, its life, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Self

from pydantic import Field

from edi.console.api.reponses.constats import Jeu, SuiteDite
from edi.console.api.reponses.jugements import JugementDit
from edi.console.api.valeurs import Instant, Montant, Valeur
from edi.console.avenir import foresee
from edi.model import FactureDeposee, FactureStatut, Finding, Flux, Identifiant, Partie
from edi.model.jugements_main import JugementMain
from edi.outbound.suites import suite_deposee, who_said, why_said
from edi.store.fiches import Fiche
from edi.store.recherches import Trouvee
from edi.store.vies import Passage

STATUTS = ", ".join(f"{one.name} ({one.court})" for one in FactureStatut)


class IdentifiantDit(Valeur):
    """Le numéro d'une partie, et sa liste."""

    type: str = Field(description="1 SIRET, 2 UE hors France, 3 hors UE, 4 RIDET, 5 Tahiti, 0002 SIREN…")
    valeur: str

    @classmethod
    def of(cls, one: Identifiant) -> Self:
        return cls(type=one.type, valeur=one.valeur)


class PartieDite(Valeur):
    """Un fournisseur ou un destinataire, comme la facture le nomme."""

    identifiant: IdentifiantDit
    nom: str
    pays: str

    @classmethod
    def of(cls, one: Partie) -> Self:
        return cls(identifiant=IdentifiantDit.of(one.identifiant), nom=one.nom, pays=one.pays)


class FactureBreve(Valeur):
    """Une facture dans une liste."""

    id: int = Field(description="Numéro donné par Navette.")
    flux_id: int
    fichier: str
    rang: int = Field(description="Place dans son fichier, à partir de 1.")
    numero: str = Field(description="Numéro donné par le fournisseur.")
    type: str = Field(description="Code UNTDID 1001 : 380 facture, 381 avoir…")
    date: date | None
    fournisseur: PartieDite
    destinataire: PartieDite
    service: str
    engagement: str
    marche: str
    devise: str
    ttc: Montant | None
    statut: str | None = Field(description=f"null : pas encore jugée. {STATUTS}")
    libelle: str

    @classmethod
    def of(cls, one: FactureDeposee, **more: object) -> Self:
        return cls(
            id=one.id,
            flux_id=one.flux_id,
            fichier=one.fichier,
            rang=one.rang,
            numero=one.numero,
            type=one.type,
            date=one.date,
            fournisseur=PartieDite.of(one.fournisseur),
            destinataire=PartieDite.of(one.destinataire),
            service=one.service,
            engagement=one.engagement,
            marche=one.marche,
            devise=one.devise,
            ttc=one.ttc,
            statut=one.statut.name if one.statut else None,
            libelle=one.statut.libelle if one.statut else "En attente de jugement",
            **more,
        )


class FactureTrouvee(FactureBreve):
    """Une facture, et le flux qui l'a apportée."""

    deposant: str = Field(description="Code appli.")
    flux: str = Field(description="Référence du flux.")

    @classmethod
    def found(cls, one: Trouvee) -> Self:
        return cls.of(one.facture, deposant=one.appli, flux=one.flux)


class Levee(Valeur):
    """Un constat qui la bloquait, levé par un rejeu."""

    code: str
    le: Instant


class Vue(Valeur):
    """Un rejet ou une suspension que le déposant dit avoir vus."""

    statut: str
    le: Instant
    par: str


class AvenirDit(Valeur):
    """Les statuts que quelqu'un peut encore donner à une facture."""

    par: str
    statuts: list[str]


class FactureEntiere(FactureTrouvee):
    """Une facture."""

    suite: SuiteDite
    constats: int = Field(description="Combien de constats ; les voir : /factures/{id}/constats.")
    packs: list[Jeu]
    levees: list[Levee]
    acquittements: list[Vue]
    origine: str = Field(description="Numéro de la facture qu'un avoir dit corriger.")
    origines: list[int] = Field(description="Les factures qu'elle corrige.")
    avoirs: list[int] = Field(description="Les avoirs qui la corrigent.")
    meme_numero: int | None = Field(
        description="La facture acceptée du même fournisseur qui porte son numéro, la même année."
    )
    avenir: list[AvenirDit] = Field(description="Qui peut encore en dire quoi ; vide : sa vie est finie.")
    jugements: list[JugementDit] = Field(
        description="Ce que deux personnes en ont jugé à la main ; vide pour qui ne voit pas tout."
    )

    @classmethod
    def whole(
        cls, fiche: Fiche, flux: Flux, original: FactureDeposee | None, mains: Iterable[JugementMain]
    ) -> Self:
        facture = fiche.facture
        return cls.of(
            facture,
            deposant=flux.appli,
            flux=fiche.flux,
            suite=SuiteDite.of(suite_deposee(facture.statut, fiche.findings, flux)),
            constats=len(fiche.findings),
            packs=[Jeu.of(pack) for pack in fiche.packs],
            levees=[Levee(code=code, le=le) for code, le in fiche.levees],
            acquittements=[Vue(statut=one.statut.name, le=one.le, par=one.par) for one in fiche.vues],
            origine=facture.origine,
            origines=[one.id for one in fiche.origines],
            avoirs=[one.id for one in fiche.avoirs],
            meme_numero=original.id if original else None,
            avenir=[
                AvenirDit(par=one.par, statuts=[each.name for each in one.statuts])
                for one in foresee(facture.statut)
            ],
            jugements=[JugementDit.of(one) for one in mains],
        )


class StatutDit(Valeur):
    """Un statut qu'une facture a pris."""

    statut: str
    id_statut: str = Field(description="Code « IdStatut » du cycle de vie.")
    libelle: str
    le: Instant = Field(description="Par l'horloge de Navette.")
    fait_le: Instant = Field(description="Par l'horloge de qui l'a pris.")
    dit_par: str
    motif: str
    complement: str
    mandat: str = Field(description="Numéro du mandat de paiement du destinataire.")

    @classmethod
    def of(cls, one: Passage, findings: list[Finding]) -> Self:
        return cls(
            statut=one.statut.name,
            id_statut=one.statut.id_statut,
            libelle=one.statut.libelle,
            le=one.le,
            fait_le=one.fait.le,
            dit_par=who_said(one.statut, one.fait),
            motif=why_said(one.statut, one.fait, findings),
            complement=one.fait.complement,
            mandat=one.fait.mandat,
        )
