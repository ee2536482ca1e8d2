"""An attached PDF, tried with qpdf: does it open?

Loaded with the first PDF that is met: a worker that meets none starts without qpdf.
"""

from __future__ import annotations

import io

import pikepdf
from pikepdf import settings

_STRUCTURE_MAX = 256 * 1024**2  # bytes that qpdf may expand one stream of a PDF's structure to
_UNREADABLE = (
    pikepdf.PdfError,
    pikepdf.PasswordError,
    pikepdf.DataDecodingError,
    ValueError,
    TypeError,
    LookupError,
    RuntimeError,
    OverflowError,
)

settings.set_qpdf_limits(flate_max_memory=_STRUCTURE_MAX, doc_max_warnings=1000)


def opens(data: bytes) -> bool:
    """True when the PDF opens without a password and has at least one page; mended on the way if need be.

    Bounded by qpdf's own limits on nesting and on damaged files.
    """
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return len(pdf.pages) > 0
    except _UNREADABLE:
        return False
