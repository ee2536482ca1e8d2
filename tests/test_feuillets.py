"""PDF drawn page by page: by a process that can do nothing else, whatever a stranger put in them."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from edi.feuillets import dessin, tirage
from edi.feuillets.tirage import Tirage
from edi.model import PdfNonMontre
from edi.samples.pieces import write_pdf

DESSIN = Path(dessin.__file__)


def make(pages: int = 1, box: tuple[float, float] = (595, 842), **save: object) -> bytes:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
        pdf.pages[-1].MediaBox = [0, 0, *box]
    out = io.BytesIO()
    pdf.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def size_of(image: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(image)).size


def test_a_page_is_drawn_as_a_picture_of_the_size_that_was_told() -> None:
    data, one = make(3), Tirage()
    liasse = one.describe(data)

    assert liasse.pages == 3
    assert [(f.largeur, f.hauteur) for f in liasse.feuillets] == [size_of(one.draw(data, 2))] * 3


def test_what_a_page_says_is_read_too() -> None:
    data = write_pdf(("Facture F-1 réglée à l'échéance", "Total : 12 euros"))

    assert Tirage().describe(data).feuillets[0].texte == "Facture F-1 réglée à l'échéance\nTotal : 12 euros"


@pytest.mark.parametrize("box", [(1_000_000, 1_000_000), (3, 14_400), (14_400, 3), (3, 3)])
def test_a_page_of_any_size_is_a_picture_that_fits(box: tuple[float, float]) -> None:
    width, height = size_of(Tirage().draw(make(box=box), 1))

    assert 1 <= width <= dessin.LARGEUR + 1
    assert 1 <= height <= dessin.PLUS_HAUT + 1


def test_of_many_pages_the_first_ones_are_shown_and_all_are_counted() -> None:
    data = make(dessin.MONTREES + 40)
    liasse = Tirage().describe(data)

    assert (liasse.pages, len(liasse.feuillets)) == (dessin.MONTREES + 40, dessin.MONTREES)
    with pytest.raises(PdfNonMontre):
        Tirage().draw(data, dessin.MONTREES + 1)


def bomb() -> bytes:
    """An image of ten thousand millions of pixels, in a few kilobytes."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    image = pdf.make_stream(zlib.compress(bytes(10**7)))
    image.Subtype, image.Filter = pikepdf.Name("/Image"), pikepdf.Name("/FlateDecode")
    image.Width = image.Height = 100_000
    image.ColorSpace, image.BitsPerComponent = pikepdf.Name("/DeviceRGB"), 8
    pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    pdf.pages[0].Contents = pdf.make_stream(b"595 0 0 842 0 0 cm /I Do")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def scripted() -> bytes:
    """A PDF that wants to run something when it is opened."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS="while (true) {}")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("make_data", "why"),
    [
        (lambda: b"<html>%PDF-1.7", "n'est pas un PDF"),
        (lambda: b"%PDF-1.7\n<script>alert(1)</script>", "ne se dessine pas"),
        (lambda: make()[:200], "ne se dessine pas"),
        (lambda: make(encryption=pikepdf.Encryption(owner="a", user="b")), "mot de passe"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(make_data: Callable[[], bytes], why: str) -> None:
    data = make_data()

    for ask in (lambda: Tirage().describe(data), lambda: Tirage().draw(data, 1)):
        with pytest.raises(PdfNonMontre, match=why):
            ask()


def test_scripts_are_not_run_and_bombs_do_not_go_off() -> None:
    assert size_of(Tirage().draw(scripted(), 1)) == size_of(Tirage().draw(make(), 1))
    assert size_of(Tirage().draw(bomb(), 1)) == size_of(Tirage().draw(make(), 1))


def test_a_drawing_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tirage, "_DELAI", 0.01)

    with pytest.raises(PdfNonMontre, match="ne se dessine pas"):
        Tirage().draw(make(), 1)


@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/hostname')",
        "import socket; socket.socket()",
        "import os; os.pipe()",
        "bytearray(2 * 1024**3)",
    ],
)
def test_the_drawing_process_can_open_nothing_and_fill_nothing(act: str) -> None:
    script = f"import sys, socket; sys.path.insert(0, {str(DESSIN.parent)!r}); import dessin\n"
    before, after = (
        subprocess.run([sys.executable, "-c", script + first + act], capture_output=True, check=False)
        for first in ("", "dessin.give_up_everything()\n")
    )

    assert (before.returncode, after.returncode) == (0, 1)
    assert b"Too many open files" in after.stderr or b"MemoryError" in after.stderr


def test_it_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "dessin.py"
    script.write_text(f"import os; open({str(seen)!r}, 'w').write(repr((dict(os.environ), os.getcwd())))")
    monkeypatch.setattr(tirage, "_DESSIN", script)
    monkeypatch.setenv("EDI_SECRET", "x")
    with pytest.raises(PdfNonMontre):
        Tirage().draw(make(), 1)

    assert "EDI_SECRET" not in seen.read_text()
    assert seen.read_text().endswith("'/')")
