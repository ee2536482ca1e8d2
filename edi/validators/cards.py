"""Cards of what is found before any rule runs: XML, format, PDF, schema."""

from __future__ import annotations

from edi.model import Card, Severity

_SYNTAXE = "W3C, XML 1.0 ; Chorus Pro, spécifications externes EDI : fichiers XML ; DGFiP, motif IRR_SYNTAX"
_FORMATS = "Chorus Pro, spécifications externes EDI : un flux par format ; DGFiP, motif IRR_TYPE_F"
_SCHEMAS = (
    "Chorus Pro, règles de format (XSD) : OASIS UBL 2.1, CII D22B, Factur-X 1.09, CPPFactureMixte ; "
    "DGFiP, motif IRR_SYNTAX"
)

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

# -- Factur-X: the PDF around the invoice -------------------------------------------------------------------


def _pdf(
    code: str, motif: str, message: str, fix: str, severity: Severity = Severity.FATAL, texte: str = ""
) -> Card:
    citation = texte or "Factur-X 1.0 (FNFE-MPE, FeRD) : facture XML jointe à un PDF/A-3"
    return Card(code, severity, motif, f"{citation} ; DGFiP, motif {motif}", message, fix)


PDF_UNREADABLE = _pdf(  # raison
    "EDI-PDF-01",
    "IRR_SYNTAX",
    "Le PDF ne peut pas être lu : {raison}.",
    "Le déposant vérifie que le fichier n'a pas été tronqué ou modifié en route ; sinon l'éditeur du "
    f"logiciel de facturation produit un PDF sain, {_RENVOI}",
)
PDF_ENCRYPTED = _pdf(
    "EDI-PDF-02",
    "IRR_EXTRAC",
    "Le PDF est chiffré ou protégé par un mot de passe.",
    f"Le fournisseur produit le PDF sans mot de passe ni protection, {_RENVOI}",
    texte="ISO 19005-3 (PDF/A-3) : le chiffrement est interdit",
)
PDF_WITHOUT_INVOICE = _pdf(  # value: names of its attachments; constat
    "EDI-PDF-03",
    "IRR_TYPE_F",
    "Le PDF n'est pas une facture Factur-X : {constat}.",
    f"Le fournisseur produit une facture Factur-X (la pièce jointe du PDF se nomme {{expected}}), {_RENVOI}",
)
PDF_SEVERAL_INVOICES = _pdf(
    "EDI-PDF-04",
    "IRR_TYPE_F",
    "Le PDF contient plusieurs factures XML « {value} » : rien ne dit laquelle compte.",
    f"{_EDITEUR} ne joint qu'une facture XML au PDF, {_RENVOI}",
)
PDF_INVOICE_TOO_LARGE = _pdf(
    "EDI-PDF-05",
    "IRR_TAILLE_F",
    "La facture XML contenue dans le PDF dépasse {expected} une fois décompressée.",
    f"Le fournisseur allège les pièces jointes de la facture, {_RENVOI}",
)
PDF_DECLARATION = _pdf(  # constat
    "EDI-PDF-06",
    "IRR_TYPE_F",
    "Les métadonnées du PDF (XMP) ne déclarent pas la facture Factur-X comme il le faut : {constat}.",
    f"{_EDITEUR} écrit dans les métadonnées {{expected}}, {_RENVOI}",
)
PDF_LEVEL = _pdf(
    "EDI-PDF-07",
    "IRR_TYPE_F",
    "Le PDF déclare le profil « {value} », mais la facture qu'il contient est du profil {expected} (BT-24).",
    f"{_EDITEUR} déclare dans le PDF (fx:ConformanceLevel) le profil de la facture XML, {_RENVOI}",
)
PDF_NOT_ARCHIVAL = _pdf(  # constat
    "EDI-PDF-08",
    "IRR_TYPE_F",
    "Le PDF ne se déclare pas PDF/A-3 : {constat}.",
    f"{_EDITEUR} produit un PDF/A-3 et le déclare (pdfaid:part = 3), {_RENVOI}",
    texte="Factur-X 1.0 ; ISO 19005-3 (PDF/A-3), identification dans les métadonnées",
)
PDF_RELATION = _pdf(  # constat
    "EDI-PDF-09",
    "IRR_TYPE_F",
    "Le lien entre le PDF et sa facture XML (AFRelationship) {constat} ; attendu : {expected}.",
    f"{_EDITEUR} corrige AFRelationship, {_RENVOI}",
)
PDF_PROFILE = _pdf(  # constat
    "EDI-PDF-10",
    "IRR_TYPE_F",
    "La facture contenue dans le PDF n'est d'aucun profil de Factur-X : BT-24 {constat}.",
    f"{_EDITEUR} écrit dans BT-24 l'un des profils {{expected}}, {_RENVOI}",
)
PDF_OTHER_INVOICE = _pdf(
    "EDI-PDF-11",
    "IRR_TYPE_F",
    "Le PDF contient aussi « {value} », qui n'est pas lu : seul factur-x.xml fait foi.",
    "L'éditeur du logiciel de facturation ne joint au PDF que factur-x.xml ; la facture n'est pas bloquée "
    "pour cela.",
    Severity.WARNING,
)
PDF_REPAIRED = _pdf(
    "EDI-PDF-12",
    "IRR_SYNTAX",
    "La structure du PDF est abîmée ; la facture XML a pu en être tirée quand même.",
    "Le fournisseur vérifie que le PDF s'ouvre et se lit ; la facture n'est pas bloquée pour cela.",
    Severity.WARNING,
)
PDF_CARDS = (
    PDF_UNREADABLE,
    PDF_ENCRYPTED,
    PDF_WITHOUT_INVOICE,
    PDF_SEVERAL_INVOICES,
    PDF_INVOICE_TOO_LARGE,
    PDF_DECLARATION,
    PDF_LEVEL,
    PDF_NOT_ARCHIVAL,
    PDF_RELATION,
    PDF_PROFILE,
    PDF_OTHER_INVOICE,
    PDF_REPAIRED,
)


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
