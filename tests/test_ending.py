"""Does a file stop before its end? Every length of it is tried."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from edi.inbound.ending import lacks_end
from edi.model import Limites

LIMITES = Limites()
XML = b'<?xml version="1.0"?>\n<!-- <x> --><f:Facture xmlns:f="urn:x"><f:a/>&lt;</f:Facture>'
FILES = (("a.xml", b"<a>" + b"x" * 700 + b"</a>"), ("b.xml", b"<b/>" * 50))


def make_zip(comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, data in FILES:
            archive.writestr(nom, data)
        archive.comment = comment
    return target.getvalue()


def make_tar_gz() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for nom, data in FILES:
            info = tarfile.TarInfo(nom)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def lacks(data: bytes, nom: str) -> bool:
    return lacks_end(io.BytesIO(data), nom, LIMITES)


@pytest.mark.parametrize(
    ("nom", "data"),
    [
        ("lot.zip", make_zip()),
        ("lot.zip", make_zip(b"un commentaire")),
        ("lot.tar.gz", make_tar_gz()),
        ("f.xml", XML),
        ("f.xml", XML.decode().encode("utf-16")),
        ("f.pdf", b"%PDF-1.7\n1 0 obj\n" + b"x" * 50 + b"\n%%EOF"),
    ],
    ids=["zip", "zip with a comment", "tar.gz", "xml", "utf-16", "pdf"],
)
def test_only_the_whole_file_has_its_end(nom: str, data: bytes) -> None:
    whole = [length for length in range(len(data) + 1) if not lacks(data[:length], nom)]

    assert whole == [len(data)]


@pytest.mark.parametrize(
    ("nom", "data"),
    [
        ("f.xml", XML + b"\n  <!-- fin -->\n<?fin?>\n"),
        ("f.xml", b"\xef\xbb\xbf" + XML),
        ("f.xml", b"<seul a='1'/>"),
        ("f.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a></a >"),
        ("f.xml", b"<a>" + b" " * 200_000 + b"</a>"),
        ("f.xml", "<a></a>".encode("utf-16-le")),  # nothing says that it is: for the judgement
        ("f.pdf", b"%PDF-1.7\n%%EOF\n" + b"\0" * 100),
        ("f.pdf", b"this is no PDF"),
        ("f.xml", b"this is no XML"),
        ("lot.zip", b"this is no zip"),
        ("lot.tar.gz", b"this is no gzip"),
        ("lot.tar.gz", make_tar_gz()[:40] + b"damaged" + make_tar_gz()[47:]),
        ("lot.zip", make_zip() + b"foreign bytes"),
        ("lot.rar", b""),
        ("sans-extension", b"x"),
    ],
)
def test_what_will_never_get_an_end_is_not_waited_for(nom: str, data: bytes) -> None:
    assert not lacks(data, nom)


@pytest.mark.parametrize("nom", ["f.xml", "f.pdf", "lot.zip", "lot.tar.gz"])
def test_an_empty_file_lacks_everything(nom: str) -> None:
    assert lacks(b"", nom)


def test_a_gzip_cut_between_two_of_its_streams_is_known_by_the_tar_inside() -> None:
    import gzip

    plain = gzip.decompress(make_tar_gz())
    streams = [gzip.compress(plain[start : start + 512]) for start in range(0, len(plain), 512)]

    assert lacks(b"".join(streams[:2]), "lot.tar.gz")
    assert not lacks(b"".join(streams), "lot.tar.gz")


def test_an_archive_that_expands_beyond_measure_is_left_to_the_judgement() -> None:
    import gzip

    assert not lacks(gzip.compress(bytes(30 * 1024**2))[:-20], "lot.tar.gz")
