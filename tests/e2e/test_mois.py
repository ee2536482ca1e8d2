"""Weeks of invoices from deposit to payment, at scale: nothing is lost, every account balances.

And the proof itself: what is spoilt on purpose, it notices.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy, deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from mois import Mois
from preuve import PREUVES, prove
from registre import PRIS, REDIT, REFUSE
from sqlalchemy import select

from edi.audit import Ecart
from edi.espace import Espace
from edi.model import FluxStatut
from edi.model.statuts import REJEU
from edi.spool import Spool
from edi.store.database import open_database
from edi.store.tables import facture_statut

GRAINE = int(os.environ.get("EDI_TEST_SEED", "20261102"))
JOURS = int(os.environ.get("EDI_JOURS", "18"))  # a month in the long form: make faults


@pytest.fixture(scope="module")
def memoire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where the machine has one: a month is thousands of syncs, proved elsewhere."""
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK):
        yield tmp_path_factory.mktemp("mois")
        return
    with TemporaryDirectory(prefix="mois-", dir=shm) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def lived(memoire: Path) -> tuple[Mois, Espace]:
    print(f"EDI_TEST_SEED={GRAINE}")
    mois = Mois(memoire / "mois", GRAINE)
    return mois, mois.live(JOURS)


def test_a_month_of_fifty_suppliers_leaves_nothing_unaccounted_for(lived: tuple[Mois, Espace]) -> None:
    mois, espace = lived

    assert prove(espace, mois) == []


def test_the_month_has_seen_everything(lived: tuple[Mois, Espace]) -> None:
    """A proof over nothing proves nothing."""
    mois, espace = lived
    statuts = Counter(envoi.statut for envoi in mois.registre.envois)
    effets = Counter(parole.effet for _, parole in mois.registre.paroles)
    told = {json.loads((path).read_bytes())["reste_de"] for path in _statut_files(espace)}

    with espace.engine.begin() as conn:
        replayed = conn.execute(select(facture_statut.c.id).where(facture_statut.c.motif == REJEU)).all()

    assert statuts.keys() == {statut for statut in FluxStatut if not statut.en_cours}
    assert effets.keys() == {PRIS, REDIT, REFUSE}
    assert set(mois.registre.accuses.values()) == {"90", "93", "94"}
    assert len(told - {None}) >= 5
    assert len(mois.registre.contres) >= 5
    assert len(mois.registre.reprises) >= 5
    assert len(replayed) >= 10
    assert sum(len(envoi.factures) for envoi in mois.registre.envois) >= 13 * JOURS


def _statut_files(espace: Espace) -> list[Path]:
    return sorted((espace.root / "spool" / "depots").glob("*/statut/[!rL]*.json"))


# -- what is spoilt is noticed ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(memoire: Path) -> tuple[Mois, Espace]:
    """Some days of a few, in which nothing is wrong."""
    mois = Mois(memoire / "jours", 7, fournisseurs=10, destinataires=14)
    espace = mois.live(11)
    assert prove(espace, mois) == []
    espace.engine.dispose()
    return mois, espace


@pytest.fixture
def days(small: tuple[Mois, Espace], memoire: Path) -> Iterator[tuple[Mois, Espace]]:
    """A copy of them to be spoilt, with books of its own."""
    mois, espace = copy(small[0]), small[1]
    mois.registre = deepcopy(mois.registre)
    root = memoire / "copie"
    shutil.copytree(espace.root, root)
    spool = Spool(root / "spool", {d.code: d.siret for d in espace.settings.destinataires.values()})
    engine = open_database("sqlite:///edi.db", root)
    yield mois, replace(espace, root=root, engine=engine, spool=spool)
    engine.dispose()
    shutil.rmtree(root)


def change(espace: Espace, sql: str) -> None:
    """A careless hand in the database."""
    with closing(sqlite3.connect(espace.root / "edi.db")) as base, base:
        assert base.execute(sql).rowcount == 1


def lose_a_file(mois: Mois, espace: Espace) -> None:
    """The first of a series, so that a hole is left."""
    second = next(r for r in mois.registre.recus if r.nom[:3] == "CSO" and r.nom.endswith("0002.xml"))
    first = second.nom.replace("0002.xml", "0001.xml")
    mois.registre.recus = [recu for recu in mois.registre.recus if recu.nom != first]


def lose_an_answer(mois: Mois, espace: Espace) -> None:
    change(espace, "DELETE FROM emission WHERE id = 2")


def lose_an_invoice(mois: Mois, espace: Espace) -> None:
    change(espace, "DELETE FROM facture WHERE id = 3")


def lose_a_flux(mois: Mois, espace: Espace) -> None:
    change(espace, "DELETE FROM flux WHERE id = 2")


