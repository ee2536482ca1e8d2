"""Signatures, made here with keys and certificates of our own, then spoilt in every way that counts."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from signing import DAY, NOW, XML, Identite, make, sign_pdf, sign_xml
from signxml.xades.xades import XAdESSigner

from edi.model import Finding, Place, Severity
from edi.samples.pieces import write_pdf
from edi.validators import signature_cards
from edi.validators.pades import verify_pades
from edi.validators.signataire import read_anchors
from edi.validators.signature_cards import ABSENTE, INCONNUE, INVALIDE, VALIDE, Signature, tell
from edi.validators.xades import verify_xades

PARIS = ZoneInfo("Europe/Paris")  # days are told in the zone of the platform
DS = "http://www.w3.org/2000/09/xmldsig#"
AUTORITE = make("Autorité d'essai", debut=NOW - 900 * DAY, fin=NOW + 900 * DAY)
AUTRE_AUTORITE = make("Autre autorité")
ACME = make("ACME SAS", AUTORITE)
EXPIRE = make("Ancienne SARL", AUTORITE, debut=NOW - 60 * DAY, fin=NOW - 30 * DAY)
ANCRES = (AUTRE_AUTORITE.pem + AUTORITE.pem,)  # one file, two authorities


def append_page_text(pdf: bytes) -> bytes:
    """A revision added after the signature that changes what the page shows."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


SIGNED_PDF, SIGNED_XML = sign_pdf(ACME), sign_xml(ACME)


# -- PDF --------------------------------------------------------------------------------------------------


def test_a_pdf_signed_under_a_trusted_authority_is_valid() -> None:
    found = verify_pades(SIGNED_PDF, ANCRES, NOW + DAY)

    assert (found.etat, found.signataire, found.raison) == (VALIDE, "ACME SAS", "")
    assert found.le is not None
    assert abs(found.le - NOW) < timedelta(minutes=10)


@pytest.mark.parametrize(
    "data", [write_pdf(("Facture",)), b"", b"%PDF-1.7", b"PK\x03\x04", b"%PDF-1.4\n" + bytes(5000)]
)
def test_a_pdf_without_signature_has_none(data: bytes) -> None:
    assert verify_pades(data, ANCRES, NOW) == Signature(ABSENTE)


def test_a_pdf_changed_under_its_signature_is_invalid() -> None:
    changed = SIGNED_PDF.replace(b"(Facture F-1) Tj", b"(Facture F-2) Tj")
    found = verify_pades(changed, ANCRES, NOW)

    assert changed != SIGNED_PDF
    assert (found.etat, found.signataire) == (INVALIDE, "ACME SAS")
    assert "modifié" in found.raison


def test_a_pdf_completed_after_its_signature_is_invalid() -> None:
    found = verify_pades(append_page_text(SIGNED_PDF), ANCRES, NOW)

    assert found.etat == INVALIDE
    assert "modifié" in found.raison


@pytest.mark.parametrize("length", [len(SIGNED_PDF) // 2, len(SIGNED_PDF) - 300])
def test_a_truncated_signed_pdf_is_invalid_and_breaks_nothing(length: int) -> None:
    assert verify_pades(SIGNED_PDF[:length], ANCRES, NOW).etat in (INVALIDE, ABSENTE)


def test_a_second_signature_leaves_the_first_valid() -> None:
    twice = sign_pdf(ACME, SIGNED_PDF, "Signature2")

    assert verify_pades(twice, ANCRES, NOW + DAY).etat == VALIDE


def test_the_worst_of_several_signatures_is_told() -> None:
    twice = sign_pdf(make("Inconnu", AUTRE_AUTORITE), SIGNED_PDF, "Signature2")
    found = verify_pades(twice, (AUTORITE.pem,), NOW + DAY)

    assert (found.etat, found.signataire) == (INCONNUE, "Inconnu")


# -- XML --------------------------------------------------------------------------------------------------


def test_an_xml_signed_under_a_trusted_authority_is_valid() -> None:
    found = verify_xades(SIGNED_XML, ANCRES, NOW + DAY)

    assert (found.etat, found.signataire, found.raison) == (VALIDE, "ACME SAS", "")
    assert found.le is not None
    assert abs(found.le - NOW) < timedelta(minutes=10)


@pytest.mark.parametrize("data", [XML, b"", b"<Facture>", b"<!DOCTYPE a []><a/>"])
def test_an_xml_without_signature_has_none(data: bytes) -> None:
    assert verify_xades(data, ANCRES, NOW) == Signature(ABSENTE)


def sign_with_instructions(qui: Identite, before: bytes, after: bytes, data: bytes = XML) -> bytes:
    """A signature whose digest covers the instructions around the root, made by hand: signxml makes none."""
    tree = etree.fromstring(before + sign_xml(qui, data).partition(b"?>")[2] + after).getroottree()
    signature = next(tree.getroot().iter(f"{{{DS}}}Signature"))
    signed_info = signature.find(f"{{{DS}}}SignedInfo")
    reference = next(r for r in signed_info.iter(f"{{{DS}}}Reference") if r.get("URI") == "")
    bare = etree.fromstring(etree.tostring(tree)).getroottree()
    bare.getroot().remove(next(bare.getroot().iter(f"{{{DS}}}Signature")))
    whole = etree.tostring(bare, method="c14n", with_comments=False)
    digest = base64.b64encode(hashlib.sha256(whole).digest()).decode()
    reference.find(f"{{{DS}}}DigestValue").text = digest
    to_sign = etree.tostring(signed_info, method="c14n")
    value = qui.cle.sign(to_sign, padding.PKCS1v15(), SHA256())
    signature.find(f"{{{DS}}}SignatureValue").text = base64.b64encode(value).decode()
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


AROUND = pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<?xml-stylesheet type="text/xsl" href="FSO1100A.xsl"?>', b""),
        (b"<?a?><?b c  d?>", b"<?e?>"),
        (b"", b"<?e?><?f?>"),
        (b"<!-- nobody signs a comment --><?a?>", b"<!-- nor this one -->"),
    ],
)


