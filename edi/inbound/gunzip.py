"""A gzip file expanded forwards, in blocks, every byte counted.

``gzip.GzipFile`` cannot tell a damaged stream from foreign bytes behind a good one, so zlib is driven here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from edi.inbound import cards
from edi.inbound.membre import BLOC, ArchiveRefused, Compteur, cut, unreadable

MAGIC = b"\x1f\x8b"
MAX_STREAMS = 100_000  # block compressors write one per 64 KiB; beyond, it only wears out the reader
_GZIP = 31  # zlib's window bits for a gzip header, checksum and length


def expand(source: BinaryIO, compteur: Compteur) -> Iterator[bytes]:
    """The content of one or more gzip streams, in chunks of at most :data:`BLOC` bytes.

    Padding with zeros behind a stream is admitted. Raises ArchiveRefused when a stream is damaged, cut,
    too large, or followed by anything else.
    """
    decoder = None
    streams = 0
    rest = source.read(BLOC)
    while rest:
        if decoder is None:
            rest = _find_stream(rest, source, streams)
            if not rest:
                break
            decoder = zlib.decompressobj(_GZIP)
            streams += 1
        try:
            chunk = decoder.decompress(rest, BLOC)
        except zlib.error as error:
            raise unreadable("le flux gzip est abîmé") from error
        compteur.add_bytes(len(chunk))
        if chunk:
            yield chunk
        rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        if decoder.eof:
            decoder = None
        rest = rest or source.read(BLOC)
    if decoder is not None:
        raise cut("le fichier est tronqué, le flux gzip s'arrête avant sa fin")


def _find_stream(rest: bytes, source: BinaryIO, streams: int) -> bytes:
    """What is left from the next stream on, b'' when there is none."""
    if streams >= MAX_STREAMS:
        raise unreadable(f"elle compte plus de {MAX_STREAMS} flux gzip mis bout à bout")
    if streams:
        while rest and not (rest := rest.lstrip(b"\0")):
            rest = source.read(BLOC)
    if len(rest) == 1:
        rest += source.read(BLOC)
    if rest and not rest.startswith(MAGIC):
        raise (
            ArchiveRefused(cards.OCTETS_ETRANGERS.at(ou="suivie"))
            if streams
            else unreadable("le fichier n'est pas un gzip")
        )
    return rest
