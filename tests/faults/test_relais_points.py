"""A run that hands over, takes statuts back, or takes an invoice up again is ended at its points.

The next one comes to the same. ``EDI_POINTS=all`` tries every point, CI thirteen of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from retours import write_message, write_retour
from test_remise import connect
from workspace import answers, deposit, make_espace

from edi import acts
from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.model import FactureStatut
from edi.samples import LotSpec, make_files, world
from edi.store import factures

pytestmark = pytest.mark.slow  # behind `make faults`; tests/faults/test_points.py is tried each time

ALL = os.environ.get("EDI_POINTS") == "all"
PARTS = 13
_PPF = '\n[plateforme]\nmatricule = "0042"\n[ppf]\ncode = "PPF000"\n'


class Dead(BaseException):
    """Raised in the place of an act: nothing of ours may catch it."""


SPEC = LotSpec(nombre=5, destinataires=(world.SANS_OBLIGATION,))
CODE_TYPE = b"</cbc:InvoiceTypeCode>"


class Life:
    """A deposit, a suspension by the destinataire, the same invoice completed, a payment.

    The ``fatal``-th act of it all is never done.
    """

    def __init__(self, root: Path, fatal: int) -> None:
        self.fatal, self.acts = fatal, 0
        make_espace(root)
        connect(root)
        config = root / "config" / "edi.toml"
        text = config.read_text(encoding="utf-8").replace(
            '"AAA123"', '"AAA123"\nformat_retour = "cpp+cdar"', 1
        )
        config.write_text(text + _PPF, encoding="utf-8")  # so many answers leave together
        self.espace = open_espace(root)

    def _observe(self, act: str, subject: object) -> None:
        self.acts += 1
        if self.acts == self.fatal:
            raise Dead

    def _run(self) -> None:
        try:
            with acts.observed(self._observe):
                App(self.espace).run_once()
        except Dead:
            App(self.espace).run_once()

    def _answer(self, rang: int, statut: dict[str, str]) -> None:
        data = write_retour(self.espace, "DST001", f"DST001{rang:019d}", {"statuts": [statut]})
        (self.espace.spool.inbox("DST001") / f"retour{rang}.xml").write_bytes(data)
        self._run()

    def live(self) -> dict[str, bytes]:
        espace: Espace = self.espace
        deposit(espace, SPEC)
        self._run()
        with espace.engine.begin() as conn:
            _, found = factures.search(conn)
        numero = min(f.numero for f, _ in found)
        self._answer(1, {"facture": numero, "statut": "06", "motif": "x"})
        (document,) = (data for _, data in make_files(SPEC) if numero.encode() in data)
        completed = document.replace(CODE_TYPE, CODE_TYPE + b"<cbc:Note>Voici.</cbc:Note>")
        nom = f"FSO1100A_AAA123_AAA1231100{2:015d}.xml"
        (espace.spool.inbox("AAA123") / nom).write_bytes(completed)
        self._run()
        told = {"facture": numero, "statut": "210", "motifs": [("CMD_ERR", "x")]}
        (espace.spool.inbox("DST001") / "message.xml").write_bytes(write_message(espace, told))
        self._run()
        self._answer(2, {"facture": numero, "statut": "11"})
        with espace.engine.begin() as conn:
            assert factures.get(conn, 1).statut is FactureStatut.MISE_EN_PAIEMENT
        return {**answers(espace), **answers(espace, "DST001"), **answers(espace, "PPF000")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    life = Life(tmp_path_factory.mktemp("calme"), 0)
    return life.live(), life.acts


@pytest.mark.parametrize("part", range(PARTS))
def test_a_kill_changes_nothing_of_what_leaves(
    part: int, undisturbed: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    expected, points = undisturbed
    tried = range(1, points + 1) if ALL else [points * (rank + 1) // PARTS for rank in range(PARTS)]
    for fatal in tried[part::PARTS]:
        life = Life(tmp_path / str(fatal), fatal)

        assert (fatal, life.live()) == (fatal, expected)
        assert audit(life.espace.engine, life.espace.spool, real_now()).ecarts == ()
    print(f"part {part} of {PARTS}: {len(tried[part::PARTS])} of {points} points")
