"""Attachments: their names, sizes and content. The bytes were measured when the invoice was read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from edi.model import Card, PieceJointe, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import shown, size

FACTURE = "01"  # TypePJ of the invoice itself

_FAUTES = {
    "base64": "son contenu n'est pas du base64",
    "zip": "son archive zip est illisible",
    "membres": "son archive zip ne contient pas un fichier et un seul",
}

# Extension -> what its bytes may be, in the words of inbound/nature_piece.py. An extension that is not here
# may hold anything.
_TEXTE, _OLE, _ZIP = ("texte", "xml", "html", "svg", "rtf"), ("ole", "rtf"), ("zip",)
NATURES: Mapping[str, tuple[str, ...]] = {
    "PDF": ("pdf",),
    "PNG": ("png",),
    "JPG": ("jpeg",),
    "JPEG": ("jpeg",),
    "GIF": ("gif",),
    "BMP": ("bmp",),
    "TIF": ("tiff",),
    "TIFF": ("tiff",),
    "XML": ("xml", "html", "svg"),
    "SVG": ("svg", "xml", "gzip"),
    "HTM": ("html", "xml", "texte"),
    "HTML": ("html", "xml", "texte"),
    "XHTML": ("html", "xml"),
    "TXT": _TEXTE,
    "CSV": _TEXTE,
    "RTF": ("rtf",),
    "GZ": ("gzip",),
    "GZIP": ("gzip",),
    "TGZ": ("gzip",),
    "BZ2": ("bzip2",),
    "ZIP": ("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp"),
    "P7S": ("p7s",),
    "DOC": (*_OLE, "docx"),
    "XLS": (*_OLE, "xlsx", "texte", "xml", "html"),
    "XLM": (*_OLE, "xlsx"),
    "XLC": (*_OLE, "xlsx"),
    "PPT": (*_OLE, "pptx"),
    "PPS": (*_OLE, "pptx"),
    "DOCX": ("docx", *_ZIP),
    "XLSX": ("xlsx", *_ZIP),
    "PPTX": ("pptx", *_ZIP),
    "ODT": ("odt", *_ZIP),
    "ODS": ("ods", *_ZIP),
    "ODP": ("odp", *_ZIP),
    "FAX": ("tiff", "pdf", "inconnue"),
}
_NATURES_TOLD = {
    "inconnue": "d'un type qui n'est pas reconnu",
    "programme": "un programme",
    "texte": "du texte",
    "ole": "un document bureautique ancien",
    "p7s": "une signature",
}


def _name(text: str) -> str:
    """A name as it is compared: no outer spaces, and one spelling for each accented letter."""
    return unicodedata.normalize("NFC", text.strip())


def _pieces(context: Context) -> Iterator[tuple[str, PieceJointe]]:
    for i, piece in enumerate(context.facture.pieces_jointes):
        yield f"pj[{i}]", piece


def _check_name_length(context: Context) -> Iterator[Hit]:
    maximum = context.limites.nom_piece_jointe
    for place, piece in _pieces(context):
        length = len(_name(piece.nom))
        if length > maximum:
            words = {"longueur": str(length), "maximum": str(maximum)}
            expected = f"{maximum} caractères au plus"
            yield Hit(context.facture.place(f"{place}.nom"), shown(piece.nom), expected, words)


def _check_extension(context: Context) -> Iterator[Hit]:
    for place, piece in _pieces(context):
        _, dot, extension = _name(piece.nom).rpartition(".")
        if dot and extension.upper() in context.limites.extensions:
            continue
        constat = f"a une extension qui n'est pas admise (« {shown(extension)} »)"
        constat = constat if dot and extension else "n'a pas d'extension"
        member_extension = piece.membre.strip().rpartition(".")[2].upper()
        expected = member_extension if member_extension in context.limites.extensions else "PDF"
        yield Hit(context.facture.place(f"{place}.nom"), shown(piece.nom), expected, {"constat": constat})


def _check_size(context: Context) -> Iterator[Hit]:
    maximum = context.limites.piece_jointe
    for place, piece in _pieces(context):
        if piece.taille > maximum:
            words = {"nom": shown(piece.nom), "taille": size(piece.taille), "maximum": size(maximum)}
            expected = f"{size(maximum)} au plus"
            yield Hit(context.facture.place(f"{place}.contenu"), size(piece.taille), expected, words)


def _check_not_empty(context: Context) -> Iterator[Hit]:
    for place, piece in _pieces(context):
        if piece.taille == 0 and not piece.faute:
            yield Hit(context.facture.place(f"{place}.contenu"), words={"nom": shown(piece.nom)})


def _check_readable(context: Context) -> Iterator[Hit]:
    for place, piece in _pieces(context):
        if piece.faute:
            raison = _FAUTES.get(piece.faute, "son contenu ne peut pas être ouvert")
            words = {"nom": shown(piece.nom), "raison": raison}
            yield Hit(context.facture.place(f"{place}.contenu"), words=words)


def _check_member_name(context: Context) -> Iterator[Hit]:
    for place, piece in _pieces(context):
        if piece.membre and not piece.faute and _name(piece.membre) != _name(piece.nom):
            yield Hit(context.facture.place(f"{place}.nom"), shown(piece.nom), shown(piece.membre))


def _check_names_differ(context: Context) -> Iterator[Hit]:
    seen: set[str] = set()
    for place, piece in _pieces(context):
        name = _name(piece.nom).casefold()
        if name and name in seen:
            yield Hit(context.facture.place(f"{place}.nom"), shown(piece.nom), "des noms différents")
        seen.add(name)


def _is_mixte(context: Context) -> bool:
    """A mixed flow: the XML is a summary, the invoice itself is its attachment of type 01."""
    return context.racine == "CPPFactureMixte" or context.interface in ("FSO1110A", "FSO1116A")


def _check_invoice_attached(context: Context) -> Iterator[Hit]:
    pieces = context.facture.pieces_jointes
    if _is_mixte(context) and not any(piece.type == FACTURE for piece in pieces):
        yield Hit(context.facture.place("pj"), expected=f"une pièce jointe de type {FACTURE}")


def _check_nature(context: Context) -> Iterator[Hit]:
    for place, piece in _pieces(context):
        extension = _name(piece.nom).rpartition(".")[2].upper()
        legal = NATURES.get(extension)
        if piece.nature and not piece.faute and legal is not None and piece.nature not in legal:
            told = _NATURES_TOLD.get(piece.nature, f"un fichier {piece.nature}")
            words = {"nom": shown(piece.nom), "nature": told}
            expected = f"un fichier {extension}"
            yield Hit(context.facture.place(f"{place}.contenu"), piece.nature, expected, words)


def _check_pdf_opens(context: Context) -> Iterator[Hit]:
    for place, piece in _pieces(context):
        if piece.lisible is False and not piece.faute:
            yield Hit(context.facture.place(f"{place}.contenu"), words={"nom": shown(piece.nom)})


def _card(code: str, motif: str, message: str, fix: str, severity: Severity = Severity.ERROR) -> Card:
    citation = "Chorus Pro, pièces jointes : quelques règles à respecter ; BR-FR-CPRO-41"
    return Card(code, severity, motif, citation, message, fix)


RULES: tuple[Rule, ...] = (
    Rule(
        _card(
            "EDI-PJ-01",
            "IRR_NOM_PJ",
            "Le nom de la pièce jointe « {value} » compte {longueur} caractères ; {maximum} au plus sont "
            "admis, extension comprise.",
            "Le fournisseur raccourcit le nom de la pièce jointe et dépose de nouveau la facture.",
        ),
        _check_name_length,
    ),
    Rule(
        _card(
            "EDI-PJ-02",
            "IRR_EXT_DOC",
            "Le nom de la pièce jointe « {value} » {constat}.",
            "Le fournisseur donne à la pièce jointe un nom qui finit par une extension admise, par exemple "
            "{expected}, et dépose de nouveau la facture.",
        ),
        _check_extension,
    ),
    Rule(
        _card(
            "EDI-PJ-03",
            "IRR_TAILLE_PJ",
            "La pièce jointe « {nom} » pèse {taille} ; une pièce jointe pèse {maximum} au plus.",
            "Le fournisseur allège ou partage la pièce jointe et dépose de nouveau la facture.",
        ),
        _check_size,
    ),
    Rule(
        _card(
            "EDI-PJ-04",
            "IRR_VID_PJ",
            "La pièce jointe « {nom} » est vide.",
            "Le fournisseur joint de nouveau le document, ou retire la pièce jointe, et redépose la facture.",
        ),
        _check_not_empty,
    ),
    Rule(
        _card(
            "EDI-PJ-05",
            "REJ_ASS_PJ",
            "La pièce jointe « {nom} » ne peut pas être ouverte : {raison}.",
            "L'éditeur du logiciel de facturation joint le document en base64 d'une archive zip d'un seul "
            "fichier ; le fournisseur dépose de nouveau la facture.",
        ),
        _check_readable,
    ),
    Rule(
        _card(
            "EDI-PJ-06",
            "REJ_ASS_PJ",
            "La pièce jointe annoncée « {value} » s'appelle « {expected} » dans son archive zip.",
            "L'éditeur du logiciel de facturation donne le même nom aux deux ; la facture n'est pas bloquée "
            "pour cela.",
            Severity.WARNING,
        ),
        _check_member_name,
    ),
    Rule(
        _card(
            "EDI-PJ-07",
            "REJ_REF_PJ",
            "Deux pièces jointes de la facture portent le nom « {value} ».",
            "Le fournisseur donne un nom différent à chaque pièce jointe ; la facture n'est pas bloquée "
            "pour cela.",
            Severity.WARNING,
        ),
        _check_names_differ,
    ),
    Rule(
        _card(
            "EDI-PJ-08",
            "REJ_ASS_PJ",
            "La facture mixte ne porte pas de pièce jointe de type 01, c'est-à-dire la facture elle-même.",
            "Le fournisseur joint la facture lisible avec le type 01 et dépose de nouveau la facture.",
        ),
        _check_invoice_attached,
        frozenset({"chorus"}),
    ),
    Rule(
        _card(
            "EDI-PJ-09",
            "IRR_EXT_DOC",
            "La pièce jointe « {nom} » est {nature}, et non {expected} comme son extension l'annonce.",
            "Le fournisseur joint le document sous l'extension de son vrai format ; le destinataire risque "
            "de ne pas pouvoir l'ouvrir.",
            Severity.WARNING,
        ),
        _check_nature,
    ),
    Rule(
        _card(
            "EDI-PJ-10",
            "REJ_ASS_PJ",
            "La pièce jointe « {nom} » est un PDF qui ne s'ouvre pas : il est abîmé, ou protégé par un mot "
            "de passe.",
            "Le fournisseur produit de nouveau le PDF, sans mot de passe ; le destinataire ne pourra pas le "
            "lire.",
            Severity.WARNING,
        ),
        _check_pdf_opens,
    ),
)
