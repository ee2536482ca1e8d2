"""Which documents a run makes, and which sheets each is shown to: the same for a seed of the run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, count, islice

from differential.cases import Case
from differential.edits import mutant, systematic
from differential.recipes import examples, known
from differential.seeds import own_seeds, seeds_for
from differential.sheets import Feuille
from differential.worker import Task

_STRANGERS = 12  # one seed in so many is also shown to the sheets of another syntax


def tasks(
    feuilles: Iterable[Feuille], number: int, *, own: bool = False, known_cases: bool = True
) -> Iterator[Task]:
    """Without end: each example, recipe and seed; then, in turns, edits one by one and mutants, as ``number``
    draws them. ``own`` leaves the public corpus out; without ``known_cases`` all is drawn."""
    chosen = tuple(feuilles)
    syntaxes = {one.syntax: tuple(f.name for f in chosen if f.syntax == one.syntax) for one in chosen}
    seeds = {syntax: list(own_seeds(syntax) if own else seeds_for(syntax)) for syntax in syntaxes}
    if known_cases:
        for feuille in chosen:
            yield from (Task(case, (feuille.name,)) for case in chain(examples(feuille), known(feuille)))
        for syntax, names in syntaxes.items():
            yield from (Task(Case(seed, (), "graine"), names) for seed in seeds[syntax])
            others = [seed for other in seeds if other != syntax for seed in seeds[other][::_STRANGERS]]
            yield from (Task(Case(seed, (), "autre syntaxe"), names) for seed in others)
    faulty = {
        syntax: [case for one in chosen if one.syntax == syntax for case in chain(examples(one), known(one))]
        for syntax in syntaxes
    }
    yield from drawn(syntaxes, seeds, faulty, number)


def drawn(
    syntaxes: Mapping[str, tuple[str, ...]],
    seeds: Mapping[str, list[str]],
    faulty: Mapping[str, list[Case]],
    number: int,
) -> Iterator[Task]:
    """The part without end: an edit, a mutant of a seed, one of a faulty document; a syntax in its turn."""
    turns = [
        partial(next, one)
        for syntax, names in syntaxes.items()
        for one in (
            _edits(seeds[syntax], names, number),
            _mutants(list(map(Case, seeds[syntax])), names, f"{number}"),
            _mutants(faulty[syntax] or list(map(Case, seeds[syntax])), names, f"{number}f"),
        )
    ]
    while True:
        for turn in turns:
            yield turn()


def _edits(seeds: list[str], names: tuple[str, ...], number: int) -> Iterator[Task]:
    """Of each seed in turn, one of the edits that are left, until none is; then again from the first."""
    rng = random.Random(f"edits|{number}")
    while True:
        waiting: dict[str, list[Case]] = {}
        for seed in rng.sample(seeds, len(seeds)):
            waiting[seed] = list(systematic(seed))
            rng.shuffle(waiting[seed])
            yield from (Task(case, names) for case in islice(waiting[seed], 40))
        for seed, cases in waiting.items():
            yield from (Task(case, names) for case in cases[40:])
            waiting[seed] = []


def _mutants(cases: list[Case], names: tuple[str, ...], number: str) -> Iterator[Task]:
    rng = random.Random(f"mutants|{number}")
    for rank in count():
        case = rng.choice(cases)
        yield Task(mutant(case.seed, f"{number}:{rank}", case.edits), names)
