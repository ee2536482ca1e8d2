"""Real, public documents go through the main path; the outcome of each is written down and explained.

``tests/corpus.csv`` holds for each document the name it is deposited under and what must come of it;
``docs/normes.md`` says why. The documents themselves lie outside the project: without them this is skipped.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from edi.annuaire.imports import import_csv
from edi.app import App
from edi.espace import Espace, open_espace
from edi.store import factures
from edi.store import flux as flux_store

TABLE = Path(__file__).with_name("corpus.csv")
NORMES = Path(__file__).resolve().parents[1] / "docs" / "normes.md"
HEADER = ("document", "interface", "statut", "codes")
MAGIC_TO_EXTENSION = ((b"PK", "zip"), (b"\x1f\x8b", "tar.gz"))

# The parties of the documents that are meant to be accepted, so that the registry does not hide the rest.
STRUCTURES = """TypeIdentifiant;Identifiant;RaisonSociale;EmetteurEdi;RecepteurEdi;\
GestionStatutMiseEnPaiement;GestionEngagement;GestionService;GestionServiceEngagement;EstMOA;EstMOAUniquement;StructureActive;CodePostal;\
Ville;CodePays
1;00000000000727;OST-DEVELOPPEMENT;true;true;false;false;false;false;false;false;true;33000;BORDEAUX;FR
1;33417522100011;Société Exemple SARL;true;false;false;false;false;false;false;false;true;75002;PARIS;FR
1;55210055400013;Client Exemple;false;true;false;false;false;false;false;false;true;75008;PARIS;FR
1;10000000900010;Fournisseur Fictif SA;true;false;false;false;false;false;false;false;true;69001;LYON;FR
1;12345678200051;Destinataire Fictif;false;true;false;false;false;false;false;false;true;75001;PARIS;FR
"""
SERVICES = """Identifiant;RaisonSociale;Code;Nom;GestionEGMT;ServiceActif
00000000000727;OST-DEVELOPPEMENT;EJ;Raison Sociale;false;true
12345678200051;Destinataire Fictif;SERVICE-TEST;Service de test;false;true
55210055400013;Client Exemple;PO-2024-001;Service des achats;false;true
"""


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as told:
        return list(csv.DictReader(told))


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "edi.toml").write_text(
        '[politique]\nmandat = "never"\n[collecte]\npas = 0.01\n'
        '[moteur]\nmode = "in_process"\n'
        '[essais]\nhorloge = "2026-11-20T09:00:00+01:00"\n'
        '[[deposant]]\ncode = "AAA123"\nreadiness = "renommage"\n',
        encoding="utf-8",
    )
    made = open_espace(tmp_path)
    for name, text in (("structures.csv", STRUCTURES), ("services.csv", SERVICES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with made.engine.begin() as conn:
            import_csv(conn, tmp_path / name, made.now())
    return made


def packed(data: bytes, document: Path) -> tuple[bytes, str]:
    """What a sender would have deposited: hostile archives bear descriptive names, a PDF comes in a lot."""
    if data.startswith(b"%PDF"):
        lot = io.BytesIO()
        with zipfile.ZipFile(lot, "w") as archive:
            archive.writestr(document.name, data)
        return lot.getvalue(), "zip"
    if document.name.endswith((".tar.gz", ".zip")):
        return data, "tar.gz" if document.name.endswith(".tar.gz") else "zip"
    return data, next((ext for magic, ext in MAGIC_TO_EXTENSION if data.startswith(magic)), "xml")


def deposit(espace: Espace, document: Path, interface: str) -> tuple[str, str]:
    """Deposit one document under a correct flux name; its statut and the codes it was answered with."""
    data, extension = packed(document.read_bytes(), document)
    nom = f"{interface}_AAA123_AAA123{interface[3:7]}{1:015d}.{extension}"
    (espace.spool.inbox("AAA123") / nom).write_bytes(data)
    (flux,) = App(espace).run_once()
    with espace.engine.begin() as conn:
        found = factures.findings_of(conn, flux.id)
        assert flux_store.get(conn, flux.id).statut is flux.statut
    assert len(list(espace.spool.outbox("AAA123").glob("CSO*"))) == 1
    told = b"".join(p.read_bytes() for p in espace.spool.outbox("AAA123").iterdir())
    assert b"CANARI-" not in told
    return flux.statut.name, " ".join(sorted({f.code for _, _, f in found}))


def documents(corpus: Path) -> list[Path]:
    """Every document of the folders that this version reads."""
    folders = ("choruspro", "en16931/examples/ubl", "en16931/examples/cii", "negatives")
    folders += ("zugferd/pdf", "zugferd/xml", "mustang")
    found = [p for folder in folders for p in sorted((corpus / folder).iterdir())]
    return [p for p in found if p.suffix not in (".csv", ".txt")]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["document"])
def test_a_public_document_gets_the_outcome_that_is_written_down(
    row: dict[str, str], corpus: Path, espace: Espace
) -> None:
    statut, codes = deposit(espace, corpus / row["document"], row["interface"])

    assert (row["statut"], row["codes"]) == (statut, codes)


def test_every_public_document_is_written_down(corpus: Path) -> None:
    assert sorted(row["document"] for row in rows()) == sorted(
        str(p.relative_to(corpus)) for p in documents(corpus)
    )


def test_normes_explains_every_outcome() -> None:
    text = NORMES.read_text(encoding="utf-8")
    for row in rows():
        assert Path(row["document"]).name in text, row["document"]
