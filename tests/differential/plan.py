"""Which documents a run makes, and which sheets each is shown to: the same for a seed of the run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, count, islice

from differential.cases import Case
from differential.edits import mutant, systematic
from differential.recipes import examples, known
from differential.seeds import own_seeds, seeds_for
from differential.sheets import Feuille
from differential.worker import Task


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
    yield from drawn(syntaxes, seeds, number)


def drawn(syntaxes: dict[str, tuple[str, ...]], seeds: dict[str, list[str]], number: int) -> Iterator[Task]:
    """The part without end, each syntax in its turn."""
    turns = [
        partial(next, one)
        for syntax, names in syntaxes.items()
        for one in (_edits(seeds[syntax], names, number), _mutants(seeds[syntax], names, number))
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


def _mutants(seeds: list[str], names: tuple[str, ...], number: int) -> Iterator[Task]:
    rng = random.Random(f"mutants|{number}")
    for rank in count():
        yield Task(mutant(rng.choice(seeds), f"{number}:{rank}"), names)
