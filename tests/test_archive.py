"""What may come out of an archive that a stranger made. Every archive here is built by hand."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edi.inbound.archive import Membre, open_single_member, read_tar_gz, read_zip
from edi.model import Finding, Limites

LIMITES = Limites()
INVOICE = b"<?xml version='1.0'?><Invoice/>"
MO = 1024**2


# -- building -----------------------------------------------------------------------------------------------


def tar_entry(
    nom: str | bytes, data: bytes = INVOICE, kind: bytes = tarfile.REGTYPE, size: int | None = None
) -> bytes:
    info = tarfile.TarInfo()
    info.name = os.fsdecode(nom) if isinstance(nom, bytes) else nom
    info.type = kind
    info.size = len(data) if size is None else size
    info.linkname = "../secret" if kind in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + data + bytes(-len(data) % 512)


def pax(words: dict[str, str], kind: bytes = tarfile.XHDTYPE) -> bytes:
    lines = b""
    for key, value in words.items():
        line = f" {key}={value}\n".encode("utf-8", "surrogateescape")
        length = len(line) + 1
        while len(str(length)) + len(line) != length:
            length += 1
        lines += str(length).encode() + line
    return tar_entry("pax", lines, kind)


END = bytes(1024)
GOOD = tar_entry("facture_01.xml")


def signed(header: bytes) -> bytes:
    """A tar header with its checksum made right again."""
    blank = header[:148] + b" " * 8 + header[156:512]
    return blank[:148] + f"{sum(blank):06o}\0 ".encode() + blank[156:] + header[512:]


def sized(size: bytes) -> bytes:
    return signed(GOOD[:124] + size + GOOD[136:])


def zipped(
    members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for nom, data in members:
            archive.writestr(nom, data)
    return stream.getvalue()


ONE = zipped([("a.xml", INVOICE)])


def special(nom: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(nom)
    info.external_attr = (mode | 0o644) << 16
    return info


def patched(data: bytes, field: str, value: int) -> bytes:
    """A zip of one member with one field changed, in its local header and in its directory."""
    at_local, at_central, code = {
        "flags": (6, 8, "<H"),
        "method": (8, 10, "<H"),
        "crc": (14, 16, "<L"),
        "size": (22, 24, "<L"),
    }[field]
    changed = bytearray(data)
    struct.pack_into(code, changed, at_local, value)
    struct.pack_into(code, changed, data.index(b"PK\x01\x02") + at_central, value)
    return bytes(changed)


def zip64() -> bytes:
    """A small zip whose writer used the records of large ones throughout."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w") as archive,
        archive.open("facture_01.xml", "w", force_zip64=True) as member,
    ):
        member.write(INVOICE)
    data = stream.getvalue()
    end = len(data) - 22
    _, _, _, _, count, size, start, _ = struct.unpack("<4s4H2LH", data[end:])
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return (
        data[:end]
        + record
        + locator
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[2**16 - 1] * 2, *[2**32 - 1] * 2, 0)
    )


@pytest.fixture
def read(tmp_path: Path):
    """Reads an archive given by its bytes, and proves that nothing appeared on the disk."""

    def read_bytes(data: bytes, limites: Limites = LIMITES) -> list[Membre | Finding]:
        path = tmp_path / "depot" / "flux"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        items = list((read_zip if data[:2] == b"PK" else read_tar_gz)(path, limites))
        assert [*tmp_path.rglob("*")] == [path.parent, path]
        return items

    return read_bytes


def told(items: list[Membre | Finding]) -> list[object]:
    """Names of good files, names and codes of refused ones, codes alone of what refuses the flux."""
    return [
        item.code if isinstance(item, Finding) else (item.nom, *[finding.code for finding in item.findings])
        for item in items
    ]


FILE_01 = ("facture_01.xml",)

# -- what is accepted ---------------------------------------------------------------------------------------


