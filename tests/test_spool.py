"""Files move one way, whole, and nothing that was taken is ever in two places or in none."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from edi.spool import Spool, is_plain_name


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "spool")
    made.create(["AAA123"])
    return made


def deposit(spool: Spool, nom: str, data: bytes = b"<x/>") -> None:
    (spool.inbox("AAA123") / nom).write_bytes(data)


def test_a_taken_deposit_lies_in_one_queue_under_its_own_name(spool: Spool) -> None:
    deposit(spool, "a.xml")
    entry = spool.take("AAA123", "a.xml", "001-AAA123")

    assert entry is not None
    assert (entry.appli, entry.nom, entry.is_ordinary) == ("AAA123", "a.xml", True)
    assert not list(spool.inbox("AAA123").iterdir())
    assert spool.entries("incoming") == [entry]
    active = spool.move(entry, "active")
    assert (spool.entries("incoming"), spool.entries("active")) == ([], [active])


def test_a_deposit_that_its_sender_took_back_is_not_taken(spool: Spool) -> None:
    assert spool.take("AAA123", "gone.xml", "001-AAA123") is None
    assert spool.entries("incoming") == []


def test_a_done_file_goes_with_its_deposit(spool: Spool) -> None:
    deposit(spool, "a.xml")
    deposit(spool, "a.xml.ok", b"")
    entry = spool.take("AAA123", "a.xml", "001-AAA123", temoin="a.xml.ok")

    assert entry is not None
    assert list(spool.inbox("AAA123").iterdir()) == []
    assert [path.name for path in entry.path.parent.iterdir()] == ["a.xml"]


def test_a_done_file_stays_when_its_deposit_was_taken_back(spool: Spool) -> None:
    deposit(spool, "a.xml.ok", b"")

    assert spool.take("AAA123", "a.xml", "001-AAA123", temoin="a.xml.ok") is None
    assert [path.name for path in spool.inbox("AAA123").iterdir()] == ["a.xml.ok"]
    assert spool.entries("incoming") == []


@pytest.mark.parametrize("taken", [False, True])
def test_an_interrupted_take_never_leaves_a_done_file_that_speaks_for_a_later_deposit(
    spool: Spool, taken: bool
) -> None:
    """Killed after the done file has left the folder, before or after its deposit did."""
    ticket = spool.root / "queue" / "incoming" / "001-AAA123"
    (ticket / ".temoin").mkdir(parents=True)
    (ticket / ".temoin" / "a.xml.ok").touch()
    if taken:
        (ticket / "a.xml").write_bytes(b"<x/>")
    else:
        deposit(spool, "a.xml")
    before = spool.entries("incoming")
    spool.settle_tickets()
    left = [path.name for path in sorted(spool.inbox("AAA123").iterdir())]

    assert [entry.nom for entry in before] == (["a.xml"] if taken else [])
    assert spool.entries("incoming") == before
    assert left == ([] if taken else ["a.xml", "a.xml.ok"])


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_ordinary_file_is_not_opened(spool: Spool, kind: str) -> None:
    strange = spool.inbox("AAA123") / "a.xml"
    if kind == "link":
        strange.symlink_to("/etc/hostname")
    elif kind == "folder":
        strange.mkdir()
    else:
        os.mkfifo(strange)

    assert spool.open_deposit("AAA123", "a.xml") is None


def test_the_four_folders_of_a_deposant_are_made(spool: Spool) -> None:
    made = {path.name for path in (spool.root / "depots" / "AAA123").iterdir()}

    assert made == {"in", "out", "test", "statut"}


def test_queues_are_read_in_order_of_arrival(spool: Spool) -> None:
    for rank, nom in ((2, "b.xml"), (1, "c.xml"), (3, "a.xml")):
        deposit(spool, nom)
        spool.take("AAA123", nom, f"{rank:03d}-AAA123")

    assert [entry.nom for entry in spool.entries("incoming")] == ["c.xml", "b.xml", "a.xml"]


def test_the_empty_ticket_of_an_interrupted_take_disappears(spool: Spool) -> None:
    (spool.root / "queue" / "incoming" / "001-AAA123").mkdir()

    assert spool.entries("incoming") == []

    spool.settle_tickets()

    assert not list((spool.root / "queue" / "incoming").iterdir())


def test_the_store_keeps_bytes_under_their_hash_and_keeping_twice_is_keeping_once(spool: Spool) -> None:
    deposit(spool, "a.xml", b"<facture/>")
    entry = spool.take("AAA123", "a.xml", "001-AAA123")
    assert entry is not None
    expected = (hashlib.sha256(b"<facture/>").hexdigest(), 10)

    assert expected == spool.keep(entry) == spool.keep(entry)
    assert spool.blob(expected[0]).read_bytes() == b"<facture/>"
    spool.drop(entry, expected[0])
    assert spool.entries("incoming") == []


def test_a_flux_is_never_let_go_before_its_bytes_are_stored(spool: Spool) -> None:
    deposit(spool, "a.xml")
    entry = spool.take("AAA123", "a.xml", "001-AAA123")
    assert entry is not None

    with pytest.raises(FileNotFoundError):
        spool.drop(entry, "0" * 64)
    assert spool.entries("incoming") == [entry]


def test_a_link_is_moved_but_never_followed(spool: Spool, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (spool.inbox("AAA123") / "lien.xml").symlink_to(secret)
    entry = spool.take("AAA123", "lien.xml", "001-AAA123")
    assert entry is not None

    assert not entry.is_ordinary
    with pytest.raises(OSError, match="symbolic"):
        spool.keep(entry)
    assert secret.read_text() == "secret"


def test_a_published_flow_is_whole_and_publishing_twice_is_publishing_once(spool: Spool) -> None:
    first = spool.publish("AAA123", "CSO.xml", b"<a/>")
    again = spool.publish("AAA123", "CSO.xml", b"<a/>")

    assert first == again
    assert [p.name for p in spool.outbox("AAA123").iterdir()] == ["CSO.xml"]


@pytest.mark.parametrize("nom", ["", ".", "..", "a/b", "../x", "a\0b"])
def test_a_name_that_leads_elsewhere_is_never_published(spool: Spool, nom: str) -> None:
    assert not is_plain_name(nom)
    with pytest.raises(ValueError):
        spool.publish("AAA123", nom, b"")


def test_a_process_is_present_until_it_ends(spool: Spool) -> None:
    other = Spool(spool.root)
    with spool.presence("one"):
        assert other.is_present("one")
        assert not other.is_present("two")

    assert not other.is_present("one")


def test_what_a_living_process_writes_aside_is_left_alone(spool: Spool) -> None:
    deposit(spool, "a.xml")
    entry = spool.take("AAA123", "a.xml", "001-AAA123")
    assert entry is not None
    for process in ("alive", "dead"):
        (spool.root / "store" / "aside" / f"001-AAA123~{process}").write_bytes(b"half")
        (spool.outbox("AAA123") / f".CSO.xml~{process}.part").write_bytes(b"half")
    spool.clear_aside({"alive"}.__contains__)

    assert [p.name for p in (spool.root / "store" / "aside").iterdir()] == ["001-AAA123~alive"]
    assert [p.name for p in spool.outbox("AAA123").iterdir()] == [".CSO.xml~alive.part"]
