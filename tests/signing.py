"""Keys, certificates and signatures made at run time, and sample documents signed with them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from signxml.xades.xades import XAdESSigner

from edi.inbound.readers.pieces import contents, unwrap
from edi.samples.pieces import encode, write_pdf, write_zip

# Signing libraries stamp the present instant, so certificates are dated around it.
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
XML = b"<Facture><Numero>F-1</Numero><Net>120.00</Net></Facture>"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"


class Identite(NamedTuple):
    """A certificate and its key."""

    cle: rsa.RSAPrivateKey
    certificat: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificat.public_bytes(Encoding.PEM)

    @property
    def cle_pem(self) -> bytes:
        return self.cle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make(
    nom: str,
    par: Identite | None = None,
    debut: datetime = NOW - 30 * DAY,
    fin: datetime = NOW + 300 * DAY,
) -> Identite:
    """An identity certified by another; by itself, as an authority, when there is none."""
    cle = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, nom)])
    ca = par is None
    usage = x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(par.certificat.subject if par else name)
        .public_key(cle.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(debut)
        .not_valid_after(fin)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(usage, critical=True)
    )
    return Identite(cle, builder.sign(par.cle if par else cle, hashes.SHA256()))


def sign_pdf(qui: Identite, pdf: bytes | None = None, champ: str = "Signature1") -> bytes:
    (cert,) = load_certs_from_pemder_data(qui.pem)
    signer = signers.SimpleSigner(
        signing_cert=cert,
        signing_key=load_private_key_from_pemder_data(qui.cle_pem, None),
        cert_registry=SimpleCertificateStore(),
    )
    metadata = signers.PdfSignatureMetadata(field_name=champ, subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(write_pdf(("Facture F-1",)) if pdf is None else pdf))
    signed: bytes = signers.sign_pdf(writer, metadata, signer=signer, bytes_reserved=8192).getvalue()
    return signed


def sign_xml(qui: Identite, data: bytes = XML) -> bytes:
    root = XAdESSigner().sign(etree.fromstring(data), key=qui.cle, cert=[qui.certificat])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def sign_ubl(qui: Identite, data: bytes) -> bytes:
    """A UBL invoice with an enveloped XAdES signature, in an extension as UBL wants it."""
    tree = etree.fromstring(data).getroottree()
    root = tree.getroot()
    extensions = root.find(f"{{{_EXT}}}UBLExtensions")
    if extensions is None:
        extensions = etree.Element(f"{{{_EXT}}}UBLExtensions", nsmap={"ext": _EXT})
        root.insert(0, extensions)
    extension = etree.SubElement(extensions, f"{{{_EXT}}}UBLExtension")
    content = etree.SubElement(extension, f"{{{_EXT}}}ExtensionContent")
    etree.SubElement(content, f"{{{_DS}}}Signature", Id="placeholder", nsmap={"ds": _DS})
    signed = XAdESSigner().sign(root, key=qui.cle, cert=[qui.certificat])
    return etree.tostring(signed.getroottree(), xml_declaration=True, encoding="UTF-8")


# -- sample documents, signed for the stories of tests/lots -----------------------------------------------

VALABLE = {"debut": datetime(2020, 1, 1, tzinfo=UTC), "fin": datetime(2049, 1, 1, tzinfo=UTC)}


@cache
def identites() -> dict[str, Identite]:
    """The authority that the stories trust, who signs under it, and who signs under another."""
    autorite = make("Autorité des histoires", **VALABLE)
    autre = make("Autorité que personne ne connaît", **VALABLE)
    return {
        "autorite": autorite,
        "reconnue": make("Papeterie Kervadec", autorite, **VALABLE),
        "inconnue": make("Papeterie Kervadec", autre, **VALABLE),
    }


def sign_document(data: bytes, signatures: list[str]) -> bytes:
    """A sample, signed as its format is: a PDF itself, a mixed invoice in its attachment, else the XML.

    ``signatures`` has one entry, or one for each attached PDF: "reconnue", "inconnue" (its authority),
    "modifiee" (after it was signed), "" for none.
    """
    if data.startswith(b"%PDF"):
        return _sign(data, signatures[0])
    tree = etree.fromstring(data).getroottree()
    attached = [e for e in contents(tree) if unwrap(e.text or "", 10**7)[-1].startswith(b"%PDF")]
    if not attached:
        return _sign(data, signatures[0])
    for element, comment in zip(attached, signatures, strict=True):
        signed = _sign(unwrap(element.text or "", 10**7)[-1], comment)
        element.text = encode(write_zip(((_name_beside(element), signed),)))
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def _name_beside(element: etree._Element) -> str:
    parent = element.getparent()
    assert parent is not None
    return element.get("filename") or parent.findtext("NomPJ") or ""


def _sign(data: bytes, comment: str) -> bytes:
    if not comment:
        return data
    pdf = data.startswith(b"%PDF")
    qui = identites()["inconnue" if comment == "inconnue" else "reconnue"]
    signed = sign_pdf(qui, data) if pdf else sign_ubl(qui, data)
    if comment != "modifiee":
        return signed
    changed = signed.replace(b"KERVADEC", b"KERVADOC")
    assert changed != signed
    return changed
