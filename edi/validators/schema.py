"""Validation against an XSD: lxml says whether, and when it says no, who explains.

lxml is about fifty times faster than xmlschema but explains less well; so a valid invoice costs a tenth of a
millisecond, and only a refused one of ordinary size pays for sentences. Schemas are compiled once a process.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from importlib.util import find_spec
from itertools import islice, takewhile
from pathlib import Path
from typing import cast

from lxml import etree

from edi import resources
from edi.model import Finding, Place
from edi.validators import cards, xsd_log
from edi.validators.scenarios import SCHEMAS, Schema, SchemaUnavailable
from edi.xml import conforms, line_of, where

__all__ = ["CARDS", "MOST_FINDINGS", "SchemaUnavailable", "locate", "validate"]

CARDS = cards.XSD_CARDS
MOST_FINDINGS = 50  # told one by one; the rest is told as a number
_MOST_COUNTED = 1000  # a document that is all faults is not explained to its end
_EXPLAINED_SIZE = 2 * 1024**2  # characters of a document that xmlschema may be asked about
# Validating a tree costs the square of the number of siblings that are wrong, for each fault has its path
# written: 20,000 bad lines take seconds, 500,000 take hours. Wider documents are therefore validated as a
# stream, and explained by a sample. A lot in one document (500 invoices) stays below.
_MOST_ELEMENTS = 200_000
_MOST_CHILDREN = 1_000  # of one element
_IS_WIDE = etree.XPath(
    f"count(//*) > {_MOST_CHILDREN} and"
    f" (count(//*) > {_MOST_ELEMENTS} or boolean(//*[count(*) > {_MOST_CHILDREN}]))"
)

# lxml keeps one log per compiled schema: two threads must not write it at once.
_ONE_AT_A_TIME = threading.RLock()


def validate(tree: etree._ElementTree, schema_name: str) -> tuple[Finding, ...]:
    """What the schema of that name refuses, at most :data:`MOST_FINDINGS` and one that counts the others.

    That last one stands at the element which holds all that it counts. Raises SchemaUnavailable.
    """
    sampled = bool(_IS_WIDE(tree))
    with _ONE_AT_A_TIME:
        schema = _compile(schema_name)
        if sampled:
            if conforms(tree, schema):
                return ()
            tree = _sample(tree)
        if schema.validate(tree) and not sampled:
            return ()
        log = cast("Iterable[etree._LogEntry]", schema.error_log)
        entries = list(islice(log, _MOST_COUNTED))
    told = _explain(tree, schema_name) if entries else []
    told = told or list(xsd_log.tell(tree, entries))
    different = tuple(dict.fromkeys(told))
    first, others = different[:MOST_FINDINGS], different[MOST_FINDINGS:]
    if sampled or len(told) >= _MOST_COUNTED:
        return (*first, _count(len(first), tree, ()))
    return (*first, _count(len(first), tree, others)) if others else first


def _count(told: int, tree: etree._ElementTree, others: tuple[Finding, ...]) -> Finding:
    """The finding for all that is not told; without ``others``, nobody knows how many they are."""
    if others:
        path = "/".join(_shared_steps([finding.location.split("/") for finding in others]))
        place = Place(path, others[0].line)
        more = f"{len(others)} autre{'s' * (len(others) > 1)}"
        return cards.XSD_OTHER.at(
            place, constat=f"en plus des {told} fautes détaillées, il en contient {more}"
        )
    place = Place(where(tree.getroot()), line_of(tree.getroot()))
    begin = f"{told} faute{'s' * (told > 1)} au moins" if told else "des fautes"
    return cards.XSD_OTHER.at(place, constat=f"il est trop long pour être détaillé et contient {begin}")


def _shared_steps(paths: list[list[str]]) -> list[str]:
    steps = zip(*paths, strict=False)
    return [step[0] for step in takewhile(lambda step: len(set(step)) == 1, steps)]


def _sample(tree: etree._ElementTree) -> etree._ElementTree:
    """The document with the first children of each element only; their paths and lines are unchanged."""
    sample = deepcopy(tree)
    for element in sample.iter():
        del element[_MOST_CHILDREN:]
    return sample


def _explain(tree: etree._ElementTree, schema_name: str) -> list[Finding]:
    """xmlschema's view of a document; nothing when it is too large, or when xmlschema cannot tell."""
    if not _is_small(tree):
        return []
    # Loaded for a document that is refused: a worker that meets none starts without xmlschema.
    from edi.validators import xsd_explainer

    path, schema = locate(schema_name), SCHEMAS[schema_name]
    inside = path.parents[schema.path.count("/")] if schema.package else path.parent
    with _ONE_AT_A_TIME:
        explainer = xsd_explainer.load(path, inside)
    return xsd_explainer.explain(tree, explainer, _MOST_COUNTED)


def _is_small(tree: etree._ElementTree) -> bool:
    """True below about 2 MB of document, counted without serialising it and no further than needed."""
    size = 0
    for element in tree.iter():
        size += 2 * len(element.tag) + len(element.text or "") + len(element.tail or "")
        size += sum(len(value) for value in element.attrib.values())
        if size > _EXPLAINED_SIZE:
            return False
    return True


@cache
def _compile(name: str) -> etree.XMLSchema:
    path = locate(name)
    try:
        return etree.XMLSchema(file=str(path))
    except etree.XMLSchemaParseError as error:
        raise SchemaUnavailable(f"schema {name} cannot be compiled: {error}") from error


def locate(name: str) -> Path:
    """The file of a schema, once each file it is made of is known to be the one we expect.

    Raises SchemaUnavailable.
    """
    schema = SCHEMAS.get(name)
    if schema is None:
        raise SchemaUnavailable(f"no schema is named {name} in schemas/scenarios.toml")
    if not schema.package:
        try:
            return resources.locate(*schema.path.split("/")).resolve()
        except FileNotFoundError as error:
            raise SchemaUnavailable(str(error)) from error
    spec = find_spec(schema.package)
    if spec is None or not spec.submodule_search_locations:
        raise SchemaUnavailable(f"schema {name} needs the Python package {schema.package}, not installed")
    folder = Path(spec.submodule_search_locations[0]).resolve() / schema.folder
    for file, fault in _check_files(folder, schema):
        raise SchemaUnavailable(f"{file} of package {schema.package} {fault}; schema {name} is not used")
    return folder / schema.path


def _check_files(folder: Path, schema: Schema) -> Iterator[tuple[str, str]]:
    for file, expected in ((schema.path, schema.sha256), *schema.files.items()):
        path = folder / file
        if not path.is_file():
            yield file, "is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            yield file, "is not the version recorded in schemas/scenarios.toml (sha256 differs)"
