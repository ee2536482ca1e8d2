"""The edits that are tried one by one on every element of a document, and those that chance puts together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape

from lxml import etree

from differential.cases import Case
from differential.grammar import Fils, Grammar, grammar_of
from differential.seeds import parse_seed
from differential.sheets import syntax_of
from differential.values import ALL, FEW, kind_of, quoted_values
from edi.exemples.edits import (
    ATTRIBUT,
    DOUBLE,
    INSERE,
    PREFIXES,
    RETIRE,
    TEXTE,
    Edit,
    EditRefused,
    apply_edits,
    find,
    path_of,
)

_LIKE = 2  # brothers of one name that are edited; the others are like them
_PREFIX = {uri: prefix for prefix, uri in PREFIXES.items()}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATTRIBUTES = (
    "schemeID",
    "currencyID",
    "unitCode",
    "listID",
    "format",
    "mimeCode",
    "languageID",
    "zzz",
    _LANG,
)
_ENDS = {
    "Date": "2025-09-15",
    "DateTimeString": "20250915",
    "DateString": "20250915",
    "Indicator": "true",
    **dict.fromkeys(("Amount", "Percent", "Numeric", "Quantity", "Measure", "Rate"), "1"),
}
_LONGEST = 20_000  # characters of what is copied elsewhere
_CROWD = 40  # elements of one name that an edit is made at
_COPY, _MANY, _STRANGER = "copie", "beaucoup", "étranger"  # drawn insertions besides those of the schema
_ACTS = {RETIRE: 2, DOUBLE: 2, TEXTE: 8, ATTRIBUT: 4, INSERE: 4, _COPY: 2, _MANY: 1, _STRANGER: 2}  # odds


# -- one by one ----------------------------------------------------------------------------------------------


def systematic(seed: str) -> Iterator[Case]:
    """Each element of a seed dropped, doubled and rewritten, each attribute dropped and changed, and each
    element that the schema would let in put there, one edit a case."""
    root = parse_seed(seed)
    grammar = grammar_of(root)
    for element in root.iter():
        where = path_of(element)
        if any(f"[{rank}]" in where for rank in range(_LIKE + 1, 10)) or _is_far(where):
            continue
        for edit in (*_of_element(element, where), *_of_attributes(element, where)):
            yield Case(seed, (edit,), "systématique")
        if grammar is not None:
            for missing in grammar.absent(element):
                yield Case(seed, (insertion(grammar, where, missing),), "systématique")


def _is_far(where: str) -> bool:
    """Whether a rank of the path has two digits."""
    return any(len(step.partition("[")[2]) > 2 for step in where.split("/"))


def _of_element(element: etree._Element, where: str) -> Iterator[Edit]:
    if where:
        yield Edit(RETIRE, where)
        yield Edit(DOUBLE, where)
    if len(element) == 0:
        text = element.text or ""
        yield from (Edit(TEXTE, where, value) for value in FEW[kind_of(text)] if value != text)
        yield Edit(TEXTE, where, f" {text}\n ")


def _of_attributes(element: etree._Element, where: str) -> Iterator[Edit]:
    for name in map(str, element.attrib):
        yield from (Edit(ATTRIBUT, where, value, name) for value in (None, "", "QQQ"))
    for name in _ATTRIBUTES:
        if name not in element.attrib and len(element) == 0:
            yield Edit(ATTRIBUT, where, "QQQ", name)


def insertion(grammar: Grammar, where: str, missing: Fils) -> Edit:
    return Edit(INSERE, where, build(grammar, missing, 2))


def build(grammar: Grammar, one: Fils, depth: int) -> str:
    """The element with likely content, ``depth`` levels deep."""
    uri, _, local = one.tag[1:].partition("}")
    prefix = _PREFIX.get(uri)
    opening = f"{prefix}:{local}" if prefix else f'n:{local} xmlns:n="{uri}"'
    inside = grammar.types.get(one.type, ())
    if inside:
        text = "".join(build(grammar, child, depth - 1) for child in islice(inside, 6)) if depth else ""
    else:
        text = next((value for end, value in _ENDS.items() if local.endswith(end)), "x")
    return f"<{opening}>{text}</{prefix or 'n'}:{local}>"


# -- at random -----------------------------------------------------------------------------------------------


def mutant(seed: str, number: str, first: tuple[Edit, ...] = ()) -> Case:
    """Several edits at once, after ``first``; always the same for a seed and a number. Raises EditRefused."""
    rng = random.Random(f"{seed}|{number}")
    root = parse_seed(seed)
    apply_edits(root, first)
    grammar, syntax = grammar_of(root), syntax_of(root.getroottree())
    done = list(first)
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 6, 9))):
        edit = _draw(rng, root, grammar, quoted_values(syntax))
        every = _everywhere(rng, root, edit) if edit is not None and rng.random() < 0.15 else (edit,)
        for one in filter(None, every):
            try:
                apply_edits(root, (one,))
            except (EditRefused, ValueError):
                continue
            done.append(one)
    return Case(seed, tuple(done), f"hasard {number}")


def _draw(
    rng: random.Random,
    root: etree._Element,
    grammar: Grammar | None,
    quoted: dict[str, tuple[str, ...]],
) -> Edit | None:
    elements = list(root.iter(etree.Element))
    element = rng.choice(elements)
    where = path_of(element)
    act = rng.choices(tuple(_ACTS), tuple(_ACTS.values()))[0]
    if act in (RETIRE, DOUBLE):
        return Edit(act, where) if where else None
    if act == TEXTE:
        leaf = len(element) == 0 or rng.random() < 0.05
        return Edit(TEXTE, where, _draw_text(rng, element, quoted)) if leaf else None
    if act == ATTRIBUT:
        return _draw_attribute(rng, element, where, quoted)
    if act == INSERE and grammar is not None:
        missing = list(grammar.absent(element))
        return insertion(grammar, where, rng.choice(missing)) if missing else None
    other = rng.choice(elements)
    if act == _STRANGER:
        return Edit(INSERE, where, _draw_stranger(rng, other), avant=_draw_before(rng, element))
    if act == _MANY and where:
        element, where, other = other, path_of(element).rpartition("/")[0], element
    copy = etree.tostring(other, encoding="unicode", with_tail=False)
    copies = rng.choice((5, 20, 60)) if act == _MANY else 1
    return Edit(INSERE, where, copy * copies) if len(copy) * copies < _LONGEST else None


def _everywhere(rng: random.Random, root: etree._Element, edit: Edit) -> tuple[Edit, ...]:
    """The same at each element of that name, last first; of its parent's name too, one time in two."""
    element = find(root, edit.en)
    like = [one for one in root.iter(str(element.tag)) if one is not root]
    if (parent := element.getparent()) is not None and rng.random() < 0.5:
        like = [one for one in like if _tag_above(one) == parent.tag]
    return tuple(edit._replace(en=path_of(one)) for one in reversed(like[:_CROWD]))


