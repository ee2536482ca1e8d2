"""A lot comes from a server and its answers go back there, while every act and every call is interrupted.

The same enumeration as ``tests/faults/test_points.py``, over a real server: the process is killed, or its
line is cut, at one named point after the other (``edi.acts``; each packet of requests to a server is one).
Afterwards the next calls bring everything to the same end: the lot is judged once, taken away on the server,
and answered there under the same names. Every seventeenth point is tried; ``EDI_POINTS=all`` tries them all.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from interruption import At, Note, cut, kill, run_in_child
from rig import USER, Server
from workspace import make_espace

from edi import acts
from edi.audit import audit
from edi.espace import open_espace, real_now
from edi.model import pinned
from edi.samples import LotSpec, make_lot
from edi.store import flux as flux_store

pytestmark = pytest.mark.slow  # behind `make faults`; tests/faults/test_points.py is tried each time

STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 17
LOTS = [make_lot(LotSpec("ubl", 2, numero_flux=n, graine=n, fautes=("ttc-faux",) * (n - 1))) for n in (1, 2)]


class Scene:
    """A workspace beside a server; both can be put back as they were."""

    def __init__(self, server: Server, root: Path) -> None:
        self.server, self.root, self.template = server, root / "espace", root / "modele"
        espace = make_espace(self.template)
        lines = ["", "[[serveur]]", 'nom = "partenaire"', 'hote = "127.0.0.1"', f"port = {server.port}"]
        lines += [
            f'utilisateur = "{USER}"',
            f'empreinte = "{pinned(server.host_key)}"',
            f"cle = '{server.key}'",
        ]
        lines += ["pas = 0.01", "connexions = 1", "[[serveur.dossier]]", 'deposant = "AAA123"']
        lines += [f"entree = '{server.folder('depot')}'", "apres = 'supprimer'"]
        lines += [f"sortie = '{server.folder('retours')}'", "out_local = false"]
        config = espace.root / "config" / "edi.toml"
        config.write_text(config.read_text("utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
        espace.engine.dispose()

    def reset(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.template, self.root)
        for name in ("depot", "retours"):
            for path in self.server.folder(name).iterdir():
                path.unlink()
        for lot in LOTS:
            path = self.server.folder("depot") / lot.nom
            path.write_bytes(lot.data)
            os.utime(path, (1_790_000_000, 1_790_000_000))

    def outcome(self) -> dict[str, Any]:
        espace = open_espace(self.root)
        with espace.engine.begin() as conn:
            _, found = flux_store.search(conn)
        told = {
            "answers": {p.name: p.read_bytes() for p in sorted(self.server.folder("retours").iterdir())},
            "left there": [p.name for p in self.server.folder("depot").iterdir()],
            "flux": sorted((f.nom, f.statut.name, f.sha256, f.acceptees, f.rejetees) for f in found),
            "audit": audit(espace.engine, espace.spool, real_now()).ecarts,
            "pull": [p.name for p in (self.root / "spool" / "pull").glob("*/*")],
        }
        espace.engine.dispose()
        return told


@pytest.fixture
def scene(server: Server, tmp_path: Path) -> Scene:
    return Scene(server, tmp_path / "scene")


def undisturbed(scene: Scene) -> tuple[list[str], dict[str, Any]]:
    scene.reset()
    note = Note(scene.root.parent / "points")
    assert run_in_child(scene.root, note) == 0
    outcome = scene.outcome()
    assert outcome["left there"] == outcome["pull"] == []
    assert len(outcome["answers"]) == 4
    return note.read(), outcome


@pytest.mark.parametrize(("name", "do", "kind"), [("kill", kill, ""), ("cut", cut, "remote-call")])
def test_whatever_is_interrupted_the_next_calls_come_to_the_same_end(
    scene: Scene, name: str, do: acts.Observer, kind: str
) -> None:
    seen, expected = undisturbed(scene)
    points = range(
        1, sum(kind in ("", act) for act in seen) + 1, STRIDE if name == "kill" else STRIDE // 2 or 1
    )
    for point in points:
        scene.reset()
        ended = run_in_child(scene.root, At(point, do, kind))
        # How many packets a call needs depends on the server's pace: the last points may not be reached.
        assert ended in ((-signal.SIGKILL, 0) if name == "kill" else (0,))
        for hours in (2, 4):  # a channel that failed waits for its time
            assert run_in_child(scene.root, hours=hours) == 0

        actual = scene.outcome()
        where = f"{name} at point {point}"
        for what in ("flux", "left there", "audit", "pull"):
            assert expected[what] == actual[what], f"{where}: {what}"
        assert sorted(expected["answers"]) == sorted(actual["answers"]), where
    print(f"{scene.server.kind}, {name}: {len(points)} of {len(seen)} points {dict(Counter(seen))}")
