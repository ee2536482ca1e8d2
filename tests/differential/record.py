"""Which sheets a run has proven, written to ``schemas/moteur.toml``, which the product reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from differential.sheets import Feuille
from differential.tally import Tally
from edi.validators.schematron.confiance import Preuve, read_proofs


class NotProven(Exception):
    """A run that may not be recorded, and why."""


def proofs_of(
    feuilles: Iterable[Feuille], tallies: Mapping[str, Tally], compiler: str, day: date
) -> tuple[Preuve, ...]:
    """A proof for each sheet of a run; what was left to Saxon does not count.

    Raises NotProven when anything differed, or when a sheet was never answered by the compiled form.
    """
    proofs = []
    for feuille in feuilles:
        tally = tallies.get(feuille.name, Tally())
        compared = tally.runs - tally.asked.total()
        if tally.differences:
            raise NotProven(f"{feuille.name}: {tally.differences} differences")
        if not compared:
            raise NotProven(f"{feuille.name}: the compiled form answered for no document")
        proofs.append(Preuve(feuille.sheet.sha256, compiler, compared, day, feuille.name))
    return tuple(proofs)


def record(path: Path, proofs: Iterable[Preuve]) -> None:
    """Write the proofs in the place of those of the same sheets; the head of the file stays as it is."""
    known = {one.sha256: one for one in (*read_proofs(path), *proofs)}
    lines = path.read_text("utf-8").splitlines(keepends=True)
    head = "".join(line for line in lines if line.startswith("#"))
    ordered = sorted(known.values(), key=lambda one: (one.nom, one.sha256))
    path.write_text(head + "".join(map(_render, ordered)), "utf-8")


def _render(proof: Preuve) -> str:
    return (
        f'\n[[feuille]]\nnom = "{proof.nom}"\nsha256 = "{proof.sha256}"\n'
        f'compilateur = "{proof.compilateur}"\ndocuments = {proof.documents}\nle = {proof.le}\n'
    )