def forget_a_statut(mois: Mois, espace: Espace) -> None:
    """The last one that was told."""
    told = "SELECT max(id) FROM facture_statut WHERE emission_id IS NOT NULL"
    change(espace, f"DELETE FROM facture_statut WHERE id = ({told})")


def show_an_older_statut(mois: Mois, espace: Espace) -> None:
    change(
        espace,
        "UPDATE facture SET statut = 'DEPOSEE' WHERE id = "
        "(SELECT min(id) FROM facture WHERE statut = 'MISE_A_DISPOSITION')",
    )


def say_it_twice(mois: Mois, espace: Espace) -> None:
    told = next(recu for recu in mois.registre.recus if recu.nom.startswith("FEN1200A"))
    many = sum(r.partenaire == told.partenaire and r.nom[:8] == "FEN1200A" for r in mois.registre.recus)
    mois.registre.recus.append(told._replace(nom=f"{told.nom[:-11]}{many + 1:07d}.xml"))


def hand_over_twice(mois: Mois, espace: Espace) -> None:
    pivot = next(recu for recu in mois.registre.recus if recu.nom.startswith("FEN0036A"))
    many = sum(r.partenaire == pivot.partenaire and r.nom[:8] == "FEN0036A" for r in mois.registre.recus)
    mois.registre.recus.append(pivot._replace(nom=f"{pivot.nom[:-11]}{many + 1:07d}.xml"))


def hand_over_never(mois: Mois, espace: Espace) -> None:
    pivots = [recu for recu in mois.registre.recus if recu.nom.startswith("FEN0036A")]
    last = max(pivots, key=lambda recu: recu.nom)  # its sequence stays without a hole
    mois.registre.recus.remove(last)


def leave_a_statut_file_behind(mois: Mois, espace: Espace) -> None:
    path = next(p for p in _statut_files(espace) if b'"MISE_A_DISPOSITION"' in p.read_bytes())
    path.write_bytes(path.read_bytes().replace(b'"MISE_A_DISPOSITION"', b'"SUSPENDUE"'))


def unbalance_a_releve(mois: Mois, espace: Espace) -> None:
    """By our own hand, sealed and all."""
    path = next(
        path
        for path in sorted((espace.root / "spool" / "depots").glob("*/statut/releve-*.json"))
        if json.loads(path.read_bytes())["totaux"]["recues"]
    )
    told = json.loads(path.read_bytes())
    told["totaux"]["recues"] += 1
    sealed = json.dumps(told).encode()
    path.write_bytes(sealed)
    path.with_name(f"{path.name}.sig").write_bytes(mois.cle.sign(sealed))


def forge_a_releve(mois: Mois, espace: Espace) -> None:
    path = next((espace.root / "spool" / "depots").glob("*/statut/releve-*.json"))
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2'))


def answer_no_report(mois: Mois, espace: Espace) -> None:
    report = max((r for r in mois.registre.recus if r.nom.startswith("CSO")), key=lambda recu: recu.nom)
    mois.registre.recus.remove(report)


def unsay_a_word(mois: Mois, espace: Espace) -> None:
    change(
        espace,
        "DELETE FROM facture_statut WHERE id = "
        "(SELECT min(id) FROM facture_statut WHERE retour_id IS NOT NULL)",
    )


def mistake_a_contre_releve(mois: Mois, espace: Espace) -> None:
    mois.registre.contres = [contre._replace(ecarts=contre.ecarts + 1) for contre in mois.registre.contres]


def raise_an_alarm(mois: Mois, espace: Espace) -> None:
    mois.registre.alarmes.append(Ecart("le stock est intact", "a", "b"))


SPOILT = (
    (lose_a_file, "sequences"),
    (lose_an_answer, "audit"),
    (lose_an_invoice, "deposits"),
    (lose_a_flux, "deposits"),
    (forget_a_statut, "lives"),
    (forget_a_statut, "tellings"),
    (show_an_older_statut, "lives"),
    (say_it_twice, "tellings"),
    (hand_over_twice, "pivots"),
    (hand_over_never, "pivots"),
    (leave_a_statut_file_behind, "statut_files"),
    (unbalance_a_releve, "releves"),
    (forge_a_releve, "releves"),
    (unsay_a_word, "words"),
    (answer_no_report, "answers"),
    (mistake_a_contre_releve, "contre_releves"),
    (raise_an_alarm, "alarms"),
)


@pytest.mark.parametrize(("spoil", "notices"), SPOILT)
def test_the_proof_notices(
    days: tuple[Mois, Espace], spoil: Callable[[Mois, Espace], None], notices: str
) -> None:
    mois, espace = days
    spoil(mois, espace)

    assert notices in {what.partition(":")[0] for what in prove(espace, mois)}


def test_every_part_of_the_proof_is_put_to_the_test() -> None:
    assert {notices for _, notices in SPOILT} == {"audit", *(prouve.__name__ for prouve in PREUVES)}
