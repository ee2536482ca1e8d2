"""Looks for a faulty variant of every official rule: all single changes of all bases, the simplest is kept.

    python tests/conformance/search_variants.py [--dirige] PACK...

prints ``schemas/exemples/PACK.toml``. What that file already holds is kept when it still fires; what is not
found is told on stderr. ``--dirige`` leaves out the blind changes, most of the work, and makes only those
that the text of a rule suggests. A tool for who adds a sheet; the tests only read its harvest.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import NamedTuple

from lxml import etree

from edi.exemples.bases import load_bases, parse, write_base
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
from edi.exemples.variantes import Variante, load_variantes, write_variante
from edi.validators import schema
from edi.validators.scenarios import SCENARIOS
from edi.validators.schematron import rewrite, saxon
from edi.validators.schematron.official import Assertion, read_asserts
from edi.validators.schematron.packs import PACKS, Pack, locate_sheet

NAMESPACES = PREFIXES | {
    "ubl": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "cn": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
}
SIRET = "00031001200019"  # of another company
TYPES = "384 386 262 261 381 389 471 500 502 503 751 875".split()
NOTES = ("#QQQ#x", "#TXD#x", "#BAR#B2B", "#BAR#B2C", "#PMT#x", "#PMD#x", "#AAB#x", "#ZZZ#x")
# what is tried in an element besides what its rules quote
EXTRA = {
    "InvoiceTypeCode": TYPES,
    "CreditNoteTypeCode": TYPES,
    "TypeCode": TYPES,
    "ProfileID": "B2 B4 M8 M9 S2".split(),
    "Note": NOTES,
    "SubjectCode": "TXD BAR PMT PMD AAB".split(),
    "Content": ("B2B", "B2C", "MEMBRE_ASSUJETTI_UNIQUE"),
    "GlobalID": (SIRET,),
    "ID": (SIRET, "L", "B2", "B4", "M8", "M9", "S2", "VA", "FC", "VAT", "123", "A B"),
}
LONG = "TEXTE_TROP_LONG_"
WORDS = ("A B", "ZZZ", "QQQ", (LONG * 3)[:36], (LONG * 7)[:101], (LONG * 8)[:126], "")
NUMBERS = ("9999.00", "-1", "0", "1.005", "12.3456789", "1234567890123456789.00", "ZZZ", "")
DATES = ("2025-02-30", "2020-01-01", "2099-01-01", "ZZZ", "")
DAYS = ("20250230", "20200101", "20990101", "ZZZ", "")
_ENDS = re.compile(r"ends-with\(name\(\),\s*'(\w+)'\)")  # of XPath 2
CODED = ("schemeID", "unitCode", "listID", "currencyID")  # attributes that bear a code
LISTED = 8  # quoted values tried of one rule


class Found(NamedTuple):
    """The score of a change, lowest first, and the change."""

    leve: bool
    invalid: bool
    others: int
    weight: int
    rank: int
    edits: tuple[Edit, ...]
    base: str


# -- changes ------------------------------------------------------------------------------------------------


Change = tuple[Edit, ...]


def blind(root: etree._Element, quoted: dict[str, set[str]]) -> Iterator[Edit]:
    """Drop, double and rewrite every element, drop and rewrite every attribute."""
    for element in root.iter():
        path, name = path_of(element), etree.QName(element).localname
        for attribute in map(str, element.attrib):
            yield Edit(ATTRIBUT, path, None, attribute)
            for value in ("ZZZ", "", *sorted(quoted.get(f"@{attribute}", ()))):
                yield Edit(ATTRIBUT, path, value, attribute)
        if element.getparent() is None:
            continue
        yield Edit(RETIRE, path)
        yield Edit(DOUBLE, path)
        if len(element) == 0:
            for text in pool(name, element.text or "", quoted):
                yield Edit(TEXTE, path, text)


def pool(name: str, text: str, quoted: dict[str, set[str]]) -> Iterable[str]:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        kind: tuple[str, ...] = DATES
    elif re.fullmatch(r"20\d{6}", text):
        kind = DAYS
    elif re.fullmatch(r"-?[\d.]+", text) and not name.endswith("ID"):
        kind = NUMBERS
    else:
        kind = WORDS
    tried = (*EXTRA.get(name, ()), *kind, *sorted(quoted.get(name, ())))
    return dict.fromkeys(value for value in tried if value != text)


def read_quoted(rules: Iterable[Assertion]) -> dict[str, set[str]]:
    """The values that rules quote, by the local name of the elements and attributes they speak of."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        words = [w for q in re.findall(r"'([^']*)'", rule.test + rule.match) for w in q.split()]
        words = [w for w in words if re.fullmatch(r"[\w.-]{1,12}", w)][:LISTED]
        for name in re.findall(r"(?:\w+:|@)(\w+)", rule.test + "|" + rule.match):
            for key in (name, f"@{name}"):
                known = found.setdefault(key, set())
                if len(known) < 3 * LISTED:
                    known.update(words)
    return found