def test_the_files_of_both_formats_come_out_byte_for_byte_and_in_order(read) -> None:
    noms = ["./b.xml", "dossier/a.xml", "É.XML"]
    tar = gzip.compress(b"".join(tar_entry(nom, nom.encode()) for nom in noms) + END)
    expected = [Membre(nom.removeprefix("./"), nom.encode()) for nom in noms]

    assert read(tar) == expected
    assert read(zipped((nom, nom.encode()) for nom in noms)) == expected


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("nom", ["facture.xml", "é" * 40 + ".xml", f"{'d' * 90}/{'f' * 90}.xml"])
def test_every_common_dialect_of_tar_is_read(read, format: int, nom: str) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=format) as archive:
        for each in (nom, "z.xml"):
            info = tarfile.TarInfo(each)
            info.size, info.mtime = len(INVOICE), 1.5
            archive.addfile(info, io.BytesIO(INVOICE))

    assert told(read(stream.getvalue())) == [(nom,), ("z.xml",)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gzip.compress(GOOD) + gzip.compress(END), id="several gzip streams"),
        pytest.param(gzip.compress(GOOD + END) + bytes(100_000), id="gzip padded with zeros"),
        pytest.param(gzip.compress(GOOD + bytes(512)), id="a lone zero block"),
        pytest.param(gzip.compress(GOOD + bytes(20 * 512)), id="tar blocked by twenty"),
        pytest.param(gzip.compress(tar_entry("d/", b"", tarfile.DIRTYPE) + GOOD + END), id="a folder in it"),
        pytest.param(
            gzip.compress(pax({"comment": "x"}, tarfile.XGLTYPE) + GOOD + END), id="a global comment"
        ),
        pytest.param(zipped([("d/", b""), ("facture_01.xml", INVOICE)]), id="zip with a folder"),
        pytest.param(zipped([("facture_01.xml", INVOICE)], zipfile.ZIP_STORED), id="stored zip"),
        pytest.param(zip64(), id="zip64"),
        pytest.param(zipped([(special("facture_01.xml", stat.S_IFREG), INVOICE)]), id="zip with Unix modes"),
    ],
)
def test_harmless_peculiarities_pass(read, data: bytes) -> None:
    assert told(read(data)) == [FILE_01]


def test_a_zip_with_a_comment_passes(read) -> None:
    stream = io.BytesIO(zipped([("facture_01.xml", INVOICE)]))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = b"lot du jour"

    assert told(read(stream.getvalue())) == [FILE_01]


def test_a_zip_name_in_utf_8_without_the_flag_is_read_as_utf_8(read) -> None:
    data = zipped([("factur_.xml", INVOICE), ("autre.xml", INVOICE)]).replace(
        b"factur_", "factué".encode()[:7]
    )

    assert told(read(data)) == [("factué.xml",), ("autre.xml",)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=2_000), min_size=1, max_size=8), st.booleans())
def test_whatever_is_packed_comes_out(read, contents: list[bytes], tar: bool) -> None:
    files = [(f"{rang}.xml", b"<" + data) for rang, data in enumerate(contents)]
    packed = gzip.compress(b"".join(tar_entry(*file) for file in files) + END) if tar else zipped(files)

    assert read(packed) == [Membre(*file) for file in files]


# -- what refuses the whole flux ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nom",
    [
        "/etc/x.xml",
        "../x.xml",
        "a/../../x.xml",
        "..",
        "C:\\x.xml",
        "c:x.xml",
        "\\\\serveur\\x.xml",
        "a\\..\\x.xml",
    ],
)
def test_a_path_that_leaves_the_folder_refuses_the_flux(read, nom: str) -> None:
    tar = gzip.compress(GOOD + tar_entry(nom) + END)

    assert told(read(tar)) == [FILE_01, "EDI-ARCHIVE-02"]
    assert told(read(zipped([("facture_01.xml", INVOICE), (nom, INVOICE)]))) == ["EDI-ARCHIVE-02"]


@pytest.mark.parametrize("nom", ["a..b.xml", "...xml", "d/..x/f.xml", "x:y.xml.xml"])
def test_two_dots_within_a_name_are_harmless(read, nom: str) -> None:
    items = read(zipped([(nom, INVOICE)]))

    assert told(items) == ([(nom,)] if nom[1] != ":" else ["EDI-ARCHIVE-02"])


