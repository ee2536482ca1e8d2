"""What the drawing process runs, alone: ``dessin.py PAGE`` (from 1; 0: what there is), a PDF on its stdin.

PDFium is C++ fed by strangers: before it sees their bytes, this process gives up files, sockets, children,
memory. It imports nothing of edi, whose settings name secrets. Exit codes: 0 done, 3 a password is asked, 4
no PDF that can be drawn.
"""

from __future__ import annotations

import codecs
import io
import json
import resource
import sys

import pypdfium2 as pdfium

MONTREES = 60  # pages
LARGEUR, PLUS_HAUT = 1240, 3600  # pixels: an A4 page at 150 to the inch; a strip is drawn smaller
AGRANDI = 4.0  # at most, of a page smaller than that
TEXTE = 20_000  # characters of a page
MEMOIRE, CALCUL, SORTIE = 1536 * 1024**2, 10, 16 * 1024**2  # bytes, seconds, bytes
MOT_DE_PASSE, ILLISIBLE = 3, 4


def give_up_everything() -> None:
    """No file or socket can be opened any more, no process begun; what is open stays so."""
    for what, most in (
        (resource.RLIMIT_AS, MEMOIRE),
        (resource.RLIMIT_CPU, CALCUL),
        (resource.RLIMIT_FSIZE, SORTIE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def scale_of(width: float, height: float) -> float:
    """Pixels for a point of a page of that size."""
    return min(LARGEUR / max(width, 1.0), PLUS_HAUT / max(height, 1.0), AGRANDI)


def describe(pdf: pdfium.PdfDocument) -> bytes:
    """The pages as JSON: how many, then of the first ones [width, height, text]."""
    shown = []
    for rank in range(min(len(pdf), MONTREES)):
        page = pdf[rank]
        width, height = page.get_size()
        scale = scale_of(width, height)
        text = page.get_textpage().get_text_range(0, -1)[:TEXTE]
        shown.append([max(1, round(width * scale)), max(1, round(height * scale)), text])
        page.close()
    return json.dumps([len(pdf), shown]).encode()


def draw(pdf: pdfium.PdfDocument, rank: int) -> bytes:
    """One page, from 0, with its stamps and the fields of its forms. Raises IndexError: no such page."""
    if not 0 <= rank < min(len(pdf), MONTREES):
        raise IndexError(rank)
    pdf.init_forms()  # their fields are drawn; this PDFium has no engine for scripts
    page = pdf[rank]
    image = page.render(scale=scale_of(*page.get_size()), rev_byteorder=True).to_pil().convert("RGB")
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=2)
    return out.getvalue()


def rehearse() -> None:
    """Draw an empty page of ours: what that loads can be loaded no more afterwards."""
    codecs.lookup("utf-16-le")  # of texts
    blank = pdfium.PdfDocument.new()
    blank.new_page(10, 10)
    describe(blank)
    draw(blank, 0)


def main() -> int:
    """Read, give up everything, draw, write."""
    data, page = sys.stdin.buffer.read(), int(sys.argv[1])
    rehearse()
    give_up_everything()
    try:
        pdf = pdfium.PdfDocument(data)
        made = draw(pdf, page - 1) if page else describe(pdf)
    except pdfium.PdfiumError as error:
        return MOT_DE_PASSE if error.err_code == pdfium.raw.FPDF_ERR_PASSWORD else ILLISIBLE
    except (IndexError, MemoryError, ValueError, OSError):
        return ILLISIBLE
    sys.stdout.buffer.write(made)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