class Step(NamedTuple):
    name: str
    where: tuple[tuple[str, str], ...] = ()  # (path, value) that it must hold


def read_steps(path: str) -> list[Step] | None:
    """The steps of a simple path with its predicates; None for one that is not."""
    steps = []
    for text in re.findall(r"(?:[^/\[]|\[[^\]]*\])+", path.strip("/ ")):
        match = re.fullmatch(r"((?:\w+:)?\w+|@\w+|\.\.?)((?:\[[^\]]*\])*)", text.strip())
        if match is None:
            return None
        where = re.findall(r"([\w:/@]+)\s*=\s*['\"]([^'\"]*)['\"]", match[2])
        steps.append(Step(match[1], tuple(where)))
    return steps


def build(steps: list[Step], text: str | None, times: int = 1) -> str:
    """XML that holds a path; ``text`` stands in its leaf, None for a likely value."""
    if not steps:
        return ""
    if steps[-1].name.startswith("@"):
        *steps, last = steps
        steps[-1] = steps[-1]._replace(where=(*steps[-1].where, (last.name, text or "ZZZ")))
        text = None
    first, rest = steps[0], steps[1:]
    inner = build(rest, text, times) if rest else likely(first.name, text)
    attributes = likely_attributes(first.name)
    for path, value in first.where:
        if path.startswith("@"):
            attributes[path[1:]] = value
        elif (inner_steps := read_steps(path)) and (rest or text is None):
            inner += build(inner_steps, value)
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    one = f"<{first.name}{written}>{inner}</{first.name}>"
    return one * (times if not rest else 1)


def likely_attributes(name: str) -> dict[str, str]:
    if name.startswith("cbc:") and name.endswith("Amount"):
        return {"currencyID": "EUR"}
    if name.endswith(("DateTimeString", "DateString")):
        return {"format": "102"}
    if name.endswith("BinaryObject"):
        return {"mimeCode": "application/pdf"}
    return {}


def likely(name: str, text: str | None) -> str:
    if text is not None:
        return text
    if name.startswith("cac:"):
        return ""
    if name.endswith("DateTime") and name.startswith("ram:"):
        return '<udt:DateTimeString format="102">20250915</udt:DateTimeString>'
    if name.endswith("Indicator") and name.startswith("ram:"):
        return "<udt:Indicator>true</udt:Indicator>"
    ends = {"Date": "2025-09-15", "DateTimeString": "20250915", "Indicator": "true", "Time": "12:00:00"}
    ends |= dict.fromkeys(("Amount", "Percent", "Numeric", "Quantity", "Measure", "Rate"), "1")
    return next((value for end, value in ends.items() if name.endswith(end)), "x")


def directed(root: etree._Element, rule: Assertion) -> Iterator[Change]:
    """Changes that put what a rule speaks of where it looks, or take it away."""
    paths = wanted(root, rule.test)
    for alternative in split_union(rule.match):
        contexts = select(root, alternative)
        for element in contexts[:2]:
            where = path_of(element)
            yield from together(element, paths)
            for steps in paths:
                yield from ((edit,) for edit in insertions(element, where, steps))
            for name in dict.fromkeys(re.findall(r"(?<![\w/\]])@(\w+)", rule.test)):
                yield (Edit(ATTRIBUT, where, "ZZZ", name),)
            if where:
                yield (Edit(DOUBLE, where),)
            yield from corrupted(element, where)
        if contexts or not (steps := read_steps(alternative)):
            continue
        for extra in ([], *paths):
            if extra and extra[0].name in ("..", "."):
                continue
            for text, times in ((None, 1), ("", 1), ("ZZZ", 1), (None, 2)):
                yield from ((edit,) for edit in ensure(root, [*steps, *extra], text, times))
        for edit in ensure(root, steps, None, 1):
            yield (edit._replace(valeur=re.sub(r' \w+="[^"]*"', "", edit.valeur or "")),)
        for name in CODED:
            coded = steps[-1]._replace(where=(*steps[-1].where, (f"@{name}", "QQQ")))
            yield from ((edit,) for edit in ensure(root, [*steps[:-1], coded], None, 1))
    for name in dict.fromkeys(re.findall(r"//@(\w+)", rule.test)):
        for element in list(root.iter())[1:]:
            if len(element) == 0:
                yield (Edit(ATTRIBUT, path_of(element), "ZZZ", name),)


