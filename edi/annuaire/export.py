"""The official export of the annuaire, CSV or XLSX: which of its two tables a file holds, and its records.

The columns are recognised by name, whatever their order and case; the others are ignored.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edi.annuaire.classeur import MAGIC, ClasseurRefused, find_sheet, read_rows
from edi.store.annuaire import SERVICES, STRUCTURES

FAUTES = 20  # told at most
COLONNES = {
    STRUCTURES: (
        "TypeIdentifiant",
        "Identifiant",
        "RaisonSociale",
        "EmetteurEdi",
        "RecepteurEdi",
        "GestionStatutMiseEnPaiement",
        "GestionEngagement",
        "GestionService",
        "GestionServiceEngagement",
        "EstMOA",
        "EstMOAUniquement",
        "StructureActive",
    ),
    SERVICES: ("Identifiant", "Code", "Nom", "GestionEGMT", "ServiceActif"),
}
FACULTATIVES = {
    STRUCTURES: ("CodePostal", "Ville", "CodePays", "StructurePriveePublique"),
    SERVICES: ("DateDebutValidite", "DateFinValidite"),
}
_SIGNS = {
    STRUCTURES: frozenset({"typeidentifiant", "structureactive"}),
    SERVICES: frozenset({"gestionegmt", "serviceactif"}),
}


class Faute(NamedTuple):
    """One cell, or one row, that cannot be read; ``ligne`` counts from 1, header included."""

    ligne: int
    colonne: str
    valeur: str
    attendu: str

    def __str__(self) -> str:
        colonne = f", colonne {self.colonne}" if self.colonne else ""
        valeur = "".join(letter if letter.isprintable() else " " for letter in self.valeur[:60])
        trouve = f"« {valeur} »" if valeur else "cellule vide"
        return f"ligne {self.ligne}{colonne} : {trouve}, attendu : {self.attendu}"


class AnnuaireRefused(Exception):
    """The file cannot be imported, and nothing of it was. The text is one French line."""

    def __init__(self, fichier: str, raison: str, fautes: Sequence[Faute] = ()) -> None:
        super().__init__(f"{fichier} : {raison}")
        self.fichier = fichier
        self.fautes = tuple(fautes)

    @classmethod
    def because_of(cls, fichier: str, fautes: Sequence[Faute]) -> AnnuaireRefused:
        others = f" (et {len(fautes) - 1} autre(s) faute(s))" if len(fautes) > 1 else ""
        return cls(fichier, f"{fautes[0]}{others} ; rien n'a été importé", fautes)


@dataclass(frozen=True, slots=True)
class Export:
    """A file of the export, recognised by its header."""

    path: Path
    nature: str  # STRUCTURES or SERVICES
    sha256: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]  # in lower case
    lignes: int  # line feeds of the file, or rows, to show how far a reading has come
    feuille: str = ""  # of a workbook


class Record(NamedTuple):
    """The cells of a row, in the order of the header; ``ligne`` is the line where it begins."""

    ligne: int
    cells: list[str]


def open_export(path: Path) -> Export:
    """Measure and recognise a file. Raises AnnuaireRefused, and OSError when it cannot be read."""
    with path.open("rb") as binary:
        if binary.read(len(MAGIC)) == MAGIC:
            return _open_workbook(path)
    sha256, encoding, lignes = _measure(path)
    with path.open(encoding=encoding, newline="") as stream:
        first = stream.readline(1 << 16)
    delimiter = max(";,", key=first.count)
    header = tuple(name.strip().casefold() for name in next(csv.reader([first], delimiter=delimiter), []))
    nature = _recognise(path.name, header)
    return Export(path, nature, sha256, encoding, delimiter, header, lignes)


def read_records(export: Export, fautes: list[Faute]) -> Iterator[Record]:
    """The rows below the header, blank ones left out. A row that does not fit the header is a fault."""
    if export.feuille:
        yield from _read_sheet(export)
        return
    width = len(export.header)
    with export.path.open(encoding=export.encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=export.delimiter, strict=True)
        ligne = 1
        try:
            for cells in reader:
                if ligne > 1 and any(cell.strip() for cell in cells):
                    if len(cells) < width or any(cells[width:]):
                        attendu = f"{width} colonnes comme dans l'en-tête"
                        fautes.append(Faute(ligne, "", f"{len(cells)} colonnes", attendu))
                        if len(fautes) >= FAUTES:
                            return
                    else:
                        yield Record(ligne, cells)
                ligne = reader.line_num + 1
        except csv.Error:  # a quote that stands alone, or never closes
            attendu = "des guillemets qui se ferment (un guillemet dans un texte s'écrit deux fois)"
            fautes.append(Faute(ligne, "", '"', attendu))


def repeated_key(export: Export, cle: tuple[str, ...], premiere: int, ligne: int) -> Faute:
    """The fault of a second row for one structure, or for one service of a structure."""
    colonne = "Identifiant" if export.nature == STRUCTURES else "Code"
    return Faute(ligne, colonne, cle[-1], f"une valeur qui ne figure pas déjà à la ligne {premiere}")


def _open_workbook(path: Path) -> Export:
    try:
        feuille = find_sheet(path, lambda header: any(signs & set(header) for signs in _SIGNS.values()))
    except ClasseurRefused as refused:
        raise AnnuaireRefused(path.name, str(refused)) from refused
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    nature = _recognise(path.name, feuille.header)
    return Export(path, nature, sha256, "", "", feuille.header, feuille.lignes, feuille.nom)


def _read_sheet(export: Export) -> Iterator[Record]:
    for ligne, cells in read_rows(export.path, export.feuille):
        if ligne > 1 and any(cell.strip() for cell in cells):
            yield Record(ligne, cells + [""] * (len(export.header) - len(cells)))


def _measure(path: Path) -> tuple[str, str, int]:
    """sha256, encoding and number of line feeds, in one reading of a file of any size."""
    digest = hashlib.sha256()
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "cp1252")}
    lignes = 0
    with path.open("rb") as stream:
        chunk = b"-"
        while chunk:
            chunk = stream.read(1 << 20)
            digest.update(chunk)
            lignes += chunk.count(b"\n")
            decoders = {name: decoder for name, decoder in decoders.items() if _decodes(decoder, chunk)}
    if not decoders:
        raise AnnuaireRefused(path.name, "le texte n'est ni en UTF-8 ni en Windows-1252")
    return digest.hexdigest(), next(iter(decoders)), lignes


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError:
        return False
    return True


def _recognise(fichier: str, header: tuple[str, ...]) -> str:
    nature = next((nature for nature, signs in _SIGNS.items() if signs & set(header)), "")
    if not nature:
        raison = (
            "l'en-tête n'est ni celui des structures (TypeIdentifiant, Identifiant…) "
            "ni celui des services (Identifiant, Code, ServiceActif…) de l'annuaire"
        )
        raise AnnuaireRefused(fichier, raison)
    missing = [name for name in COLONNES[nature] if name.casefold() not in header]
    if missing:
        raise AnnuaireRefused(fichier, f"export des {nature} sans la colonne {', '.join(missing)}")
    read = (*COLONNES[nature], *FACULTATIVES[nature])
    twice = [name for name in read if header.count(name.casefold()) > 1]
    if twice:
        raise AnnuaireRefused(fichier, f"la colonne {', '.join(twice)} figure plusieurs fois dans l'en-tête")
    return nature