def test_a_folder_that_leaves_the_folder_refuses_the_flux_too(read) -> None:
    tar = gzip.compress(tar_entry("../d/", b"", tarfile.DIRTYPE) + GOOD + END)

    assert told(read(tar)) == ["EDI-ARCHIVE-02"]
    assert told(read(zipped([("../d/", b""), ("a.xml", INVOICE)]))) == ["EDI-ARCHIVE-02"]


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"V",
        b"Z",
    ],
)
def test_what_is_no_ordinary_file_refuses_a_tar(read, kind: bytes) -> None:
    tar = gzip.compress(GOOD + tar_entry("lien.xml", b"", kind) + END)

    assert told(read(tar)) == [FILE_01, "EDI-ARCHIVE-03"]


def test_a_sparse_file_of_the_pax_dialect_refuses_a_tar(read) -> None:
    tar = gzip.compress(pax({"GNU.sparse.major": "1", "GNU.sparse.name": "a.xml"}) + GOOD + END)

    assert told(read(tar)) == ["EDI-ARCHIVE-03"]


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_what_is_no_ordinary_file_refuses_a_zip(read, mode: int) -> None:
    items = read(zipped([("facture_01.xml", INVOICE), (special("lien.xml", mode), b"../secret")]))

    assert told(items) == ["EDI-ARCHIVE-03"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.xml", "a.xml"),
        ("a.xml", "A.XML"),
        ("a.xml", "./a.xml"),
        ("d/a.xml", "d//a.xml"),
        ("d/a.xml", "d\\a.xml"),
        ("\u00e9.xml", "e\u0301.xml"),
    ],
)
def test_two_files_of_one_name_refuse_the_flux(read, one: str, other: str) -> None:
    tar = gzip.compress(tar_entry(one) + tar_entry(other) + END)

    assert told(read(tar))[-1] == "EDI-ARCHIVE-04"
    assert told(read(zipped([(one, b"<a/>"), (other, b"<b/>")]))) == ["EDI-ARCHIVE-04"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gzip.compress(GOOD + END)[:-1], id="gzip cut in its trailer"),
        pytest.param(gzip.compress(GOOD + END)[:60], id="gzip cut in its data"),
        pytest.param(b"\x1f\x8b", id="gzip cut in its header"),
        pytest.param(gzip.compress(GOOD + END) + b"\x1f\x8b", id="second gzip cut in its header"),
        pytest.param(gzip.compress(GOOD + END) + b"\x1f\x8bgarbage" * 9, id="second gzip is none"),
        pytest.param(gzip.compress(GOOD), id="tar without its end mark"),
        pytest.param(gzip.compress(GOOD + GOOD[:300]), id="tar cut in a header"),
        pytest.param(gzip.compress(GOOD[:520]), id="tar cut in a file"),
        pytest.param(gzip.compress(GOOD[:560]), id="tar cut in its padding"),
        pytest.param(gzip.compress(INVOICE), id="gzip of an invoice"),
        pytest.param(gzip.compress(INVOICE * 100), id="gzip of a long invoice"),
        pytest.param(gzip.compress(GOOD + b"x" * 512 + END), id="damaged header amid the tar"),
        pytest.param(gzip.compress(sized(b"\xff" * 12) + END), id="negative size"),
        pytest.param(gzip.compress(sized(b"\x80" + b"\x7f" * 11) + END), id="immense size"),
        pytest.param(gzip.compress(sized(b"99999999999\0") + END), id="size that is no octal"),
        pytest.param(gzip.compress(tar_entry("L", b"", b"L", 2**33) + GOOD + END), id="immense long name"),
        pytest.param(gzip.compress(tar_entry("x", b"", b"x", 2**33) + GOOD + END), id="immense pax header"),
        pytest.param(
            gzip.compress(tar_entry("L", b"a\0", b"L") * 5_000 + GOOD + END), id="chained long names"
        ),
        pytest.param(gzip.compress(tar_entry("L", b"a.xml\0", b"L") + END), id="long name of nothing"),
        pytest.param(
            gzip.compress(tar_entry("x", b"7 path=", b"x") + GOOD + END), id="pax record without end"
        ),
        pytest.param(
            gzip.compress(tar_entry("x", b"0 path=a\n", b"x") + GOOD + END), id="pax record of length 0"
        ),
        pytest.param(gzip.compress(tar_entry("x", b"1 ", b"x") + GOOD + END), id="pax record too short"),
        pytest.param(
            gzip.compress(tar_entry("x", b"-9 path=a\n", b"x") + GOOD + END), id="negative pax record"
        ),
        pytest.param(gzip.compress(tar_entry("x", b"nonsense", b"x") + GOOD + END), id="pax nonsense"),
        pytest.param(gzip.compress(pax({"size": "-1"}) + GOOD + END), id="negative pax size"),
        pytest.param(gzip.compress(pax({"size": "9" * 5_000}) + GOOD + END), id="endless pax size"),
        pytest.param(gzip.compress(pax({"path": "/etc/x"}, b"g") + GOOD + END), id="global pax path"),
        pytest.param(ONE[:-1], id="zip cut in its end"),
        pytest.param(ONE[:50], id="zip cut in its data"),
        pytest.param(b"PK\x03\x04", id="zip magic alone"),
        pytest.param(b"PK\x05\x06" + b"\xff" * 16 + bytes(2), id="zip directory nowhere"),
        pytest.param(patched(ONE, "crc", 1), id="zip checksum"),
        pytest.param(patched(ONE, "size", 5), id="zip size declared too small"),
        pytest.param(patched(ONE, "size", 500), id="zip size declared too large"),
        pytest.param(patched(ONE, "flags", 0x20), id="zip patched data"),
        pytest.param(ONE.replace(b"a.xml", b"b.xml", 1), id="zip with two minds on a name"),
        pytest.param(
            zipped([("é.xml", INVOICE)]).replace("é".encode(), b"\xff\xff"),
            id="zip name not the UTF-8 it says",
        ),
        pytest.param(ONE[:-14] + b"\2\0\2\0" + ONE[-10:], id="zip count"),
    ],
)
def test_what_is_cut_or_damaged_refuses_the_flux(read, data: bytes) -> None:
    items = read(data)

    assert told(items)[-1] == "EDI-ARCHIVE-01"
    assert [item.motif for item in items if isinstance(item, Finding)] == ["IRR_EXTRAC"]


