"""Looks for a document that breaks each rule of a sheet that nothing breaks yet, and writes its recipe down.

    make falsify SHEETS="facturx-basic br-fr-cdv"

A rule is searched by what it says: its context is built where it is missing, then what its test speaks of is
put in, taken away, repeated or corrupted, on several valid documents. The official sheet says whether it is
broken. What is found goes to ``recettes/<sheet>.toml`` (a seed and a few edits); the examples of the rules
(schemas/exemples) are the first recipes, and are not repeated there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import partial
from itertools import islice
from pathlib import Path

from lxml import etree
from search_variants import directed, ensure, read_steps, select, split_union

from differential.cases import Case
from differential.edits import systematic
from differential.recipes import RECETTES, breaks, examples, known, write_case
from differential.seeds import bases_for, parse_seed
from differential.sheets import CDAR, Feuille, feuilles, rules_of
from edi.exemples.edits import ATTRIBUT, DOUBLE, RETIRE, Edit, EditRefused, apply_edits, path_of
from edi.validators.schematron.official import Assertion

MOST = 120  # changes tried of one rule on one seed
SEEDS = 14  # valid documents that a rule is tried on
_COUNTED = re.compile(r"count\(\s*([\w:/]+)\s*\)")
_CODED = ("format", "schemeID", "unitCode", "listID", "currencyID", "mimeCode")

Change = tuple[Edit, ...]


def changes(root: etree._Element, rule: Assertion) -> Iterator[Change]:
    """Ways of breaking a rule, likeliest first; some of them do nothing."""
    yield from around(root, rule)
    for alternative in split_union(rule.match):
        steps = read_steps(alternative)
        if steps is None or select(root, alternative):
            continue
        for first in ensure(root, steps, None, 1):
            yield (first,)
            built = deepcopy(root)
            if _applies(built, (first,)):
                yield from ((first, *rest) for rest in around(built, rule))


def around(root: etree._Element, rule: Assertion) -> Iterator[Change]:
    """Changes at the elements that a rule speaks of, which are there."""
    for alternative in split_union(rule.match):
        for element in select(root, alternative)[:2]:
            where = path_of(element)
            yield from ((Edit(ATTRIBUT, where, "QQQ", name),) for name in _CODED)
            for name in _COUNTED.findall(rule.test):
                counted = [path_of(one) for one in select(element, name, "")]
                yield tuple(Edit(RETIRE, path) for path in reversed(counted))
                yield tuple(Edit(DOUBLE, path) for path in counted[:1] for _ in range(2))
    yield from directed(root, rule)


def _applies(root: etree._Element, change: Change) -> bool:
    try:
        apply_edits(root, change)
    except (EditRefused, ValueError):
        return False
    return True


def search(feuille: Feuille, missing: set[int]) -> Iterator[tuple[int, Case]]:
    """A case for each rule that can be broken so; ``missing`` loses what is found, and what falls with it.

    The few rules of messages fall to edits that know nothing of them.
    """
    rules = rules_of(feuille)
    for case in (case for seed in bases_for(feuille) if feuille.syntax == CDAR for case in systematic(seed)):
        for rank in (breaks(feuille, case) & missing) if missing else ():
            missing.discard(rank)
            yield rank, case
    for seed in bases_for(feuille)[:SEEDS]:
        root = parse_seed(seed)
        for rank in sorted(missing):
            if rank not in missing:
                continue
            tried = islice(dict.fromkeys(filter(None, changes(root, rules[rank]))), MOST)
            for case in map(partial(Case, seed), tried):
                broken = breaks(feuille, case) & missing
                if broken:
                    missing -= broken
                    yield min(broken, key=lambda one: one != rank), case
                if rank in broken:
                    break
        print(f"{feuille.name} {seed}: {len(missing)} left", file=sys.stderr, flush=True)


def main(names: Iterable[str]) -> None:
    for feuille in (one for one in feuilles() if one.name in names):
        rules = rules_of(feuille)
        missing = set(range(len(rules)))
        for case in (*examples(feuille), *known(feuille)):
            missing -= breaks(feuille, case)
        path = Path(RECETTES, f"{feuille.name}.toml")
        found = [write_case(case, rules[rank]) for rank, case in search(feuille, missing)]
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(found))
        for rank in sorted(missing):
            print(f"{feuille.name} {rank} {rules[rank].id}: {rules[rank].match} : {rules[rank].test}")


if __name__ == "__main__":
    main(sys.argv[1:])