def corrupted(element: etree._Element, where: str) -> Iterator[Change]:
    """A code that no list has, in the element and in its attributes."""
    if len(element) == 0:
        yield (Edit(TEXTE, where, "QQQ"),)
    for name in map(str, element.attrib):
        yield (Edit(ATTRIBUT, where, None, name),)
    for name in CODED:
        yield (Edit(ATTRIBUT, where, "QQQ", name),)


def together(element: etree._Element, paths: list[list[Step]]) -> Iterator[Change]:
    """All that a rule speaks of at once: taken away, or put in."""
    gone = []
    for steps in paths:
        gone += [Edit(RETIRE, path_of(one)) for one in select(element, "/".join(map(written, steps)), "")]
    yield tuple(dict.fromkeys(reversed(gone)))
    missing = [edit for steps in paths for edit in ensure(element, steps, None, 1)]
    yield tuple(dict.fromkeys(missing))


def wanted(root: etree._Element, test: str) -> list[list[Step]]:
    """The paths that a test follows, first with their predicates, then without."""
    line = "cac:CreditNoteLine" if etree.QName(root).localname == "CreditNote" else "cac:InvoiceLine"
    test = test.replace("(cac:InvoiceLine|cac:CreditNoteLine)", line)
    step = r"(?:\w+:\w+|@\w+)(?:\[[^\[\]]*\])?"
    whole = re.findall(rf"(?<![\w$:'@/])(?:\.\./|\./|//)?({step}(?:/{step})*)", test)
    bare = re.sub(r"'[^']*'", "''", test)
    short = re.findall(r"(?<![\w$:'@/])((?:\.\./|\./|//)?(?:\w+:\w+)(?:/(?:\w+:\w+|@\w+))*)", strip(bare))
    paths = (path for path in dict.fromkeys((*short, *whole)) if not re.match(r"(xs|fn|custom|u):", path))
    steps = [read_steps(path) for path in paths]
    return [found for found in steps if found][:10]


def strip(text: str) -> str:
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", text)) != text:
        text = shorter
    return text


def insertions(element: etree._Element, where: str, steps: list[Step]) -> Iterator[Edit]:
    while steps and steps[0].name == "..":
        parent = element.getparent()
        if parent is None:
            return
        element, where, steps = parent, path_of(parent), steps[1:]
    if not steps or steps[0].name == ".":
        return
    for text, times in ((None, 1), ("ZZZ", 1), ("", 1), (None, 2)):
        yield from ensure(element, steps, text, times)
        if not steps[0].name.startswith("@"):
            yield Edit(INSERE, where, build(steps, text, times))


def ensure(root: etree._Element, steps: list[Step], text: str | None, times: int) -> Iterator[Edit]:
    """What is missing of a path, put under its deepest element that is there."""
    element, left = root, list(steps)
    if left and left[0].name.partition(":")[2] == etree.QName(root).localname:
        left = left[1:]
    while len(left) > 1 and (inside := select(element, written(left[0]), "")):
        element, left = inside[0], left[1:]
    if not left:
        return
    if left[0].name.startswith("@"):
        yield Edit(ATTRIBUT, path_of(element), text or "ZZZ", left[0].name[1:])
        return
    yield Edit(INSERE, path_of(element), build(left, text, times))


def written(step: Step) -> str:
    return step.name + "".join(f"[{path}='{value}']" for path, value in step.where)


def split_union(match: str) -> list[str]:
    return [part.strip() for part in re.split(r"\|(?![^\[]*\])", match) if part.strip()]


def select(root: etree._Element, path: str, prefix: str = "//") -> list[etree._Element]:
    path = path if path.startswith("/") or not prefix else prefix + path
    path = _ENDS.sub(r"substring(name(), string-length(name()) - string-length('\1') + 1) = '\1'", path)
    try:
        found = root.xpath(path, namespaces=NAMESPACES)
    except etree.XPathError:
        return []
    return [one for one in found if isinstance(one, etree._Element)] if isinstance(found, list) else []


