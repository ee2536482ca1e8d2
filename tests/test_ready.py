"""Is a file of a deposit folder complete?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edi.inbound.manifeste import Empreinte
from edi.inbound.ready import READINESS, Etat, Look, Stamp, Tracker, is_candidate, judge_folder
from edi.model import Attente, Deposant
from edi.settings import Settings

A = Stamp(inode=1, size=100, mtime_ns=1_000)


@pytest.mark.parametrize(
    ("nom", "expected"),
    [
        ("FSO1100A_AAA123_AAA1231100000000000000001.xml", True),
        ("lot.tar.gz", True),
        ("lot.tar.gz.part", False),
        ("lot.tar.gz.PART", False),
        ("lot.tar.gz.filepart", False),
        ("lot.tmp", False),
        ("lot.Writing", False),
        (".lot.xml", False),
        (".sftpgo-upload.d2fh3.lot.tar.gz", False),
        (".", False),
        ("", False),
        ("part", True),
        ("lot.part.xml", True),
    ],
)
def test_a_name_tells_whether_somebody_still_writes(nom: str, expected: bool) -> None:
    candidate = is_candidate(nom)

    assert candidate == expected


# -- stillness --------------------------------------------------------------------------------------------


def look(tracker: Tracker, stamp: Stamp | None, at: float = 0.0) -> int:
    """One more look at a folder that holds ``a.xml``, or nothing: over how many looks it was the same."""
    tracker.observe({} if stamp is None else {"a.xml": stamp}, at)
    return tracker.times("a.xml")


def test_identical_observations_are_counted() -> None:
    tracker = Tracker()

    assert [look(tracker, A) for _ in range(4)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "changed",
    [A._replace(size=101), A._replace(mtime_ns=1_001), A._replace(inode=2), A._replace(mtime_ns=1)],
    ids=["it grew", "it was touched", "it was replaced", "it went back in time"],
)
def test_any_change_starts_the_count_again(changed: Stamp) -> None:
    tracker = Tracker()

    assert [look(tracker, stamp) for stamp in (A, A, changed, changed)] == [1, 2, 1, 2]


def test_a_copy_that_keeps_an_old_date_is_not_still_while_it_grows() -> None:
    tracker = Tracker()

    assert [look(tracker, Stamp(1, size, mtime_ns=0)) for size in (10, 20, 30, 30)] == [1, 1, 1, 2]


def test_a_name_that_vanished_starts_again() -> None:
    tracker = Tracker()

    assert [look(tracker, stamp) for stamp in (A, None, A, A)] == [1, 0, 1, 2]


def test_each_name_is_counted_for_itself() -> None:
    tracker = Tracker()
    tracker.observe({"a.xml": A})
    tracker.observe({"a.xml": A, "b.xml": A})

    assert (tracker.times("a.xml"), tracker.times("b.xml")) == (2, 1)


def test_looks_that_come_too_soon_do_not_count() -> None:
    tracker = Tracker(step=0.5)

    assert [look(tracker, A, at) for at in (10.0, 10.1, 10.4, 10.5, 10.9, 11.0)] == [1, 1, 1, 2, 2, 3]


def test_a_real_file_being_written_is_not_still_until_the_writer_stops(tmp_path: Path) -> None:
    tracker, path, seen = Tracker(), tmp_path / "a.xml", []
    with path.open("wb") as stream:
        for _ in range(3):
            stream.write(b"x" * 10)
            stream.flush()
            os.utime(path, ns=(0, 0))
            seen.append(look(tracker, _stamp(path)))
    seen.append(look(tracker, _stamp(path)))

    assert seen == [1, 1, 1, 2]


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return Stamp(stat.st_ino, stat.st_size, stat.st_mtime_ns)


# -- the five contracts -----------------------------------------------------------------------------------


@dataclass
class Octets:
    """The bytes of a folder, as a table."""

    cut: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, Mapping[str, Empreinte]] = field(default_factory=dict)

    def lacks_end(self, nom: str) -> bool:
        return nom in self.cut

    def digest(self, nom: str) -> str:
        return self.digests.get(nom, "")

    def manifest(self, nom: str) -> Mapping[str, Empreinte]:
        return self.manifests.get(nom, {})


def judged(readiness: str, times: Mapping[str, int], octets: Octets | None = None) -> dict[str, Etat]:
    """What each file waits for, each having been the same over so many looks."""
    listing = dict.fromkeys(times, A)
    deposant = Deposant("AAA123", readiness=readiness)
    return judge_folder(deposant, Look(listing, lambda nom: times[nom], octets or Octets(), 3))


def waits(
    readiness: str, times: Mapping[str, int], octets: Octets | None = None
) -> dict[str, Attente | None]:
    return {nom: etat.attend for nom, etat in judged(readiness, times, octets).items()}


def test_the_configuration_knows_every_contract() -> None:
    annotation = Settings.model_fields["deposant"].annotation.__args__[0].model_fields["readiness"].annotation

    assert set(annotation.__args__) == set(READINESS)


@pytest.mark.parametrize("readiness", READINESS)
def test_a_temporary_name_is_never_complete_whatever_the_contract(readiness: str) -> None:
    seen = waits(readiness, {"a.xml.part": 9, ".sftpgo-upload.x": 9})

    assert set(seen.values()) == {Attente.PROVISOIRE}


def test_renommage_takes_a_final_name_at_once() -> None:
    assert judged("renommage", {"a.tar.gz": 1}, Octets(cut={"a.tar.gz"})) == {"a.tar.gz": Etat()}


@pytest.mark.parametrize(
    ("nom", "times", "cut", "expected"),
    [
        ("a.tar.gz", 2, False, Attente.MOUVEMENT),
        ("a.tar.gz", 3, False, None),
        ("a.tar.gz", 3, True, Attente.ARCHIVE),
        ("a.ZIP", 3, True, Attente.ARCHIVE),
        ("a.xml", 3, True, None),  # stillness alone tells, except for archives
    ],
)
def test_immobilite_waits_for_stillness_and_for_the_end_of_an_archive(
    nom: str, times: int, cut: bool, expected: Attente | None
) -> None:
    assert waits("immobilite", {nom: times}, Octets(cut={nom} if cut else set())) == {nom: expected}


@pytest.mark.parametrize(
    ("nom", "times", "cut", "expected"),
    [
        ("a.tar.gz", 1, False, Attente.MOUVEMENT),
        ("a.tar.gz", 2, False, None),
        ("a.tar.gz", 2, True, Attente.ARCHIVE),
        ("a.xml", 2, True, Attente.DOCUMENT),
        ("a.pdf", 2, True, Attente.DOCUMENT),
    ],
)
def test_archive_waits_for_the_end_of_any_file(
    nom: str, times: int, cut: bool, expected: Attente | None
) -> None:
    assert waits("archive", {nom: times}, Octets(cut={nom} if cut else set())) == {nom: expected}


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"a.xml": 1}, {"a.xml": Etat(Attente.MOUVEMENT)}),
        ({"a.xml": 2}, {"a.xml": Etat(Attente.TEMOIN)}),
        ({"a.xml": 1, "a.xml.ok": 1}, {"a.xml": Etat(None, "a.xml.ok")}),
        ({"a.xml": 1, "a.xml.done": 1}, {"a.xml": Etat(None, "a.xml.done")}),
        ({"a.xml": 2, "a.ok": 2}, {"a.xml": Etat(Attente.TEMOIN), "a.ok": Etat(Attente.FICHIER)}),
        ({"b.xml.ok": 9}, {"b.xml.ok": Etat(Attente.FICHIER)}),
    ],
)
def test_temoin_takes_a_file_whose_done_file_is_there(
    times: Mapping[str, int], expected: dict[str, Etat]
) -> None:
    assert judged("temoin", times) == expected


GOOD = hashlib.sha256(b"good").hexdigest()


@pytest.mark.parametrize(
    ("empreinte", "expected"),
    [
        (Empreinte(GOOD), None),
        (Empreinte(GOOD, 100), None),
        (Empreinte(GOOD, 101), Attente.EMPREINTE),
        (Empreinte("0" * 64, 100), Attente.EMPREINTE),
        (None, Attente.MANIFESTE),
    ],
)
def test_manifeste_takes_a_file_of_the_size_and_hash_announced(
    empreinte: Empreinte | None, expected: Attente | None
) -> None:
    listed = {"a.xml": empreinte} if empreinte else {"autre.xml": Empreinte(GOOD)}
    octets = Octets(digests={"a.xml": GOOD}, manifests={"lot.manifeste": listed})
    seen = waits("manifeste", {"a.xml": 2, "lot.manifeste": 2}, octets)

    assert seen["a.xml"] is expected
    assert seen["lot.manifeste"] is (Attente.SUITE if empreinte else Attente.FICHIER)


@pytest.mark.parametrize("moving", ["a.xml", "a.xml.sha256"])
def test_neither_a_manifest_nor_its_file_is_read_while_it_moves(moving: str) -> None:
    octets = Octets(digests={"a.xml": GOOD}, manifests={"a.xml.sha256": {"a.xml": Empreinte(GOOD)}})
    seen = waits("manifeste", {"a.xml": 2, "a.xml.sha256": 2, moving: 1}, octets)

    assert seen[moving] is Attente.MOUVEMENT
    assert seen["a.xml"] is not None


def test_a_manifest_that_cannot_be_understood_is_told() -> None:
    assert waits("manifeste", {"a.sha256": 2}) == {"a.sha256": Attente.ILLISIBLE}
