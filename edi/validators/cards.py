"""Cards of what is found before any rule runs: XML, format, schema."""

from __future__ import annotations

from edi.model import Card, Severity

_SYNTAXE = "W3C, XML 1.0 ; Chorus Pro, spécifications externes EDI : fichiers XML ; DGFiP, motif IRR_SYNTAX"
_FORMATS = "Chorus Pro, spécifications externes EDI : un flux par format ; DGFiP, motif IRR_TYPE_F"
_SCHEMAS = "Chorus Pro, règles de format (XSD) : OASIS UBL 2.1, CPPFactureMixte ; DGFiP, motif IRR_SYNTAX"

_EDITEUR = "L'éditeur du logiciel de facturation"
_RENVOI = "puis le déposant dépose de nouveau la facture."


def _fatal(code: str, motif: str, citation: str, message: str, fix: str) -> Card:
    return Card(code, Severity.FATAL, motif, citation, message, fix)


XML_DOCTYPE = _fatal(
    "EDI-XML-01",
    "IRR_SYNTAX",
    _SYNTAXE,
    "Le fichier contient une déclaration DOCTYPE, interdite dans un flux.",
    f"{_EDITEUR} retire la déclaration « <!DOCTYPE … > », {_RENVOI}",
)
XML_ENCODING = _fatal(  # raison
    "EDI-XML-02",
    "IRR_SYNTAX",
    _SYNTAXE,
    "L'encodage du fichier n'est pas recevable : {raison}.",
    f"{_EDITEUR} produit le fichier en UTF-8, tel qu'il le déclare, {_RENVOI}",
)
XML_MALFORMED = _fatal(  # raison, endroit
    "EDI-XML-03",
    "IRR_SYNTAX",
    _SYNTAXE,
    "Le fichier n'est pas un document XML bien formé : {raison}{endroit}.",
    "Le déposant vérifie que le fichier n'a pas été tronqué ou modifié en route ; sinon l'éditeur du "
    f"logiciel de facturation corrige sa syntaxe, {_RENVOI}",
)
FORMAT_OTHER = _fatal(  # value: what it is; attendu; conseil
    "EDI-FORMAT-01",
    "IRR_TYPE_F",
    _FORMATS,
    "Le fichier est {value}, alors {attendu}.",
    "{conseil}",
)
FORMAT_UNKNOWN = _fatal(  # value: the root; attendu
    "EDI-FORMAT-02",
    "IRR_TYPE_F",
    _FORMATS,
    "Le fichier n'est d'aucun format connu (élément racine « {value} »), alors {attendu}.",
    "Le déposant vérifie qu'il a mis le bon fichier dans le flux et dépose la facture dans un format reçu : "
    "{expected}.",
)
CARDS = (XML_DOCTYPE, XML_ENCODING, XML_MALFORMED, FORMAT_OTHER, FORMAT_UNKNOWN)


def _xsd(code: str, message: str, verb: str) -> Card:
    return _fatal(code, "IRR_SYNTAX", _SCHEMAS, message, f"{_EDITEUR} {verb}, {_RENVOI}")


XSD_UNEXPECTED = _xsd(  # element
    "EDI-XSD-01",
    "L'élément « {element} » n'est pas attendu ici ; attendu : {expected}.",
    "retire cet élément, le déplace ou corrige son nom",
)
XSD_MISSING = _xsd(  # element: the parent
    "EDI-XSD-02",
    "Il manque dans l'élément « {element} » l'élément « {expected} ».",
    "ajoute l'élément manquant (ou le fournisseur renseigne la donnée dans son logiciel)",
)
XSD_FORM = _xsd(  # element
    "EDI-XSD-03",
    "La valeur « {value} » de l'élément « {element} » n'a pas la forme voulue ; attendu : {expected}.",
    "écrit la valeur sous cette forme",
)
XSD_LIST = _xsd(  # element
    "EDI-XSD-04",
    "La valeur « {value} » de l'élément « {element} » n'est pas dans la liste ; attendu : {expected}.",
    "emploie un code de la liste (ou le fournisseur le choisit dans son logiciel)",
)
XSD_ATTRIBUTE = _xsd(  # element, attribut, constat
    "EDI-XSD-05",
    "L'attribut « {attribut} » de l'élément « {element} » {constat}.",
    "corrige cet attribut",
)
XSD_LENGTH = _xsd(  # element, longueur
    "EDI-XSD-06",
    "La valeur « {value} » de l'élément « {element} » compte {longueur} caractères ; attendu : {expected}.",
    "ramène la valeur à cette longueur (ou le fournisseur la corrige dans son logiciel)",
)
XSD_OTHER = _xsd(  # constat
    "EDI-XSD-09",
    "Le document n'est pas conforme au schéma de son format : {constat}.",
    "produit un document conforme au schéma",
)
XSD_CARDS = (XSD_UNEXPECTED, XSD_MISSING, XSD_FORM, XSD_LIST, XSD_ATTRIBUTE, XSD_LENGTH, XSD_OTHER)
