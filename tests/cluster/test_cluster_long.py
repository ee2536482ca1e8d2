"""The long form: machines that lose power, again and again, are upgraded under way, or run out of memory."""

from __future__ import annotations

import os
import random
import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from depots import Issue, issue_of, make_world, run
from grappe import Grappe, copy_program, end, make_engine, wait_for, wait_until
from travaux import MO, double, take_memory, weigh

from edi.engine import Effectif, EngineAway, EngineFailed, InProcess
from edi.engine.envoi import Titre
from edi.engine.grappe import DaskCluster, Reglages
from edi.identite import read_identite
from edi.wiring import name_tls

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROUNDS = 5


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Issue:
    espace = make_world(tmp_path_factory.mktemp("seule") / "espace")
    run(espace, InProcess())
    return issue_of(espace)


def test_whole_machines_lose_power_in_any_order_and_nothing_shows(expected: Issue, tmp_path: Path) -> None:
    drawn = random.Random(47)
    machines: list[subprocess.Popen[bytes]] = []
    due: list[int] = []  # invoices judged, when a machine is lost
    with ExitStack() as after:
        grappe = Grappe(tmp_path)
        after.callback(grappe.close)
        grappe.start_scheduler()

        def cut(done: int) -> None:
            if due and done >= due[0]:
                due.pop(0)
                end(machines.pop(drawn.randrange(len(machines))))

        for tour in range(ROUNDS):
            machines += [grappe.start_workers(1) for _ in range(3 - len(machines))]
            espace, engine = make_world(tmp_path / f"espace{tour}"), make_engine(grappe.adresse)
            engine.submit(double, 1).result()
            wait_for(engine, Effectif(3))
            due += sorted(drawn.sample(range(1, 25), 2))
            run(espace, engine, cut)

            assert len(machines) == 1
            assert issue_of(espace) == expected


def test_a_machine_upgraded_under_way_refuses_and_another_one_judges(expected: Issue, tmp_path: Path) -> None:
    """It said what it was when it started; the process that judges finds that this is no longer so."""
    other = copy_program(tmp_path / "autre")
    with ExitStack() as after:
        grappe = Grappe(tmp_path)
        after.callback(grappe.close)
        grappe.start_scheduler()
        stale = grappe.start_workers(1, source=other)
        engine = make_engine(grappe.adresse, attente=5.0)
        while isinstance(engine.submit(double, 1).exception(), EngineAway):
            assert stale.poll() is None
        engine.close()
        rules = other / "edi" / "judge.py"
        rules.write_text(rules.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        with pytest.raises(EngineFailed, match="s'est arrêté"):
            make_engine(grappe.adresse).submit(os._exit, 1).result()  # a fresh process takes its place
        refused = make_engine(grappe.adresse, attente=3.0).submit(double, 1).exception()
        grappe.start_workers(1)
        engine = make_engine(grappe.adresse)
        wait_until(lambda: engine.submit(double, 1).exception() is None, "a worker of our installation")
        espace = make_world(tmp_path / "espace")
        run(espace, engine)

    assert isinstance(refused, EngineAway)
    assert "autre installation (programme)" in str(refused)
    assert issue_of(espace) == expected


def test_a_process_that_outgrows_its_memory_is_ended_and_the_next_work_is_done(tmp_path: Path) -> None:
    with ExitStack() as after:
        grappe = Grappe(tmp_path)
        after.callback(grappe.close)
        grappe.start_scheduler()
        grappe.start_workers(1, "--memoire", "400 Mo")
        engine = make_engine(grappe.adresse)
        after.callback(engine.close)

        with pytest.raises(EngineFailed, match="s'est arrêté"):
            engine.submit(take_memory, 600 * MO).result()
        assert engine.submit(double, 2).result() == 4


def test_a_large_document_goes_there_and_its_deadline_grows_with_it(tmp_path: Path) -> None:
    with ExitStack() as after:
        grappe = Grappe(tmp_path)
        after.callback(grappe.close)
        grappe.start_scheduler()
        grappe.start_workers(1)
        engine = make_engine(grappe.adresse, delai=2.0, delai_par_mo=1.0)
        after.callback(engine.close)
        engine.submit(double, 1).result()

        assert engine.submit(weigh, bytes(90 * MO), weight=90 * MO).result() == 90 * MO
        with pytest.raises(EngineFailed, match="délai de 2 s"):
            engine.submit(take_memory, MO).result()


# -- TLS --------------------------------------------------------------------------------------------------


def make_authority(folder: Path) -> dict[str, str]:
    """An authority and one certificate that it signed, as PEM files."""
    folder.mkdir()
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
    keys = {nom: ec.generate_private_key(ec.SECP256R1()) for nom in ("autorite", "certificat")}
    begun = x509.CertificateBuilder().issuer_name(name).not_valid_before(now - timedelta(days=1))
    begun = begun.not_valid_after(now + timedelta(days=1)).serial_number(x509.random_serial_number())
    ca = begun.subject_name(name).public_key(keys["autorite"].public_key())
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    holder = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "grappe")])
    leaf = begun.subject_name(holder).public_key(keys["certificat"].public_key())
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    leaf = leaf.add_extension(here, critical=False)
    pem = serialization.Encoding.PEM
    found = {}
    for nom, wanted in (("autorite", ca), ("certificat", leaf)):
        path = folder / f"{nom}.pem"
        path.write_bytes(wanted.sign(keys["autorite"], hashes.SHA256()).public_bytes(pem))
        found[nom] = str(path)
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cle.pem").write_bytes(keys["certificat"].private_bytes(pem, *plain))
    return {**found, "cle": str(folder / "cle.pem")}


def engine_of(grappe: Grappe, files: dict[str, str], attente: float) -> DaskCluster:
    titre = Titre(read_identite(), read_identite)
    adresse = f"{'tls' if files else 'tcp'}://127.0.0.1:{grappe.port}"
    return DaskCluster(Reglages(adresse, titre, attente=attente, tls=name_tls("client", files)))


def test_over_tls_who_has_no_certificate_of_the_authority_does_not_come_in(tmp_path: Path) -> None:
    ours, theirs = make_authority(tmp_path / "nous"), make_authority(tmp_path / "eux")
    options = tuple(word for key, path in ours.items() for word in (f"--{key}", path))
    with ExitStack() as after:
        grappe = Grappe(tmp_path, options=options)
        after.callback(grappe.close)
        grappe.start_scheduler()
        machine: subprocess.Popen[bytes] = grappe.start_workers(1)
        within = engine_of(grappe, ours, 240.0)
        after.callback(within.close)

        assert within.submit(double, 21).result() == 42
        for files in ({}, theirs):
            with pytest.raises(EngineAway, match="n'est pas joignable"):
                engine_of(grappe, files, 3.0).submit(double, 1).result()
        assert machine.poll() is None
