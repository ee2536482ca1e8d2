"""What an attachment really is: measured from its bytes, then compared with its name."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from datetime import date

import pikepdf
import pytest

from edi.inbound.nature_piece import INCONNUE, measure
from edi.model import (
    EXTENSIONS_PIECES_JOINTES,
    SIRET,
    Facture,
    Finding,
    Identifiant,
    Limites,
    Partie,
    PieceJointe,
    Place,
    Politique,
    Severity,
)
from edi.samples.pieces import write_pdf, write_zip
from edi.validators.pieces_jointes import NATURES, RULES
from edi.validators.rules import Context, run

PDF = write_pdf(("Facture",))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
P7S = bytes.fromhex("308006092a864886f70d010702a080") + bytes(64)


def office(folder: str) -> bytes:
    return write_zip((("[Content_Types].xml", b"<Types/>"), (f"{folder}/document.xml", b"<a/>")))


def odf(kind: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<a/>")
    return buffer.getvalue()


def encrypt(pdf: bytes, user: str) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(buffer, encryption=pikepdf.Encryption(user=user, owner="proprietaire"))
    return buffer.getvalue()


# -- measured from the bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        (PDF, "pdf"),
        (b"\r\n\r\n" + PDF, "pdf"),
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0" + bytes(16), "jpeg"),
        (b"GIF89a" + bytes(16), "gif"),
        (b"GIF87a" + bytes(16), "gif"),
        (b"BM" + (60).to_bytes(4, "little") + bytes(54), "bmp"),
        (b"BMW et Cie, factures", "texte"),
        (b"II*\x00" + bytes(16), "tiff"),
        (b"MM\x00*" + bytes(16), "tiff"),
        (b"{\\rtf1\\ansi}", "rtf"),
        (gzip.compress(b"a"), "gzip"),
        (bz2.compress(b"a"), "bzip2"),
        (P7S, "p7s"),
        (b"-----BEGIN PKCS7-----\nMII", "p7s"),
        (write_zip((("a.pdf", PDF),)), "zip"),
        (write_zip(()), "zip"),
        (office("word"), "docx"),
        (office("xl"), "xlsx"),
        (office("ppt"), "pptx"),
        (write_zip((("word/document.xml", b"<a/>"),)), "zip"),
        (odf("text"), "odt"),
        (odf("spreadsheet"), "ods"),
        (odf("presentation"), "odp"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (OLE, "ole"),
        (b"<?xml version='1.0'?><a/>", "xml"),
        (b"\xef\xbb\xbf<a/>", "xml"),
        ("\ufeff<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16-le"), "xml"),
        (b"  <svg xmlns='x'/>", "svg"),
        (b"<?xml version='1.0'?>\n<svg/>", "svg"),
        (b"<!DOCTYPE html><html></html>", "html"),
        (b"<HTML>", "html"),
        ("Numéro;Montant\r\n1;2\r\n".encode(), "texte"),
        ("Numéro;Montant".encode("latin-1"), "texte"),
        ("\ufeffNuméro".encode("utf-16-le"), "texte"),
        (b"MZ\x90\x00" + bytes(64), "programme"),
        (b"\x7fELF" + bytes(64), "programme"),
        (b"#!/bin/sh\n", "programme"),
        (b"\x00\x01\x02\x03", INCONNUE),
    ],
)
def test_a_file_is_recognised_by_its_bytes(data: bytes, expected: str) -> None:
    assert measure(data)[0] == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PDF, True),
        (encrypt(PDF, ""), True),
        (encrypt(PDF, "secret"), False),
        (PDF[: len(PDF) // 3], False),
        (b"%PDF-1.4\n", False),
        (b"%PDF-1.4\n" + bytes(10_000), False),
        (PDF.replace(b"startxref", b"startxxxx"), True),
        (PNG, None),
        (b"", None),
        (b"%PDF-" + bytes(21 * 1024**2), None),
    ],
    ids=[
        "sound",
        "owner-password",
        "password",
        "cut",
        "empty",
        "zeros",
        "mended",
        "png",
        "none",
        "too-large",
    ],
)
def test_a_pdf_opens_or_does_not(data: bytes, expected: bool | None) -> None:
    assert measure(data)[1] is expected


def test_what_the_structure_of_a_pdf_may_expand_to_is_bounded() -> None:
    assert pikepdf.settings.get_qpdf_limits()["flate_max_memory"] == 256 * 1024**2


@pytest.mark.parametrize("length", range(0, len(PDF), 97))
def test_no_cut_breaks_the_measure(length: int) -> None:
    for data in (PDF[:length], office("word")[:length], odf("text")[:length]):
        nature, lisible = measure(data)

        assert isinstance(nature, str)
        assert lisible in (True, False, None)


# -- compared with the name -------------------------------------------------------------------------------


def judge(*pieces: PieceJointe) -> tuple[Finding, ...]:
    partie = Partie(Identifiant(SIRET, "73282932000074"))
    places = {"pj[0].contenu": Place("/Invoice/PJ/Contenu", 7)}
    of = Facture(1, "F-1", "380", "A1", date(2026, 3, 1), "EUR", partie, partie, pieces_jointes=pieces)
    of = Facture(**{name: getattr(of, name) for name in of.__slots__} | {"places": places})
    return run(RULES, Context(of, "chorus", Politique(), Limites(), date(2026, 3, 2)))


def piece(nom: str, nature: str = "", lisible: bool | None = None, faute: str = "") -> PieceJointe:
    return PieceJointe(nom, "02", "", 1000, faute=faute, nature=nature, lisible=lisible)


@pytest.mark.parametrize(
    ("nom", "nature", "expected"),
    [
        ("facture.pdf", "", []),
        ("facture.pdf", "pdf", []),
        (" facture.PDF ", "pdf", []),
        ("facture.pdf", "png", ["EDI-PJ-09"]),
        ("facture.pdf", "inconnue", ["EDI-PJ-09"]),
        ("facture.pdf", "programme", ["EDI-PJ-09"]),
        ("photo.jpg", "jpeg", []),
        ("photo.jpeg", "jpeg", []),
        ("photo.jpg", "png", ["EDI-PJ-09"]),
        ("plan.tif", "tiff", []),
        ("devis.docx", "docx", []),
        ("devis.docx", "zip", []),
        ("devis.docx", "xlsx", ["EDI-PJ-09"]),
        ("devis.doc", "ole", []),
        ("devis.doc", "docx", []),
        ("devis.doc", "pdf", ["EDI-PJ-09"]),
        ("lignes.csv", "texte", []),
        ("lignes.csv", "xlsx", ["EDI-PJ-09"]),
        ("lot.zip", "zip", []),
        ("lot.zip", "docx", []),
        ("lot.tgz", "gzip", []),
        ("signature.p7s", "p7s", []),
        ("copie.fax", "inconnue", []),
        ("copie.exe", "programme", ["EDI-PJ-02"]),
    ],
)
def test_a_file_is_what_its_extension_says(nom: str, nature: str, expected: list[str]) -> None:
    assert [finding.code for finding in judge(piece(nom, nature))] == expected


def test_every_admitted_extension_says_what_it_may_hold() -> None:
    assert set(NATURES) == EXTENSIONS_PIECES_JOINTES


def test_a_mismatch_is_told_in_plain_words_and_does_not_block() -> None:
    (finding,) = judge(piece("facture.pdf", "programme"))

    assert finding.message == (
        "La pièce jointe « facture.pdf » est un programme, et non un fichier PDF comme son extension "
        "l'annonce."
    )
    assert (finding.severity, finding.location, finding.line) == (Severity.WARNING, "/Invoice/PJ/Contenu", 7)


@pytest.mark.parametrize(
    ("lisible", "faute", "expected"),
    [
        (True, "", []),
        (None, "", []),
        (False, "", [("EDI-PJ-10", Severity.WARNING)]),
        (False, "zip", [("EDI-PJ-05", Severity.ERROR)]),
    ],
)
def test_a_pdf_that_does_not_open_warns(lisible: bool | None, faute: str, expected: list[object]) -> None:
    found = judge(piece("facture.pdf", "pdf", lisible, faute))

    assert [(finding.code, finding.severity) for finding in found] == expected
