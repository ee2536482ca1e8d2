"""xmlschema asked about a document that a schema refuses: the schema loaded, its errors as findings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import xmlschema
from lxml import etree

from edi.model import Finding
from edi.validators import xsd_explain
from edi.validators.scenarios import SchemaUnavailable

# What xmlschema raises for documents it was not written for; the document is refused already, and the log of
# lxml then tells why.
_INEXPLICABLE = (
    xmlschema.XMLSchemaException,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)

# Schemas of XSD itself, which come with xmlschema.
_META_SCHEMAS = {schema.url for schema in xmlschema.XMLSchema10.meta_schema.maps.iter_schemas()}


@cache
def load(path: Path, inside: Path) -> xmlschema.XMLSchema10:
    """Local files only; neither the network nor the ``schemaLocation`` of a document is followed.

    Raises SchemaUnavailable for a schema that refers to files outside the folder ``inside``.
    """
    explainer = xmlschema.XMLSchema10(path, allow="local", use_fallback=False)
    read = {part.url for part in explainer.maps.iter_schemas()} - _META_SCHEMAS
    if outside := [url for url in read if not url.startswith(f"{inside.as_uri()}/")]:
        raise SchemaUnavailable(f"schema {path.name} refers to {outside}, outside {inside}")
    return explainer


def explain(tree: etree._ElementTree, explainer: xmlschema.XMLSchema10, most: int) -> list[Finding]:
    """At most so many findings; none where xmlschema cannot tell."""
    try:
        return list(islice(_tell(tree, explainer), most))
    except _INEXPLICABLE:
        return []


def _tell(tree: etree._ElementTree, explainer: xmlschema.XMLSchema10) -> Iterator[Finding]:
    """A finding for each error."""
    for error in explainer.iter_errors(tree, use_location_hints=False):
        if isinstance(error, xmlschema.XMLSchemaChildrenValidationError):
            yield xsd_explain.tell_children(error)
        elif isinstance(error.elem, etree._Element):
            yield xsd_explain.tell_value(error, error.elem)