@AROUND
def test_instructions_around_the_root_may_be_signed_with_it(before: bytes, after: bytes) -> None:
    signed = sign_with_instructions(ACME, before, after)

    assert verify_xades(signed, ANCRES, NOW + DAY).etat == VALIDE


@AROUND
def test_instructions_around_the_root_do_not_hide_a_change(before: bytes, after: bytes) -> None:
    signed = sign_with_instructions(ACME, before, after).replace(b"120.00", b"920.00")
    found = verify_xades(signed, ANCRES, NOW + DAY)

    assert (found.etat, found.signataire) == (INVALIDE, "ACME SAS")
    assert "modifié" in found.raison


def test_instructions_around_the_root_need_not_be_signed() -> None:
    signed = b"<?xml-stylesheet href='a.xsl'?>" + SIGNED_XML.partition(b"?>")[2]

    assert verify_xades(signed, ANCRES, NOW + DAY).etat == VALIDE


def test_an_instruction_or_a_comment_inside_the_document_leaves_its_signature_valid() -> None:
    signed = sign_xml(ACME, XML.replace(b"<Net>", b"<?imprimer oui?><!-- net --><Net>"))

    assert verify_xades(signed, ANCRES, NOW + DAY).etat == VALIDE


def test_an_instruction_added_inside_the_document_after_its_signature_is_a_change() -> None:
    changed = SIGNED_XML.replace(b"<Net>", b"<?imprimer oui?><Net>")

    assert verify_xades(changed, ANCRES, NOW + DAY).etat == INVALIDE


def test_an_xml_changed_under_its_signature_is_invalid() -> None:
    found = verify_xades(SIGNED_XML.replace(b"120.00", b"920.00"), ANCRES, NOW)

    assert (found.etat, found.signataire) == (INVALIDE, "ACME SAS")
    assert "modifié" in found.raison


def test_a_signed_xml_wrapped_in_another_is_invalid() -> None:
    """The signed part is intact, but the invoice that is read is not the one that was signed."""
    inner = SIGNED_XML.partition(b"?>")[2]
    wrapped = b"<Facture><Numero>F-2</Numero>" + inner + b"</Facture>"

    assert verify_xades(wrapped, ANCRES, NOW).etat == INVALIDE


def test_a_signature_of_a_part_says_nothing_of_the_whole() -> None:
    root = etree.fromstring(b'<Lot><Piece Id="p1">un</Piece><Net>120.00</Net></Lot>')
    signer = XAdESSigner()
    signed = signer.sign(root, key=ACME.cle, cert=[ACME.certificat], reference_uri="#p1")
    found = verify_xades(etree.tostring(signed), ANCRES, NOW)

    assert found.etat == INVALIDE
    assert "ne couvre pas" in found.raison


def test_another_certificate_cannot_be_put_in_place_of_the_signatory() -> None:
    def shown(identite: Identite) -> bytes:
        return b"".join(identite.pem.split(b"-----")[2].split())

    flat = etree.fromstring(SIGNED_XML)
    element = next(flat.iter("{*}X509Certificate"))
    element.text = shown(make("Usurpateur", AUTORITE)).decode()

    assert verify_xades(etree.tostring(flat), ANCRES, NOW).etat == INVALIDE


