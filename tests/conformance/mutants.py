"""Documents one fault away from another: each term dropped, doubled or corrupted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from edi import xml

NONSENSE = (
    "",
    " ",
    "x",
    "0",
    "-1",
    "1.005",
    "12.345678",
    "1e3",
    "NaN",
    "20250230",
    "2025-02-30",
    "EUR ",
    "é\"'<{",
)


def mutants(data: bytes, count: int, seed: str) -> Iterator[etree._ElementTree]:
    """``count`` mutants of a document, always the same for a seed."""
    rng = random.Random(seed)
    size = sum(1 for _ in xml.parse(data).iter())
    for _ in range(count):
        tree = xml.parse(data)
        for _ in range(rng.choice((1, 1, 2))):
            _mutate(tree, rng, size)
        yield tree


def _mutate(tree: etree._ElementTree, rng: random.Random, size: int) -> None:
    elements = list(tree.iter())
    element = elements[min(rng.randrange(1, size), len(elements) - 1)]
    parent = element.getparent()
    if parent is None:
        return
    act = rng.choice(("drop", "double", "corrupt", "attribute", "move"))
    if act == "drop":
        parent.remove(element)
    elif act == "double":
        parent.insert(parent.index(element), deepcopy(element))
    elif act == "move":
        other = rng.choice(elements)
        if element not in other.iterancestors() and other is not element:
            other.append(deepcopy(element))
    elif act == "attribute" and element.attrib:
        name = rng.choice(list(element.attrib))
        element.set(name, rng.choice(NONSENSE))
    elif len(element) == 0:
        element.text = rng.choice(NONSENSE)
