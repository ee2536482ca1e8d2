"""The books of the partners against the workspace: whatever does not agree, one sentence each.

Nothing of ours is believed that can be counted otherwise: files are read back as partners found them, the
statut of an invoice is computed again from what was said of it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from lxml import etree
from mois import Mois
from registre import PRIS, key_of
from sqlalchemy import Connection, select

from edi.audit import audit
from edi.espace import Espace
from edi.lifecycle.statuts import FACTURE_REPLAY, FACTURE_TRANSITIONS, FINAL, TREATMENT
from edi.model import FactureDeposee, FactureStatut, Flux
from edi.model.statuts import REJEU
from edi.outbound.emit import check
from edi.store import flux as flux_store
from edi.store.factures import from_row
from edi.store.tables import emission, facture, facture_statut, finding

F = FactureStatut
FEN, PIVOT = "FEN1200A", "FEN0036A"


class Vie(NamedTuple):
    """One row of the history of an invoice."""

    id: int
    facture_id: int
    avant: F | None
    apres: F
    le: datetime
    fait_le: datetime | None
    producteur: str
    motif: str
    mandat: str

    @property
    def instant(self) -> datetime:
        return self.fait_le or self.le


class Base(NamedTuple):
    """What the database holds, read once."""

    flux: list[Flux]
    factures: list[FactureDeposee]
    vies: dict[int, list[Vie]]
    doublons: frozenset[int]
    accuses: dict[str, str]
    appli: dict[int, str]  # whose a flux is


def read_base(conn: Connection) -> Base:
    """Everything, oldest first."""
    _, flux = flux_store.search(conn, limit=100_000)
    flux_list = sorted(flux, key=lambda one: one.id)
    factures = [from_row(row) for row in conn.execute(select(facture).order_by(facture.c.id))]
    vies = defaultdict(list)
    for row in conn.execute(select(facture_statut).order_by(facture_statut.c.id)):
        before = F[row.avant] if row.avant else None
        rest = (row.le, row.fait_le, row.producteur, row.motif, row.mandat)
        vies[row.facture_id].append(Vie(row.id, row.facture_id, before, F[row.apres], *rest))
    doublons = select(finding.c.facture_id).where(finding.c.motif == "DOUBLON")
    told = select(emission.c.nom, emission.c.accuse).where(emission.c.accuse != "")
    return Base(
        flux_list,
        factures,
        dict(vies),
        frozenset(one for one in conn.execute(doublons).scalars() if one is not None),
        {row.nom.rpartition("_")[2].removesuffix(".xml"): row.accuse for row in conn.execute(told)},
        {one.id: one.appli for one in flux_list},
    )


def prove(espace: Espace, mois: Mois) -> list[str]:
    """Every sentence tells one thing that does not agree."""
    with espace.engine.begin() as conn:
        base = read_base(conn)
    found = [f"audit: {ecart}" for ecart in audit(espace.engine, espace.spool, espace.now()).ecarts]
    for prouve in PREUVES:
        found += [f"{prouve.__name__}: {what}" for what in prouve(espace, mois, base)]
    return found


# -- nothing is lost --------------------------------------------------------------------------------------


def deposits(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Every flux that was sent is there once, decided as its sender expects, with the invoices it held."""
    held = defaultdict(list)
    for one in base.factures:
        held[one.flux_id].append(one)
    received = defaultdict(list)
    for flux in base.flux:
        received[flux.appli, flux.nom].append(flux)
    for envoi in mois.registre.envois:
        waiting = received[envoi.partenaire, envoi.nom]
        if not waiting:
            yield f"{envoi.nom} was sent and never received"
            continue
        flux = waiting.pop(0)
        told = {key_of(one.numero): one.statut is not F.NON_CONFORME for one in held[flux.id]}
        if flux.statut is not envoi.statut:
            yield f"{envoi.nom} is {flux.statut.name}, expected {envoi.statut.name}"
        if told != envoi.factures:
            yield f"{envoi.nom} holds {told}, expected {envoi.factures}"
    for appli, nom in (key for key, left in received.items() if left):
        yield f"{nom} of {appli} was never sent"
    came = Counter(mois.registre.reprises)
    moved = Counter({one.numero: _again(base, one.id) for one in base.factures if _again(base, one.id)})
    if came != moved:
        yield f"taken up again: {moved}, sent again: {came}"
    accepted = Counter(key_of(one.numero) for one in base.factures if one.statut is not F.NON_CONFORME)
    for key in (key for key, times in accepted.items() if times > 1):
        yield f"{key} is accepted {accepted[key]} times"


