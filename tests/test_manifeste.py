"""What a manifest announces."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from edi.inbound.manifeste import Empreinte, is_manifest, read_manifest

H, K = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{H}  lot.zip\n", {"lot.zip": Empreinte(H)}),
        (f"{H} *lot.zip", {"lot.zip": Empreinte(H)}),
        (f"{H.upper()}\t12\tlot.zip\r\n", {"lot.zip": Empreinte(H, 12)}),
        (f"# deux\n\n{H} 1 a.xml\n{K}  b.xml\n", {"a.xml": Empreinte(H, 1), "b.xml": Empreinte(K)}),
        (f"{H}\n", {"lot.tar.gz": Empreinte(H)}),
        (f"{H}  a.xml\n{H}  a.xml\n", {"a.xml": Empreinte(H)}),
        (f"{H}  a.xml\n{K}  a.xml\n", {}),
        (f"{H[1:]}  a.xml\n", {}),
        ("bonjour", {}),
        ("", {}),
        (f"{H}  ../../etc/passwd\n", {"../../etc/passwd": Empreinte(H)}),  # a name like any other: no file's
    ],
)
def test_a_manifest_is_read_whole_or_not_at_all(text: str, expected: Mapping[str, Empreinte]) -> None:
    assert read_manifest("lot.tar.gz.sha256", text.encode()) == expected


def test_a_name_that_is_not_utf8_is_that_of_the_folder() -> None:
    assert read_manifest("m.manifeste", f"{H}  ".encode() + b"\xe9.xml") == {"\udce9.xml": Empreinte(H)}


@pytest.mark.parametrize(
    ("nom", "expected"), [("a.zip.sha256", True), ("LOT.MANIFESTE", True), ("a.zip", False)]
)
def test_a_manifest_is_known_by_its_name(nom: str, expected: bool) -> None:
    assert is_manifest(nom) is expected
