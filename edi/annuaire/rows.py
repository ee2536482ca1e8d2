"""From the cells of the export to structures and services.

Nothing is guessed: a cell that cannot be read is a fault, the faults of a file are told together, and a file
with a fault is refused whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple, TypeVar

from edi.annuaire.export import (
    COLONNES,
    FACULTATIVES,
    FAUTES,
    AnnuaireRefused,
    Export,
    Faute,
    read_records,
)
from edi.identifiers import restore_siret, siret_is_rounded, siret_is_well_formed
from edi.model import (
    AUTRE,
    HORS_UE,
    PARTICULIER,
    RIDET,
    SIRET,
    TAHITI,
    UE_HORS_FRANCE,
    Identifiant,
    Service,
    Structure,
)

TYPES = (SIRET, UE_HORS_FRANCE, HORS_UE, RIDET, TAHITI, AUTRE, PARTICULIER)
BOOLEENS = {
    **dict.fromkeys(("true", "oui", "1", "vrai"), True),  # a French spreadsheet turns true into VRAI
    **dict.fromkeys(("false", "non", "0", "faux"), False),
}
_DATES = (
    re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
)
_ARRONDI = (
    "un SIRET de 14 chiffres (le tableur en a perdu : reprenez l'export d'origine, et ouvrez-le avec cette "
    "colonne au format Texte)"
)
_T = TypeVar("_T")


def parse_date(text: str) -> date:
    """A day written dd/mm/yyyy or yyyy-mm-dd. Raises ValueError."""
    for form in _DATES:
        if found := form.fullmatch(text.strip()):
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    raise ValueError(f"not a date: {text!r}")


def read_structures(export: Export) -> Iterator[tuple[int, Structure]]:
    """The structures of an export, with their lines. Raises AnnuaireRefused, at the latest after the last."""
    return _read(export, _structure)


def read_services(export: Export) -> Iterator[tuple[int, Service]]:
    """The services of an export, with their lines. Raises AnnuaireRefused, at the latest after the last."""
    return _read(export, _service)


class _Cells(NamedTuple):
    """The cells of one row by column; what cannot be read is written down in ``fautes``."""

    ligne: int
    cells: list[str]
    at: dict[str, int]  # where each column stands; optional ones may be absent
    fautes: list[Faute]

    def refuse(self, colonne: str, attendu: str) -> None:
        self.fautes.append(Faute(self.ligne, colonne, self.text(colonne), attendu))

    def text(self, colonne: str) -> str:
        """The cell without the spaces around it; '' when the export lacks this optional column."""
        place = self.at.get(colonne)
        return "" if place is None else self.cells[place].strip()

    def boolean(self, colonne: str) -> bool:
        value = BOOLEENS.get(self.text(colonne).casefold())
        if value is None:
            self.refuse(colonne, "« true » ou « false »")
        return bool(value)

    def day(self, colonne: str) -> date | None:
        text = self.text(colonne)
        try:
            return parse_date(text) if text else None
        except ValueError:
            self.refuse(colonne, "une date jj/mm/aaaa ou aaaa-mm-jj")
            return None

    def siret(self, colonne: str) -> str:
        siret = restore_siret(self.text(colonne))
        if siret_is_rounded(siret):
            self.refuse(colonne, _ARRONDI)
        elif not siret_is_well_formed(siret):
            self.refuse(colonne, "un SIRET de 14 chiffres")
        return siret


def _read(export: Export, read: Callable[[_Cells], _T]) -> Iterator[tuple[int, _T]]:
    columns = (*COLONNES[export.nature], *FACULTATIVES[export.nature])
    header = export.header
    at = {name: header.index(name.casefold()) for name in columns if name.casefold() in header}
    fautes: list[Faute] = []
    lignes = 0
    for record in read_records(export, fautes):
        value = read(_Cells(record.ligne, record.cells, at, fautes))
        lignes += 1
        if len(fautes) >= FAUTES:
            break
        if not fautes:
            yield record.ligne, value
    if fautes:
        raise AnnuaireRefused.because_of(export.path.name, fautes[:FAUTES])
    if not lignes:
        raison = f"l'export ne contient aucune ligne ; les {export.nature} en place sont conservés"
        raise AnnuaireRefused(export.path.name, raison)


def _structure(row: _Cells) -> Structure:
    type_ = row.text("TypeIdentifiant")
    if type_ not in TYPES:
        row.refuse("TypeIdentifiant", "un type de 1 à 7")
    identifiant = row.siret("Identifiant") if type_ == SIRET else row.text("Identifiant")
    if not identifiant:
        row.refuse("Identifiant", "un identifiant")
    return Structure(
        identifiant=Identifiant(type_, identifiant),
        nom=row.text("RaisonSociale"),
        active=row.boolean("StructureActive"),
        emetteur_edi=row.boolean("EmetteurEdi"),
        recepteur_edi=row.boolean("RecepteurEdi"),
        gestion_engagement=row.boolean("GestionEngagement"),
        gestion_service=row.boolean("GestionService"),
        gestion_service_engagement=row.boolean("GestionServiceEngagement"),
        statut_paiement=row.boolean("GestionStatutMiseEnPaiement"),
        moa=row.boolean("EstMOA"),
        moa_uniquement=row.boolean("EstMOAUniquement"),
        privee=_is_private(row, type_),
        code_postal=_code_postal(type_, row.text("CodePostal")),
        ville=row.text("Ville"),
        pays=row.text("CodePays"),
    )


def _is_private(row: _Cells, type_: str) -> bool:
    """As the optional column says; without it, only natural persons are known to be private."""
    nature = row.text("StructurePriveePublique").casefold()
    if nature not in ("", "privee", "privée", "publique"):
        row.refuse("StructurePriveePublique", "« PRIVEE » ou « PUBLIQUE »")
    return nature in ("privee", "privée") if nature else type_ == PARTICULIER


def _code_postal(type_: str, text: str) -> str:
    """The leading zero of a French postcode is lost where that of a SIRET is."""
    return text.zfill(5) if type_ == SIRET and re.fullmatch("[0-9]{4}", text) else text


def _service(row: _Cells) -> Service:
    code = row.text("Code")
    if not code:
        row.refuse("Code", "un code service")
    debut, fin = row.day("DateDebutValidite"), row.day("DateFinValidite")
    if debut and fin and fin < debut:
        row.refuse("DateFinValidite", f"une date à partir du {debut:%d/%m/%Y}")
    return Service(
        siret=row.siret("Identifiant"),
        code=code,
        nom=row.text("Nom"),
        actif=row.boolean("ServiceActif"),
        engagement=row.boolean("GestionEGMT"),
        debut=debut,
        fin=fin,
    )
