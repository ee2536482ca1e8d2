"""The values of a sample invoice, before they take a syntax; faults replace some of them.

Amounts and dates are the text that will stand in the document, so that a fault may write anything. An empty
text means that the document does not hold the element, or holds it empty where its schema requires it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from edi.model import Service, Structure
from edi.samples.pieces import PieceJointe
from edi.samples.world import services_of

_CENT = Decimal("0.01")
# Wording, unit (UN/ECE rec. 20), lowest and highest price in cents, rate of VAT.
_ARTICLES = (
    ("Pose d'une porte coupe-feu, salle des mariages", "EA", 42_000, 98_000, "20"),
    ("Fourniture de ramettes A4 recyclées", "EA", 380, 620, "20"),
    ("Heures de reprise de menuiserie", "HUR", 3_800, 5_600, "20"),
    ("Rénovation des volets de l'école Jules-Ferry", "EA", 15_000, 64_000, "10"),
    ("Location d'une nacelle, à la journée", "DAY", 14_500, 26_000, "20"),
    ("Repas livrés à la crèche", "EA", 540, 790, "5.5"),
    ("Ouvrages pour la médiathèque", "EA", 900, 2_800, "5.5"),
    ("Entretien de la chaudière du gymnase", "EA", 18_000, 39_000, "10"),
    ("Cartouches d'encre noire", "EA", 2_100, 4_900, "20"),
)


class Acteur(NamedTuple):
    """A party as the document names it; ``siren`` is only written by the syntax of the reform."""

    type: str
    identifiant: str
    siren: str
    nom: str
    code_postal: str
    ville: str
    pays: str


class Ligne(NamedTuple):
    """One line of an invoice: quantity by unit price, both exact."""

    libelle: str
    unite: str
    quantite: Decimal
    prix: Decimal
    taux: Decimal  # percentage

    @property
    def montant(self) -> Decimal:
        """Amount of the line without VAT, to the cent."""
        return (self.quantite * self.prix).quantize(_CENT, ROUND_HALF_UP)


class Recap(NamedTuple):
    """One row of the VAT recap, as text."""

    taux: str
    base: str
    montant: str


@dataclass(frozen=True, slots=True)
class Brouillon:
    """One invoice or avoir, ready to be written in any syntax."""

    numero: str
    type: str  # 380 or 381
    cadre: str
    date: str
    echeance: str
    devise: str
    fournisseur: Acteur
    destinataire: Acteur
    service: str
    nom_service: str
    engagement: str
    marche: str
    lignes: tuple[Ligne, ...]
    recap: tuple[Recap, ...]
    ht: str
    tva: str
    ttc: str
    net: str
    pieces_jointes: tuple[PieceJointe, ...] = ()
    origine: str = ""  # number of the invoice that an avoir corrects
    date_origine: str = ""

    @property
    def est_avoir(self) -> bool:
        return self.type == "381"


def draw_brouillon(
    rng: random.Random,
    numero: str,
    jour: date,
    fournisseur: Structure,
    destinataire: Structure,
    cadre: str = "A1",
    avoir: bool = False,
    longueur: int = 0,
) -> Brouillon:
    """An invoice without fault, drawn by ``rng``: it gives the destinataire all that it requires.

    ``longueur`` is its number of lines; 0 lets it be drawn.
    """
    lignes = tuple(_draw_ligne(rng) for _ in range(longueur or rng.choice((1, 2, 2, 3, 5))))
    recap = compute_recap(lignes)
    ht = sum((ligne.montant for ligne in lignes), Decimal("0.00"))
    tva = sum((Decimal(row.montant) for row in recap), Decimal("0.00"))
    service = _draw_service(rng, destinataire, jour)
    return Brouillon(
        numero=numero,
        type="381" if avoir else "380",
        cadre=cadre,
        date=jour.isoformat(),
        echeance=(jour + timedelta(days=30)).isoformat(),
        devise="EUR",
        fournisseur=actor_of(fournisseur),
        destinataire=actor_of(destinataire),
        service=service.code if service else "",
        nom_service=service.nom if service else "",
        engagement=_draw_engagement(rng, destinataire, service),
        marche=f"{jour.year}-{rng.randint(1, 80):03d}-LOT{rng.randint(1, 9)}" if rng.random() < 0.4 else "",
        lignes=lignes,
        recap=recap,
        ht=str(ht),
        tva=str(tva),
        ttc=str(ht + tva),
        net=str(ht + tva),
        origine=f"FO-{rng.randint(1, 9999):04d}" if avoir else "",
        date_origine=(jour - timedelta(days=30)).isoformat() if avoir else "",
    )


def actor_of(structure: Structure) -> Acteur:
    """A structure of the annuaire as a document names it."""
    identifiant = structure.identifiant
    place = (structure.code_postal, structure.ville, structure.pays)
    return Acteur(identifiant.type, identifiant.valeur, identifiant.siren, structure.nom, *place)


def compute_recap(lignes: Iterable[Ligne]) -> tuple[Recap, ...]:
    """One row a rate, highest rate first; the VAT of a row is computed on its base, to the cent."""
    bases: dict[Decimal, Decimal] = {}
    for ligne in lignes:
        bases[ligne.taux] = bases.get(ligne.taux, Decimal("0.00")) + ligne.montant
    return tuple(
        Recap(str(taux), str(base), str((base * taux / 100).quantize(_CENT, ROUND_HALF_UP)))
        for taux, base in sorted(bases.items(), reverse=True)
    )


def _draw_ligne(rng: random.Random) -> Ligne:
    libelle, unite, lowest, highest, taux = rng.choice(_ARTICLES)
    # Small prices are bought in number, so that every line weighs at least some tens of euros.
    quantity = rng.randint(1, 4) if lowest > 10_000 else rng.randint(10, 60)
    price = Decimal(rng.randint(lowest, highest)) / 100
    return Ligne(libelle, unite, Decimal(quantity), price.quantize(_CENT), Decimal(taux))


def _draw_service(rng: random.Random, destinataire: Structure, jour: date) -> Service | None:
    legal: Sequence[Service] = services_of(destinataire, jour)
    required = destinataire.gestion_service or destinataire.gestion_service_engagement
    if not legal or not (required or rng.random() < 0.5):
        return None
    return rng.choice(legal)


def _draw_engagement(rng: random.Random, destinataire: Structure, service: Service | None) -> str:
    required = destinataire.gestion_engagement or (service is not None and service.engagement)
    number = f"EJ{rng.randint(10**8, 10**9 - 1)}"
    return number if required or rng.random() < 0.3 else ""
