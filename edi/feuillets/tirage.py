"""Having a PDF drawn: one process for one question, few at once, each with an end."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from edi.model.feuillets import PDF, Feuillet, Liasse, PdfNonMontre

log = structlog.get_logger()

_DESSIN = Path(__file__).with_name("dessin.py")
_DELAI, _FILE = 15.0, 20.0  # seconds that a drawing may take; that one waits for its turn
_A_LA_FOIS = 2
_MOT_DE_PASSE = 3  # exit code of dessin.py
_IMAGE = (b"RIFF", b"WEBP")


@dataclass(frozen=True)
class Tirage:
    """Where pages are drawn. What comes back is a stranger's too: it is an image, or a text."""

    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_A_LA_FOIS))

    def describe(self, data: bytes) -> Liasse:
        """How many pages a PDF has, and the text of the first ones. Raises PdfNonMontre."""
        try:
            pages, shown = json.loads(self._ask(data, 0))
            return Liasse(int(pages), tuple(Feuillet(int(w), int(h), _plain(str(t))) for w, h, t in shown))
        except (TypeError, ValueError):
            raise _refuse("answer") from None

    def draw(self, data: bytes, page: int) -> bytes:
        """One page of a PDF, from 1, as WebP. Raises PdfNonMontre."""
        image = self._ask(data, page)
        if (image[:4], image[8:12]) != _IMAGE:
            raise _refuse("answer")
        return image

    def _ask(self, data: bytes, page: int) -> bytes:
        if not data.startswith(PDF):
            raise PdfNonMontre("Ce fichier n'est pas un PDF.")
        if not self.places.acquire(timeout=_FILE):
            raise PdfNonMontre("Trop de PDF sont demandés en même temps : rechargez la page.")
        try:
            return _run(data, page)
        finally:
            self.places.release()


def _run(data: bytes, page: int) -> bytes:
    """What ``dessin.py`` answers, in a process that knows neither our environment nor our folder."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answer:
        given.write(data)
        given.seek(0)
        command = [sys.executable, "-I", str(_DESSIN), str(page)]
        try:
            done = subprocess.run(
                command,
                stdin=given,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                timeout=_DELAI,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _refuse("time") from None
        if done.returncode == _MOT_DE_PASSE:
            raise PdfNonMontre("Ce PDF est protégé par un mot de passe : il ne se montre pas ici.")
        if done.returncode:
            raise _refuse(str(done.returncode))
        answer.seek(0)
        return answer.read()


def _refuse(why: str) -> PdfNonMontre:
    log.warning("pdf_not_drawn", why=why)
    return PdfNonMontre("Ce PDF ne se dessine pas : téléchargez-le pour l'ouvrir avec un autre lecteur.")


def _plain(text: str) -> str:
    """A text without the characters that no page may hold."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in lines).strip()
