"""A whole sample flux: its name and its bytes, from a specification alone.

Equal specifications give equal bytes on one machine; another build of zlib may compress differently.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from edi.model import Structure
from edi.samples.brouillon import Brouillon, draw_brouillon
from edi.samples.document import CADRES, INTERFACES, JOUR, attach_pieces, write_document
from edi.samples.faults import FACTURX, FAULTS, FORMATS, MIXTE, UBL, Fault, Scene
from edi.samples.mixte import Enveloppe
from edi.samples.officielles import Officielle, find_officielle, write_officielle
from edi.samples.pieces import write_zip
from edi.samples.world import (
    AVEC_ENGAGEMENT,
    AVEC_LES_DEUX,
    AVEC_SERVICE,
    BREST,
    ETAT,
    KERVADEC,
    SANS_OBLIGATION,
    SERVICE_OU_ENGAGEMENT,
)

ARCHIVES = ("xml", "pdf", "tar.gz", "zip")
_SINGLE = ("xml", "pdf")  # the flux is one document
_OUVERTS = (SANS_OBLIGATION, AVEC_ENGAGEMENT, AVEC_SERVICE, AVEC_LES_DEUX, ETAT, BREST, SERVICE_OU_ENGAGEMENT)


@dataclass(frozen=True, slots=True)
class LotSpec:
    """What a sample lot is made of.

    ``fautes`` names kinds of :data:`FAULTS`, or official rules (BR-FR-09) that put an example of theirs in
    place of the invoice: in a row, they strike the last invoices of the lot, in their order; by position
    (from 0), the invoices of these positions. Every tenth invoice is an avoir when ``avoirs``. A mixed lot
    that is one ``xml`` holds all its invoices in it; in an archive, every file holds ``par_fichier``.
    """

    format: str = UBL
    nombre: int = 1
    fautes: Sequence[str] | Mapping[int, str] = ()
    graine: int = 1
    appli: str = "AAA123"
    numero_flux: int = 1
    archive: str = "tar.gz"
    jour: date = JOUR
    fournisseur: Structure = KERVADEC
    destinataires: Sequence[Structure] = _OUVERTS
    pieces_jointes: bool = False  # a mixed invoice always bears its own PDF
    tronque: bool = False  # the flux itself is cut short
    prefixe: str = "FA"  # of the invoice numbers, nine characters at most
    avoirs: bool = True
    par_fichier: int = 1
    interface: str = ""  # '' for that of the format
    longueur: int = 0  # lines of each invoice; 0 lets them be drawn
    poids: int = 0  # bytes of a scanned note that each invoice bears; 0 for none

    @property
    def code_interface(self) -> str:
        return self.interface or INTERFACES[self.format]

    @property
    def id_flux(self) -> str:
        """``appli`` + four digits of the interface + fifteen digits."""
        return f"{self.appli}{self.code_interface[3:7]}{self.numero_flux:015d}"

    @property
    def nom(self) -> str:
        return f"{self.code_interface}_{self.appli}_{self.id_flux}.{self.archive}"


class Lot(NamedTuple):
    """A flux as it is dropped into a folder."""

    nom: str
    data: bytes


def make_lot(spec: LotSpec) -> Lot:
    """The flux that ``spec`` describes. Raises ValueError, naming the field, for a spec that makes no lot."""
    _check(spec)
    files = make_files(spec)
    if spec.archive in _SINGLE:
        data = files[0][1]
    else:
        data = _tar_gz(files) if spec.archive == "tar.gz" else write_zip(files)
    return Lot(spec.nom, data[: len(data) * 2 // 3] if spec.tronque else data)


def make_files(spec: LotSpec) -> tuple[tuple[str, bytes], ...]:
    """The files of the flux, name and bytes, in their order."""
    fautes, officielles = _faults_by_position(spec)
    brouillons = _draw_all(spec, fautes)
    size = spec.par_fichier if spec.format == MIXTE else 1
    if spec.format == MIXTE and spec.archive == "xml":
        size = spec.nombre
    files = []
    for rank, start in enumerate(range(0, spec.nombre, size), 1):
        struck = {p - start: fautes[p] for p in range(start, start + size) if p in fautes}
        enveloppe = Enveloppe(spec.appli, spec.id_flux, spec.jour)
        if start in officielles:
            variante, numero = officielles[start].variante, brouillons[start].numero
            data = write_officielle(variante, spec.format, numero, spec.jour)
        else:
            data = write_document(spec.format, brouillons[start : start + size], enveloppe, struck)
        files.append((f"facture_{rank:04d}.{'pdf' if spec.format == FACTURX else 'xml'}", data))
    return tuple(files)


def _check(spec: LotSpec) -> None:
    if spec.format not in FORMATS:
        raise ValueError(f"format: {spec.format!r} is none of {', '.join(FORMATS)}")
    if spec.archive not in ARCHIVES:
        raise ValueError(f"archive: {spec.archive!r} is none of {', '.join(ARCHIVES)}")
    if spec.nombre < 1 or spec.par_fichier < 1:
        raise ValueError("nombre and par_fichier: one invoice at least")
    if spec.archive == ("xml" if spec.format == FACTURX else "pdf"):
        raise ValueError("archive: a Factur-X is a pdf, any other invoice an xml")
    if spec.archive in _SINGLE and spec.format != MIXTE and spec.nombre > 1:
        raise ValueError("archive: one document of this format holds one invoice")
    if len(spec.prefixe) > 9:
        raise ValueError("prefixe: nine characters at most")


def _faults_by_position(spec: LotSpec) -> tuple[dict[int, Fault], dict[int, Officielle]]:
    """Raises ValueError for an unknown fault, one that the format cannot bear, or too many of them."""
    fautes = spec.fautes
    if not isinstance(fautes, Mapping):
        fautes = dict(enumerate(fautes, spec.nombre - len(fautes)))
    ours: dict[int, Fault] = {}
    officielles: dict[int, Officielle] = {}
    for position, nom in fautes.items():
        if not 0 <= position < spec.nombre:
            raise ValueError(f"fautes: no invoice left for {nom!r}")
        if nom not in FAULTS:
            officielle = find_officielle(nom, spec.format)
            if officielle is None:
                raise ValueError(
                    f"fautes: {nom!r} is no kind of fault, nor a rule with an example in this format"
                )
            officielles[position] = officielle
        elif spec.format not in FAULTS[nom].formats:
            raise ValueError(f"fautes: {nom!r} does not apply to the format {spec.format}")
        else:
            ours[position] = FAULTS[nom]
    return ours, officielles


def _draw_all(spec: LotSpec, fautes: Mapping[int, Fault]) -> list[Brouillon]:
    # One generator an invoice: a fault in one changes nothing of the others.
    drawn = [_draw(spec, position) for position in range(spec.nombre)]
    original = None if 0 in fautes else drawn[0]
    for position, faute in fautes.items():
        if faute.values is not None:
            scene = Scene(_rng(spec, f"faute {position}"), spec.jour, original)
            drawn[position] = faute.values(drawn[position], scene)
    return drawn


def _draw(spec: LotSpec, position: int) -> Brouillon:
    rng = _rng(spec, str(position))
    token = base64.b32encode(_digest(spec, "numero")).decode("ascii")[:5]
    brouillon = draw_brouillon(
        rng,
        f"{spec.prefixe}-{token}-{position + 1:04d}",
        spec.jour,
        spec.fournisseur,
        rng.choice(spec.destinataires),
        rng.choice(CADRES[spec.format]),
        avoir=spec.avoirs and position % 10 == 9,
        longueur=spec.longueur,
    )
    return attach_pieces(brouillon, spec.format, spec.pieces_jointes, spec.poids)


def _digest(spec: LotSpec, use: str) -> bytes:
    """What sets a lot apart from another: neither its number of invoices nor its faults do."""
    key = (spec.format, spec.appli, spec.graine, spec.numero_flux, spec.jour.isoformat(), use)
    return hashlib.sha256("|".join(map(str, key)).encode()).digest()


def _rng(spec: LotSpec, use: str) -> random.Random:
    return random.Random(_digest(spec, use))  # noqa: S311 - samples, not secrets


def _tar_gz(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A tar.gz whose bytes depend on its members only: no clock, no owner."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
