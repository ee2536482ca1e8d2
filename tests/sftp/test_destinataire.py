"""A destinataire on a server of its own: its invoices are put there, its statuts are taken from there."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interruption import At, Note, cut, kill, run_in_child
from lxml import etree
from retours import write_retour
from rig import USER, Line, Server
from workspace import answers, deposit, later, make_espace, type_edi

from edi import acts
from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.model import pinned
from edi.outbound import names
from edi.outbound.emit import check
from edi.samples import LotSpec, make_lot, world
from edi.store import emissions, factures

pytestmark = pytest.mark.slow  # behind `make faults`; tests/faults/test_points.py is tried each time

SIRET = world.SANS_OBLIGATION.identifiant.valeur
SPEC = LotSpec("ubl", 2, archive="zip", pieces_jointes=True, destinataires=(world.SANS_OBLIGATION,))
STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 17


def declare(espace: Espace, server: Server, *, mairie: int | None = None, serveurs: bool = True) -> Espace:
    """A déposant and a destinataire, each with a server; ``mairie``: another port for the second one."""
    lines = ["[[destinataire]]", f'siret = "{SIRET}"', 'code = "DST001"', 'readiness = "renommage"']
    common = [f'utilisateur = "{USER}"', f'empreinte = "{pinned(server.host_key)}"', f"cle = '{server.key}'"]
    common += ["pas = 0.01", "connexions = 1", "intervalle = 0.1"]
    for nom, port, dossier in (
        ("editeur", server.port, ['deposant = "AAA123"', "out_local = false"]),
        ("mairie", mairie or server.port, ['destinataire = "DST001"']),
    ):
        if serveurs:
            lines += ["[[serveur]]", f'nom = "{nom}"', 'hote = "127.0.0.1"', f"port = {port}", *common]
            lines += ["[[serveur.dossier]]", *dossier, "apres = 'supprimer'"]
            lines += [f"{role} = '{server.folder(f'{nom}/{role}')}'" for role in ("entree", "sortie")]
    path = espace.root / "config" / "edi.toml"
    text = path.read_text(encoding="utf-8").partition("[[destinataire]]")[0]
    path.write_text(text + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return open_espace(espace.root)


@pytest.fixture
def espace(server: Server, tmp_path: Path) -> Espace:
    return declare(make_espace(tmp_path / "espace"), server)


def deposit_there(server: Server) -> None:
    lot = make_lot(SPEC)
    (server.folder("editeur/entree") / lot.nom).write_bytes(lot.data)


def there(server: Server, nom: str) -> dict[str, bytes]:
    """What lies in a ``sortie``, hidden files too."""
    return {path.name: path.read_bytes() for path in sorted(server.folder(f"{nom}/sortie").iterdir())}


def told(found: dict[str, bytes]) -> list[tuple[str, str]]:
    """Each statut that cycles de vie tell: number of the invoice, IdStatut."""
    flows = [etree.fromstring(data) for nom, data in found.items() if nom.startswith(names.CYCLE_DE_VIE)]
    units = [unit for flow in flows for unit in flow.iter("CPPFactureStatutUnitaire")]
    return [(unit.findtext(".//IdFacture") or "", unit.findtext(".//IdStatut") or "") for unit in units]


def numeros(espace: Espace) -> list[str]:
    with espace.engine.begin() as conn:
        return sorted(facture.numero for facture, _ in factures.search(conn)[1])


def statuts(espace: Espace) -> set[str]:
    with espace.engine.begin() as conn:
        return {facture.statut.name for facture, _ in factures.search(conn)[1] if facture.statut}


def reply(espace: Espace, server: Server, numero: str, statut: str = "06") -> None:
    """What its software does: a flow of statuts, aside then renamed."""
    data = write_retour(
        espace,
        "DST001",
        "DST0010000000000000000001",
        {"statuts": [{"facture": numero, "statut": statut, "motif": "pièce manquante"}]},
    )
    inbox = server.folder("mairie/entree")
    (inbox / ".retour.part").write_bytes(data)
    (inbox / ".retour.part").rename(inbox / "STATUTS_DST001_DST0010000000000000000001.xml")


def test_a_lot_goes_all_the_way_and_a_statut_comes_all_the_way_back(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit_there(server)
    first = type_edi(capsys, "-e", espace.root, "run")
    one, two = numeros(espace)
    ((nom, pivot),) = there(server, "mairie").items()
    check(pivot, "CPPFacturePivot.xsd")

    assert (first.code, first.err) == (0, "")
    assert nom.startswith("FEN0036A_CPP001_")
    assert [e.text for e in etree.fromstring(pivot).findall(".//DonneesFacture/Id")] == [one, two]
    assert sorted(told(there(server, "editeur"))) == [(n, s) for n in (one, two) for s in ("01", "02", "03")]
    assert answers(espace, "DST001") == {}  # handed over in one place

    before = there(server, "editeur")
    reply(espace, server, one)
    second = type_edi(capsys, "-e", espace.root, "run")
    now = there(server, "editeur")

    assert (second.code, second.err) == (0, "")
    assert [n[:8] for n in there(server, "mairie")] == ["CSO0000A", "FEN0036A"]
    assert told({n: data for n, data in now.items() if n not in before}) == [(one, "06")]
    assert list(server.folder("mairie/entree").iterdir()) == []
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_an_invoice_is_on_its_way_while_the_server_is_away_and_the_next_try_is_told(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = declare(espace, server, mairie=1)
    deposit_there(server)
    type_edi(capsys, "-e", espace.root, "run")
    shown = type_edi(capsys, "-e", espace.root, "flux", "show", "1").out
    waiting = next(
        s
        for s in type_edi(capsys, "-e", espace.root, "serveur", "list", "--json").json
        if s["nom"] == "mairie"
    )

    assert statuts(espace) == {"EN_COURS_ACHEMINEMENT"}
    assert {statut for _, statut in told(there(server, "editeur"))} == {"01", "02"}
    assert "à déposer sur le serveur mairie : connexion impossible" in shown
    assert "nouvel essai le 20/11/2026 à 09:00" in shown
    assert (waiting["a_deposer"], waiting["essais"], bool(waiting["prochain_essai"])) == (1, 1, True)

    App(later(declare(espace, server), 1)).run_once()

    assert statuts(espace) == {"MISE_A_DISPOSITION"}
    assert [s for _, s in told(there(server, "editeur"))].count("03") == 2
    assert "Remise FEN0036A" in type_edi(capsys, "-e", espace.root, "flux", "show", "1").out


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_pivot_cut_in_the_middle_is_no_pivot_and_is_there_whole_in_the_end(
    espace: Espace, server: Server, share: float
) -> None:
    deposit_there(server)
    App(declare(espace, server, mairie=1)).run_once()
    espace = later(espace, 1)
    pipeline = App(espace).pipeline
    size = len(_pivot(espace, pipeline.sortie.make))
    with Line(server.port, up=int(size * share)) as line:
        App(later(declare(espace, server, mairie=line.port), 1)).run_once()
        during = [nom for nom in there(server, "mairie") if not nom.startswith(".")]

    assert during == []
    assert statuts(espace) == {"EN_COURS_ACHEMINEMENT"}
    assert {s for _, s in told(there(server, "editeur"))} == {"01", "02"}

    for hours in (3, 5):
        App(later(declare(espace, server), hours)).run_once()

    assert list(there(server, "mairie").values()) == [_pivot(espace, pipeline.sortie.make)]
    assert statuts(espace) == {"MISE_A_DISPOSITION"}
    assert [s for _, s in told(there(server, "editeur"))].count("03") == 2


def _pivot(espace: Espace, make: Callable[[Any], tuple[bytes, str] | None]) -> bytes:
    """The bytes of the one pivot that was booked."""
    with espace.engine.begin() as conn:
        (booked,) = [e for e in emissions.of_flux(conn, 1) if e.interface == names.PIVOT]
    made = make(booked)
    assert made is not None
    return made[0]


def test_a_pivot_booked_before_its_destinataire_had_a_server_is_put_there(
    quick_server: Server, tmp_path: Path
) -> None:
    espace = declare(make_espace(tmp_path / "espace"), quick_server, serveurs=False)
    out = espace.spool.outbox("DST001")
    out.rmdir()
    out.write_bytes(b"")  # a folder that nothing can be put into
    deposit(espace, SPEC)
    App(espace).run_once()

    assert statuts(espace) == {"EN_COURS_ACHEMINEMENT"}

    out.unlink()
    App(declare(espace, quick_server)).run_once()

    assert [nom[:8] for nom in there(quick_server, "mairie")] == ["FEN0036A"]
    assert answers(espace, "DST001") == {}
    assert statuts(espace) == {"MISE_A_DISPOSITION"}


class Scene:
    """A workspace, a lot on one server, a reply on the other; all of it can be put back as it was."""

    def __init__(self, server: Server, root: Path) -> None:
        self.server, self.root, self.template = server, root / "espace", root / "modele"
        espace = declare(make_espace(self.template), server)
        deposit_there(server)
        App(espace).run_once()
        self.numero = numeros(espace)[0]
        reply(espace, server, self.numero)
        (self.statuts,) = server.folder("mairie/entree").iterdir()
        self.reply = self.statuts.read_bytes()
        espace.engine.dispose()
        shutil.rmtree(self.template)
        declare(make_espace(self.template), server).engine.dispose()

    def live(self, first: acts.Observer | None = None, second: acts.Observer | None = None) -> dict[str, Any]:
        """The deposit and its handing over, then the reply: a pass each, which an observer may end.

        A quiet pass follows each, once the channel that failed has waited for its time.
        """
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.template, self.root)
        for role in ("entree", "sortie"):
            for nom in ("editeur", "mairie"):
                for path in self.server.folder(f"{nom}/{role}").iterdir():
                    path.unlink()
        deposit_there(self.server)
        for hours, observer in ((0, first), (4, second)):
            if hours:
                self.statuts.write_bytes(self.reply)
            assert run_in_child(self.root, observer, hours) in (0, -signal.SIGKILL)
            assert run_in_child(self.root, hours=hours + 2) == 0
        espace = open_espace(self.root)
        outcome = {
            "mairie": sorted(there(self.server, "mairie")),
            "pivots": [d for nom, d in there(self.server, "mairie").items() if nom.startswith(names.PIVOT)],
            "told": sorted(told(there(self.server, "editeur"))),
            "left": [p.name for p in self.server.folder("mairie/entree").iterdir()],
            "audit": audit(espace.engine, espace.spool, real_now()).ecarts,
        }
        espace.engine.dispose()
        return outcome


@pytest.mark.parametrize(("do", "kind", "stride"), [(cut, "remote-call", 1), (kill, "", 2)])
@pytest.mark.parametrize("rank", [0, 1], ids=["deposit", "reply"])
def test_whatever_is_interrupted_it_is_handed_over_once_and_told_once(
    server: Server, tmp_path: Path, rank: int, do: acts.Observer, kind: str, stride: int
) -> None:
    scene = Scene(server, tmp_path / "scene")
    note = Note(tmp_path / "points")
    expected = scene.live(*[None] * rank, note)
    seen = [act for act in note.read() if kind in ("", act)]
    assert len(expected["pivots"]) == 1
    assert [statut for _, statut in expected["told"]] == ["01", "02", "03", "06", "01", "02", "03"]
    assert (expected["left"], expected["audit"]) == ([], ())
    points = range(1, len(seen) + 1, 1 if STRIDE == 1 else STRIDE * stride)
    for point in points:
        actual = scene.live(*[None] * rank, At(point, do, kind))

        assert expected == actual, f"{do.__name__} at point {point} of {len(seen)}: {seen[point - 1]}"
    print(f"{server.kind}, {do.__name__}: {len(points)} of {len(seen)} points, always the same end")


def test_while_we_serve_a_pivot_that_lies_there_is_told_without_another_event(
    server: Server, espace: Espace
) -> None:
    stop, app = threading.Event(), App(espace)
    thread = threading.Thread(target=app.serve, args=(stop,))
    thread.start()
    try:
        deposit_there(server)
        deadline = time.monotonic() + 60
        while ("03" not in {s for _, s in told(there(server, "editeur"))}) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        app.wake.set()
        thread.join(60)

    assert not thread.is_alive()
    assert [nom[:8] for nom in there(server, "mairie")] == ["FEN0036A"]
    assert [s for _, s in told(there(server, "editeur"))].count("03") == 2
