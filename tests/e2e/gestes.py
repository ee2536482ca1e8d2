"""What suppliers do: deposit, well or badly, again, once more with what was mended; compare relevés.

:data:`GESTES` draws what one does on a day, :data:`SUITES` what it does about an answer.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from lxml import etree
from marche import SIGNATURE, Fournisseur
from registre import PRIS, Contre, Envoi, Recu

from edi.espace import Espace
from edi.inbound.reste import is_companion
from edi.model import FluxStatut
from edi.samples import FAULTS, LotSpec, make_files, make_lot
from edi.samples.pieces import write_zip

if TYPE_CHECKING:
    from mois import Mois

X = FluxStatut
Geste = Callable[["Mois", Espace, Fournisseur, int], None]
Suite = Callable[["Mois", Fournisseur, Recu, int], None]

FAUTES = ("service-inconnu", "engagement-manquant", "destinataire-ferme", "ttc-faux", "xml-tronque")
ILLISIBLE = "xml-tronque"


def draw_spec(mois: Mois, one: Fournisseur, jour: int) -> LotSpec:
    """A lot of the supplier's trade, with or without faults; its prefix is its own."""
    rng, nom_format = mois.rng, mois.rng.choice(one.formats)
    mois.rang += 1
    archive = rng.choice(("tar.gz", "zip", "xml"))
    nombre = 1 if archive == "xml" and nom_format != "mixte" else rng.randint(2, 5)
    fautes: dict[int, str] = {}
    if archive != "xml":
        legal = [nom for nom in FAUTES if nom_format in FAULTS[nom].formats]
        fautes = {p: rng.choice(legal) for p in range(nombre) if rng.random() < 0.2}
    return LotSpec(
        nom_format,
        nombre,
        fautes,
        graine=mois.rang,
        appli=one.code,
        numero_flux=mois.next_number(one.code),
        archive=archive,
        jour=mois.day(jour),
        fournisseur=rng.choice((one.structure, *one.mandants)),
        destinataires=rng.sample(mois.marche.destinataires, 3),
        prefixe=f"M{mois.rang:05d}",
    )