@pytest.mark.parametrize("offset", [2**31, 2**62, 2**63, 2**64 - 1])
def test_a_zip_that_points_far_outside_itself_refuses_the_flux(read, offset: int) -> None:
    two = zipped([("facture_01.xml", INVOICE), ("b.xml", INVOICE)])
    start, end = two.index(b"PK\x01\x02"), two.index(b"PK\x05\x06")
    last = bytearray(two[two.rindex(b"PK\x01\x02") : end])
    struct.pack_into("<H", last, 30, 12)
    struct.pack_into("<L", last, 42, 2**32 - 1)
    directory = two[start : two.rindex(b"PK\x01\x02")] + last + struct.pack("<HHQ", 1, 8, offset)
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), start, 0)

    assert told(read(two[:start] + directory + record)) == [FILE_01, "EDI-ARCHIVE-01"]


def test_an_archive_cut_at_any_byte_is_refused(read) -> None:
    for whole in (gzip.compress(GOOD + END), zipped([("facture_01.xml", INVOICE)])):
        passing = [cut for cut in range(2, len(whole)) if not isinstance(read(whole[:cut])[-1], Finding)]

        assert passing == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gzip.compress(GOOD + END) + b"garbage", id="behind the gzip"),
        pytest.param(gzip.compress(GOOD + END) + b"g", id="one byte behind the gzip"),
        pytest.param(gzip.compress(GOOD + END) + bytes(600) + b"g", id="behind the gzip and zeros"),
        pytest.param(gzip.compress(GOOD + END + b"g"), id="behind the tar"),
        pytest.param(gzip.compress(GOOD + bytes(512) + GOOD + END), id="a file behind the end mark"),
        pytest.param(gzip.compress(GOOD + END) + gzip.compress(GOOD + END), id="two archives end to end"),
        pytest.param(ONE + b"garbage", id="behind the zip"),
        pytest.param(ONE + b"\0", id="a zero behind the zip"),
        pytest.param(b"PK" + b"garbage" + ONE, id="before the zip"),
    ],
)
def test_foreign_bytes_around_an_archive_refuse_the_flux(read, data: bytes) -> None:
    assert told(read(data))[-1] == "EDI-ARCHIVE-07"


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b""),
        gzip.compress(END),
        gzip.compress(tar_entry("d/", b"", tarfile.DIRTYPE) + END),
        zipped([]),
        zipped([("d/", b"")]),
    ],
    ids=["empty gzip", "empty tar", "tar with a folder only", "empty zip", "zip with a folder only"],
)
def test_an_archive_without_any_file_refuses_the_flux(read, data: bytes) -> None:
    assert told(read(data)) == ["EDI-ARCHIVE-08"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("flags", 0x1), ("flags", 0x41), ("method", 12), ("method", 14), ("method", 9), ("method", 99)],
)
def test_what_is_encrypted_or_packed_by_an_unknown_method_refuses_the_flux(
    read, field: str, value: int
) -> None:
    items = read(patched(ONE, field, value))

    assert told(items) == ["EDI-ARCHIVE-09"]


