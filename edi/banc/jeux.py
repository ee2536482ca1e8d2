"""What is measured on: sample invoices of the reform without fault, about 20 KB each, and lots of them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from edi.samples import CII_REFORME, FACTURX, MIXTE, REFORME, Lot, LotSpec, make_files, make_lot

APPLI = "AAA123"


class Jeu(NamedTuple):
    """One kind of lot."""

    nom: str
    libelle: str
    format: str  # of edi.samples
    longueur: int  # lines of an invoice: about 20 KB of XML


JEUX: tuple[Jeu, ...] = (
    Jeu("ubl", "E1 UBL", REFORME, 23),
    Jeu("cii", "E1 CII", CII_REFORME, 13),
    Jeu("facturx", "Factur-X", FACTURX, 13),
    Jeu("e2", "E2 mixte", MIXTE, 5),
)
PAR_NOM = {jeu.nom: jeu for jeu in JEUX}


def spec_of(jeu: Jeu, nombre: int, numero: int, jour: date, longueur: int = 0, poids: int = 0) -> LotSpec:
    """A lot of which nothing was deposited before when its ``numero`` is new; no avoir, no doublon.

    ``longueur``: lines of an invoice, 0 for those of its kind; ``poids``: bytes of what is attached to it.
    """
    return LotSpec(
        jeu.format,
        nombre,
        graine=numero,
        appli=APPLI,
        numero_flux=numero,
        jour=jour,
        avoirs=False,
        longueur=longueur or jeu.longueur,
        poids=poids,
    )


class Depot(NamedTuple):
    """A lot that is about to be deposited, and the files that lie in it."""

    jeu: Jeu
    lot: Lot
    fichiers: tuple[tuple[str, bytes], ...]

    @property
    def factures(self) -> int:
        return len(self.fichiers)

    @property
    def octets(self) -> int:
        """Of a document, as it is judged; the mean over the lot."""
        return sum(len(data) for _, data in self.fichiers) // len(self.fichiers)


def make_depot(jeu: Jeu, nombre: int, numero: int, jour: date, longueur: int = 0, poids: int = 0) -> Depot:
    """A lot and its files; see :func:`spec_of`."""
    spec = spec_of(jeu, nombre, numero, jour, longueur, poids)
    return Depot(jeu, make_lot(spec), make_files(spec))
