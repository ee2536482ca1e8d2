"""A line cut at any byte leaves either nothing or the whole, on both sides; the next call finishes the work.

The positions are spread over everything that the undisturbed exchange sends; ``-m slow`` takes many more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import House
from rig import Line, Server

from edi.inbound import pull
from edi.model import Dossier, Serveur
from edi.outbound.push import place
from edi.sftp import ConnectionLost, connect

Houses = Callable[[], House]
FEW, MANY = 16, 400
NAMES = ("a.xml", "b.xml", "c.xml")
ANSWER = b"<CPPStatut>" + b"x" * 40_000 + b"</CPPStatut>"


def spread(total: int, count: int) -> list[int]:
    """Positions over the whole exchange, as many of them in its last bytes, where things are let go.

    The last ones lie ever closer: an exchange differs from the one before by some tens of bytes (padding,
    windows), and some must still meet the few hundred bytes between the last file and the farewell.
    """
    half, end = count // 2, min(total, 2000)
    everywhere = {round(total * rank / half) for rank in range(half)}
    last = {total - round(end * rank / half) for rank in range(2, half, 2)}
    return sorted(everywhere | last | {total - (end >> halved) for halved in range(2, 9)})


def fill(folder: Path) -> dict[str, bytes]:
    sent = {nom: os.urandom(30_000 + rank) for rank, nom in enumerate(NAMES)}
    for nom, data in sent.items():
        (folder / nom).write_bytes(data)
        os.utime(folder / nom, (1_790_000_000, 1_790_000_000))
    return sent


def check_pull(server: Server, new_house: Houses, way: str, apres: str, count: int) -> None:
    depot, vus = server.folder("depot"), server.folder("vus")
    aside = str(vus) if apres == "deplacer" else ""
    dossier = Dossier("AAA123", str(depot), apres=apres, deplacer_vers=aside)
    fill(depot)
    with Line(server.port) as line:
        new_house().call(server.serveur(dossier, port=line.port))
        total = line.passed[way]
    for path in vus.iterdir():
        path.unlink()
    outcomes = set()
    for position in spread(total, count):
        sent, house = fill(depot), new_house()
        with Line(server.port, **{way: position}) as line:
            house.call(server.serveur(dossier, port=line.port))
        after = house.taken()
        outcomes.add(len(after))
        # nothing or the whole, here; and what is not here is still there
        assert after.items() <= sent.items(), position
        assert {nom: (depot / nom).read_bytes() for nom in sent if nom not in after} == {
            nom: data for nom, data in sent.items() if nom not in after
        }, position
        assert house.call(server.serveur(dossier)).ennuis == []

        assert house.taken() == sent, position  # and none of them twice
        left = {path.name for path in depot.iterdir()}
        assert left == (set(NAMES) if apres == "laisser" else set()), position
        if apres == "deplacer":
            assert {path.name: path.read_bytes() for path in vus.iterdir()} == sent, position
            for path in vus.iterdir():
                path.unlink()
        house.base.dispose()

    # where nothing is asked of the server afterwards, hardly a byte passes once the last file is here
    wanted = {0} if apres == "laisser" else {0, len(NAMES)}
    assert outcomes >= wanted, "some cuts must come before the files are here, some after"


@pytest.mark.parametrize("way", ["down", "up"])
def test_a_pull_cut_anywhere_takes_nothing_or_the_whole(server: Server, new_house: Houses, way: str) -> None:
    check_pull(server, new_house, way, "supprimer", FEW)


def test_a_pull_that_moves_files_may_be_cut_anywhere(quick_server: Server, new_house: Houses) -> None:
    check_pull(quick_server, new_house, "up", "deplacer", FEW)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("apres", ["laisser", "deplacer", "supprimer"])
@pytest.mark.parametrize("way", ["down", "up"])
def test_a_pull_cut_at_many_places(server: Server, new_house: Houses, way: str, apres: str) -> None:
    check_pull(server, new_house, way, apres, MANY)


def check_put(server: Server, root: Path, way: str, renommage: bool, count: int) -> None:
    """After any cut, the final name holds nothing or everything; the second try asks, and ends the same."""
    retours = server.folder("retours")
    serveur = server.serveur()

    def send(to: Serveur, uncertain: bool) -> None:
        with connect(to, root) as remote:
            place(remote, str(retours), "CSO.xml", ANSWER, renommage, uncertain=uncertain)

    with Line(server.port) as line:
        send(server.serveur(port=line.port), False)
        total = line.passed[way]
    for position in spread(total, count):
        for path in retours.iterdir():
            path.unlink()
        with Line(server.port, **{way: position}) as line, suppress(ConnectionLost):
            send(server.serveur(port=line.port), False)
        if renommage and (retours / "CSO.xml").exists():
            assert (retours / "CSO.xml").read_bytes() == ANSWER, position
        send(serveur, True)

        assert {path.name: path.read_bytes() for path in retours.iterdir()} == {"CSO.xml": ANSWER}, position


@pytest.mark.parametrize("renommage", [True, False])
def test_a_push_cut_anywhere_ends_with_one_whole_answer(
    server: Server, tmp_path: Path, renommage: bool
) -> None:
    check_put(server, tmp_path, "up", renommage, FEW)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["down", "up"])
def test_a_push_cut_at_many_places(server: Server, tmp_path: Path, way: str) -> None:
    check_put(server, tmp_path, way, True, MANY)


def test_what_was_put_before_the_cut_is_not_sent_again(server: Server, tmp_path: Path) -> None:
    retours = server.folder("retours")
    with connect(server.serveur(), tmp_path) as remote:
        place(remote, str(retours), "CSO.xml", ANSWER, True)
    first = (retours / "CSO.xml").stat()
    with Line(server.port) as line:
        with connect(server.serveur(port=line.port), tmp_path) as remote:
            place(remote, str(retours), "CSO.xml", ANSWER, True, uncertain=True)
        sent = line.passed["up"]

    assert (retours / "CSO.xml").stat().st_ino == first.st_ino
    assert sent < len(ANSWER)  # it was asked for, not sent


# -- going on where it stopped ----------------------------------------------------------------------------

LARGE = 32 << 20


@pytest.fixture
def large(server: Server) -> bytes:
    data = os.urandom(1 << 20) * (LARGE >> 20)
    (server.folder("depot") / "gros.tar.gz").write_bytes(data)
    return data


def test_a_large_file_goes_on_where_it_stopped(server: Server, house: House, large: bytes) -> None:
    dossier = Dossier("AAA123", entree=str(server.folder("depot")))
    with Line(server.port, down=LARGE * 2 // 3) as line:
        house.call(server.serveur(dossier, port=line.port))

    assert house.taken() == {}
    (part,) = (house.root / "spool" / "pull" / "partenaire").iterdir()
    assert part.stat().st_size > LARGE // 2
    with Line(server.port) as line:
        house.call(server.serveur(dossier, port=line.port))
        again = line.passed["down"]

    assert house.taken() == {"gros.tar.gz": large}
    assert again < LARGE * 0.8  # what was synced is not fetched again


def test_a_part_of_other_bytes_is_not_gone_on_from(server: Server, house: House, large: bytes) -> None:
    dossier = Dossier("AAA123", entree=str(server.folder("depot")))
    with Line(server.port, down=LARGE * 2 // 3) as line:
        house.call(server.serveur(dossier, port=line.port))
    (part,) = (house.root / "spool" / "pull" / "partenaire").iterdir()
    with part.open("r+b") as damaged:  # as if the server had put other bytes there within the same second
        damaged.write(bytes(part.stat().st_size))
    house.call(server.serveur(dossier))

    assert house.taken() == {"gros.tar.gz": large}


def test_the_part_of_a_file_that_went_away_goes_too(quick_server: Server, house: House) -> None:
    path = quick_server.folder("depot") / "gros.tar.gz"
    path.write_bytes(os.urandom(LARGE))
    dossier = Dossier("AAA123", entree=str(path.parent))
    with Line(quick_server.port, down=LARGE // 2) as line:
        house.call(quick_server.serveur(dossier, port=line.port))
    path.unlink()
    house.call(quick_server.serveur(dossier))

    assert list((house.root / "spool" / "pull" / "partenaire").iterdir()) == []


def test_being_asked_to_stop_keeps_what_was_fetched(quick_server: Server, house: House) -> None:
    path = quick_server.folder("depot") / "gros.tar.gz"
    path.write_bytes(os.urandom(LARGE))
    open_part = house.spool.open_part

    def stop_soon(serveur: str, key: str) -> object:
        house.halted.set()
        return open_part(serveur, key)

    house.spool.open_part = stop_soon  # type: ignore[method-assign,assignment]
    bilan = house.call(quick_server.serveur(Dossier("AAA123", entree=str(path.parent))))

    assert (bilan.prises, bilan.ennuis) == ([], [])


# -- an interruption of ours ------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process at that very point."""


