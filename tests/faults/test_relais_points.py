"""A run that hands over and takes statuts back is ended at its points: the next one comes to the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from retours import write_message, write_retour
from test_remise import connect
from workspace import answers, deposit, make_espace

from edi import acts
from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.samples import LotSpec, world
from edi.store import factures

_PPF = '\n[plateforme]\nmatricule = "0042"\n[ppf]\ncode = "PPF000"\n'


class Dead(BaseException):
    """Raised in the place of an act: nothing of ours may catch it."""


class Life:
    """A deposit, then a statut from the destinataire; the ``fatal``-th act of it all is never done."""

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

    def live(self) -> dict[str, bytes]:
        espace: Espace = self.espace
        deposit(espace, LotSpec(nombre=5, destinataires=(world.SANS_OBLIGATION,)))
        self._run()
        with espace.engine.begin() as conn:
            _, found = factures.search(conn)
        told = {"statuts": [{"facture": min(f.numero for f, _ in found), "statut": "06", "motif": "x"}]}
        data = write_retour(espace, "DST001", "DST0010000000000000000001", told)
        (espace.spool.inbox("DST001") / "retour.xml").write_bytes(data)
        told = {"facture": min(f.numero for f, _ in found), "statut": "210", "motifs": [("CMD_ERR", "x")]}
        (espace.spool.inbox("DST001") / "message.xml").write_bytes(write_message(espace, told))
        self._run()
        return {**answers(espace), **answers(espace, "DST001"), **answers(espace, "PPF000")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    life = Life(tmp_path_factory.mktemp("calme"), 0)
    return life.live(), life.acts


@pytest.mark.parametrize("part", range(1, 14))
def test_a_kill_changes_nothing_of_what_leaves(
    part: int, undisturbed: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    expected, points = undisturbed
    life = Life(tmp_path, points * part // 13)

    assert expected == life.live()
    assert audit(life.espace.engine, life.espace.spool, real_now()).ecarts == ()
