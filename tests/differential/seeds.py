"""The documents that the rig starts from, by name; each is a whole document, never changed in place.

``base:`` valid invoices of the examples, ``facture:`` invoices of the sample world, ``cdv:`` messages that we
write, ``corpus:`` public documents, ``cen:`` fragments of the unit tests of CEN. The last two want the corpus
beside the checkout.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from lxml import etree

from differential.sheets import CDAR, CII, UBL, Feuille, packs_of, syntax_of
from edi import samples, xml
from edi.cdv import building, tables
from edi.cdv.building import FactureVisee, Raison, Signature
from edi.exemples.bases import load_bases, parse, write_base
from edi.model import DonneeCdv
from edi.outbound.cdar import write_cdar
from edi.samples.document import make_facture
from edi.validators.scenarios import SCENARIOS

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
NO_CORPUS = "the public test documents (../shared/corpus) are not beside this checkout"
_LARGEST = 200_000  # bytes of a document of the corpus; edits of a larger one cost more than they teach
_FORMATS = {
    UBL: (samples.UBL, samples.REFORME, samples.UBL_MIN),
    CII: (samples.CII, samples.CII_REFORME, samples.CII_MIN),
}
_FOLDERS = {
    UBL: ("en16931/examples/ubl", "negatives", "choruspro", "zugferd/xml"),
    CII: ("en16931/examples/cii", "zugferd/xml", "mustang", "choruspro"),
    CDAR: ("cdar",),
}
_TEST = "{http://difi.no/xsd/vefa/validator/1.0}test"
_AT = datetime(2026, 11, 20, 15, 10, tzinfo=ZoneInfo("Europe/Paris"))


def seeds_for(syntax: str) -> list[str]:
    """Every seed of a syntax that is there, ours first."""
    names = list(own_seeds(syntax))
    if CORPUS.is_dir():
        names += corpus_seeds(syntax)
    return names


def own_seeds(syntax: str) -> Iterator[str]:
    """Those that need no corpus."""
    if syntax == CDAR:
        yield from (f"cdv:{code}" for code in tables.STATUTS)
        return
    yield from (f"base:{name}" for name in load_bases() if name.startswith(syntax))
    for one in _FORMATS[syntax]:
        yield from (f"facture:{one}:{graine}:{kind}" for graine, kind in ((1, "f"), (2, "a"), (3, "p")))


def corpus_seeds(syntax: str) -> Iterator[str]:
    """Public documents of a syntax, then, for UBL, the fragments of CEN."""
    for folder in _FOLDERS[syntax]:
        for path in sorted((CORPUS / folder).iterdir()):
            name = f"corpus:{path.relative_to(CORPUS).as_posix()}"
            if path.suffix.lower() == ".xml" and path.stat().st_size < _LARGEST and _is(syntax, name):
                yield name
    if syntax == UBL:
        for path in sorted((CORPUS / "en16931" / "ubl-unit").rglob("*.xml")):
            count = sum(1 for _ in xml.parse(path.read_bytes()).iter(_TEST))
            yield from (f"cen:{path.relative_to(CORPUS).as_posix()}#{rank}" for rank in range(count))


def bases_for(feuille: Feuille) -> list[str]:
    """The seeds that most of the rules of a sheet can be broken in, valid under its packs first."""
    if feuille.syntax == CDAR:
        return list(own_seeds(CDAR))
    packs = {pack.id for pack in packs_of(feuille)}
    own = {
        name
        for name, base in load_bases().items()
        if packs & {*base.packs, *(p for s in SCENARIOS if s.id == base.scenario for p in s.packs)}
    }
    names = [name for name in load_bases() if name.startswith(feuille.syntax)]
    return [f"base:{name}" for name in sorted(names, key=lambda name: (name not in own, "-tva" in name))]


def parse_seed(name: str) -> etree._Element:
    """The root of a fresh copy. Raises KeyError, ValueError or OSError for a name that is no seed."""
    data = read_seed(name)
    return parse(data) if name.startswith("base:") else xml.parse(data).getroot()


@cache
def read_seed(name: str) -> bytes:
    """Raises as :func:`parse_seed`."""
    kind, _, rest = name.partition(":")
    if kind == "base":
        return write_base(rest)
    if kind == "facture":
        one, graine, form = rest.split(":")
        return make_facture(one, graine=int(graine), avoir=form == "a", pieces_jointes=form == "p")
    if kind == "cdv":
        return write_message(rest)
    path, _, rank = rest.partition("#")
    data = (CORPUS / path).read_bytes()
    if kind == "corpus":
        return data
    if kind != "cen":
        raise ValueError(f"{name!r} is no seed")
    return etree.tostring(list(xml.parse(data).iter(_TEST))[int(rank)][-1], with_tail=False)


def write_message(code: str) -> bytes:
    """A message of one statut, signed by the first who may, with its first reason where it wants one."""
    statut = tables.STATUTS[code]
    others = [role for role in tables.ROLES if role not in ("WK", "DFH")]
    parties = {r: building.make_party(r, "100000009", "SOCIETE", "100000009_STATUTS") for r in others}
    parties["WK"] = building.PLATEFORME
    signature = Signature(
        parties[min(statut.auteurs)],
        (parties[max(statut.destinataires)],),
        _AT,
        _AT,
        building.PLATEFORME,
    )
    raisons = [Raison(motif, "une explication", "NIN") for motif in statut.motifs[:1]]
    if code == "212":
        paid = DonneeCdv("MEN", montant=Decimal("120.00"), devise="EUR", taux=Decimal("20.00"))
        raisons = [*building.make_cashing([paid]), *raisons]
    if code == "501":
        return write_cdar(building.build_fichier("facture_042.xml", _AT, signature, raisons))
    visee = FactureVisee("F202600042", "380", date(2026, 11, 20), "100000009", _AT)
    return write_cdar(building.build_facture(code, visee, signature, raisons))


def _is(syntax: str, name: str) -> bool:
    try:
        return syntax_of(parse_seed(name).getroottree()) == syntax
    except xml.XmlRefused:
        return False
