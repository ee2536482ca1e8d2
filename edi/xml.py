"""The one XML parser of the house, hardened.

A foreign document is refused before libxml2 sees it when it bears a DOCTYPE: no entity, no external file, no
network, no expansion. Only then is ``huge_tree`` allowed, which base64 attachments need; the limits in bytes
that stand in front of us bound the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pyexpat import ExpatError, ParserCreate, errors
from typing import Any, cast

from lxml import etree

# Declared encoding -> byte order marks that agree with it.
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16le", b"\xfe\xff": "utf-16be"}
_ENCODINGS: Mapping[str, frozenset[str]] = {
    "utf-8": frozenset({"", "utf-8"}),
    "us-ascii": frozenset({""}),
    "iso-8859-1": frozenset({""}),
    "iso-8859-15": frozenset({""}),
    "windows-1252": frozenset({""}),
    "utf-16": frozenset({"utf-16le", "utf-16be"}),
    "utf-16le": frozenset({"utf-16le"}),
    "utf-16be": frozenset({"utf-16be"}),
}
# First bytes of UTF-32, of UTF-16 that lacks its mark, and of EBCDIC.
_FOREIGN = (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0", b"\0<", b"\0\0\0<", b"\x4c\x6f\xa7\x94")

_FIRST_CHUNK = 8192  # bytes of the prolog given to expat at once, doubled each time
_LONGEST_PROLOG = 1024**2  # bytes; no honest document has its root further down

_CODES = etree.ErrorTypes
_ENCODING_CODES = frozenset(
    {_CODES.ERR_INVALID_ENCODING, _CODES.ERR_UNKNOWN_ENCODING, _CODES.ERR_UNSUPPORTED_ENCODING}
)
_REASONS: Mapping[int, str] = {
    _CODES.ERR_DOCUMENT_EMPTY: "il est vide",
    _CODES.ERR_DOCUMENT_END: "du contenu suit la fin du document",
    _CODES.ERR_TAG_NAME_MISMATCH: "une balise n'est pas refermée par la balise du même nom",
    _CODES.ERR_TAG_NOT_FINISHED: "une balise n'est jamais refermée",
    _CODES.ERR_GT_REQUIRED: "une balise est mal écrite",
    _CODES.ERR_LTSLASH_REQUIRED: "une balise fermante est mal écrite",
    _CODES.ERR_INVALID_CHAR: "un caractère interdit en XML s'y trouve",
    _CODES.ERR_INVALID_CHARREF: "une référence de caractère désigne un caractère interdit",
    _CODES.ERR_UNDECLARED_ENTITY: "une entité inconnue y est employée (« &nom; »)",
    _CODES.ERR_ENTITYREF_SEMICOL_MISSING: "le signe « & » doit s'écrire « &amp; »",
    _CODES.ERR_NAME_REQUIRED: "un signe « & » ou « < » du texte doit s'écrire « &amp; » ou « &lt; »",
    _CODES.ERR_LT_IN_ATTRIBUTE: "le signe « < » d'un attribut doit s'écrire « &lt; »",
    _CODES.ERR_ATTRIBUTE_REDEFINED: "une balise porte deux fois le même attribut",
    _CODES.ERR_ATTRIBUTE_NOT_STARTED: "la valeur d'un attribut n'est pas entre guillemets",
    _CODES.ERR_RESERVED_XML_NAME: "la déclaration « <?xml » ne commence pas le fichier",
    _CODES.NS_ERR_QNAME: "un nom d'élément ou d'attribut est mal écrit",
    _CODES.NS_ERR_UNDEFINED_NAMESPACE: "un préfixe est employé sans être déclaré (xmlns)",
    _CODES.ERR_RESOURCE_LIMIT: "ses éléments sont imbriqués trop profondément",
}
_NOT_XML = "ce n'est pas du XML"
_TRUNCATED = "la fin du document manque"
_BAD_SYNTAX = "sa syntaxe n'est pas celle du XML"
_PROLOG_REASONS: Mapping[int, str] = {
    errors.codes[errors.XML_ERROR_NO_ELEMENTS]: "aucun élément ne s'y trouve",
    errors.codes[errors.XML_ERROR_MISPLACED_XML_PI]: "la déclaration « <?xml » ne commence pas le fichier",
    errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]: "un préfixe est employé sans être déclaré (xmlns)",
    errors.codes[errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "une balise porte deux fois le même attribut",
}


class XmlRefused(Exception):
    """A document that will not be parsed.

    ``kind`` is ``doctype``, ``encoding`` or ``malformed``; ``reason`` a short French text that quotes nothing
    of the document; ``line`` and ``column`` count from 1, None when unknown.
    """

    def __init__(self, kind: str, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(kind, reason, line, column)
        self.kind, self.reason, self.line, self.column = kind, reason, line, column


class _RootSeen(Exception):
    """No error: it stops expat at the first start tag."""


def _read_bom(data: bytes) -> str:
    """The encoding that the first bytes themselves tell; '' when they tell none. Refuses the unreadable."""
    if data.startswith(_FOREIGN):
        raise XmlRefused("encoding", "les octets ne sont ni de l'UTF-8 ni de l'UTF-16 marqué (BOM)", 1, 1)
    return next((name for mark, name in _BOMS.items() if data.startswith(mark)), "")


def _check_declared(declared: str, bom: str) -> None:
    agreeing = _ENCODINGS.get(declared.lower())
    if agreeing is None:
        raise XmlRefused("encoding", "l'encodage déclaré n'est pas admis", 1)
    if bom not in agreeing:
        found = {"": "sur un octet par caractère", "utf-8": "en UTF-8"}.get(bom, "en UTF-16")
        name = declared.upper()  # one of our own keys: nothing foreign is quoted
        raise XmlRefused("encoding", f"il est déclaré {name} mais ses octets sont {found}", 1)


def sniff(data: bytes) -> str:
    """The root of a document, as a Clark name (``{urn:...}Invoice``), reading nothing past its start tag.

    Raises XmlRefused for a DOCTYPE, for bytes that contradict the declared encoding, or for no XML at all.
    """
    bom = _read_bom(data)
    parser = ParserCreate(None, "}")
    root = ""

    def see_declaration(_version: str, declared: str | None, _standalone: int) -> None:
        if declared is not None:
            _check_declared(declared, bom)

    def see_doctype(*_: object) -> None:
        reason = "une déclaration DOCTYPE s'y trouve"
        raise XmlRefused("doctype", reason, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def see_root(name: str, _attributes: object) -> None:
        nonlocal root
        root = "{" + name if "}" in name else name
        raise _RootSeen

    parser.XmlDeclHandler = see_declaration
    parser.StartDoctypeDeclHandler = see_doctype
    parser.StartElementHandler = see_root
    try:
        # Doubling chunks and a longest prolog: expat reads an unfinished token again from its start at each
        # chunk, so that an endless comment would cost the square of its size.
        start, size, view = 0, _FIRST_CHUNK, memoryview(data)[:_LONGEST_PROLOG]
        while start < len(view):
            parser.Parse(view[start : start + size], False)
            start, size = start + size, size * 2
        if len(data) > len(view):
            raise XmlRefused("malformed", "aucun élément ne s'y trouve dans le premier mégaoctet")
        parser.Parse(b"", True)
    except _RootSeen:
        return root
    except ExpatError as error:
        if error.code == errors.codes[errors.XML_ERROR_INCORRECT_ENCODING]:
            raise XmlRefused("encoding", "ses octets contredisent l'encodage déclaré", error.lineno) from None
        reason = _PROLOG_REASONS.get(error.code, _NOT_XML)
        raise XmlRefused("malformed", reason, error.lineno, error.offset + 1) from None
    raise XmlRefused("malformed", _NOT_XML)


def _parser(schema: etree.XMLSchema | None = None, entire: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_comments=not entire,
        remove_pis=not entire,
        schema=schema,
    )


def conforms(tree: etree._ElementTree, schema: etree.XMLSchema) -> bool:
    """Whether a parsed document is valid, in a time that its faults do not multiply; not why."""
    try:
        etree.fromstring(etree.tostring(tree), _parser(schema))
    except etree.XMLSyntaxError:
        return False
    return True


def parse(data: bytes, entire: bool = False) -> etree._ElementTree:
    """The document, without its comments and processing instructions. Raises XmlRefused.

    They are left out so that the text of an element is one text, whatever was commented in its middle;
    ``entire`` keeps them, for who looks at what was signed.
    """
    root = sniff(data)
    if _read_bom(data) in ("", "utf-8") and (nul := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise XmlRefused("malformed", "un octet nul s'y trouve", line)
    try:
        tree = etree.fromstring(data, _parser(entire=entire)).getroottree()
    except etree.XMLSyntaxError as error:
        code: int = cast(Any, error).code
        line, column = error.position
        if code in _ENCODING_CODES:
            reason = "ses octets contredisent l'encodage déclaré"
            raise XmlRefused("encoding", reason, line, column) from None
        whole = data.rstrip(b" \t\r\n\0").endswith(b">")
        reason = _REASONS.get(code, _BAD_SYNTAX) if whole else _TRUNCATED
        raise XmlRefused("malformed", reason, line, column) from None
    if tree.docinfo.internalDTD is not None or tree.getroot().tag != root:
        # Both parsers must have read the same document: a difference is an attack.
        raise XmlRefused("doctype", "une déclaration DOCTYPE s'y trouve")
    return tree


def spell(clark: str, nsmap: Mapping[str | None, str]) -> str:
    """A Clark name with the prefix the document gives to its namespace; its local name when it gives none."""
    if not clark.startswith("{"):
        return clark
    namespace, local = clark[1:].rsplit("}", 1)
    prefix = next((key for key, uri in nsmap.items() if uri == namespace and key), "")
    return f"{prefix}:{local}" if prefix and nsmap.get(None) != namespace else local


def _step(element: etree._Element) -> str:
    tag = str(element.tag)
    local = tag.rpartition("}")[2]
    name = f"{element.prefix}:{local}" if element.prefix else local
    before = sum(1 for _ in element.itersiblings(tag, preceding=True))
    alone = before == 0 and next(element.itersiblings(tag), None) is None
    return name if alone else f"{name}[{before + 1}]"


def line_of(element: etree._Element) -> int | None:
    """The line of the bytes received on which the start tag of an element ends."""
    return cast("int | None", element.sourceline)


def where(element: etree._Element, within: etree._Element | None = None) -> str:
    """XPath of an element with the document's own prefixes; numbered where siblings share its name.

    With ``within``, only the steps below that ancestor (itself excluded).
    """
    steps: list[str] = []
    node: etree._Element | None = element
    while node is not None and node is not within:
        steps.append(_step(node))
        node = node.getparent()
    return "".join(f"/{step}" for step in reversed(steps))
