"""The paths of SVRL, which name an element by namespace, local name and rank among its like."""

from __future__ import annotations

import re

from lxml import etree

from edi import xml

_NAME = r"\*:(?P<local>[^\[/]+)\[namespace-uri\(\)='(?P<uri>[^']*)'\]|(?P<name>[^\[/@][^\[/]*)"
_STEP = re.compile(rf"/(?:{_NAME})\[(?P<rank>\d+)\]")
_ANY_NAME = r"\*\[local-name\(\)='(?P<local>[^']+)' and namespace-uri\(\)='(?P<uri>[^']*)'\]"
_ATTRIBUTE = re.compile(rf"/@(?:{_ANY_NAME}|(?P<name>[^/]+))$")


class Locator:
    """Elements of one document by the paths of the sheets; siblings are counted once for all findings."""

    def __init__(self, tree: etree._ElementTree) -> None:
        self._root = tree.getroot()
        self._children: dict[tuple[etree._Element, str], list[etree._Element]] = {}
        self._paths: dict[str, tuple[etree._Element, str]] = {}

    def find(self, path: str) -> tuple[etree._Element, str, str]:
        """The element of a path, its path as edi.xml.where writes it, and the attribute meant ('' if none).

        A path that leads nowhere (there is none such) gives the last element that it does lead to.
        """
        attribute = _ATTRIBUTE.search(path)
        steps = path[: attribute.start()] if attribute else path
        found = self._paths.get(steps)
        if found is None:
            found = self._paths[steps] = self._walk(steps)
        element, where = found
        if attribute is None:
            return element, where, ""
        name = attribute["name"] or attribute["local"]
        clark = f"{{{attribute['uri']}}}{name}" if attribute["uri"] else name
        return element, f"{where}/@{name}", clark

    def _walk(self, steps: str) -> tuple[etree._Element, str]:
        element, where = self._root, xml.where(self._root)
        for step in list(_STEP.finditer(steps))[1:]:
            clark = f"{{{step['uri']}}}{step['local']}" if step["uri"] else step["name"] or step["local"]
            siblings = self._siblings(element, clark)
            rank = int(step["rank"])
            if rank > len(siblings):
                break
            element = siblings[rank - 1]
            local = clark.rpartition("}")[2]
            name = f"{element.prefix}:{local}" if element.prefix else local
            where += f"/{name}" if len(siblings) == 1 else f"/{name}[{rank}]"
        return element, where

    def _siblings(self, parent: etree._Element, clark: str) -> list[etree._Element]:
        key = (parent, clark)
        if key not in self._children:
            wanted = (
                clark if clark.startswith("{") else f"{{}}{clark}"
            )  # a bare name would stand for any namespace
            self._children[key] = list(parent.iterchildren(wanted))
        return self._children[key]