def test_one_entry_too_many_refuses_the_flux_folders_counted(read) -> None:
    limites = Limites(entrees=3)
    noms = ["d/", "a.xml", "b.xml", "c.xml"]
    for kept, expected in ((3, []), (4, ["EDI-ARCHIVE-10"])):
        files = [(nom, b"" if nom == "d/" else INVOICE) for nom in noms[:kept]]
        kinds = [tarfile.DIRTYPE if nom == "d/" else tarfile.REGTYPE for nom, _ in files]
        tar = b"".join(tar_entry(nom, data, kind) for (nom, data), kind in zip(files, kinds, strict=True))

        for data in (zipped(files), gzip.compress(tar + END)):
            refusals = [item.code for item in read(data, limites) if isinstance(item, Finding)]
            assert refusals == expected


def test_a_directory_of_millions_of_entries_is_not_read_into_memory(read) -> None:
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", *[0] * 18)
    directory = entry * 100_000
    data = (
        b"PK" + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 2, 0)
    )
    tracemalloc.start()
    items = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert told(items) == ["EDI-ARCHIVE-10"]
    assert peak < 10 * MO


# -- bombs --------------------------------------------------------------------------------------------------


def zeros(size: int) -> bytes:
    return b"<" + bytes(size - 1)


def test_what_swells_beyond_the_ratio_refuses_the_flux(read) -> None:
    for data in (
        gzip.compress(tar_entry("a.xml", zeros(11 * MO)) + END),
        zipped([("a.xml", zeros(11 * MO))]),
    ):
        items = read(data)

        assert told(items) == ["EDI-ARCHIVE-05"]
        assert items[0].motif == "IRR_TAILLE"


def test_a_high_ratio_of_a_small_thing_is_harmless(read) -> None:
    for data in (gzip.compress(tar_entry("a.xml", zeros(9 * MO)) + END), zipped([("a.xml", zeros(9 * MO))])):
        assert told(read(data)) == [("a.xml",)]


def test_zeros_behind_the_end_mark_are_counted_too(read) -> None:
    assert told(read(gzip.compress(GOOD + bytes(12 * MO)))) == [FILE_01, "EDI-ARCHIVE-05"]


def test_more_real_bytes_than_a_flux_may_hold_refuse_it(read) -> None:
    noise = random.Random(1).randbytes(90_000)
    files = [(f"{rang}.xml", b"<" + noise) for rang in range(3)]
    limites = Limites(flux=250_000)
    tar = gzip.compress(b"".join(tar_entry(*file) for file in files) + END)

    assert told(read(tar, limites)) == [("0.xml",), ("1.xml",), "EDI-ARCHIVE-05"]
    assert told(read(zipped(files), limites)) == ["EDI-ARCHIVE-05"]


