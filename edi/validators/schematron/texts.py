"""What a failed official rule means, in French: the cards of ``schemas/regles``, filled with its words.

A rule has its own card, or is of a family known by its id, by its official sentence or by what it tests. The
official sentence itself is never translated here: it is shown one level below, as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from edi.validators.schematron import regles, terms
from edi.validators.schematron.installed import complete
from edi.validators.schematron.nearest import suggest
from edi.validators.schematron.official import Assertion
from edi.validators.schematron.regles import AGAIN, RESEND, WHO, Carte, Famille
from edi.validators.wording import shown
from edi.validators.xsd_explain import list_all

UNKNOWN = "inconnue"  # `famille` of a rule that no card knows: a newer official file than ours

_BRACKET = re.compile(r"\[([A-Z][\w-]*[\w])[\]/]")
_WORD = re.compile(r"\{(\w+)\}")
_NAMED_STEP = re.compile(r"(?<![\w@'.=\"-])([A-Z]\w+)")
_FEW = 12  # codes of a list short enough to be told in full
_NOTHING = "(vide)"
_STRANGER = Carte(
    titre="La facture ne respecte pas la règle officielle {id}.",
    attendu="ce que dit le texte officiel de la règle",
    qui="editeur",
    fix="corrige le document selon le texte officiel de la règle",
)


class RegleTexte(NamedTuple):
    """A card made ready: only ``{value}`` is left to be put in ``titre``, by :func:`build_message`."""

    id: str  # the rule's own name, also where a sheet numbers it otherwise or leaves it without id
    titre: str
    terme: str  # "BT-131 Montant net HT de la ligne", '' when the place tells no term
    attendu: str
    fix: str
    motif: str
    quelle_valeur: tuple[str, ...] = ()  # XPaths from the element, tried in order; none: its own text
    codes: bool = False  # a list is checked: official.legal_codes has it
    famille: str = ""  # '' for a card of its own, else which family (its id's regex), or UNKNOWN


def find_text(id: str, element_path: str = "", rule: Assertion | None = None) -> RegleTexte:
    """The card of an official rule, for the element it failed on (path of SVRL, of xml.where, or '').

    ``rule`` is the assert as its sheet has it, with the sentence as the run gave it; without it, and when the
    id is not enough, the installed sheets are searched. A rule that no card knows gets a card that says so.
    """
    rule = rule or Assertion(id)
    if not _is_told_by_text(id):
        rule = rule._replace(
            text=""
        )  # what a run says quotes values: each would be another rule to the cache
    return _find(id, terms.local_path(element_path), rule)


def _is_told_by_text(id: str) -> bool:
    return id == "" or id.startswith("FX-SCH-")


@lru_cache(maxsize=4096)
def _find(id: str, path: str, rule: Assertion) -> RegleTexte:
    if _is_told_by_text(id):
        rule = complete(rule)
        if named := _BRACKET.match(rule.text):
            return _find(named[1], path, rule._replace(id=named[1]))
    known = regles.load()
    if id in known.cartes:
        return _fill(id, known.cartes[id], "", {}, path, rule)
    for famille, words, seen in _matching(id, rule):
        card = famille.carte
        if famille.comme:
            words, card = _like(_put(famille.comme, words), card, words)
        name = id or famille.code
        return _fill(name, card, famille.id.pattern, words, path, seen)
    return _fill(id, _STRANGER, UNKNOWN, {}, path, rule)


def _matching(id: str, rule: Assertion) -> Iterator[tuple[Famille, dict[str, str], Assertion]]:
    """The families of a rule, those known by the id alone first, the default ones last."""
    alike = [
        one for one in regles.load().familles if one.id.search(id) and not (one.sauf and one.sauf.search(id))
    ]
    for famille in (one for one in alike if one.is_simple and not one.defaut):
        yield famille, _words(famille, id), rule
    shaped = [one for one in alike if not one.is_simple]
    rule = complete(rule) if shaped else rule
    for famille in shaped:
        text = famille.texte.search(rule.text) if famille.texte else None
        test = famille.test.search(rule.test) if famille.test else None
        if (text or not famille.texte) and (test or not famille.test):
            found = {**(text.groupdict() if text else {}), **(test.groupdict() if test else {})}
            yield famille, {**_words(famille, id), **_filled(found)}, rule
    for famille in (one for one in alike if one.defaut):
        yield famille, _words(famille, id), rule


def _words(famille: Famille, id: str) -> dict[str, str]:
    match = famille.id.search(id)
    groups = _filled(match.groupdict() if match else {})
    tables = regles.load().mots
    chosen = [tables[table].get(groups.get(group, ""), {}) for table, group in famille.mots]
    return {**groups, **{key: word for words in chosen for key, word in words.items()}}


def _filled(groups: Mapping[str, str | None]) -> dict[str, str]:
    return {key: word for key, word in groups.items() if word is not None}


def _like(base: str, card: Carte, words: Mapping[str, str]) -> tuple[dict[str, str], Carte]:
    """The card of another rule, with what the family says otherwise; ``{attendu}`` is what it expects."""
    known = regles.load()
    found, more = known.cartes.get(base), dict[str, str]()
    if found is None:
        famille, more, _ = next(_matching(base, Assertion(base)))
        found = famille.carte
    own = {key: value for key, value in asdict(card).items() if value and key not in ("motif", "qui")}
    return {**words, **more, "attendu": _put(found.attendu, more)}, replace(found, **own)


def _fill(
    id: str, card: Carte, famille: str, words: Mapping[str, str], path: str, rule: Assertion
) -> RegleTexte:
    path = path or terms.local_path(rule.match)
    at = _locate(words.get("element", ""), path)
    if "attribut" in words and terms.find_term(f"{path}/@{words['attribut']}"):
        at = f"{path}/@{words['attribut']}"
    numbers = " / ".join(dict.fromkeys(terms.TERM.findall(id)))
    quoi = f"« {_spell(words.get('element', ''))} »"
    words = {
        **words,
        "id": id,
        "termes": numbers,
        "noms": terms.names_of(numbers),
        "nu": _spell(words.get("element", "")),
        "quoi": quoi + _in_brackets(terms.find_term(at)),
        "dans": f"dans l'élément « {path.rpartition('/')[2]} »{_in_brackets(terms.find_term(path))}"
        if path
        else "",
    }
    valeur = tuple(xpath for step in card.valeur for xpath in _xpaths(step, words))
    again = RESEND if card.qui == "emetteur" else AGAIN
    end = "." if card.avis else f"{again}."
    return RegleTexte(
        id=id,
        titre=_put(card.titre, words),
        terme=terms.name_term(
            _choose(_put(card.terme, words), path, card.valeur) or terms.find_term(at, True)
        ),
        attendu=_put(card.attendu, words),
        fix=f"{WHO[card.qui]} {_put(card.fix, words)}{end}",
        motif=card.motif,
        quelle_valeur=valeur,
        codes=card.codes,
        famille=famille,
    )


def _put(template: str, words: Mapping[str, str]) -> str:
    """Fill in all words but ``{value}``, twice since a word may quote one; no space before a full stop."""
    for _ in range(2):
        template = _WORD.sub(lambda match: words.get(match[1], match[0]), template)
    return re.sub(r" +([.,])", r"\1", template)


def _locate(element: str, path: str) -> str:
    """The local path of an element named by an official text, seen from where the rule fired."""
    named = terms.local_path(element)
    return named if not path or element.startswith("/") else "/".join(filter(None, (path, named)))


def _spell(element: str) -> str:
    """At most the four last steps: enough to find it, short enough to be read."""
    return "/".join(terms.local_path(element).split("/")[-4:])


def _in_brackets(number: str) -> str:
    return f" ({terms.name_term(number)})" if number else ""


def _choose(numbers: str, path: str, valeur: tuple[str, ...]) -> str:
    """Of several terms that a rule may speak of, the one it failed on, when the path tells."""
    several = terms.TERM.findall(numbers)
    if len(several) > 1:
        places = (path, *(f"{path}/{step}" for step in valeur if step.startswith("@")))
        for place in places:
            if (one := terms.find_term(place)) in several:
                return one
    return numbers


def _xpaths(step: str, words: Mapping[str, str]) -> Iterator[str]:
    """XPaths by local names: ``Price/@unitCode`` in any namespace; ``.`` is the element if it holds text."""
    found = _WORD.search(step)
    for word in words.get(found[1], "").split("|") if found else ("",):
        path = _WORD.sub(word, step)
        yield "self::*[not(*)]" if path == "." else _NAMED_STEP.sub(r"*[local-name()='\1']", path)


# -- for the runner ---------------------------------------------------------------------------------------


def find_value(texte: RegleTexte, element: etree._Element) -> str:
    """What was found, without outer white space; '' when the card names nothing or nothing is there."""
    for xpath in texte.quelle_valeur:
        found = element.xpath(xpath)
        if isinstance(found, list) and found:
            one = found[0]
            return ((one.text or "") if isinstance(one, etree._Element) else str(one)).strip()
    if texte.quelle_valeur or len(element):
        return ""
    return (element.text or "").strip()


def build_message(texte: RegleTexte, value: str = "", codes: tuple[str, ...] = ()) -> str:
    """The sentence for the sender; with the legal ``codes`` of a list, it proposes the nearest one."""
    sentence = texte.titre.replace("{value}", shown(value) or _NOTHING)
    near = suggest(codes, value)
    if not near or near == value:
        return sentence
    return f"{sentence.removesuffix('.')} ; vouliez-vous « {near} » ?"


def build_expected(texte: RegleTexte, value: str = "", codes: tuple[str, ...] = ()) -> str:
    """What was expected: the nearest legal code, else the list when it is short, else what the card says."""
    near = suggest(codes, value)
    if near and near != value:
        return near
    return list_all(list(codes)) if 0 < len(codes) <= _FEW else texte.attendu