@pytest.mark.parametrize(
    "name", ["SignatureValue", "X509Certificate", "DigestValue", "SignedInfo", "KeyInfo"]
)
@pytest.mark.parametrize("text", ["", "AAAA", "é !"])
def test_a_mangled_signature_is_invalid_and_breaks_nothing(name: str, text: str) -> None:
    root = etree.fromstring(SIGNED_XML)
    element = next(root.iter(f"{{*}}{name}"))
    for child in list(element):
        element.remove(child)
    element.text = text

    assert verify_xades(etree.tostring(root), ANCRES, NOW).etat == INVALIDE


def test_two_signatures_in_one_xml_are_refused() -> None:
    root = etree.fromstring(SIGNED_XML)
    second = etree.fromstring(etree.tostring(next(root.iter("{*}Signature"))))
    root.append(second)

    assert verify_xades(etree.tostring(root), ANCRES, NOW).etat == INVALIDE


# -- whom the operator trusts, for both -------------------------------------------------------------------

BOTH = pytest.mark.parametrize(
    ("verify", "sign"), [(verify_pades, sign_pdf), (verify_xades, sign_xml)], ids=["pades", "xades"]
)


@BOTH
@pytest.mark.parametrize("ancres", [(), (AUTRE_AUTORITE.pem,)], ids=["none", "another"])
def test_a_signature_of_an_unknown_authority_is_neither_valid_nor_invalid(verify, sign, ancres) -> None:
    found = verify(sign(ACME), ancres, NOW)

    assert (found.etat, found.signataire) == (INCONNUE, "ACME SAS")
    assert "n'est pas reconnue" in found.raison


@BOTH
def test_a_certificate_that_had_expired_before_signing_makes_the_signature_invalid(verify, sign) -> None:
    found = verify(sign(EXPIRE), ANCRES, NOW + DAY)

    assert (found.etat, found.signataire) == (INVALIDE, "Ancienne SARL")
    assert f"{(NOW - 30 * DAY).astimezone(PARIS):%d/%m/%Y}" in found.raison


@BOTH
def test_a_certificate_that_expired_since_the_signature_leaves_it_unproved(verify, sign) -> None:
    found = verify(sign(ACME), ANCRES, NOW + 301 * DAY)

    assert found.etat == INCONNUE
    assert "a expiré le" in found.raison


@BOTH
def test_a_certificate_that_is_not_yet_valid_makes_the_signature_invalid(verify, sign) -> None:
    found = verify(sign(make("Demain SA", AUTORITE, debut=NOW + 10 * DAY)), ANCRES, NOW + DAY)

    assert found.etat == INVALIDE
    assert f"{(NOW + 10 * DAY).astimezone(PARIS):%d/%m/%Y}" in found.raison


@BOTH
def test_a_certificate_may_be_trusted_by_itself(verify, sign) -> None:
    assert verify(sign(ACME), (ACME.pem,), NOW + DAY).etat == VALIDE


@BOTH
def test_no_name_is_looked_up_on_the_network(verify, sign, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: asked.append(a) or [])

    verify(sign(ACME), (AUTRE_AUTORITE.pem,), NOW)

    assert asked == []


@pytest.mark.parametrize("data", [b"", b"-----BEGIN CERTIFICATE-----\n", b"not a certificate", ACME.cle_pem])
def test_a_trust_anchor_that_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_anchors((data,))


def test_a_file_of_anchors_may_hold_several() -> None:
    assert len(read_anchors(ANCRES)) == 2


# -- what is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("etat", "annoncee", "expected"),
    [
        (VALIDE, True, []),
        (VALIDE, False, []),
        (ABSENTE, False, []),
        (ABSENTE, True, [("EDI-SIGNATURE-02", Severity.ERROR)]),
        (INVALIDE, False, [("EDI-SIGNATURE-01", Severity.ERROR)]),
        (INVALIDE, True, [("EDI-SIGNATURE-01", Severity.ERROR)]),
        (INCONNUE, True, [("EDI-SIGNATURE-03", Severity.WARNING)]),
    ],
)
def test_what_is_told_of_a_signature(etat: str, annoncee: bool, expected: list[object]) -> None:
    told: tuple[Finding, ...] = tell(Signature(etat, "ACME", raison="parce que"), Place("/a", 3), annoncee)

    assert [(finding.code, finding.severity) for finding in told] == expected
    assert all((finding.location, finding.line) == ("/a", 3) for finding in told)


def test_an_invalid_signature_is_told_with_its_signatory_and_its_reason() -> None:
    (finding,) = tell(Signature(INVALIDE, "ACME SAS", raison="elle est illisible"), Place(), False)

    expected = "La signature électronique de « ACME SAS » n'est pas valable : elle est illisible."
    assert finding.message == expected


def test_the_codes_of_signatures_are_in_the_catalogue() -> None:
    assert [card.code for card in signature_cards.CARDS] == [f"EDI-SIGNATURE-0{n}" for n in (1, 2, 3)]