def test_one_content_listed_a_thousand_times_is_counted_a_thousand_times(read) -> None:
    """Directory entries that all point at the same bytes: small on disk, large when expanded."""
    whole = zipped([("a.xml", random.Random(1).randbytes(100_000))])
    start = whole.index(b"PK\x01\x02")
    entry = whole[start : whole.index(b"PK\x05\x06")]
    count = 1_500
    entries = entry * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    items = read(whole[:start] + entries + end, Limites(flux=50 * MO))

    assert told(items) == ["EDI-ARCHIVE-05"]


@pytest.mark.parametrize("tar", [True, False], ids=["tar", "zip"])
def test_a_bomb_is_refused_in_little_memory(tmp_path: Path, tar: bool) -> None:
    path = tmp_path / "flux"
    _write_bomb(path, 300 * MO, tar)
    tracemalloc.start()
    items = list((read_tar_gz if tar else read_zip)(path, LIMITES))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert told(items) == ["EDI-ARCHIVE-05"]
    assert peak < 100 * MO  # a third of it: 200 times the 300 Ko on disk may swell, and no more


@pytest.mark.parametrize("tar", [True, False], ids=["tar", "zip"])
def test_a_file_over_the_limit_is_read_through_but_not_kept(tmp_path: Path, tar: bool) -> None:
    path = tmp_path / "flux"
    _write_bomb(path, 60 * MO, tar)
    limites = Limites(fichier=5 * MO, ratio=2_000)
    tracemalloc.start()
    items = list((read_tar_gz if tar else read_zip)(path, limites))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert told(items) == [("a.xml", "EDI-FICHIER-03")]
    assert items[0].findings[0].value == "60\N{NO-BREAK SPACE}Mo"
    assert peak < 15 * MO


