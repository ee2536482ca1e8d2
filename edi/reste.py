"""The reste du lot: an archive with only the files to be mended, why each was rejected, where they come from.

Files bear their very bytes. Left out are those that a new deposit could not mend: invoices that are doublons,
and files that were refused before they were read (infected, too large, of no known kind); they are told all
the same.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from edi.inbound.envelope import read_name
from edi.inbound.lot import open_lot
from edi.inbound.membre import Membre
from edi.inbound.reste import CONSTATS, DOSSIER, LISEZMOI, MARQUE, Marque, write_marque
from edi.model import (
    Deposant,
    FactureDeposee,
    FactureStatut,
    Finding,
    Flux,
    FluxStatut,
    Limites,
    NatureEnvoi,
    Severity,
)
from edi.outbound import phrases
from edi.outbound.suites import etape_of
from edi.spool import Spool
from edi.store import envois, factures, suivis
from edi.validators.scenarios import INTERFACES

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal values give equal bytes
_HEAD = "fichier facture code gravite etape motif message ou ligne trouve attendu a_faire".split()

Told = Sequence[tuple[FactureDeposee | None, str, Finding]]


class NoReste(Exception):
    """There is nothing to mend; the message says why, in French."""


class Reste(NamedTuple):
    """An archive to be given to a déposant."""

    nom: str
    data: bytes
    fichiers: tuple[str, ...]  # in the archive, without our own


def make_reste(conn: Connection, spool: Spool, flux: Flux, limites: Limites) -> Reste:
    """The reste of a decided flux. Raises NoReste."""
    if flux.statut not in (FluxStatut.INTEGRE_PARTIEL, FluxStatut.REJETE):
        raise NoReste(f"le flux {flux.reference} n'a pas de reste ({flux.statut.libelle})")
    told = factures.findings_of(conn, flux.id)
    deposees = factures.of_flux(conn, flux.id)
    wanted = to_mend(deposees, told)
    enveloppe, _ = read_name(flux.nom, flux.appli, INTERFACES)
    found: dict[str, bytes] = {}
    if wanted:
        blob = spool.blob(flux.sha256)
        for item in open_lot(blob, enveloppe.extension, flux.nom, limites, flux.interface):
            if isinstance(item, Membre) and item.nom in wanted and item.data:
                found[item.nom] = item.data
    if not found:
        raise NoReste(f"aucun fichier du flux {flux.reference} n'est à corriger et à redéposer")
    accepted = {f.fichier for f in deposees if f.statut is not FactureStatut.NON_CONFORME}
    marque = Marque(flux.reference, flux.sha256)
    ours = {
        MARQUE: write_marque(marque),
        CONSTATS: write_findings(told),
        LISEZMOI: _explain(flux, sorted(found), sorted(accepted & found.keys())),
    }
    members = {**{f"{DOSSIER}/{nom}": data for nom, data in ours.items()}, **found}
    return Reste(file_name(flux), _zip(members), tuple(found))


def find_reste(base: Engine, spool: Spool, flux: Flux, limites: Limites) -> Reste | None:
    """The same; None when there is nothing to mend."""
    try:
        with base.begin() as conn:
            return make_reste(conn, spool, flux, limites)
    except NoReste:
        return None


def give_reste(
    base: Engine, spool: Spool, flux: Flux, deposant: Deposant, limites: Limites, at: datetime, process: str
) -> None:
    """Give the reste of a decided flux where its déposant wants it, once for each decision. Raises OSError.

    It is put into ``out``, over that of an earlier decision, and booked to be put on the server of a déposant
    that has one. With nothing left to mend, none lies in ``out``.
    """
    if not deposant.reste or flux.statut.en_cours:
        return
    with base.begin() as conn:
        if not suivis.reste_is_due(conn, flux.id):
            return
    found = find_reste(base, spool, flux, limites)
    if deposant.out_local:
        if found is None:
            spool.withdraw(flux.appli, file_name(flux), "out")
        else:
            spool.publish(flux.appli, found.nom, found.data, process)
    with base.begin() as conn:
        suivis.confirm_reste(conn, flux.id, at)
        if found is not None and deposant.pousse:
            envois.plan(conn, flux.id, NatureEnvoi.RESTE, 1)


def file_name(flux: Flux) -> str:
    """What the archive is called; it is no flux name: a déposant gives it a new one."""
    return f"RESTE_{flux.idflux or f'flux-{flux.id}'}.zip"


def to_mend(deposees: Sequence[FactureDeposee], told: Told) -> frozenset[str]:
    """The files that hold an invoice to be mended, or in which none could be read."""
    infected = {fichier for _, fichier, f in told if f.motif == "IRR_ANTIVIRUS"}
    doublons = {facture.id for facture, _, f in told if facture is not None and f.motif == "DOUBLON"}
    rejected = {
        f.fichier for f in deposees if f.statut is FactureStatut.NON_CONFORME and f.id not in doublons
    }
    unread = {
        fichier
        for facture, fichier, f in told
        if fichier and facture is None and f.severity == Severity.FATAL
    } - {f.fichier for f in deposees}
    return frozenset((rejected | unread) - infected)


def write_findings(told: Told) -> bytes:
    """One row a finding that blocks or warns, for a spreadsheet: semicolons, and a mark of UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEAD)
    for facture, fichier, f in told:
        row = (
            fichier,
            facture.numero if facture else "",
            f.code,
            phrases.NATURES[f.severity],
            etape_of(f.code),
            f.motif,
            f.message,
            " ".join(part for part in (f.term, f.location) if part),
            "" if f.line is None else str(f.line),
            f.value,
            f.expected,
            f.fix,
        )
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "@", "\t")) else cell


def _explain(flux: Flux, fichiers: Sequence[str], mixed: Sequence[str]) -> bytes:
    parts = [
        f"Reste du flux {flux.reference} ({flux.nom}).",
        f"{phrases.balance(flux)} Cette archive ne contient que les fichiers à corriger :",
        "\n".join(f"  {nom}" for nom in fichiers),
    ]
    if mixed:
        parts += [
            "Attention : ces fichiers contiennent aussi des factures acceptées. Retirez-les avant de "
            "redéposer, sinon elles seront rejetées comme doublons (l'originale restera valable) :",
            "\n".join(f"  {nom}" for nom in mixed),
        ]
    parts += [
        f"Pourquoi chaque facture est rejetée, et que faire : {DOSSIER}/{CONSTATS} (pour un tableur).",
        "Que faire : corriger les fichiers, les déposer dans in, en une archive (zip ou tar.gz) ou un par "
        "un, sous un nom de flux avec un nouvel identifiant. L'essayer d'abord dans test ne coûte rien.",
        "Le nouveau flux est relié à celui-ci par les numéros de ses factures ; si un numéro change, par le "
        f"dossier {DOSSIER} d'un zip : il peut rester dans l'archive, il n'est pas jugé. Les factures en "
        "doublon, et les fichiers refusés avant lecture, ne sont pas ici.",
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "backslashreplace")


def _zip(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, data in members.items():
            info = zipfile.ZipInfo(nom, _LONG_AGO)
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def link(conn: Connection, flux: Flux, marque: Marque | None) -> None:
    """Record that a flux bears the mark of an earlier one of the same déposant, when it is known."""
    if marque is None or suivis.reste_de(conn, flux.id) is not None:
        return
    original = suivis.find_original(conn, flux, marque.sha256)
    if original is not None:
        suivis.link_reste(conn, flux.id, original)
