"""A form that brings a file: read as it comes, and nothing of it is written before its token has been seen.

The ordinary forms are read whole by ``portier.check_form``; this is for the few routes whose form may be
large. The token stands in the first field: who does not bear it is refused before the file is taken.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated

import structlog
from fastapi import Depends, HTTPException, Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from edi.console.gabarits import show_size
from edi.console.portier import JETON, form_token, path_of
from edi.console.visite import visit
from edi.model import FichierRefuse, Versement

log = structlog.get_logger()

_CHAMPS = 64 * 1024  # bytes of all fields but the file
_ENTETE = 8 * 1024  # bytes of the headers of one part
_PATIENCE = 256 * 1024**2  # bytes of a refused form that are still heard out
_PAS_UN_FORMULAIRE = "Envoyez un formulaire, « Content-Type: multipart/form-data; boundary=… »."
_PERIME = "Ce formulaire a expiré : revenez à la page précédente et rechargez-la."


@dataclass(frozen=True, slots=True)
class Envoi:
    """What a form brought."""

    champs: dict[str, str]
    nom: str  # of the file, as its sender calls it
    versement: Versement


@dataclass
class _Lecture:
    """The parts of a form as they come. Its methods are called by the parser; none of them waits."""

    due: str | None  # the token that the form must bear; None: who sends it has shown its own
    champs: dict[str, str] = field(default_factory=dict)
    nom: str = ""
    file: list[bytes] = field(default_factory=list)  # of the file, not written yet
    _part: str = ""
    _is_file: bool = False
    _options: dict[bytes, bytes] = field(default_factory=dict)
    _data: bytearray = field(default_factory=bytearray)
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _weight: int = 0
    _files: int = 0

    def on_part_begin(self) -> None:
        self._part, self._is_file, self._options = "", False, {}
        self._data.clear()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._take_header(self._header[0], data[start:end])

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._take_header(self._header[1], data[start:end])

    def _take_header(self, kept: bytearray, data: bytes) -> None:
        kept.extend(data)
        if len(kept) > _ENTETE:
            raise HTTPException(400, "Ce formulaire ne se lit pas.")

    def on_header_end(self) -> None:
        if bytes(self._header[0]).lower() == b"content-disposition":
            _, self._options = parse_options_header(bytes(self._header[1]))
        for part in self._header:
            part.clear()

    def on_headers_finished(self) -> None:
        self._part = self._options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in self._options
        if self._is_file:
            self.assert_token()
            if self._files:
                raise HTTPException(
                    400, "Un seul fichier à la fois : plusieurs factures se déposent en un lot."
                )
            self._files += 1
            self.nom = self.nom or self._options[b"filename"].decode("utf-8", "replace")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.file.append(data[start:end])
            return
        self._weight += end - start
        if self._weight > _CHAMPS:
            raise HTTPException(413, "Ce formulaire est trop long.")
        self._data.extend(data[start:end])

    def on_part_end(self) -> None:
        if not self._is_file:
            self.champs.setdefault(self._part, self._data.decode("utf-8", "replace"))

    def assert_token(self) -> None:
        """Raises HTTPException for a form that does not bear the token of its session."""
        if self.due is None:
            return
        given = self.champs.get(JETON, "")
        if not self.due or not hmac.compare_digest(given.encode(), self.due.encode()):
            raise HTTPException(403, _PERIME)


async def receive(request: Request) -> AsyncIterator[Envoi]:
    """What a form of our pages brings."""
    async with _receive(request, form_token(request), HTTPException(403, _PERIME)) as envoi:
        yield envoi


async def receive_open(request: Request) -> AsyncIterator[Envoi]:
    """What a program sends in the same form: its own token was seen at the door."""
    async with _receive(request, None, HTTPException(422, _PAS_UN_FORMULAIRE)) as envoi:
        yield envoi


@asynccontextmanager
async def _receive(request: Request, due: str | None, other: HTTPException) -> AsyncIterator[Envoi]:
    """What a form brings; its file is gone with the request, unless somebody has put it down meanwhile.

    ``other``: what is raised for a body that is no form.
    """
    ici, stream = visit(request), request.stream()
    manuel = ici.console.gestes.manuel
    try:
        boundary = _read_boundary(request, manuel.limite, other)
        with manuel.open_versement() as versement:
            lecture = _Lecture(due)
            parser = _make_parser(boundary, lecture)
            async for chunk in stream:
                parser.write(chunk)
                await run_in_threadpool(_write, versement, lecture.file)
                lecture.file.clear()
                if versement.taille > manuel.limite:
                    raise HTTPException(413, tell_limit(manuel.limite))
            parser.finalize()
            lecture.assert_token()
            yield Envoi(lecture.champs, lecture.nom, versement)
    except HTTPException as refused:
        log.warning(
            "upload_refused",
            path=path_of(request),
            code=refused.status_code,
            user=ici.visiteur and ici.visiteur.utilisateur.id,
        )
        await _let_pass(stream)
        raise
    except FormParserError:
        raise HTTPException(400, "Ce formulaire ne se lit pas.") from None
    except ClientDisconnect:
        raise HTTPException(400, "L'envoi s'est interrompu.") from None


Recu = Annotated[Envoi, Depends(receive)]
Ouvert = Annotated[Envoi, Depends(receive_open)]


async def receive_raw(request: Request) -> AsyncIterator[Versement]:
    """The body of a request as a file, as it comes; gone with the request, like that of a form."""
    manuel = visit(request).console.gestes.manuel
    _check_length(request, manuel.limite, around=0)
    try:
        with manuel.open_versement() as versement:
            async for chunk in request.stream():
                await run_in_threadpool(_write, versement, [chunk])
                if versement.taille > manuel.limite:
                    raise HTTPException(413, tell_limit(manuel.limite))
            if not versement.taille:
                raise FichierRefuse("Le corps de la demande est vide : envoyez les octets du fichier.")
            yield versement
    except ClientDisconnect:
        raise HTTPException(400, "L'envoi s'est interrompu.") from None


Brut = Annotated[Versement, Depends(receive_raw)]


def _write(versement: Versement, file: list[bytes]) -> None:
    try:
        for data in file:
            versement.write(data)
    except OSError as error:
        log.exception("upload_not_written")
        said = (
            "La plateforme ne peut plus écrire ce qu'elle reçoit : prévenez l'exploitation, puis recommencez."
        )
        raise HTTPException(507, said) from error


def tell_limit(limite: int) -> str:
    """Why a file is not taken, and what to do."""
    return f"Un dépôt ne dépasse pas {show_size(limite)}. Répartissez les factures dans plusieurs lots."


def _read_boundary(request: Request, limite: int, other: HTTPException) -> bytes:
    """What separates the parts of a form. Raises HTTPException: it is too long; ``other``: it is none."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise other
    _check_length(request, limite, around=_CHAMPS)
    return options[b"boundary"]


def _check_length(request: Request, limite: int, around: int) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > limite + around:
        raise HTTPException(413, tell_limit(limite))


async def _let_pass(stream: AsyncIterator[bytes]) -> None:
    """Read what is not taken: a browser that is cut off while it sends does not show what it is told."""
    passed = 0
    with suppress(ClientDisconnect):
        async for chunk in stream:
            passed += len(chunk)
            if passed > _PATIENCE:
                return


def _make_parser(boundary: bytes, lecture: _Lecture) -> MultipartParser:
    return MultipartParser(
        boundary,
        {
            "on_part_begin": lecture.on_part_begin,
            "on_header_field": lecture.on_header_field,
            "on_header_value": lecture.on_header_value,
            "on_header_end": lecture.on_header_end,
            "on_headers_finished": lecture.on_headers_finished,
            "on_part_data": lecture.on_part_data,
            "on_part_end": lecture.on_part_end,
        },
    )
