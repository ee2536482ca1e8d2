"""The client of clamd, against a small server that speaks its protocol, and against clamd where it runs."""

from __future__ import annotations

import os
import socket
import socketserver
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clamd import EICAR, Clamd, Tcp, Unix, honest, real_clamd, start_server

from edi import antivirus
from edi.antivirus import INFECTE, INJOIGNABLE, SAIN, TROP_GROS, Scan, scan
from edi.model import Severity
from edi.samples.pieces import encode, write_zip

Start = Callable[..., tuple[str, socketserver.BaseServer]]


@pytest.fixture(params=["tcp", "unix"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Starts a server with an answer, and tells its address."""
    started = []

    def run(
        answer: Callable[[bytes], bytes] = honest, limit: int = 10**9
    ) -> tuple[str, socketserver.BaseServer]:
        if request.param == "tcp":
            server: socketserver.BaseServer = Tcp(("127.0.0.1", 0), Clamd)
            address = f"127.0.0.1:{server.server_address[1]}"
        else:
            address = str(tmp_path / "clamd.sock")
            server = Unix(address, Clamd)
        start_server(server, answer, limit)
        started.append(server)
        return address, server

    yield run
    for server in started:
        server.shutdown()
        server.server_close()


def test_clean_bytes_are_clean(start: Start) -> None:
    address, _ = start()

    assert scan(address, [b"une facture"]) == Scan(SAIN)


@pytest.mark.parametrize("chunks", [[EICAR], [EICAR[:20], EICAR[20:]], [b"", EICAR, b""]])
def test_an_infected_stream_is_told_with_its_signature(start: Start, chunks: list[bytes]) -> None:
    address, _ = start()

    assert scan(address, chunks) == Scan(INFECTE, "Eicar-Test-Signature")


def test_the_server_receives_the_very_bytes_in_bounded_chunks(start: Start) -> None:
    address, server = start()
    data = os.urandom(300_000)

    scan(address, [data[:7], b"", data[7:]])

    assert b"".join(server.chunks) == data  # type: ignore[attr-defined]
    assert max(map(len, server.chunks)) <= 64 * 1024  # type: ignore[attr-defined]


def test_nothing_at_all_is_clean(start: Start) -> None:
    address, _ = start()

    assert scan(address, []) == Scan(SAIN)


def test_a_stream_longer_than_the_server_takes_is_undecided(start: Start) -> None:
    address, _ = start(limit=1000)

    # The answer is lost when the kernel throws it away with what we still send: nobody answered, then.
    assert scan(address, [b"x" * 500_000] * 20).etat in (TROP_GROS, INJOIGNABLE)


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
        b"stream: Heuristics.Limits.Exceeded FOUND\0",
    ],
)
def test_what_the_server_does_not_look_at_for_its_size_is_undecided(start: Start, answer: bytes) -> None:
    address, _ = start(lambda data: answer)

    assert scan(address, [b"une facture"]).etat == TROP_GROS


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"stream: OK",
        b"OK\0",
        b"stream: lstat() failed: No such file or directory. ERROR\0",
        b"stream: OKAY\0",
        b"stream:  FOUND\0",
        b"UNKNOWN COMMAND\0",
        b"\xff\xfe\0",
        b"x" * 10_000,
    ],
)
def test_an_answer_that_is_not_understood_is_never_clean(start: Start, answer: bytes) -> None:
    address, _ = start(lambda data: answer)

    assert scan(address, [b"une facture"]).etat == INJOIGNABLE


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        found = scan(f"127.0.0.1:{silent.getsockname()[1]}", [b"une facture"], timeout=0.2)

    assert (found.etat, found.raison.split(":")[0]) == (INJOIGNABLE, "TimeoutError")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nulle/part/clamd.ctl", "sans-port", "", "hote:x"])
def test_an_address_where_nobody_listens_is_undecided(address: str) -> None:
    assert scan(address, [b"une facture"], timeout=2).etat == INJOIGNABLE


def test_our_own_failure_to_read_the_file_is_not_hidden(start: Start) -> None:
    """An OSError of the chunks themselves is undecided too: the antivirus did not see the whole file."""
    address, _ = start()

    def broken() -> Iterator[bytes]:
        yield b"debut"
        raise OSError("disk")

    assert scan(address, broken()).etat == INJOIGNABLE


def test_what_is_told() -> None:
    cards = [(card.code, card.severity, card.motif) for card in antivirus.CARDS]

    assert cards == [
        ("EDI-ANTIVIRUS-01", Severity.FATAL, "IRR_ANTIVIRUS"),
        ("EDI-ANTIVIRUS-02", Severity.HOLD, "IRR_ANTIVIRUS"),
    ]
    finding = antivirus.ANTIVIRUS_INFECTE.at(value="f.xml", signature="Eicar")
    assert finding.message == "L'antivirus a trouvé dans « f.xml » un contenu malveillant (Eicar)."


def zipped(data: bytes) -> bytes:
    return write_zip((("une note.txt", b"bonjour " + data),))


@pytest.mark.parametrize(
    ("data", "etat"),
    [
        (b"une facture", SAIN),
        (EICAR, INFECTE),
        (zipped(EICAR), INFECTE),
        (zipped(b""), SAIN),
        (b"x" * 2_000_000, TROP_GROS),
    ],
    ids=["clean", "infected", "infected in a zip", "clean zip", "too large"],
)
def test_clamd_itself_agrees(tmp_path: Path, data: bytes, etat: str) -> None:
    with real_clamd(tmp_path, "StreamMaxLength 1M") as address:
        found = scan(address, [data])

    assert found.etat == etat


def test_clamd_sees_nothing_in_base64_which_is_why_we_take_attachments_out_of_it(tmp_path: Path) -> None:
    facture = b"<Facture><Contenu>" + encode(zipped(EICAR)).encode() + b"</Contenu></Facture>"
    with real_clamd(tmp_path) as address:
        found = scan(address, [facture])

    assert found.etat == SAIN


def test_a_clamd_that_tells_its_own_limits_as_a_virus_is_not_believed(tmp_path: Path) -> None:
    with real_clamd(tmp_path, "AlertExceedsMax yes", "MaxFileSize 1K") as address:
        found = scan(address, [os.urandom(50_000)])

    assert found.etat == TROP_GROS
