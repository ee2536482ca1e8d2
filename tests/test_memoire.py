"""The memory of a lot on its way, in real processes: it does not grow with the lot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from memoire import CAS, MO, Cas, Mesure, measure

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="VmHWM is told by Linux")

BY_NAME = {cas.nom: cas for cas in CAS}
COORDINATEUR = 400  # MB, for a lot of 1 GB
OUVRIER = 120  # MB, for small documents, but for the worker that runs Saxon


def grow(tmp_path: Path, nom: str, small: float, large: float) -> tuple[Mesure, Mesure]:
    """The same kind of lot, in two sizes in MB; all of it must be accepted."""
    sizes = zip(("petit", "grand"), (small, large), strict=True)
    few, many = (measure(BY_NAME[nom], int(size * MO), tmp_path / name) for name, size in sizes)

    assert (few.recues, many.recues) == (few.acceptees, many.acceptees)
    return few, many


@pytest.mark.slow
def test_a_lot_of_many_small_invoices_takes_a_few_kilobytes_for_each(tmp_path: Path) -> None:
    few, many = grow(tmp_path, "many small E1", 20, 60)  # from where what is written at a time is full

    assert many.recues - few.recues > 1_500
    assert 1024 * (many.coordinateur - few.coordinateur) < 15 * (many.recues - few.recues)


def test_a_large_document_lies_once_in_the_coordinator(tmp_path: Path) -> None:
    few, many = grow(tmp_path, "E2 one", 6, 46)

    assert many.coordinateur - few.coordinateur < 1.6 * 40


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("cas", CAS, ids=[cas.nom for cas in CAS])
def test_a_lot_of_a_gigabyte_stays_within_its_bounds(tmp_path: Path, cas: Cas) -> None:
    _, many = grow(tmp_path, cas.nom, 10, 1000)
    workers = ", ".join(map(str, many.ouvriers)) or "none"
    told = f"coordinator {many.coordinateur} MB, workers {workers} MB, {many.secondes:.0f} s"
    print(f"\n{cas.nom}: {many.recues} invoices, {told}")

    assert many.coordinateur < COORDINATEUR
    if cas.nom == "many small":
        assert max(many.ouvriers[1:], default=0) < OUVRIER
