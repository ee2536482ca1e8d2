"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edi.model import Emission, Facsimile, FactureDeposee, Fichier, Liasse


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    describe_pdf: Callable[[bytes], Liasse]  # raises PdfNonMontre
    draw_pdf: Callable[[bytes, int], bytes]  # a page, from 1, as WebP; raises PdfNonMontre
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
