"""What one would otherwise write: the package factur-x for PDF and XSD, Saxon for the official sheets.

Document by document, in a process of its own. It is fair: each sheet is compiled once, before anything is
measured (the package itself sends the sheet to a Saxon server with each document). It keeps nothing, asks no
annuaire and answers nobody: it stops where the work of a platform begins.
"""

from __future__ import annotations

import io
import logging
import multiprocessing
import tarfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from lxml import etree

from edi.banc.espace import Ecarte
from edi.banc.jeux import Depot
from edi.banc.sonde import Duree
from edi.document import open_document
from edi.model import Limites
from edi.validators.schematron.packs import locate_sheet, pack_on

_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_LONGEST = 600.0  # seconds that we wait for its answer


class Naif(NamedTuple):
    """Of one document."""

    total: Duree
    xsd: Duree  # of that, the schema: the package compiles it anew for each document


def measure(depot: Depot, jour: date) -> Naif:
    """The lot, opened and judged document by document. Raises Ecarte when a document is refused."""
    opened = open_document(depot.fichiers[0][1], "", Limites().fichier)
    packs = [pack_on(name, jour) for name in opened.scenario.packs]
    sheets = [str(locate_sheet(part.sheet)) for pack in packs for part in pack.parts]
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, depot.lot.data, sheets), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(_LONGEST):
            raise Ecarte("la voie ordinaire n'a pas répondu en dix minutes")
        refused, total, xsd = here.recv()
    except EOFError:
        raise Ecarte("la voie ordinaire s'est arrêtée") from None
    finally:
        process.kill()
        process.join()
    if refused:
        raise Ecarte(f"la voie ordinaire refuse un document sans faute : {refused}")
    return Naif(Duree(*total), Duree(*xsd))


def _work(told: Connection, lot: bytes, sheets: Sequence[str]) -> None:
    """The script, in its own process."""
    import facturx
    from saxonche import PySaxonProcessor

    logging.disable(logging.CRITICAL)  # the package tells each document
    with PySaxonProcessor(license=False) as saxon:
        xslt = saxon.new_xslt30_processor()
        compiled = [xslt.compile_stylesheet(stylesheet_file=sheet) for sheet in sheets]
        total, xsd, refused = Duree(), Duree(), ""
        for rank, (nom, data) in enumerate(_open(lot)):
            began = _clocks()
            document = facturx.get_xml_from_pdf(data, check_xsd=False)[1] if nom.endswith(".pdf") else data
            before = _clocks()
            facturx.xml_check_xsd(document)
            by_schema = _since(before)
            node = saxon.parse_xml(xml_text=document.decode("utf-8"))
            failed = [rule for sheet in compiled for rule in _failed(sheet, node)]
            refused = refused or (f"{nom} {failed[:3]}" if failed else "")
            if rank:  # the first document has loaded what the others use
                total, xsd = total + _since(began), xsd + by_schema
        told.send((refused, total.over(total.appels or 1), xsd.over(xsd.appels or 1)))


def _failed(sheet: Any, node: Any) -> list[str]:
    svrl = etree.fromstring(sheet.transform_to_string(xdm_node=node).encode("utf-8"))
    return [one.get("id", "") for one in svrl.iter(_FAILED) if one.get("flag") != "warning"]


def _open(lot: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(lot), mode="r:gz") as archive:
        for member in archive:
            source = archive.extractfile(member)
            if source is not None:
                yield member.name, source.read()


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> Duree:
    now = _clocks()
    return Duree(now[0] - began[0], now[1] - began[1], 1)
