"""Faults of the document: its bytes, its root, and what its schema refuses."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from edi.samples.brouillon import Brouillon
from edi.samples.cii import PREFIXES as CII_PREFIXES
from edi.samples.faults.fault import LES_UBL, MIXTE, Fault, Scene
from edi.samples.ubl import INVOICE, PREFIXES

_UBL = f'<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="{INVOICE}"/>\n'.encode()
_CII = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice'
    b' xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>\n'
)
_DECLARATION_END = b"?>\n"


def _first(root: etree._Element, name: str) -> etree._Element:
    """The first element of this local name. Raises LookupError: a sample always holds what is spoilt here."""
    found = next(root.iter(f"{{*}}{name}"), None)
    if found is None:
        raise LookupError(f"no {name} in this sample")
    return found


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _is_cii(root: etree._Element) -> bool:
    return etree.QName(root).localname == "CrossIndustryInvoice"


def _write_other_format(data: bytes) -> bytes:
    return _UBL if b"CrossIndustryInvoice" in data else _CII


def _add_unknown_element(root: etree._Element) -> None:
    """At a place where nothing more may come."""
    parent = root if root.tag != "CPPFactureMixteUnitaire" else _first(root, "PJ")
    namespace = CII_PREFIXES["ram"] if _is_cii(root) else PREFIXES["cbc"] if "}" in str(root.tag) else ""
    etree.SubElement(parent, f"{{{namespace}}}CodeInterne" if namespace else "CodeInterne").text = "K-12"


def _remove_required_element(root: etree._Element) -> None:
    if root.tag == "CPPFactureMixteUnitaire":
        _remove(_first(root, "MimeTypePJ"))
    elif _is_cii(root):
        _remove(_first(root, "ApplicableHeaderTradeDelivery"))
    else:
        _remove(_first(_first(root, "ClassifiedTaxCategory"), "TaxScheme"))


def _write_quantity_in_letters(root: etree._Element) -> None:
    if root.tag == "CPPFactureMixteUnitaire":
        _first(root, "Taux").text = "vingt"
    elif _is_cii(root):
        _first(root, "RateApplicablePercent").text = "vingt"
    else:
        line = _first(root, "Item").getparent()
        quantity = next(e for e in (line if line is not None else ()) if str(e.tag).endswith("Quantity"))
        quantity.text = "douze"


def _remove_attribute(root: etree._Element) -> None:
    if root.tag == "CPPFactureMixteUnitaire":
        del _first(root, "PJ").attrib["NumOrdre"]
    else:
        del _first(root, "PriceAmount").attrib["currencyID"]


def _lengthen_country(root: etree._Element) -> None:
    _first(_first(root, "Fournisseur"), "CodePays").text = "FRA"


def _add_doctype(data: bytes) -> bytes:
    declaration, _, rest = data.partition(_DECLARATION_END)
    doctype = b'<!DOCTYPE Facture [<!ENTITY entreprise "Exemple">]>\n'
    return declaration + _DECLARATION_END + doctype + rest


def _accent(brouillon: Brouillon, scene: Scene) -> Brouillon:
    """A name with an accent, so that the change of encoding is seen."""
    nom = f"{brouillon.fournisseur.nom} (société fermière)"
    return replace(brouillon, fournisseur=brouillon.fournisseur._replace(nom=nom))


def _recode(data: bytes) -> bytes:
    """Latin-1 bytes under a declaration that says UTF-8."""
    return data.decode().encode("latin-1", "xmlcharrefreplace")


FAUTES = (
    Fault("doctype", "EDI-XML-01", "document avec un DOCTYPE", octets=_add_doctype),
    Fault(
        "encodage",
        "EDI-XML-02",
        "document déclaré UTF-8 et écrit en Latin-1",
        values=_accent,
        octets=_recode,
    ),
    Fault("xml-tronque", "EDI-XML-03", "document coupé au milieu", octets=lambda d: d[: len(d) // 2]),
    Fault(
        "autre-format",
        "EDI-FORMAT-01",
        "facture CII dans un lot d'un autre format, facture UBL dans un lot CII",
        octets=_write_other_format,
    ),
    Fault(
        "racine-inconnue",
        "EDI-FORMAT-02",
        "document dont la racine est inconnue",
        octets=lambda data: b"<Facture><Numero>1</Numero></Facture>\n",
    ),
    Fault("element-inattendu", "EDI-XSD-01", "élément que le schéma n'a pas", tree=_add_unknown_element),
    Fault("element-manquant", "EDI-XSD-02", "élément obligatoire absent", tree=_remove_required_element),
    Fault(
        "nombre-en-lettres",
        "EDI-XSD-03",
        "nombre écrit en toutes lettres",
        tree=_write_quantity_in_letters,
    ),
    Fault(
        "attribut-manquant",
        "EDI-XSD-05",
        "attribut obligatoire absent",
        (*LES_UBL, MIXTE),
        tree=_remove_attribute,
    ),
    Fault(
        "pays-trop-long",
        "EDI-XSD-06",
        "code pays de trois lettres",
        (MIXTE,),
        tree=_lengthen_country,
    ),
    Fault("fichier-vide", "EDI-FICHIER-01", "fichier de 0 octet", octets=lambda data: b""),
)