# -- search -------------------------------------------------------------------------------------------------


def fired(pack: Pack, root: etree._Element, way: str) -> set[str] | None:
    try:
        found = saxon.run_pack(pack, saxon.open_document(root.getroottree()), way)
        return {one.id for one in found if one.id and one.flag != rewrite.DYNAMIC}
    except saxon.DynamicError:
        return None


def search(pack: Pack, wanted_rules: set[str], hasty: bool) -> dict[str, Found]:
    rules = [rule for rule in asserts(pack) if rule.id in wanted_rules]
    best: dict[str, Found] = {}
    for rank, base in enumerate(name for name in load_bases() if pack.id in packs_of(name)):
        if rank and "-tva" in base and pack.id.startswith("br-fr"):
            continue
        root = parse(write_base(base))
        before = fired(pack, root, saxon.REWRITTEN) or set()
        xsd = schema_of(base)
        seen: set[Change] = set()
        for change in changes(root, rules, best, rank, hasty):
            if change and change not in seen:
                seen.add(change)
                consider(pack, base, rank, root, before, change, xsd, wanted_rules, best)
        missing = wanted_rules - best.keys()
        print(
            f"{pack.id} {base}: {len(seen)} changes, {len(missing)} rules left", file=sys.stderr, flush=True
        )
        if not missing:
            break
    return best


def changes(
    root: etree._Element, rules: list[Assertion], best: dict[str, Found], rank: int, hasty: bool
) -> Iterator[Change]:
    missing = [rule for rule in rules if rule.id not in best]
    if not hasty:
        yield from ((edit,) for edit in blind(root, read_quoted(missing if rank else rules)))
    for rule in missing:
        if rule.id not in best:
            yield from directed(root, rule)


def consider(
    pack: Pack,
    base: str,
    rank: int,
    root: etree._Element,
    before: set[str],
    change: Change,
    xsd: etree.XMLSchema | None,
    wanted_rules: set[str],
    best: dict[str, Found],
) -> None:
    changed = deepcopy(root)
    try:
        apply_edits(changed, change)
    except (EditRefused, ValueError):
        return
    found, leve = fired(pack, changed, saxon.REWRITTEN), False
    if found is None and wanted_rules - best.keys():
        found, leve = fired(pack, changed, saxon.ISOLATED), True
    if not found:
        return
    new = (found - before) & wanted_rules
    weight = sum(weigh(edit) for edit in change)
    least = Found(leve, False, len(found) - 1, weight, rank, change, base)
    if all(rule in best and best[rule][:5] <= least[:5] for rule in new):
        return
    placed, valid = place(root, change, xsd)
    score = Found(leve, not valid, len(found) - 1, weight, rank, placed, base)
    for rule in new:
        if rule not in best or score[:5] < best[rule][:5]:
            best[rule] = score


def weigh(edit: Edit) -> int:
    weight = {RETIRE: 0, TEXTE: 1, ATTRIBUT: 1, DOUBLE: 2, INSERE: 2}[edit.acte]
    return weight + (len(edit.valeur or "") > 40 or edit.valeur == "")


def place(root: etree._Element, change: Change, xsd: etree.XMLSchema | None) -> tuple[Change, bool]:
    """The change with its insertions where the schema wants them, and whether it is then valid."""
    placed: list[Edit] = []
    for edit in change:
        tried = (edit,) if edit.acte != INSERE else tuple(places(root, edit))
        ends = [(one, validity(root, (*placed, one), xsd)) for one in tried]
        placed.append(min(ends, key=lambda end: end[1])[0])
    return tuple(placed), validity(root, tuple(placed), xsd) == 0


def places(root: etree._Element, edit: Edit) -> Iterator[Edit]:
    parent = find(root, edit.en) if is_there(root, edit.en) else None
    names = dict.fromkeys(etree.QName(child).localname for child in parent) if parent is not None else ()
    return (edit._replace(avant=name) for name in ("", *names))


def is_there(root: etree._Element, path: str) -> bool:
    try:
        find(root, path)
    except EditRefused:
        return False
    return True


def validity(root: etree._Element, change: Change, xsd: etree.XMLSchema | None) -> int:
    """How many faults the schema finds."""
    trial = deepcopy(root)
    try:
        apply_edits(trial, change)
    except EditRefused:
        return 10**6
    return 1 if xsd is None else (0 if xsd.validate(trial) else len(xsd.error_log))


