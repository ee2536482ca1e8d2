"""The archive of one flux: its files by name, then the bytes, the same for the same flux."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from edi.dossier import lecture, machine
from edi.dossier.journal import read_journal, tell_timeline
from edi.dossier.lecture import Lecture, read_all
from edi.dossier.lisezmoi import write_lisezmoi
from edi.espace import Espace
from edi.inbound.archive import Membre
from edi.inbound.display import escape_name
from edi.inbound.envelope import read_name
from edi.inbound.lot import open_lot
from edi.masque.phrases import Clair, Voile
from edi.masque.valeurs import Chiffre
from edi.model import Emission, Flux
from edi.samples.pieces import write_zip
from edi.store.database import reading
from edi.validators.scenarios import INTERFACES

_TURNS = 8  # keys that are tried for one whose masks are no values of the original

Make = Callable[[Sequence[Emission]], Iterator[tuple[bytes, str] | None]]


class Absent(NamedTuple):
    """Something that the archive should hold and does not."""

    quoi: str
    pourquoi: str  # in French
    sha256: str = ""
    taille: int | None = None


@dataclass
class Dossier:
    """One flux on its way into an archive. ``make`` builds booked return flows again."""

    espace: Espace
    flux: Flux
    make: Make
    masque: bool = False
    avis: Sequence[Mapping[str, str]] = ()  # how the workspace stands
    files: dict[str, bytes] = field(default_factory=dict)
    absents: list[Absent] = field(default_factory=list)

    def write(self, at: datetime) -> bytes:
        """The bytes of the archive; of its content only LISEZMOI.txt tells ``at``."""
        with reading(self.espace.engine) as conn:
            lu = read_all(conn, self.flux)
        for turn in range(_TURNS):
            self.files, self.absents = {}, []
            voile = self._veil(lu, turn)
            self._fill(lu, voile)
            if not voile.coincides():
                break
        lisezmoi = write_lisezmoi(self.files, self.absents, at, masque=self.masque)
        return write_zip((("LISEZMOI.txt", lisezmoi), *sorted(self.files.items())))

    def _fill(self, lu: Lecture, voile: Clair) -> None:
        """Documents first: what is masked there is then known in all that quotes it."""
        self._put_documents(lu, voile)
        told = {
            "factures.json": lecture.tell_factures(lu, voile),
            "flux.json": lecture.tell_flux(lu, voile),
            "constats.json": lecture.tell_findings(lu, voile),
            "reponses.json": lecture.tell_answers(lu, voile),
        }
        self._put_answers(lu, voile)
        journal = read_journal(self.espace, lu, voile)
        told |= {
            "configuration.json": machine.tell_settings(self.espace, voile),
            "docteur.json": [{nom: voile.phrase(text) for nom, text in one.items()} for one in self.avis],
            "regles.json": machine.tell_rules(self.espace),
            "versions.json": machine.tell_versions(self.espace),
        }
        self.files |= {nom: _as_json(value) for nom, value in told.items()}
        self.files["journal.jsonl"] = b"".join(_as_line(line) for line in journal)
        self.files["chronologie.txt"] = tell_timeline(lu, journal, voile).encode()
        self.files["absents.csv"] = _as_csv(self.absents)

    def _veil(self, lu: Lecture, turn: int) -> Clair:
        """How values are replaced: by a key that only the original bytes give."""
        if not self.masque:
            return Clair()
        path = self.espace.spool.blob(lu.flux.sha256)
        known = path.read_bytes() if lu.flux.sha256 and path.is_file() else repr(lu.deposees).encode()
        salt = f"navette, masque {turn}, {lu.flux.ticket}\0".encode()
        key = hashlib.sha256(salt + known).digest()
        return Voile(Chiffre(key), limite=self.espace.settings.limites.fichier)

    # -- what was received --------------------------------------------------------------------------------

    def _put_documents(self, lu: Lecture, voile: Clair) -> None:
        flux = lu.flux
        path = self.espace.spool.blob(flux.sha256)
        if not flux.sha256 or not path.is_file():
            why = "oublié : durée de conservation atteinte" if lu.oubli else "manque au stock"
            self.absents.append(Absent(f"original {voile.nom(flux.nom)}", why, flux.sha256, flux.taille))
            return
        if self.masque:
            self.absents.append(
                Absent(f"original {voile.nom(flux.nom)}", "masqué : voir membres/", flux.sha256, flux.taille)
            )
        else:
            self.files[f"original/{_safe(flux.nom)}"] = path.read_bytes()
        for nom, data in self._members(flux, path):
            self._put_member(nom, data, voile)
        if isinstance(voile, Voile):
            for piece in voile.ecartees:
                self.absents.append(Absent(f"pièce ({piece.ou})", "ôtée", piece.sha256, piece.taille))

    def _members(self, flux: Flux, path: Path) -> Iterator[tuple[str, bytes]]:
        """The files of the lot that could be read; what is no lot of invoices is one file."""
        enveloppe, _ = read_name(flux.nom, flux.appli, INTERFACES)
        if flux.nature != "factures" or not flux.interface:
            yield flux.nom, path.read_bytes()
            return
        limites = self.espace.settings.as_limites()
        for item in open_lot(path, enveloppe.extension, flux.nom, limites, flux.interface):
            if isinstance(item, Membre):
                if item.data:
                    yield item.nom, item.data
                else:
                    codes = ", ".join(finding.code for finding in item.findings)
                    self.absents.append(Absent(f"membre {item.nom}", f"refusé avant d'être lu ({codes})"))
            else:
                self.absents.append(Absent("suite de l'archive", f"illisible ({item.code})"))

    def _put_member(self, nom: str, data: bytes, voile: Clair) -> None:
        shown = voile.nom(nom)
        masked = voile.document(data) if not self.masque or _is_document(data) else None
        if masked is None:
            told = Absent(f"membre {shown}", "ne se masque pas", hashlib.sha256(data).hexdigest(), len(data))
            self.absents.append(told)
        else:
            self.files[f"membres/{_safe(shown)}"] = masked

    # -- what was answered --------------------------------------------------------------------------------

    def _put_answers(self, lu: Lecture, voile: Clair) -> None:
        """As they lie in ``out``, else made again, which gives the same bytes."""
        missing = []
        for emission in lu.emissions:
            path = self.espace.spool.outbox(emission.appli) / emission.nom
            if path.is_file():
                self._put_answer(emission, path.read_bytes(), voile)
            else:
                missing.append(emission)
        for emission, made in zip(missing, self._made(missing), strict=True):
            if made is None:
                self.absents.append(Absent(f"réponse {emission.nom}", "ne se refait plus", emission.sha256))
            else:
                self._put_answer(emission, made[0], voile)

    def _made(self, missing: Sequence[Emission]) -> list[tuple[bytes, str] | None]:
        try:
            return list(self.make(missing)) if missing else []
        except OSError:  # an original that a pivot is made from is not there any more
            return [None] * len(missing)

    def _put_answer(self, emission: Emission, data: bytes, voile: Clair) -> None:
        self.files[f"reponses/{_safe(emission.nom)}"] = voile.answer(emission.nom, data)


def _is_document(data: bytes) -> bool:
    head = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return data.startswith(b"%PDF-") or head.startswith(b"<")


def _safe(nom: str) -> str:
    """A name that cannot leave its folder, whoever opens the archive."""
    parts = [part for part in escape_name(nom).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "sans-nom"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _as_json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n").encode()


def _as_line(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, default=_plain) + "\n").encode()


def _as_csv(absents: Sequence[Absent]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(Absent._fields)
    writer.writerows(absents)
    return text.getvalue().encode()