def _write_bomb(path: Path, size: int, tar: bool) -> None:
    if not tar:
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.xml", "w") as member,
        ):
            for _ in range(size // MO):
                member.write(zeros(MO))
        return
    with gzip.open(path, "wb") as stream:
        stream.write(tar_entry("a.xml", b"", size=size))
        for _ in range(size // MO):
            stream.write(zeros(MO))
        stream.write(END)


def test_a_declared_size_is_not_believed(read) -> None:
    """Said to be small, so that only the bytes themselves can tell."""
    items = read(patched(zipped([("a.xml", zeros(50 * MO))]), "size", 100))

    assert told(items) == ["EDI-ARCHIVE-01"]


# -- what refuses one file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nom", "data", "codes"),
    [
        ("a.xml", b"", ["EDI-FICHIER-01"]),
        ("a.pdf", b"%PDF-1.7", ["EDI-FICHIER-02"]),
        ("a.xml", b"%PDF-1.7", ["EDI-FICHIER-02"]),
        ("a.txt", b"<a/>", ["EDI-FICHIER-02"]),
        ("a", b"<a/>", ["EDI-FICHIER-02"]),
        ("a.xml.exe", b"MZ", ["EDI-FICHIER-02"]),
        ("xml", b"<a/>", ["EDI-FICHIER-02"]),
        ("a.zip", zipped([("b.xml", INVOICE)]), ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.xml", zipped([("b.xml", INVOICE)]), ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.xml", gzip.compress(INVOICE, mtime=0), ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.xml", bz2.compress(INVOICE), ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.xml", lzma.compress(INVOICE), ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.xml", GOOD + END, ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.tar.gz", b"<a/>", ["EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.7Z", b"", ["EDI-FICHIER-01", "EDI-FICHIER-02", "EDI-ARCHIVE-06"]),
        ("a.xml", b"<" + bytes(3_000), ["EDI-FICHIER-03"]),
        ("\x07a.xml", INVOICE, ["EDI-FICHIER-04"]),
        ("a\n.xml", INVOICE, ["EDI-FICHIER-04"]),
        ("a\u202elmx.xml", INVOICE, ["EDI-FICHIER-04"]),
        ("f" * 196 + ".xml", INVOICE, []),
        ("f" * 197 + ".xml", INVOICE, ["EDI-FICHIER-04"]),
        (
            "f" * 300 + "\x1b.pdf",
            b"",
            ["EDI-FICHIER-04", "EDI-FICHIER-04", "EDI-FICHIER-01", "EDI-FICHIER-02"],
        ),
    ],
)
def test_a_bad_file_is_told_and_the_rest_of_the_lot_goes_on(
    read, nom: str, data: bytes, codes: list[str]
) -> None:
    limites = Limites(fichier=3_000)
    tar = gzip.compress(tar_entry(nom, data) + GOOD + END)
    for items in (read(tar, limites), read(zipped([(nom, data), ("facture_01.xml", INVOICE)]), limites)):
        bad, good = items

        if "." in nom and not codes:
            assert bad.data == data
        else:
            assert bad.data == b""
        assert [finding.code for finding in bad.findings] == codes
        assert good == Membre("facture_01.xml", INVOICE)


def test_a_name_that_is_not_utf_8_refuses_its_file_alone(read) -> None:
    tar = gzip.compress(tar_entry(b"factur\xe9.xml") + GOOD + END)
    zip_ = zipped([("factur_.xml", INVOICE), ("facture_01.xml", INVOICE)]).replace(b"factur_", b"factur\x82")

    assert told(read(tar)) == [(r"factur\xe9.xml", "EDI-FICHIER-04"), FILE_01]
    assert told(read(zip_)) == [(r"factur\x82.xml", "EDI-FICHIER-04"), FILE_01]


def test_a_nul_in_a_zip_name_is_seen(read) -> None:
    items = read(zipped([("a.xml_.pdf", INVOICE)]).replace(b"a.xml_", b"a.xml\0"))

    assert told(items) == [(r"a.xml\x00.pdf", "EDI-FICHIER-04", "EDI-FICHIER-02")]


def test_no_message_carries_what_could_drive_a_terminal(read) -> None:
    items = read(gzip.compress(tar_entry(b"\x1b[2J\xff\n.pdf", b"") + tar_entry("../\x1b]0;x\x07") + END))
    findings = [*items[0].findings, items[1]]

    assert len(findings) == 5
    assert all((finding.message + finding.fix + finding.value).isprintable() for finding in findings)


# -- the zip of an attachment -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (zipped([("facture.pdf", b"%PDF-1.7")]), ("facture.pdf", 8, "")),
        (zipped([("d/", b""), ("d/facture.pdf", b"%PDF-1.7")]), ("d/facture.pdf", 8, "")),
        (zipped([("vide.pdf", b"")]), ("vide.pdf", 0, "")),
        (zipped([("juste.pdf", bytes(1_000))]), ("juste.pdf", 1_000, "")),
        (zipped([("trop.pdf", bytes(1_001))]), ("trop.pdf", 1_001, "")),
        (zipped([("trop.pdf", bytes(5 * MO))]), ("trop.pdf", 1_001, "")),
        (zipped([("\x1b.pdf", b"x")]), (r"\x1b.pdf", 1, "")),
        (zipped([]), ("", 0, "membres")),
        (zipped([("d/", b"")]), ("", 0, "membres")),
        (zipped([("a.pdf", b"x"), ("b.pdf", b"x")]), ("", 0, "membres")),
        (zipped([(f"{'n' * 90}{rang}.pdf", b"x") for rang in range(3_000)]), ("", 0, "membres")),
        (b"", ("", 0, "zip")),
        (b"%PDF-1.7", ("", 0, "zip")),
        (zipped([("a.pdf", b"xx")])[:-1], ("", 0, "zip")),
        (zipped([("a.pdf", b"xx")]) + b"x", ("", 0, "zip")),
        (patched(zipped([("a.pdf", b"xx")]), "crc", 1), ("a.pdf", 0, "zip")),
        (patched(zipped([("a.pdf", b"xx")]), "flags", 1), ("a.pdf", 0, "zip")),
        (zipped([("a.pdf", b"xx")], zipfile.ZIP_LZMA), ("a.pdf", 0, "zip")),
    ],
)
def test_the_one_file_of_an_attachment_is_measured(data: bytes, expected: tuple[str, int, str]) -> None:
    nom, contenu, taille, faute = open_single_member(data, limite=1_000)

    assert (nom, taille, faute) == expected
    assert len(contenu) == (0 if taille > 1_000 else taille)