def _again(base: Base, facture_id: int) -> int:
    """How often an invoice was recycled or completed, by its history."""
    said = Counter(vie.apres for vie in base.vies.get(facture_id, ()))
    return max(said[F.DEPOSEE] - 1, 0) + said[F.COMPLETEE]


def alarms(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """No start saw anything wrong. Lateness is by the real clock, which the month does not follow."""
    yield from (str(one) for one in mois.registre.alarmes if one.regle != "une réponse part dans l'heure")


# -- every life is legal ----------------------------------------------------------------------------------


def lives(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Each history is a chain of legal steps, and the invoice shows what it comes to."""
    for one in base.factures:
        shown: F | None = None
        rows = base.vies.get(one.id, [])
        for rang, vie in enumerate(rows):
            if vie.avant is not shown:
                yield f"{one.numero}: {vie.apres.name} came after {vie.avant}, it showed {shown}"
            table = FACTURE_REPLAY if vie.motif == REJEU else FACTURE_TRANSITIONS
            if vie.apres not in table.get(vie.avant, ()):
                yield f"{one.numero}: {vie.avant} -> {vie.apres.name} is no transition"
            shown = show(rows[: rang + 1])
        if one.statut is not shown:
            yield f"{one.numero} is {one.statut}, its history comes to {shown}"


def show(rows: Sequence[Vie]) -> F:
    """What a history comes to: a final statut of the destinataire, else its last by its own clock."""
    last = max(rang for rang, vie in enumerate(rows) if rang == 0 or vie.apres not in TREATMENT)
    said = rows[last + 1 :]  # since it was last handed over
    if not said:
        return rows[-1].apres
    final = [vie for vie in said if vie.apres in FINAL]
    return max(final or said, key=lambda vie: (vie.instant, vie.id)).apres


def words(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """All that destinataires said and was to be applied was, once; nothing else was."""
    said = Counter(
        (parole.facture.idcpro, parole.id_statut, parole.le)
        for _, parole in mois.registre.paroles
        if parole.effet == PRIS
    )
    applied = Counter(
        (vie.facture_id, vie.apres.id_statut, vie.fait_le)
        for rows in base.vies.values()
        for vie in rows
        if vie.producteur
    )
    yield from (f"said, not applied: {what}" for what in said - applied)
    yield from (f"applied, not said: {what}" for what in applied - said)
    if base.accuses != mois.registre.accuses:
        yield f"reports on pivots: {base.accuses}, said {mois.registre.accuses}"


# -- every answer -----------------------------------------------------------------------------------------


def sequences(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """What each partner found bears the numbers 1, 2, 3… of each interface, each once."""
    numbers = defaultdict(list)
    for recu in mois.registre.recus:
        if not recu.nom.startswith("RESTE_"):
            numbers[recu.partenaire, recu.nom[:8]].append(int(recu.nom.removesuffix(".xml")[-7:]))
    for (code, interface), found in sorted(numbers.items()):
        if sorted(found) != [*range(1, len(found) + 1)]:
            yield f"{code} found of {interface} the numbers {sorted(found)}"


def answers(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Each delivery of a déposant was answered by one integration report; each file is valid."""
    reports: Counter[str] = Counter()
    for recu in mois.registre.recus:
        if recu.nom.startswith(("CSO", FEN)):
            check(recu.data)
        elif recu.nom.startswith(PIVOT):
            check(recu.data, "CPPFacturePivot.xsd")
        if recu.nom.startswith("CSO"):
            reports[recu.partenaire] += 1
    wanted: Counter[str] = Counter()
    for flux in base.flux:  # a report that a destinataire sends is not answered, unless it is refused
        report = flux.nature == "statuts" and not _tells_invoices(espace, flux)
        wanted[flux.appli] += not report or flux.rejetees > 0
    if reports != wanted:
        yield f"integration reports: {reports - wanted} too many, {wanted - reports} missing"


def _tells_invoices(espace: Espace, flux: Flux) -> bool:
    return b"<CPPFactureStatuts" in espace.spool.blob(flux.sha256).read_bytes()


Dire = tuple[str, str, datetime]  # number, IdStatut, instant


def tellings(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Every change of statut is told to those who want it, once, in order, and nothing else is."""
    told: dict[tuple[str, str], list[Dire]] = defaultdict(list)
    for recu in sorted((r for r in mois.registre.recus if r.nom.startswith(FEN)), key=lambda r: r.nom):
        for unit in etree.fromstring(recu.data).iter("CPPFactureStatutUnitaire"):
            numero = unit.findtext("DonneesStatut/IdFacture", "")
            at = datetime.fromisoformat(unit.findtext("DonneesStatut/Horodatage", ""))
            said = (numero, unit.findtext("DonneesStatut/IdStatut", ""), at)
            told[recu.partenaire, numero].append(said)
    wanted: dict[tuple[str, str], list[Dire]] = defaultdict(list)
    wants = {one.code for one in mois.marche.fournisseurs if one.statuts}
    rows = sorted((v for one in base.vies.values() for v in one), key=lambda vie: vie.id)
    by_id = {one.id: one for one in base.factures}
    for vie in rows:
        one = by_id.get(vie.facture_id)
        if one is None:
            continue  # told by ``deposits``
        appli = base.appli.get(one.flux_id, "")
        if appli in wants and one.id not in base.doublons:
            at = vie.instant.replace(microsecond=0)
            wanted[appli, one.numero].append((one.numero, vie.apres.id_statut, at))
    for key in sorted(told.keys() | wanted.keys()):
        if told[key] != wanted[key]:
            yield f"{key}: told {told[key]}, happened {wanted[key]}"


def pivots(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Each accepted invoice of a destinataire that is connected was handed over to it, each time it came."""
    codes = {one.structure.identifiant.valeur: one.code for one in mois.marche.raccordes}
    wanted = Counter(
        (codes[siret], one.id, one.numero)
        for one in base.factures
        for _ in range(1 + _again(base, one.id))
        if one.statut is not F.NON_CONFORME and (siret := one.destinataire.identifiant.valeur) in codes
    )
    found = Counter(
        (recu.partenaire, int(unit.findtext("IdCPRO", "")), unit.findtext("Id", ""))
        for recu in mois.registre.recus
        if recu.nom.startswith(PIVOT)
        for unit in etree.fromstring(recu.data).iter("DonneesFacture")
    )
    yield from (f"never handed over: {what}" for what in wanted - found)
    yield from (f"handed over once too often: {what}" for what in found - wanted)


# -- what déposants read ----------------------------------------------------------------------------------


def statut_files(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """``statut/<flux>.json`` says what the database says."""
    deposants = {one.code for one in mois.marche.fournisseurs}
    shown = {(one.flux_id, one.fichier, one.rang): one.statut for one in base.factures}
    deliveries = defaultdict(list)
    for flux in base.flux:
        if flux.appli in deposants:
            deliveries[flux.appli, f"{flux.idflux or f'flux-{flux.id}'}.json"].append(flux)
    for (appli, nom), same in sorted(deliveries.items()):
        told = json.loads(espace.spool.told(appli, nom) or b"{}")
        if [one["numero"] for one in told.get("livraisons", [])] != [flux.id for flux in same]:
            yield f"{appli}/{nom} does not tell of the deliveries {[flux.id for flux in same]}"
            continue
        flux = next(one for one in same if one.id == told["numero"])
        counts = (flux.statut.name, flux.acceptees, flux.rejetees)
        said = (told["statut"], told["totaux"]["acceptees"], told["totaux"]["rejetees"])
        if counts != said:
            yield f"{appli}/{nom} says {said}, it is {counts}"
        for one in told["factures"]:
            statut = shown.get((flux.id, one["fichier"], one["rang"]))
            if statut is None or statut.name != one["statut"]:
                yield f"{appli}/{nom}: {one['numero']} is {statut}, told {one['statut']}"


def releves(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Every relevé is sealed, balanced in invoices and in amounts, and leaves out no flux of its day."""
    sent = Counter((envoi.partenaire, envoi.jour) for envoi in mois.registre.envois)
    for one in mois.marche.fournisseurs:
        for jour in range(1, mois.registre.jours + 1):
            stem = f"releve-{mois.day(jour).isoformat()}"
            sealed = espace.spool.told(one.code, f"{stem}.json") or b""
            signature = espace.spool.told(one.code, f"{stem}.json.sig") or b""
            table = espace.spool.told(one.code, f"{stem}.csv") or b""
            where = f"{one.code}/{stem}"
            try:
                mois.cle.public_key().verify(signature, sealed)
            except InvalidSignature:
                yield f"{where} is not signed by us"
            if not sealed:
                continue
            told = json.loads(sealed)
            if told["csv"]["sha256"] != hashlib.sha256(table).hexdigest():
                yield f"{where}: its CSV is another one"
            yield from (f"{where}: {what}" for what in _unbalanced(told["totaux"], table))
            if told["totaux"]["flux"] != sent[one.code, jour]:
                yield f"{where} tells {told['totaux']['flux']} flux, {sent[one.code, jour]} were sent"


def _unbalanced(totaux: dict[str, Any], table: bytes) -> Iterator[str]:
    if totaux["recues"] != totaux["acceptees"] + totaux["rejetees"] + totaux["en_attente"]:
        yield f"received is not accepted + rejected + pending: {totaux}"
    amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(table.decode("utf-8-sig")), delimiter=";"):
        if not row["facture"]:
            continue
        outcome = "rejetee" if row["statut"] == F.NON_CONFORME.libelle else "acceptee"
        counts[outcome] += 1
        if row["reprise"]:  # its amount was counted with its first deposit
            continue
        amounts[row["devise"]][outcome] += Decimal(row["ttc"])
    said = {
        devise: {outcome: Decimal(amount) for outcome, amount in of.items()}
        for devise, of in totaux["montants_ttc"].items()
    }
    if said != amounts:
        yield f"its amounts are {said}, its rows come to {amounts}"
    if counts["acceptee"] != totaux["acceptees"] or counts["rejetee"] > totaux["rejetees"]:
        yield f"its rows are {counts}, its totals {totaux}"  # a file that cannot be read has no row


def contre_releves(espace: Espace, mois: Mois, base: Base) -> Iterator[str]:
    """Each contre-relevé was answered, with the differences that there are."""
    for contre in mois.registre.contres:
        told = json.loads(espace.spool.told(contre.deposant, f"test/{contre.nom}.json") or b"{}")
        ecarts = told.get("ecarts")
        if ecarts is None or len(ecarts) != contre.ecarts:
            yield f"{contre.deposant}/{contre.nom}: {ecarts}, {contre.ecarts} expected"


Preuve = Callable[[Espace, Mois, Base], Iterator[str]]
PREUVES: tuple[Preuve, ...] = (
    deposits,
    alarms,
    lives,
    words,
    sequences,
    answers,
    tellings,
    pivots,
    statut_files,
    releves,
    contre_releves,
)
