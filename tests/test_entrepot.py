"""Received bytes on another file system than the spool's: a real S3 server, ended and brought back."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from interruption import At, kill, run_in_child
from s3 import Serveur, serving
from sqlalchemy import select
from test_oubli import OVER, agrees
from workspace import answers, copy_espace, deposit, later, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace, real_now
from edi.model import Flux, FluxStatut
from edi.retention.service import Retention
from edi.samples import LotSpec
from edi.settings import SettingsRefused
from edi.spool import Spool
from edi.spool.entrepot import Entrepot, EntrepotAway, Fsspec
from edi.store.flux import get
from edi.store.tables import flux as table

LOT = LotSpec("ubl", 3, numero_flux=1)


@pytest.fixture
def serveur(tmp_path: Path) -> Iterator[Serveur]:
    with serving(tmp_path / "s3") as started:
        yield started


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("entrepot") / "template"
    make_espace(root, observations=1).engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path, serveur: Serveur) -> Espace:
    """A workspace whose received bytes lie on the server."""
    return put_elsewhere(copy_espace(template, tmp_path / "e"), serveur)


def put_elsewhere(root: Path, serveur: Serveur) -> Espace:
    with open(root / "config" / "edi.toml", "a", encoding="utf-8") as config:
        config.write(serveur.section)
    return open_espace(root)


def copies(espace: Espace) -> list[Path]:
    return [path for path in (espace.spool.root / "store").glob("??/*") if path.is_file()]


def lose_copies(espace: Espace) -> None:
    for path in copies(espace):
        path.unlink()


def all_flux(espace: Espace) -> list[Flux]:
    with espace.engine.begin() as conn:
        return [get(conn, ident) for ident in conn.execute(select(table.c.id).order_by(table.c.id)).scalars()]


def statuts(espace: Espace) -> list[FluxStatut]:
    return [one.statut for one in all_flux(espace)]


# -- the entrepôt alone -----------------------------------------------------------------------------------


@pytest.fixture(params=["s3", "fichiers"])
def entrepot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Entrepot]:
    """On the S3 server, and on a file system of fsspec that shows what is half written."""
    if request.param == "fichiers":
        yield Fsspec(f"file://{tmp_path / 'ailleurs'}", {})
        return
    with serving(tmp_path / "s3") as serveur:
        yield Fsspec(serveur.adresse, serveur.options)


def test_what_is_put_is_given_back(entrepot: Entrepot, tmp_path: Path) -> None:
    data = os.urandom(100_000)
    sha256 = hashlib.sha256(data).hexdigest()
    (tmp_path / "a").write_bytes(data)
    assert entrepot.size(sha256) is None
    with pytest.raises(FileNotFoundError):
        entrepot.fetch(sha256, tmp_path / "b")

    entrepot.put(tmp_path / "a", sha256)
    entrepot.put(tmp_path / "a", sha256)  # twice is like once

    assert entrepot.size(sha256) == len(data)
    entrepot.fetch(sha256, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == data
    entrepot.try_writing()


def test_bytes_are_set_apart_brought_back_and_forgotten(entrepot: Entrepot, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"facture")
    sha256 = hashlib.sha256(b"facture").hexdigest()
    assert entrepot.apart() == []
    entrepot.put(tmp_path / "a", sha256)

    entrepot.set_apart(sha256)
    assert (entrepot.size(sha256), entrepot.apart()) == (None, [sha256])
    with pytest.raises(FileNotFoundError):
        entrepot.set_apart(sha256)

    entrepot.put_back(sha256)
    assert (entrepot.size(sha256), entrepot.apart()) == (7, [])

    entrepot.set_apart(sha256)
    entrepot.forget(sha256)
    entrepot.forget(sha256)
    assert (entrepot.size(sha256), entrepot.apart()) == (None, [])


def test_a_server_that_is_away_or_refuses_us_is_told(serveur: Serveur, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"facture")
    stranger = Fsspec(serveur.adresse, {**serveur.options, "secret": "faux"})
    with pytest.raises(EntrepotAway, match="s3://navette/factures"):
        stranger.put(tmp_path / "a", "ab" * 32)
    away = Fsspec(serveur.adresse, serveur.options)
    serveur.end()
    for act in (away.size, away.set_apart, away.put_back):
        with pytest.raises(EntrepotAway, match="ne répond pas"):
            act("ab" * 32)


# -- a workspace whose bytes lie there --------------------------------------------------------------------


def test_a_lot_is_answered_as_without_an_entrepot(
    template: Path, tmp_path: Path, espace: Espace, serveur: Serveur
) -> None:
    plain = open_espace(copy_espace(template, tmp_path / "plain"))
    for one in (plain, espace):
        deposit(one, LOT)
        App(one).run_once()

    assert answers(espace) == answers(plain)
    assert statuts(espace) == [FluxStatut.INTEGRE]
    assert {nom: len(data) for nom, data in serveur.objets().items()} == {
        path.name: path.stat().st_size for path in copies(plain)
    }
    assert agrees(espace)


def test_copies_that_are_gone_are_fetched_again(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 3, numero_flux=1, graine=3))
    App(espace).run_once()
    lose_copies(espace)

    (flux,) = all_flux(espace)
    path = espace.spool.blob(flux.sha256)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == flux.sha256
    assert agrees(espace)


def test_an_audit_reads_what_the_entrepot_has_and_not_our_copies(espace: Espace, serveur: Serveur) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    (size,) = map(len, serveur.objets().values())
    serveur.alter(bytes(size))
    assert not agrees(espace)
    serveur.alter(None)
    assert not agrees(espace)


def test_other_bytes_than_those_asked_for_are_never_read(espace: Espace, serveur: Serveur) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    lose_copies(espace)
    sha256 = serveur.alter(b"autre")
    with pytest.raises(OSError, match="rend d'autres octets"):
        espace.spool.blob(sha256)
    assert copies(espace) == []


def test_while_it_is_away_a_flux_waits_and_is_decided_when_it_is_back(
    espace: Espace, serveur: Serveur
) -> None:
    serveur.end()
    deposit(espace, LOT)
    App(espace).run_once()
    assert statuts(espace) == [FluxStatut.EN_ATTENTE]
    assert [entry.nom for entry in espace.spool.entries("hold")]
    (flux,) = all_flux(espace)
    assert flux.tentatives == 0  # no failure of the flux
    assert "ne répond pas" in (flux.incident or "")

    serveur.start()
    App(later(espace, 1)).run_once()

    assert statuts(espace) == [FluxStatut.INTEGRE]
    assert agrees(espace)


def test_bytes_are_forgotten_there_too(espace: Espace, serveur: Serveur) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    assert serveur.objets()

    Retention(later(espace, OVER)).apply()

    assert not serveur.objets()
    assert copies(espace) == []
    assert agrees(espace)


def forget_all(espace: Espace) -> None:
    Retention(espace).finish()
    Retention(espace).apply()


def test_a_process_that_dies_before_a_put_loses_nothing(espace: Espace, serveur: Serveur) -> None:
    deposit(espace, LOT)
    assert run_in_child(espace.root, At(1, kill, "put")) == -signal.SIGKILL
    assert not serveur.objets()

    App(espace).run_once()

    assert statuts(espace) == [FluxStatut.INTEGRE]
    assert agrees(espace)


@pytest.mark.parametrize("act", ["copy", "remove"])
@pytest.mark.parametrize("point", [1, 2])
def test_forgetting_that_dies_at_a_call_is_finished(
    espace: Espace, serveur: Serveur, act: str, point: int
) -> None:
    """Between the copy and the removal bytes lie in two places; the next pass knows which of them counts."""
    deposit(espace, LOT)
    deposit(espace, LotSpec("ubl", 2, numero_flux=2, graine=2))
    App(espace).run_once()
    assert run_in_child(espace.root, At(point, kill, act), OVER, forget_all) == -signal.SIGKILL

    forget_all(later(espace, OVER))

    assert not serveur.objets()
    assert copies(espace) == []
    assert agrees(espace)


# -- copies -----------------------------------------------------------------------------------------------


def age(path: Path, hours: float) -> None:
    at = time.time() - hours * 3600
    os.utime(path, (at, at))


def test_copies_unused_for_longest_make_room(espace: Espace, serveur: Serveur) -> None:
    shas = [espace.spool.keep_bytes(bytes([rank]) * 1000) for rank in range(4)]
    for rank, sha256 in enumerate(shas):
        age(espace.spool.blob(sha256), 9 - rank)
    espace.spool.blob(shas[0])  # used now

    assert espace.spool.prune_copies(2500, real_now()) == 2000

    assert {path.name for path in copies(espace)} == {shas[0], shas[3]}
    assert set(serveur.objets()) == set(shas)
    assert espace.spool.prune_copies(0, real_now()) == 1000  # what was used within the hour stays
    assert {path.name for path in copies(espace)} == {shas[0]}


def test_what_the_entrepot_lacks_is_never_removed(espace: Espace, serveur: Serveur) -> None:
    sha256 = espace.spool.keep_bytes(b"a")
    serveur.alter(None)
    age(espace.spool.blob(sha256), 9)
    assert espace.spool.prune_copies(0, real_now()) == 0
    assert [path.name for path in copies(espace)] == [sha256]


def test_an_interrupted_copy_goes(espace: Espace) -> None:
    half = espace.spool.root / "store" / "copie" / "x"
    half.parent.mkdir()
    half.write_bytes(b"1")
    assert espace.spool.prune_copies(100, real_now()) == 0  # it may be under way
    age(half, 2)
    assert espace.spool.prune_copies(100, real_now()) == 1


def test_without_an_entrepot_nothing_is_pruned(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.create(["AAA123"])
    age(spool.blob(spool.keep_bytes(b"a")), 99)
    assert spool.prune_copies(0, real_now()) == 0
    assert spool.has(hashlib.sha256(b"a").hexdigest())
    assert not spool.has("")


# -- as an operator sees it -------------------------------------------------------------------------------


def test_a_store_that_was_here_before_is_sent(
    template: Path, tmp_path: Path, serveur: Serveur, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_espace(template, tmp_path / "e")
    before = open_espace(root)
    deposit(before, LOT)
    App(before).run_once()
    assert type_edi(capsys, "-e", root, "entrepot", "envoie").code == 2
    espace = put_elsewhere(root, serveur)
    assert not agrees(espace)

    sent = type_edi(capsys, "-e", root, "entrepot", "envoie", "--json")
    again = type_edi(capsys, "-e", root, "entrepot", "envoie")

    assert (sent.code, sent.json["fichiers"]) == (0, 1)
    assert "a déjà tout" in again.out
    assert agrees(espace)


def test_what_was_never_sent_is_forgotten_too(template: Path, tmp_path: Path, serveur: Serveur) -> None:
    root = copy_espace(template, tmp_path / "e")
    before = open_espace(root)
    deposit(before, LOT)
    App(before).run_once()
    assert copies(before)

    Retention(later(put_elsewhere(root, serveur), OVER)).apply()

    assert copies(before) == []


def test_the_doctor_asks_it(espace: Espace, serveur: Serveur, capsys: pytest.CaptureFixture[str]) -> None:
    told = type_edi(capsys, "-e", espace.root, "doctor")
    assert "prend et rend un objet" in told.out
    serveur.end()
    told = type_edi(capsys, "-e", espace.root, "doctor")
    assert "entrepôt" in told.out
    assert "ne répond pas" in told.out
    assert told.code == 1


def test_an_address_that_nothing_speaks_is_refused(template: Path, tmp_path: Path) -> None:
    root = copy_espace(template, tmp_path / "e")
    with open(root / "config" / "edi.toml", "a", encoding="utf-8") as config:
        config.write('\n[entrepot]\nadresse = "disquette://a/b"\n')
    with pytest.raises(SettingsRefused, match="disquette"):
        open_espace(root)


@pytest.mark.sqlite  # a server is copied by its own means
def test_a_backup_and_its_restoration_bring_every_byte(
    espace: Espace, serveur: Serveur, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    lose_copies(espace)
    done = type_edi(capsys, "-e", espace.root, "sauvegarde", tmp_path / "sauvegardes")
    assert done.code == 0, done.err
    assert copies(espace) == []  # what a backup read is no reason to keep a copy
    espace.engine.dispose()
    shutil.rmtree(espace.root)
    shutil.rmtree(serveur.folder / "factures")

    (snapshot,) = (p for p in (tmp_path / "sauvegardes").iterdir() if p.is_dir() and p.name != "stock")
    done = type_edi(capsys, "restaure", snapshot, espace.root)

    assert done.code == 0, done.err
    assert serveur.objets()
    assert agrees(open_espace(espace.root))