@pytest.mark.parametrize("step", ["stow", "hand_over"])
@pytest.mark.parametrize("after", [False, True])
def test_an_interruption_between_two_steps_loses_nothing_and_doubles_nothing(
    quick_server: Server, house: House, step: str, after: bool
) -> None:
    depot = quick_server.folder("depot")
    sent = fill(depot)
    serveur = quick_server.serveur(Dossier("AAA123", str(depot), apres="supprimer"))
    act = getattr(house.spool, step)

    def die(*args: object) -> None:
        if after:
            act(*args)
        raise Killed

    setattr(house.spool, step, die)
    with pytest.raises(Killed):
        house.call(serveur)
    setattr(house.spool, step, act)

    assert {path.name for path in depot.iterdir()} == set(NAMES)

    house.canaux().recover()
    house.call(serveur)

    assert house.taken() == sent
    assert list(depot.iterdir()) == []
    assert house.spool.stowed("partenaire") == []


def test_waves_hold_what_is_wanted_in_order() -> None:
    from edi.inbound.distant import Wanted
    from edi.sftp import RemoteEntry

    def wanted(nom: str, size: int) -> Wanted:
        return Wanted(Dossier("AAA123", "/d"), RemoteEntry(nom.encode(), size, 0, "file"), nom)

    files = [wanted(f"{rank:03d}", 1000) for rank in range(300)] + [wanted("gros", pull.WAVE_BYTES * 3)]
    cut = list(pull.waves(files))

    assert [one for wave in cut for one in wave] == files
    assert [len(wave) for wave in cut] == [128, 128, 44, 1]
