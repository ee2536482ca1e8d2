"""Random uploads, doublons, kills and clock jumps, against a small model of what must come of them.

The model knows only the promises: a whole flux is answered once and decided by its first whole delivery; the
same bytes under the same name get a reminder; other bytes under a flux id that was accepted are refused; a
half-written file is never taken. Kills and jumps of the clock change nothing of that.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from interruption import At, kill, run_in_child
from workspace import answers, copy_espace, make_espace

from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.model import FluxStatut
from edi.samples import LotSpec, make_lot
from edi.store import flux as flux_store

EXAMPLES = int(os.environ.get("EDI_EXAMPLES", "3"))
_TEMPLATE: dict[str, Path] = {}


def spec_of(numero: int, version: int, appli: str) -> LotSpec:
    """A lot of a flux id; each version of it has other bytes and other invoices."""
    fautes = ("ttc-faux", "ttc-faux") if numero % 3 == 0 else ()
    graine = 100 * numero + version
    return LotSpec("ubl", 2, numero_flux=numero, graine=graine, appli=appli, fautes=fautes)


@dataclass
class Model:
    """What must come of the deliveries, in their order: (déposant, flux id) -> deliveries by statut."""

    accepted: dict[tuple[str, int], bytes] = field(default_factory=dict)
    refused: dict[tuple[str, int], set[bytes]] = field(default_factory=dict)
    statuts: list[FluxStatut] = field(default_factory=list)

    def deliver(self, appli: str, numero: int, data: bytes) -> None:
        key = (appli, numero)
        refused = self.refused.setdefault(key, set())
        if self.accepted.get(key) == data or data in refused:  # the same answer to the same bytes
            self.statuts.append(FluxStatut.RAPPEL)
        elif key in self.accepted:
            refused.add(data)
            self.statuts.append(FluxStatut.IRRECEVABLE)
        elif numero % 3 == 0:  # every invoice of it is faulty
            refused.add(data)
            self.statuts.append(FluxStatut.REJETE)
        else:
            self.accepted[key] = data
            self.statuts.append(FluxStatut.INTEGRE)


class Depots(RuleBasedStateMachine):
    """A workspace that anything may happen to."""

    @initialize()
    def begin(self) -> None:
        if "root" not in _TEMPLATE:
            _TEMPLATE["root"] = Path(tempfile.mkdtemp(prefix="navette-")) / "template"
            make_espace(_TEMPLATE["root"], observations=1).engine.dispose()
        self.root = Path(tempfile.mkdtemp(prefix="navette-")) / "e"
        copy_espace(_TEMPLATE["root"], self.root)
        self.model = Model()
        self.waiting: list[tuple[str, int, bytes]] = []  # whole, not yet taken
        self.hours = 0
        self.partial: dict[Path, bytes] = {}

    @property
    def espace(self) -> Espace:
        return open_espace(self.root)

    @rule(numero=st.integers(1, 6), version=st.integers(0, 1), appli=st.sampled_from(["AAA123", "BBB456"]))
    def deposit(self, numero: int, version: int, appli: str) -> None:
        lot = make_lot(spec_of(numero, version, appli))
        target = self.root / "spool" / "depots" / appli / "in" / lot.nom
        if target.exists():  # the sender waits until its last upload was taken
            return
        aside = target.with_name(f"{lot.nom}.part")
        aside.write_bytes(lot.data)
        aside.rename(target)
        self.waiting.append((appli, numero, lot.data))

    @rule(numero=st.integers(7, 9), share=st.floats(0.1, 0.9))
    def begin_upload(self, numero: int, share: float) -> None:
        lot = make_lot(spec_of(numero, 0, "AAA123"))
        part = self.root / "spool" / "depots" / "AAA123" / "in" / f"{lot.nom}.filepart"
        if part not in self.partial and not part.with_suffix("").exists():
            part.write_bytes(lot.data[: int(len(lot.data) * share)])
            self.partial[part] = lot.data

    @rule()
    def finish_uploads(self) -> None:
        for part, data in self.partial.items():
            target = part.with_suffix("")
            if target.exists():
                continue
            part.write_bytes(data)
            part.rename(target)
            self.waiting.append(("AAA123", int(target.name.split("_")[2][10:25]), data))
        self.partial = {part: data for part, data in self.partial.items() if part.exists()}

    @rule(hours=st.sampled_from([-5, -1, 1, 30]))
    def jump(self, hours: int) -> None:
        self.hours += hours

    @rule(point=st.integers(1, 120))
    def run_and_be_killed(self, point: int) -> None:
        self._settle(run_in_child(self.root, At(point, kill), self.hours))

    @rule()
    def run(self) -> None:
        self._settle(run_in_child(self.root, None, self.hours))

    def _settle(self, code: int) -> None:
        assert code in (0, -signal.SIGKILL)
        if code == 0:
            # In the order in which they were taken: déposants by code, names in the order of their folder.
            for appli in ("AAA123", "BBB456"):
                for one in sorted((o for o in self.waiting if o[0] == appli), key=lambda o: o[1]):
                    self.model.deliver(*one)
            self.waiting = []

    @invariant()
    def half_written_files_are_never_taken(self) -> None:
        assert all(part.exists() for part in getattr(self, "partial", {}))

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        self._settle(run_in_child(self.root, None, self.hours))
        espace = self.espace
        with espace.engine.begin() as conn:
            total, found = flux_store.search(conn, limit=10_000)
        reports = sum(
            nom.startswith("CSO") for appli in ("AAA123", "BBB456") for nom in answers(espace, appli)
        )
        ecarts = audit(espace.engine, espace.spool, real_now()).ecarts
        espace.engine.dispose()
        shutil.rmtree(self.root.parent)

        assert Counter(f.statut for f in found) == Counter(self.model.statuts)
        assert reports == total == len(self.model.statuts)
        assert ecarts == ()


TestDepots = Depots.TestCase
TestDepots.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=EXAMPLES < 20,
)