def test_a_bomb_in_an_attachment_is_not_expanded() -> None:
    bomb = zipped([("a.pdf", bytes(100 * MO))])
    tracemalloc.start()
    nom, contenu, taille, _ = open_single_member(bomb, limite=10 * MO)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (nom, contenu, taille) == ("a.pdf", b"", 10 * MO + 1)
    assert peak < 25 * MO


# -- nothing a stranger sends may break us ------------------------------------------------------------------

SEEDS = {
    "zip": zipped([("d/", b""), ("a.xml", INVOICE * 9), ("é.xml", INVOICE)]),
    "stored": zipped([("a.xml", INVOICE)], zipfile.ZIP_STORED),
    "zip64": zip64(),
    "tar": tar_entry("a.xml") + tar_entry("L", b"b" * 120 + b"\0", b"L") + tar_entry("b") + END,
    "pax": pax({"path": "é.xml", "size": str(len(INVOICE))})
    + GOOD
    + pax({"comment": "x"}, b"g")
    + GOOD
    + END,
}

mutations = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["set", "cut", "insert", "drop"]),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=6,
)


def mutated(data: bytes, changes: list[tuple[float, str, int]], resign: bool) -> bytes:
    for where, what, value in changes:
        at = int(where * len(data))
        match what:
            case "set":
                data = data[:at] + bytes([value]) + data[at + 1 :]
            case "cut":
                data = data[:at] if value < 32 else data
            case "insert":
                data = data[:at] + bytes([value]) * (value % 5) + data[at:]
            case "drop":
                data = data[:at] + data[at + value % 5 :]
    return signed(data) if resign and len(data) >= 512 else data


@pytest.mark.parametrize("seed", SEEDS)
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=mutations, packed=st.booleans(), resign=st.booleans())
def test_a_damaged_archive_gives_findings_and_never_an_exception(
    tmp_path: Path, seed: str, changes: list[tuple[float, str, int]], packed: bool, resign: bool
) -> None:
    tar = seed in ("tar", "pax")
    path = tmp_path / "flux"
    if tar and packed:
        data = mutated(gzip.compress(SEEDS[seed]), changes, resign=False)
    elif tar:
        data = gzip.compress(mutated(SEEDS[seed], changes, resign))
    else:
        data = mutated(SEEDS[seed], changes, resign=False)
    path.write_bytes(data)
    items = [*(read_tar_gz if tar else read_zip)(path, LIMITES)]
    nom, _, taille, faute = open_single_member(data, 1_000)

    assert [isinstance(item, Finding) for item in items[:-1]] == [False] * (len(items) - 1)
    assert items
    assert faute in ("", "zip", "membres")
    assert 0 <= taille <= 1_001
    assert "".join((nom, *(item.nom for item in items if isinstance(item, Membre)))).isprintable()


@pytest.mark.parametrize("read_it", [read_zip, read_tar_gz])
@given(data=st.binary(max_size=2_000))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_refused(tmp_path: Path, read_it, data: bytes) -> None:
    path = tmp_path / "flux"
    path.write_bytes(data)
    items = [*read_it(path, LIMITES)]

    assert isinstance(items[-1], Finding)


def test_millions_of_empty_gzip_streams_do_not_wear_us_out(read) -> None:
    items = read(gzip.compress(b"") * 100_001)

    assert told(items) == ["EDI-ARCHIVE-01"]


def test_a_failing_disk_is_ours_and_never_the_sender_s_fault(tmp_path: Path) -> None:
    for read_it in (read_zip, read_tar_gz):
        with pytest.raises(OSError):
            list(read_it(tmp_path, LIMITES))


def test_raw_deflate_of_the_right_length_is_still_checked(read) -> None:
    """A shorter stream whose checksum is right, declared longer than it is."""
    short = zipped([("a.xml", b"<a/>")])

    assert told(read(patched(patched(short, "size", 9), "crc", zlib.crc32(b"<a/>")))) == ["EDI-ARCHIVE-01"]