def is_valid(root: etree._Element, xsd: etree.XMLSchema | None) -> bool:
    return xsd is not None and xsd.validate(root)


@cache
def schema_of(base: str) -> etree.XMLSchema | None:
    scenario = load_bases()[base].scenario
    if not scenario:
        ubl = base.startswith("ubl")
        return etree.XMLSchema(etree.parse(str(schema.locate("ubl-invoice" if ubl else "cii-d22b"))))
    name = next(one.schema for one in SCENARIOS if one.id == scenario)
    return etree.XMLSchema(etree.parse(str(schema.locate(name))))


def packs_of(base: str) -> tuple[str, ...]:
    """The packs that a base is valid under: those of its scenario, and its own."""
    one = load_bases()[base]
    return (*one.packs, *(name for s in SCENARIOS if s.id == one.scenario for name in s.packs))


def asserts(pack: Pack) -> list[Assertion]:
    return [
        rule
        for part in pack.parts
        for rule in read_asserts(locate_sheet(part.sheet).read_bytes())
        if part.applies(rule.id)
    ]


# -- harvest ------------------------------------------------------------------------------------------------


def write_toml(rule: str, variante: Variante) -> str:
    edits = ", ".join(write_edit(edit) for edit in variante.edits)
    flag = ", hors_schema = true" if variante.hors_schema else ""
    flag += ", leve = true" if variante.leve else ""
    return f'{text(rule)} = {{ base = "{variante.base}", edits = [{edits}]{flag} }}'


def write_edit(edit: Edit) -> str:
    pairs = [f"en = {text(edit.en)}"]
    if edit.acte in (RETIRE, DOUBLE):
        pairs.append(f"{edit.acte} = true")
    elif edit.acte == ATTRIBUT:
        pairs.append(f"attribut = {text(edit.nom)}")
        pairs += [] if edit.valeur is None else [f"valeur = {text(edit.valeur)}"]
    else:
        pairs.append(f"{edit.acte} = {text(edit.valeur or '')}")
        pairs += [f"avant = {text(edit.avant)}"] if edit.avant else []
    return "{ " + ", ".join(pairs) + " }"


def text(value: str) -> str:
    return f"'{value}'" if '"' in value and "'" not in value else '"' + value.replace('"', '\\"') + '"'


def holds(pack: Pack, rule: str, variante: Variante) -> bool:
    """The variant fires its rule under the official sheet, and its base does not."""
    root = parse(write_variante(variante))
    faulty = fired(pack, root, saxon.OFFICIAL)
    if variante.leve:
        faulty = fired(pack, root, saxon.ISOLATED) if faulty is None else None
    sound = fired_by_base(pack, variante.base)
    return faulty is not None and rule in faulty and sound is not None and rule not in sound


def injouables(pack: Pack, known: Mapping[str, str]) -> dict[str, str]:
    """The rules that no document breaks: those written down, and those whose test is always true."""
    always = {
        r.id: "son test officiel est toujours vrai" for r in asserts(pack) if r.id and r.test == "true()"
    }
    return {**always, **known}


@cache
def fired_by_base(pack: Pack, base: str) -> set[str] | None:
    return fired(pack, parse(write_base(base)), saxon.OFFICIAL)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(names: list[str]) -> None:
    hasty = "--dirige" in names
    for name in (name for name in names if name != "--dirige"):
        pack = PACKS[name][-1]
        ids = list(dict.fromkeys(rule.id for rule in asserts(pack) if rule.id))
        known = load_variantes(name)
        kept = {rule: one for rule, one in known.variantes.items() if rule in ids and holds(pack, rule, one)}
        found = search(pack, set(ids) - kept.keys(), hasty)
        print("[injouables]")
        for rule, why in injouables(pack, known.injouables).items():
            print(f"{text(rule)} = {text(why)}")
        print("\n[variantes]")
        for rule in ids:
            variante = kept.get(rule)
            if variante is None and rule in found:
                variante = Variante(found[rule].base, found[rule].edits, leve=found[rule].leve)
                if not holds(pack, rule, variante):
                    tell(f"{name} {rule}: does not fire under the official sheet")
                    continue
            if variante is not None:
                valid = is_valid(parse(write_variante(variante)), schema_of(variante.base))
                print(write_toml(rule, variante._replace(hors_schema=not valid)))
            elif rule not in injouables(pack, known.injouables):
                tell(f"{name} {rule}: not found")


if __name__ == "__main__":
    main(sys.argv[1:])
