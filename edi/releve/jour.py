"""The relevé of one déposant and one day: a CSV for people, a JSON that seals it, and a detached signature.

A day is that of the reception, in the zone of the platform; statuts are those of the hour it was made. It can
be made again at any time: what was pending may have become final.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection

from edi.model import FactureDeposee, Flux
from edi.outbound.statut import as_json, totals
from edi.store import flux as flux_store
from edi.store.etats import Etat, read_etat

COLONNES = (
    "flux nom sha256 recu_le statut_flux definitif fichier facture fournisseur destinataire ttc devise "
    "statut reprise"
).split()


class CleRefused(Exception):
    """The key of the relevés cannot be used; the message says why, in French."""


class Releve(NamedTuple):
    """The files of a relevé, by name."""

    fichiers: dict[str, bytes]
    flux: int
    factures: int
    signe: bool


def read_cle(path: Path) -> Ed25519PrivateKey:
    """The private key that signs relevés. Raises CleRefused."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise CleRefused(f"la clé des relevés « {path} » est illisible ({error.strerror})") from error
    except (ValueError, TypeError) as error:
        raise CleRefused(f"« {path} » n'est pas une clé privée PEM sans mot de passe") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CleRefused(f"« {path} » n'est pas une clé Ed25519 (openssl genpkey -algorithm ed25519)")
    return key


def fingerprint(key: Ed25519PrivateKey) -> str:
    """What names a key: the sha256 of its public half, DER."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{hashlib.sha256(public).hexdigest()}"


def bounds(jour: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants between which a day lies, the second one excluded."""
    start = datetime.combine(jour, time(), zone)
    return start, datetime.combine(jour + timedelta(days=1), time(), zone)


def read_day(conn: Connection, appli: str, jour: date, zone: ZoneInfo) -> list[Etat]:
    """What a déposant deposited on a day, in order of arrival."""
    return [read_etat(conn, one) for one in flux_store.received_between(conn, appli, *bounds(jour, zone))]


def make_releve(
    etats: Sequence[Etat], appli: str, jour: date, at: datetime, zone: ZoneInfo, key: Ed25519PrivateKey | None
) -> Releve:
    """The relevé of a day as it stands at that instant."""
    stem = f"releve-{jour.isoformat()}"
    table = _csv(etats, zone)
    sealed = as_json(
        {
            "version": 1,
            "deposant": appli,
            "jour": jour.isoformat(),
            "etabli_le": at.astimezone(zone).isoformat(timespec="seconds"),
            "signature": {"algorithme": "Ed25519", "cle": fingerprint(key)} if key else None,
            "avertissement": "" if key else "Relevé non signé : la plateforme n'a pas de clé de signature.",
            "csv": {"nom": f"{stem}.csv", "sha256": hashlib.sha256(table).hexdigest()},
            "totaux": _totals(etats),
            "flux": [_flux(etat, zone) for etat in etats],
        }
    )
    fichiers = {f"{stem}.csv": table, f"{stem}.json": sealed}
    if key is not None:
        fichiers[f"{stem}.json.sig"] = key.sign(sealed)
    return Releve(fichiers, len(etats), sum(len(etat.factures) for etat in etats), key is not None)


def _totals(etats: Sequence[Etat]) -> dict[str, Any]:
    """Counts, and amounts by currency: of the accepted, the rejected and the pending invoices."""
    amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for etat in _counted(etats):
        for facture in etat.factures:
            if facture.ttc is not None:
                amounts[facture.devise or "?"][outcome_of(facture)] += facture.ttc
    counted = [totals(etat) for etat in _counted(etats)]
    return {
        "flux": len(etats),
        "reprises": sum(len(etat.reprises) for etat in _counted(etats)),  # no amount: counted once already
        "flux_definitifs": sum(not etat.flux.statut.en_cours for etat in etats),
        **{
            name: sum(one[name] or 0 for one in counted)
            for name in ("recues", "acceptees", "rejetees", "en_attente")
        },
        "montants_ttc": {
            devise: {outcome: format(amount, "f") for outcome, amount in sorted(of.items())}
            for devise, of in sorted(amounts.items())
        },
    }


def _counted(etats: Sequence[Etat]) -> Iterator[Etat]:
    """What counts: a reminder repeats the invoices of the first delivery, acknowledgements bring none."""
    return (etat for etat in etats if etat.flux.rappel_de is None and etat.flux.nature == "factures")


def outcome_of(facture: FactureDeposee) -> str:
    """What became of an invoice, in one word: acceptee, rejetee or en_attente."""
    if facture.statut is None:
        return "en_attente"
    return "rejetee" if facture.statut.name == "NON_CONFORME" else "acceptee"


def _flux(etat: Etat, zone: ZoneInfo) -> dict[str, Any]:
    flux = etat.flux
    return {
        "flux": flux.reference,
        "numero": flux.id,
        "nom": flux.nom,
        "sha256": flux.sha256,
        "taille": flux.taille,
        "recu_le": _hour(flux, zone),
        "statut": flux.statut.name,
        "definitif": not flux.statut.en_cours,
        "totaux": totals(etat),
        "reponses": [{"nom": one.nom, "sha256": one.sha256} for one in etat.reponses],
    }


def _hour(flux: Flux, zone: ZoneInfo) -> str:
    return flux.recu_le.astimezone(zone).isoformat(timespec="seconds")


def _csv(etats: Sequence[Etat], zone: ZoneInfo) -> bytes:
    """One row an invoice; a flux without any has a row of its own."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLONNES)
    for etat in etats:
        flux = etat.flux
        final = "oui" if not flux.statut.en_cours else "non"
        head = (flux.reference, flux.nom, flux.sha256, _hour(flux, zone), flux.statut.libelle, final)
        for f in etat.factures:
            ttc = "" if f.ttc is None else format(f.ttc, "f")
            parties = (f.fournisseur.identifiant.valeur, f.destinataire.identifiant.valeur)
            statut = f.statut.libelle if f.statut else "En attente de jugement"
            writer.writerow((*head, f.fichier, f.numero, *parties, ttc, f.devise, statut, ""))
        for done, f, origine in etat.reprises:
            parties = (f.fournisseur.identifiant.valeur, f.destinataire.identifiant.valeur)
            statut = f.statut.libelle if f.statut else ""
            told = f"{done.nature.value} : facture du flux {origine.reference}, déjà comptée"
            writer.writerow((*head, done.fichier, f.numero, *parties, "", f.devise, statut, told))
        if not etat.factures and not etat.reprises:
            writer.writerow((*head, *[""] * 8))
    return text.getvalue().encode("utf-8-sig", "backslashreplace")
