"""A document masked where it stands: its tags, spaces and lines stay, well formed or not; its values go.

The text is read tag by tag and never as a tree, so that a document that cannot be parsed is masked as well.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple

_PIECE = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z))|(?P<pi><\?.*?(?:\?>|\Z))|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|(?P<tag></?[A-Za-z_][\w:.-]*(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*\s*/?>)"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w:.-]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")

_AMOUNT = re.compile(r"Amount|Montant|BaseHt|Prix|Price|Quanti|Total(?!.*Code)")
_RATE = re.compile(r"Percent|Taux|RateApplicable|CalculationPercent|RateDecimal")
_CODE = re.compile(
    r"Code$|Type|Date|Time|Indicator|Currency|Devise|CountryID|CodePays|Cadre|ModeEmission|ModePaiement"
    r"|Horodatage|IdStatut|NatureErreur|UBLVersion|Customization|ProfileID|CategoriePJ"
)
_NO_CODE = re.compile(r"Post|CodeService|Product|Nom|Name|Classification")
_CODE_PARENT = re.compile(r"TaxCategory|TaxScheme|Guideline|BusinessProcess|TradeTax|TradeAllowanceCharge")
_SHAPE_CODE = re.compile(
    r"(?!\d{5,}$|\d{2,}[.]|\d+[.]\d{2,}$)[A-Za-z0-9._-]{1,10}|urn:[\w:.#+-]+|[A-Z]{3}\d{7}[\dM]\d{14}"
)
_DATED = re.compile(r"Date|Time|Horodatage")
_SHAPE_DATE = re.compile(
    r"(19|20)\d{6}(\d{4}|\d{6})?"
    r"|\d{4}-\d{2}-\d{2}([T ][\d:.]{5,15}(Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{2}:\d{2}(:[\d.]{2,9})?(Z|[+-]\d{2}:?\d{2})?"
)
_APPLI = re.compile(r"[A-Z]{3}\d{3}")
_SENTENCES = ("Commentaire", "ComplementStatut", "LibelleErreur", "DescriptionErreur")
_KEPT_ATTRIBUTES = re.compile(
    r"xmlns(:.*)?|schemeID|currencyID|unitCode|mimeCode|format|list(ID|AgencyID|VersionID)|languageID"
    r"|.*schemaLocation|version|encoding|standalone|NumOrdre|[Cc]ompteur"
)
_ANYWHERE = re.compile(r"\d{4}-\d{2}-\d{2}|[A-Z]{3}\d{22}|DtPrd|IdFlx")  # days, flux ids, names of parameters


class Ecartee(NamedTuple):
    """An attachment that was left out."""

    ou: str  # the element that held it
    sha256: str
    taille: int  # bytes


class Masque(NamedTuple):
    """What one document became."""

    data: bytes
    pieces: tuple[Ecartee, ...]


def mask_document(
    data: bytes,
    text: Callable[[str], str],
    amount: Callable[[str], str],
    phrase: Callable[[str], str] | None = None,
) -> Masque:
    """An XML document whose every value is masked but codes, dates and rates.

    ``phrase``: how sentences of ours are masked, in a document that we wrote.
    """
    encoding = _encoding_of(data)
    path: list[str] = []
    pieces: list[Ecartee] = []

    def value(raw: str) -> str:
        local, parent = (path[-1] if path else ""), (path[-2] if len(path) > 1 else "")
        if _holds_file(local):
            pieces.append(_set_aside(local, raw))
            return ""
        if phrase is not None and local in _SENTENCES:
            return phrase(raw)
        return _mask_value(raw, local, parent, text, amount)

    def replace(found: re.Match[str]) -> str:
        whole = found[0]
        if found["comment"]:
            return f"<!--{text(whole[4:-3])}-->" if whole.endswith("-->") else text(whole)
        if found["pi"]:
            return whole if whole.startswith("<?xml ") else "<?masque?>"
        if found["tag"]:
            _walk(whole, path)
            return _ATTRIBUTE.sub(lambda a: _mask_attribute(a, text), whole)
        if found["text"] is not None:
            return _outside_entities(whole, value)
        return f"<![CDATA[{value(found['cdata'])}]]>" if whole.endswith("]]>") else text(whole)

    masked = _PIECE.sub(replace, data.decode(encoding, errors="surrogateescape"))
    return Masque(masked.encode(encoding, errors="surrogateescape"), tuple(pieces))


def _encoding_of(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16-le" if data[:2] == b"\xff\xfe" else "utf-16-be"
    found = _ENCODING.search(data[:512])
    name = found[1].decode("ascii").lower() if found else "utf-8"
    return name if name in ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252") else "utf-8"


def _walk(tag: str, path: list[str]) -> None:
    """Follow a tag: into its element, or out of it as far as its name is open."""
    name = re.split(r"[\s/>]", tag.lstrip("</"), maxsplit=1)[0].rpartition(":")[2]
    if tag.startswith("</"):
        while path and path.pop() != name:
            pass
    elif not tag.endswith("/>"):
        path.append(name)


def _mask_value(
    raw: str, local: str, parent: str, text: Callable[[str], str], amount: Callable[[str], str]
) -> str:
    value = raw.strip()
    if not value:
        return raw
    if _ANYWHERE.fullmatch(value) or (parent in ("Recepteur", "Emetteur") and _APPLI.fullmatch(value)):
        return raw
    if _RATE.search(local):
        return raw if re.fullmatch(r"-?[\d.,]{1,8}", value) else text(raw)
    if _AMOUNT.search(local) and not local.endswith("Code"):
        return amount(raw)
    if local in ("ID", "LineID") and "Line" in parent + local and re.fullmatch(r"\d{1,4}", value):
        return raw
    is_code = (_CODE.search(local) and not _NO_CODE.search(local)) or (
        local == "ID" and _CODE_PARENT.search(parent)
    )
    in_code = _CODE.search(parent) and local in ("DateTimeString", "DateString", "Indicator")
    if (is_code or in_code or local == "IdFlux") and _SHAPE_CODE.fullmatch(value):
        return raw
    if _DATED.search(parent + local) and _SHAPE_DATE.fullmatch(value):
        return raw
    return amount(raw) if re.fullmatch(r"[+-]?\d{1,12}[.,]\d+", value) else text(raw)


def _mask_attribute(found: re.Match[str], text: Callable[[str], str]) -> str:
    if _KEPT_ATTRIBUTES.fullmatch(found[1]) or _KEPT_ATTRIBUTES.fullmatch(found[1].rpartition(":")[2]):
        return found[0]
    quote = found[3][0]
    return f"{found[1]}{found[2]}{quote}{_outside_entities(found[3][1:-1], text)}{quote}"


def _outside_entities(raw: str, mask: Callable[[str], str]) -> str:
    """Mask a text as it is read, and write it again as it must be; what was no entity stays as it was."""
    if "&" not in raw:
        return mask(raw)
    strays = _ENTITY.sub("", raw).count("&")
    plain = _ENTITY.sub(lambda e: _NAMED.get(e[1]) or _char(e[1]), raw)
    masked = mask(plain)
    return masked if strays else masked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _char(entity: str) -> str:
    code = int(entity[2:], 16) if entity[1] in "xX" else int(entity[1:])
    return chr(code) if code < 0x110000 else "?"


def _holds_file(local: str) -> bool:
    return local == "Contenu" or local.endswith("BinaryObject")


def _set_aside(local: str, raw: str) -> Ecartee:
    try:
        data = base64.b64decode("".join(raw.split()), validate=True)
    except ValueError:
        data = raw.encode("utf-8", errors="surrogateescape")
    return Ecartee(local, hashlib.sha256(data).hexdigest(), len(data))
