"""``edi run`` is killed with SIGKILL at random moments of its work, started again, and nothing shows it.

Fifty kills over the same set of lots, each in a workspace of its own. After the restart every flux is
answered exactly once, with the bytes of an undisturbed run. The moments are drawn from a printed seed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bases import lay_base
from sqlalchemy import select
from workspace import copy_espace

from edi.annuaire.imports import import_csv
from edi.espace import open_espace
from edi.samples import LotSpec, deposants, make_lot, mandats, services_csv, structures_csv
from edi.store.mandats import add_mandat
from edi.store.tables import metadata

SEED = int(os.environ.get("EDI_TEST_SEED", "20261123"))
KILLS, GROUPS = 50, 10
SHORT = 1  # groups of the ordinary form: five kills
RUN = (sys.executable, "-m", "edi")

LOTS = (
    LotSpec("ubl", 20, numero_flux=1),
    LotSpec("ubl", 10, numero_flux=2, graine=2, fautes={2: "numero-trop-long", 5: "ttc-faux", 9: "doctype"}),
    LotSpec("mixte", 6, numero_flux=3, graine=3, archive="xml"),
    LotSpec("ubl", 1, numero_flux=4, graine=4, archive="xml"),
    LotSpec("ubl", 2, numero_flux=5, graine=5, fautes=("destinataire-ferme",) * 2),
    LotSpec("ubl", 5, numero_flux=6, graine=6, tronque=True),
    LotSpec("ubl", 12, numero_flux=7, graine=7, archive="zip", pieces_jointes=True),
    LotSpec("ubl", 8, numero_flux=1, graine=8, appli="BBB456", fautes=("mandat-revoque", "service-inconnu")),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the sample world and every lot in its ``in``."""
    root = tmp_path_factory.mktemp("kill") / "template"
    (root / "config").mkdir(parents=True)
    lines = ["[espace]", f'base = "{lay_base(root)}"', "[collecte]", "pas = 0.01"]
    lines += ["[essais]", 'horloge = "2026-11-20T22:00:00+01:00"']
    for d in deposants():
        lines += ["[[deposant]]", f'code = "{d.code}"', f'siret = "{d.siret}"', 'readiness = "renommage"']
    (root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        for name, data in (("structures.csv", structures_csv()), ("services.csv", services_csv())):
            (root / name).write_bytes(data)
            import_csv(conn, root / name, espace.now())
        for m in mandats():
            add_mandat(conn, m.mandant, m.mandataire, m.cree_le, espace.now(), m.signe_le)
    espace.engine.dispose()
    for spec in LOTS:
        lot = make_lot(spec)
        (espace.spool.inbox(spec.appli) / lot.nom).write_bytes(lot.data)
    # The same flux once more under another name: its invoices are doublons of the first.
    first = make_lot(LOTS[0])
    again = first.nom.replace("000000000000001", "000000000000099")
    (espace.spool.inbox("AAA123") / again).write_bytes(first.data)
    return root


def copy_of(template: Path, target: Path) -> Path:
    copy_espace(template, target)
    return target


def run_whole(root: Path) -> None:
    done = subprocess.run([*RUN, "-e", str(root), "run"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def outcome_of(root: Path) -> dict[str, Any]:
    """What the world can see, and what we remember of it."""
    depots = root / "spool" / "depots"
    answers = {str(p.relative_to(depots)): p.read_bytes() for p in sorted(depots.glob("*/out/*"))}
    espace = open_espace(root)
    told: dict[str, Any] = {"answers": answers}
    with espace.engine.begin() as conn:
        flux, facture = metadata.tables["flux"], metadata.tables["facture"]
        wanted = (flux.c.nom, flux.c.statut, flux.c.acceptees, flux.c.rejetees, flux.c.sha256)
        told["flux"] = sorted(tuple(row) for row in conn.execute(select(*wanted)))
        told["factures"] = sorted(
            tuple(row) for row in conn.execute(select(facture.c.numero, facture.c.fichier, facture.c.statut))
        )
        history = metadata.tables["facture_statut"]
        told["history"] = sorted(conn.execute(select(history.c.facture_id, history.c.apres)).all())
    espace.engine.dispose()
    told["left"] = {
        "in": [p.name for p in depots.glob("*/in/*")],
        "queues": [str(p) for p in (root / "spool" / "queue").glob("*/*")],
        "aside": [p.name for p in (root / "spool" / "store" / "aside").iterdir()],
    }
    return told


@pytest.fixture(scope="module")
def undisturbed(template: Path) -> tuple[dict[str, Any], float]:
    """The outcome of a run that nobody disturbs, and how long its work takes in seconds."""
    root = copy_of(template, template.parent / "undisturbed")
    process = subprocess.Popen([*RUN, "-e", str(root), "run"], stdout=subprocess.DEVNULL)
    began = _wait_for_work(process, root)
    assert process.wait(120) == 0
    lasted = time.monotonic() - began
    outcome = outcome_of(root)
    assert len(outcome["flux"]) == len(LOTS) + 1
    assert outcome["left"] == {"in": [], "queues": [], "aside": []}
    return outcome, lasted


def _wait_for_work(process: subprocess.Popen[bytes], root: Path) -> float:
    """Return once the first flux has been taken: before that there is nothing to disturb."""
    incoming = root / "spool" / "queue"
    while not any(incoming.glob("*/*")):
        assert process.poll() is None, "edi run ended before it took anything"
        time.sleep(0.002)
    return time.monotonic()


def _kill(root: Path, after: float) -> bool:
    """Start a run and kill it ``after`` seconds of work; False when it had already ended by itself."""
    process = subprocess.Popen([*RUN, "-e", str(root), "run"], stdout=subprocess.DEVNULL)
    _wait_for_work(process, root)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.wait(60) == -signal.SIGKILL


def moments(group: int) -> Iterator[float]:
    """This group's share of the kills, as fractions of the work."""
    draw = random.Random(SEED * 1000 + group)
    for _ in range(KILLS // GROUPS):
        yield draw.random()


@pytest.mark.parametrize(
    "group", [pytest.param(g, marks=pytest.mark.slow) if g >= SHORT else g for g in range(GROUPS)]
)
def test_a_killed_run_is_finished_by_the_next_as_if_nothing_had_happened(
    group: int, template: Path, undisturbed: tuple[dict[str, Any], float], tmp_path: Path
) -> None:
    expected, lasted = undisturbed
    missed = 0
    for rank, fraction in enumerate(moments(group)):
        root = tmp_path / str(rank)
        after = fraction * lasted
        while not _kill(copy_of(template, root), after):
            # The run was over before the moment came: sooner, in a fresh workspace.
            shutil.rmtree(root)
            missed, after = missed + 1, after / 2
        run_whole(root)
        actual = outcome_of(root)

        where = f"seed {SEED}, group {group}, kill {rank} after {after:.3f} s of {lasted:.2f} s"
        assert expected == actual, where
        if rank == 0:
            run_whole(root)
            assert expected == outcome_of(root), f"{where}: a further run changed something"
        shutil.rmtree(root)
    print(
        f"group {group}: {KILLS // GROUPS} runs killed at work ({missed} moments came too late); seed {SEED}"
    )
