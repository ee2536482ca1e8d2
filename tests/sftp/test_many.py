"""Many files, and one large one; in full behind ``-m slow``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from conftest import House
from rig import Server

from edi.model import Dossier


def check_many(server: Server, house: House, count: int) -> None:
    depot = server.folder("depot")
    sent = {f"f{rank:05d}.xml": os.urandom(500) + str(rank).encode() for rank in range(count)}
    for nom, data in sent.items():
        (depot / nom).write_bytes(data)
    serveur = server.serveur(Dossier("AAA123", str(depot), apres="supprimer"))
    bilan = house.call(serveur)

    assert bilan.ennuis == []
    assert house.taken() == sent
    assert list(depot.iterdir()) == []
    assert house.call(serveur).prises == []


def test_a_thousand_small_files_arrive_each_once(server: Server, house: House) -> None:
    check_many(server, house, 1_000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_small_files_arrive_each_once(server: Server, house: House) -> None:
    check_many(server, house, 10_000)


def check_large(server: Server, house: House, size: int) -> None:
    block = os.urandom(1 << 20)
    digest = hashlib.sha256()
    path: Path = server.folder("depot") / "gros.tar.gz"
    with path.open("wb") as writer:
        for rank in range(size >> 20):
            piece = rank.to_bytes(8, "big") + block[8:]
            writer.write(piece)
            digest.update(piece)
    (prise,) = house.call(server.serveur(Dossier("AAA123", str(path.parent)))).prises

    assert (prise.taille, prise.sha256) == (size, "")  # no manifest says what it must be
    (entry,) = house.spool.entries("incoming")
    with entry.path.open("rb") as reader:
        assert hashlib.file_digest(reader, "sha256").hexdigest() == digest.hexdigest()


def test_a_file_of_forty_megabytes_arrives_whole(server: Server, house: House) -> None:
    check_large(server, house, 40 << 20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_file_of_five_hundred_megabytes_arrives_whole(server: Server, house: House) -> None:
    check_large(server, house, 500 << 20)
