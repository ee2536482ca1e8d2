"""Is a file of a deposit folder complete?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edi.inbound.ready import Stamp, Tracker, is_candidate

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
        (".", False),
        ("", False),
        ("part", True),
        ("lot.part.xml", True),
    ],
)
def test_a_name_tells_whether_somebody_still_writes(nom: str, expected: bool) -> None:
    candidate = is_candidate(nom)

    assert candidate == expected


def test_a_file_is_ready_at_the_nth_identical_observation_and_stays_ready() -> None:
    tracker = Tracker(polls=3)

    seen = [tracker.observe({"a.xml": A}) for _ in range(4)]

    assert seen == [(), (), ("a.xml",), ("a.xml",)]


@pytest.mark.parametrize(
    "changed",
    [A._replace(size=101), A._replace(mtime_ns=1_001), A._replace(inode=2), A._replace(mtime_ns=1)],
    ids=["it grew", "it was touched", "it was replaced", "it went back in time"],
)
def test_any_change_starts_the_count_again(changed: Stamp) -> None:
    tracker = Tracker(polls=2)

    seen = [tracker.observe({"a.xml": stamp}) for stamp in (A, changed, changed)]

    assert seen == [(), (), ("a.xml",)]


def test_a_copy_that_keeps_an_old_date_is_not_taken_while_it_grows() -> None:
    tracker = Tracker(polls=2)

    seen = [tracker.observe({"a.xml": Stamp(1, size, mtime_ns=0)}) for size in (10, 20, 30, 30)]

    assert seen == [(), (), (), ("a.xml",)]


def test_a_name_that_vanished_starts_again() -> None:
    tracker = Tracker(polls=2)

    seen = [tracker.observe(listing) for listing in ({"a.xml": A}, {}, {"a.xml": A}, {"a.xml": A})]

    assert seen == [(), (), (), ("a.xml",)]


def test_with_one_poll_everything_but_temporary_names_is_ready_at_once_and_sorted() -> None:
    ready = Tracker(polls=1).observe({"b.xml": A, "a.xml": A, "c.xml.part": A, ".d.xml": A})

    assert ready == ("a.xml", "b.xml")


def test_each_name_is_counted_for_itself() -> None:
    tracker = Tracker(polls=2)
    tracker.observe({"a.xml": A})

    ready = tracker.observe({"a.xml": A, "b.xml": A})

    assert ready == ("a.xml",)


def test_a_file_renamed_into_place_is_another_name() -> None:
    tracker = Tracker(polls=2)
    tracker.observe({"a.xml.part": A})

    seen = [tracker.observe({"a.xml": A}), tracker.observe({"a.xml": A})]

    assert seen == [(), ("a.xml",)]


@pytest.mark.parametrize("polls", [0, -1])
def test_fewer_than_one_poll_makes_no_sense(polls: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Tracker(polls)


def test_a_real_file_being_written_is_not_ready_until_the_writer_stops(tmp_path: Path) -> None:
    tracker, path, seen = Tracker(polls=2), tmp_path / "a.xml", []
    with path.open("wb") as stream:
        for _ in range(3):
            stream.write(b"x" * 10)
            stream.flush()
            os.utime(path, ns=(0, 0))
            seen.append(tracker.observe({"a.xml": _stamp(path)}))
    seen.append(tracker.observe({"a.xml": _stamp(path)}))

    assert seen == [(), (), (), ("a.xml",)]


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return Stamp(stat.st_ino, stat.st_size, stat.st_mtime_ns)
