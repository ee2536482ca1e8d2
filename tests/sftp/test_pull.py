"""What lies on a server is taken once, whole, and let go only when it is safe here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from conftest import House
from rig import Server

from edi.model import Deposant, Dossier, ErrorClass

DATA = b"<Invoice/>" * 50


def put(folder: Path, nom: str, data: bytes = DATA, mtime: int = 1_790_000_000) -> Path:
    path = folder / nom
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def entree(server: Server, **changes: object) -> Dossier:
    return Dossier("AAA123", entree=str(server.folder("depot")), **changes)  # type: ignore[arg-type]


def test_a_file_is_taken_whole_under_its_own_name(server: Server, house: House) -> None:
    put(server.folder("depot"), "FSO1100A_AAA123.xml")
    bilan = house.call(server.serveur(entree(server)))

    assert house.taken() == {"FSO1100A_AAA123.xml": DATA}
    assert bilan.ennuis == []
    (prise,) = bilan.prises
    assert (prise.appli, prise.taille, prise.sha256) == ("AAA123", len(DATA), "")
    assert not list((house.root / "spool" / "pull" / "partenaire").iterdir())


@pytest.mark.parametrize("size", [0, 1, 32_768, 261_120, 261_121, 5_000_000])
def test_files_of_any_size_arrive_byte_for_byte(server: Server, house: House, size: int) -> None:
    data = os.urandom(size)
    put(server.folder("depot"), "a.xml", data)
    house.call(server.serveur(entree(server)))

    assert house.taken() == {"a.xml": data}


def test_many_files_come_over_several_connections(server: Server, house: House) -> None:
    sent = {f"{rank:04d}.xml": os.urandom(700 + rank) for rank in range(300)}
    for nom, data in sent.items():
        put(server.folder("depot"), nom, data)
    bilan = house.call(server.serveur(entree(server), connexions=3))

    assert house.taken() == sent
    assert len({prise.ticket for prise in bilan.prises}) == 300


def test_what_is_left_there_is_not_taken_again(server: Server, house: House) -> None:
    put(server.folder("depot"), "a.xml")
    serveur = server.serveur(entree(server))
    prises = [len(house.call(serveur).prises) for _ in range(3)]

    assert prises == [1, 0, 0]


@pytest.mark.parametrize(
    ("data", "mtime"), [(DATA + b"\n", 1_790_000_000), (DATA[::-1], 1_790_000_001)], ids=["size", "date"]
)
def test_other_bytes_under_a_name_that_was_taken_are_taken(
    quick_server: Server, house: House, data: bytes, mtime: int
) -> None:
    folder = quick_server.folder("depot")
    serveur = quick_server.serveur(entree(quick_server))
    put(folder, "a.xml")
    house.call(serveur)
    put(folder, "a.xml", data, mtime)
    house.call(serveur)

    assert [entry.path.read_bytes() for entry in house.spool.entries("incoming")] == [DATA, data]


def test_what_is_removed_there_is_removed_once_it_is_recorded(server: Server, house: House) -> None:
    put(server.folder("depot"), "a.xml")
    serveur = server.serveur(entree(server, apres="supprimer"))
    (prise,) = house.call(serveur).prises

    assert list(server.folder("depot").iterdir()) == []
    assert prise.apres_le is not None
    assert house.taken() == {"a.xml": DATA}

    put(server.folder("depot"), "a.xml")  # the very same again: a new deposit

    assert len(house.call(serveur).prises) == 1


def test_what_is_moved_there_never_covers_an_earlier_file(server: Server, house: House) -> None:
    vus = server.folder("vus")
    serveur = server.serveur(entree(server, apres="deplacer", deplacer_vers=str(vus)))
    for rank in range(3):
        put(server.folder("depot"), "a.xml", DATA + bytes([rank]))
        house.call(serveur)

    assert list(server.folder("depot").iterdir()) == []
    assert sorted(path.read_bytes()[-1] for path in vus.iterdir()) == [0, 1, 2]
    assert (vus / "a.xml").read_bytes()[-1] == 0


def test_an_after_action_that_fails_is_done_later_without_fetching_again(
    server: Server, house: House
) -> None:
    put(server.folder("depot"), "a.xml")
    vus = server.root / "vus"
    serveur = server.serveur(entree(server, apres="deplacer", deplacer_vers=str(vus)))
    first = house.call(serveur)

    assert [ennui.nom for ennui in first.ennuis] == ["a.xml"]
    assert first.prises[0].apres_le is None

    vus.mkdir()
    second = house.call(serveur)

    assert (second.prises, second.ennuis) == ([], [])
    assert [path.name for path in vus.iterdir()] == ["a.xml"]
    assert house.taken() == {"a.xml": DATA}


def test_a_file_replaced_since_it_was_taken_is_not_removed(
    quick_server: Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = quick_server.folder("depot")
    put(folder, "a.xml")
    serveur = quick_server.serveur(entree(quick_server, apres="supprimer"))
    hand_over = house.spool.hand_over

    def replace_meanwhile(entries: object) -> None:
        hand_over(entries)  # type: ignore[arg-type]
        put(folder, "a.xml", b"other", 1_790_000_100)

    monkeypatch.setattr(house.spool, "hand_over", replace_meanwhile)
    house.call(serveur)

    assert (folder / "a.xml").read_bytes() == b"other"

    monkeypatch.undo()
    house.call(serveur)

    assert [entry.path.read_bytes() for entry in house.spool.entries("incoming")] == [DATA, b"other"]
    assert list(folder.iterdir()) == []


# -- stillness --------------------------------------------------------------------------------------------


def test_a_file_that_grows_between_two_looks_is_not_taken(server: Server, house: House) -> None:
    folder = server.folder("depot")
    put(folder, "still.xml")
    growing = put(folder, "growing.xml", b"a")

    def grow(seconds: float) -> None:
        with growing.open("ab") as late:
            late.write(b"b")

    house.pause = grow
    serveur = server.serveur(entree(server))
    house.call(serveur)

    assert set(house.taken()) == {"still.xml"}

    house.pause = lambda seconds: None
    house.call(serveur)

    assert house.taken() == {"still.xml": DATA, "growing.xml": b"ab"}


def test_looks_are_as_far_apart_as_configured_and_none_is_lost_on_an_empty_folder(
    quick_server: Server, house: House
) -> None:
    waited: list[float] = []
    house.pause = waited.append
    serveur = quick_server.serveur(entree(quick_server), observations=4, pas=1.5)
    house.call(serveur)

    assert waited == []

    put(quick_server.folder("depot"), "a.xml")
    house.call(serveur)

    assert waited == [1.5, 1.5, 1.5]
    assert set(house.taken()) == {"a.xml"}


def test_a_deposant_that_renames_needs_one_look(quick_server: Server, house: House) -> None:
    waited: list[float] = []
    house.pause = waited.append
    house.deposants = {"AAA123": Deposant("AAA123", readiness="renommage")}
    put(quick_server.folder("depot"), "a.xml")
    put(quick_server.folder("depot"), "b.xml.part")
    put(quick_server.folder("depot"), ".c.xml")
    house.call(quick_server.serveur(entree(quick_server)))

    assert (set(house.taken()), waited) == ({"a.xml"}, [])


def test_a_file_that_changes_while_it_is_read_is_left_for_later(quick_server: Server, house: House) -> None:
    path = put(quick_server.folder("depot"), "a.xml", os.urandom(3_000_000))
    serveur = quick_server.serveur(entree(quick_server))
    keep_parts = house.spool.keep_parts

    def change_meanwhile(serveur: str, keys: set[str]) -> None:
        keep_parts(serveur, keys)
        os.utime(path, (1_790_000_050, 1_790_000_050))

    house.spool.keep_parts = change_meanwhile  # type: ignore[method-assign]
    bilan = house.call(serveur)

    assert house.taken() == {}
    assert [(e.nom, e.error_class) for e in bilan.ennuis] == [("a.xml", ErrorClass.SENDER)]

    house.spool.keep_parts = keep_parts  # type: ignore[method-assign]

    assert len(house.call(serveur).prises) == 1


# -- names, patterns, manifests ---------------------------------------------------------------------------


def test_only_names_of_the_pattern_are_taken(quick_server: Server, house: House) -> None:
    for nom in ("a.xml", "b.tar.gz", "c.txt", "D.XML"):
        put(quick_server.folder("depot"), nom)
    quick_server.folder("depot/dossier.xml")
    bilan = house.call(quick_server.serveur(entree(quick_server, noms=("*.xml", "*.tar.gz"))))

    assert bilan.ennuis == []

    assert set(house.taken()) == {"a.xml", "b.tar.gz"}


def test_a_link_is_told_and_not_followed(server: Server, house: House) -> None:
    secret = put(server.folder("ailleurs"), "secret.xml")
    (server.folder("depot") / "lien.xml").symlink_to(secret)
    put(server.folder("depot"), "a.xml")
    bilan = house.call(server.serveur(entree(server)))

    assert set(house.taken()) == {"a.xml"}
    assert [(e.nom, e.error_class) for e in bilan.ennuis] == [("lien.xml", ErrorClass.SENDER)]


def test_a_file_waits_for_its_manifest_and_is_checked_against_it(server: Server, house: House) -> None:
    folder = server.folder("depot")
    serveur = server.serveur(entree(server, manifeste=".sha256", apres="supprimer"))
    put(folder, "a.xml")
    house.call(serveur)

    assert house.taken() == {}

    put(folder, "a.xml.sha256", f"{hashlib.sha256(b'other').hexdigest()}  a.xml\n".encode())
    bilan = house.call(serveur)

    assert house.taken() == {}
    assert [e.error_class for e in bilan.ennuis] == [ErrorClass.SENDER]
    assert hashlib.sha256(DATA).hexdigest() in bilan.ennuis[0].message

    put(folder, "a.xml.sha256", f"{hashlib.sha256(DATA).hexdigest()}  a.xml\n".encode())
    house.call(serveur)

    assert house.taken() == {"a.xml": DATA}
    assert list(folder.iterdir()) == []


def test_a_manifest_that_says_nothing_is_told(quick_server: Server, house: House) -> None:
    put(quick_server.folder("depot"), "a.xml")
    put(quick_server.folder("depot"), "a.xml.sha256", b"bonjour\n")
    bilan = house.call(quick_server.serveur(entree(quick_server, manifeste=".sha256")))

    assert house.taken() == {}
    assert "a.xml.sha256" in bilan.ennuis[0].message


def test_a_server_that_cannot_list_is_asked_for_the_names_it_may_hold(server: Server, house: House) -> None:
    put(server.folder("depot"), "jour.xml")
    put(server.folder("depot"), "autre.xml")
    serveur = server.serveur(entree(server, noms=("jour.xml", "nuit.xml")), liste=False)
    house.call(serveur)

    assert house.taken() == {"jour.xml": DATA}


def test_a_file_past_the_limit_is_told_and_not_fetched(quick_server: Server, house: House) -> None:
    put(quick_server.folder("depot"), "a.xml", b"")
    os.truncate(quick_server.folder("depot") / "a.xml", 3 << 30)
    bilan = house.call(quick_server.serveur(entree(quick_server)))

    assert house.taken() == {}
    assert "2\N{NO-BREAK SPACE}Go" in bilan.ennuis[0].message


def test_a_folder_that_is_missing_keeps_no_other_folder_waiting(server: Server, house: House) -> None:
    put(server.folder("depot"), "a.xml")
    absent = Dossier("AAA123", entree=str(server.root / "absent"))
    bilan = house.call(server.serveur(absent, entree(server)))

    assert set(house.taken()) == {"a.xml"}
    assert [(e.error_class, "absent" in e.message) for e in bilan.ennuis] == [(ErrorClass.OPERATOR, True)]