def send_lot(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """An ordinary deposit."""
    spec = draw_spec(mois, one, jour)
    mois.deposit(espace, promise(spec, jour), make_lot(spec).data)


def send_before_mandat(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """For a mandant that has not signed yet: all of it is rejected, until somebody has it judged again."""
    if one.tardif is not None and jour < SIGNATURE:
        spec = replace(draw_spec(mois, one, jour), fournisseur=one.tardif, fautes={})
        told = dict.fromkeys(promise(spec, jour).factures, False)
        mois.deposit(espace, Envoi(one.code, spec.nom, jour, X.REJETE, told, spec, True), make_lot(spec).data)


def promise(spec: LotSpec, jour: int) -> Envoi:
    """What must come of a lot, by the faults that it bears."""
    fautes = dict(spec.fautes)
    told = {
        f"{spec.prefixe}-{p + 1:04d}": p not in fautes
        for p in range(spec.nombre)
        if fautes.get(p) != ILLISIBLE
    }
    accepted = sum(told.values())
    if accepted:
        statut = X.INTEGRE_PARTIEL if fautes else X.INTEGRE
    else:
        statut = X.REJETE if told else X.IRRECEVABLE
    return Envoi(spec.appli, spec.nom, jour, statut, told, spec)


def _earlier(mois: Mois, one: Fournisseur, jour: int) -> list[tuple[Envoi, LotSpec]]:
    """The lots that it sent on other days and that were accepted, at least in part."""
    return [
        (envoi, envoi.spec)
        for envoi in mois.registre.envois
        if envoi.partenaire == one.code
        and envoi.spec is not None
        and 1 < envoi.jour < jour
        and envoi.statut in (X.INTEGRE, X.INTEGRE_PARTIEL)
    ]


def send_doublon(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """The same invoices in another flux: each is a doublon, and the originals live on."""
    whole = [
        spec
        for envoi, spec in _earlier(mois, one, jour)
        if envoi.statut is X.INTEGRE and spec.format != "mixte"  # a mixed lot bears its flux id inside
    ]
    if whole:
        spec = mois.rng.choice(whole)
        again = replace(spec, numero_flux=mois.next_number(one.code))
        told = dict.fromkeys(promise(spec, jour).factures, False)
        mois.deposit(espace, Envoi(one.code, again.nom, jour, X.REJETE, told), make_lot(spec).data)


def send_again(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """The very same flux: a reminder."""
    if earlier := _earlier(mois, one, jour):
        envoi, spec = mois.rng.choice(earlier)
        mois.deposit(espace, Envoi(one.code, envoi.nom, jour, X.RAPPEL), make_lot(spec).data)


def send_other_bytes(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """Other invoices under a flux id that has served."""
    if earlier := _earlier(mois, one, jour):
        envoi, spec = mois.rng.choice(earlier)
        mois.rang += 1
        other = replace(spec, graine=mois.rang, prefixe=f"Z{mois.rang:05d}", fautes={})
        mois.deposit(espace, Envoi(one.code, envoi.nom, jour, X.IRRECEVABLE), make_lot(other).data)


def send_cut(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """An archive that stops in its middle."""
    spec = replace(draw_spec(mois, one, jour), archive="tar.gz", tronque=True, fautes={}, nombre=4)
    mois.deposit(espace, Envoi(one.code, spec.nom, jour, X.IRRECEVABLE), make_lot(spec).data)


def send_garbage(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """A file that is nothing."""
    spec = replace(draw_spec(mois, one, jour), archive="xml", fautes={})
    mois.deposit(espace, Envoi(one.code, spec.nom, jour, X.IRRECEVABLE), b"<Facture><Numero>12")


GESTES: tuple[tuple[int, Geste], ...] = (
    (14, send_lot),
    (2, send_before_mandat),
    (2, send_doublon),
    (2, send_again),
    (1, send_other_bytes),
    (1, send_cut),
    (1, send_garbage),
)

# -- about an answer --------------------------------------------------------------------------------------


def mend_reste(mois: Mois, one: Fournisseur, recu: Recu, jour: int) -> None:
    """Most restes are mended, one of the next mornings, and deposited under a new flux id."""
    if not recu.nom.startswith("RESTE_") or mois.rng.random() < 0.3:
        return
    sent = [(e, e.spec) for e in mois.registre.envois if e.spec and e.partenaire == one.code]
    envoi, spec = next((e, s) for e, s in sent if recu.nom == f"RESTE_{s.id_flux}.zip")
    late = envoi.attend_mandat  # there is nothing to mend in it
    if spec.format != "mixte" and not late:  # a mixed lot bears its flux id inside
        due = jour + mois.rng.randint(1, 3)
        mois.plan_morning(due, lambda espace, le: _send_mended(mois, espace, spec, recu.data, le))


def _send_mended(mois: Mois, espace: Espace, spec: LotSpec, reste: bytes, jour: int) -> None:
    right = dict(make_files(replace(spec, fautes={})))
    with zipfile.ZipFile(io.BytesIO(reste)) as archive:
        noms = archive.namelist()
        files = [(nom, archive.read(nom) if is_companion(nom) else right[nom]) for nom in noms]
    told = {f"{spec.prefixe}-{nom[-8:-4]}": True for nom in noms if not is_companion(nom)}
    again = replace(spec, numero_flux=mois.next_number(spec.appli), archive="zip")
    mois.deposit(espace, Envoi(spec.appli, again.nom, jour, X.INTEGRE, told), write_zip(tuple(files)))


CODE_TYPE, NOTE = b"</cbc:InvoiceTypeCode>", "<cbc:Note>Complément {}.</cbc:Note>"
ENGAGEMENT = re.compile(rb"(<cac:OrderReference>\s*<cbc:ID>)[^<]*")
AFTER_ENGAGEMENT = ("BillingReference", "ContractDocumentReference", "AdditionalDocumentReference")


def take_up(mois: Mois, one: Fournisseur, recu: Recu, jour: int) -> None:
    """What is to be recycled or completed comes again one of the next mornings, once nothing more is said."""
    if not recu.nom.startswith("FEN1200A"):
        return
    for unit in etree.fromstring(recu.data).iter("DonneesStatut"):
        numero, id_statut = unit.findtext("IdFacture", ""), unit.findtext("IdStatut", "")
        mend = {"04": _recycle, "06": _complete}.get(id_statut)
        before = _document(mois, one, numero) if mend and _is_last_word(mois, numero, id_statut) else None
        if mend is None or before is None or mois.rng.random() < 0.2:
            continue
        mois.rang += 1
        mois.documents[numero] = mend(before, mois.rang)
        mois.plan_morning(jour + mois.rng.randint(1, 2), partial(_send_up, mois, one, numero))


def _is_last_word(mois: Mois, numero: str, id_statut: str) -> bool:
    """Nothing was said of the invoice since, nothing will be, and it was not taken up for that already."""
    waiting = [parole for due in mois.agenda.values() for parole in due]
    said = [p for _, p in mois.registre.paroles if p.facture.numero == numero and p.effet == PRIS]
    times = sum(parole.id_statut in ("04", "06") for parole in said)
    more = any(p.facture.numero == numero and p.effet == PRIS for p in waiting)
    if more or max(said, key=lambda parole: parole.le).id_statut != id_statut or mois.repris[numero] == times:
        return False
    mois.repris[numero] = times
    return True


def _document(mois: Mois, one: Fournisseur, numero: str) -> bytes | None:
    """The invoice as it was sent last; None for a format that is not redeposited here."""
    prefixe, rang = numero.partition("-")[0], int(numero[-4:])
    specs = [e.spec for e in mois.registre.envois if e.partenaire == one.code and e.spec is not None]
    spec = next((s for s in specs if s.prefixe == prefixe and s.format == "ubl"), None)
    if numero in mois.documents or spec is None:
        return mois.documents.get(numero)
    data = make_files(replace(spec, fautes={}))[rang - 1][1]
    return data if CODE_TYPE in data else None  # an avoir has no such element


def _recycle(data: bytes, rang: int) -> bytes:
    """With another engagement, which any destinataire takes."""
    engagement = f"EJ-RECYCLE-{rang}".encode()
    if ENGAGEMENT.search(data):
        return ENGAGEMENT.sub(rb"\g<1>" + engagement, data, count=1)
    places = [data.find(f"<cac:{name}>".encode()) for name in (*AFTER_ENGAGEMENT, "AccountingSupplierParty")]
    at = min(place for place in places if place >= 0)
    whole = b"<cac:OrderReference><cbc:ID>" + engagement + b"</cbc:ID></cac:OrderReference>"
    return data[:at] + whole + data[at:]


def _complete(data: bytes, rang: int) -> bytes:
    return data.replace(CODE_TYPE, CODE_TYPE + NOTE.format(rang).encode(), 1)


def _send_up(mois: Mois, one: Fournisseur, numero: str, espace: Espace, jour: int) -> None:
    spec = LotSpec("ubl", appli=one.code, numero_flux=mois.next_number(one.code), archive="xml")
    mois.registre.reprises.append(numero)
    mois.deposit(espace, Envoi(one.code, spec.nom, jour, X.INTEGRE), mois.documents[numero])


SUITES: tuple[Suite, ...] = (mend_reste, take_up)

# -- relevés ----------------------------------------------------------------------------------------------


def compare(mois: Mois, espace: Espace, one: Fournisseur, jour: int) -> None:
    """Drop the relevé of a day into ``test``, at times with an invoice that was never deposited."""
    jour_dit = mois.day(jour).isoformat()
    rows = list(
        csv.reader(
            io.StringIO((espace.spool.told(one.code, f"releve-{jour_dit}.csv") or b"").decode("utf-8-sig")),
            delimiter=";",
        )
    )
    head, lines = rows[0], [row for row in rows[1:] if row[rows[0].index("facture")]]
    ecarts = sum(row[head.index("statut")].startswith("Non conforme") for row in lines)
    if lines and mois.rng.random() < 0.5:
        lost = list(lines[0])
        lost[head.index("facture")] = "PERDUE-1"
        lines.append(lost)
        ecarts += 1
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([head, *lines])
    nom = f"contre-releve-{jour_dit}.csv"
    (espace.spool.inbox(one.code, "test") / nom).write_bytes(text.getvalue().encode())
    mois.registre.contres.append(Contre(one.code, nom, ecarts))