def _tag_above(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else str(parent.tag)


def _draw_before(rng: random.Random, element: etree._Element) -> str:
    """A child to insert before; '' for the end."""
    children = list(element.iterchildren(etree.Element))
    return etree.QName(rng.choice(children)).localname if children and rng.random() < 0.5 else ""


def _draw_stranger(rng: random.Random, like: etree._Element) -> str:
    """What only looks like an element that rules know: of no namespace, of another, or under another prefix;
    or something that is no element."""
    name, text = etree.QName(like), escape(like.text or "x")
    return rng.choice(
        (
            f"<{name.localname}>{text}</{name.localname}>",
            f'<x:{name.localname} xmlns:x="urn:x">{text}</x:{name.localname}>',
            f'<zz:{name.localname} xmlns:zz="{name.namespace}">{text}</zz:{name.localname}>',
            f'<{name.localname} xmlns="{name.namespace}">{text}</{name.localname}>',
            f"<!--{name.localname}-->",
            f"<?pi {name.localname}?>",
        )
    )


def _draw_text(rng: random.Random, element: etree._Element, quoted: dict[str, tuple[str, ...]]) -> str:
    text, name = element.text or "", etree.QName(element).localname
    dice = rng.random()
    if dice < 0.35 and name in quoted:
        return rng.choice(quoted[name])
    if dice < 0.42:
        return f" {text}\n"
    if dice < 0.5:
        return text.swapcase() or "x"
    kind = kind_of(text) if dice < 0.9 else rng.choice(tuple(ALL))
    return rng.choice(ALL[kind])


def _draw_attribute(
    rng: random.Random, element: etree._Element, where: str, quoted: dict[str, tuple[str, ...]]
) -> Edit:
    there = [str(name) for name in element.attrib]
    if there and rng.random() < 0.3:
        return Edit(ATTRIBUT, where, None, rng.choice(there))
    name = rng.choice(there) if there and rng.random() < 0.6 else rng.choice(_ATTRIBUTES)
    values = quoted.get(name, ()) if rng.random() < 0.5 else ()
    return Edit(ATTRIBUT, where, rng.choice(values or ("", " ", "QQQ", "EUR", "0002", " 0009 ", "102")), name)
