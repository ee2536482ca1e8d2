"""What two persons have said of undecided invoices, applied to a judgement; and what waits after it.

A word ends the waits that it was given for, in the bytes that it was given for, and nothing else: all other
rules, and the registry, judge as ever. Applying is pure (:func:`apply_words`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from edi.lifecycle.claims import assert_claimed
from edi.model import (
    CleFacture,
    Deposant,
    FactureJugee,
    FichierJuge,
    Finding,
    Flux,
    LotJuge,
    Outcome,
    Politique,
    Severity,
)
from edi.model.jugements_main import ACCEPTEE, REJETEE, Indecise, JugementMain, doute_of
from edi.store import jugements_main as store
from edi.store.database import reading
from edi.validators.doublon import unicity_key
from edi.validators.lot import CARD as LOT_ENTIER
from edi.validators.lot import apply_policy

Mots = Mapping[tuple[str, int], JugementMain]  # by file and position in it


@dataclass(frozen=True)
class Mains:
    """Words of persons, on one database."""

    base: Engine
    politique: Politique

    def apply(self, flux: Flux, lot: LotJuge, deposant: Deposant | None) -> LotJuge:
        """The lot as it may be decided; what still waits is recorded, for persons to see."""
        with reading(self.base) as conn:
            said = [one for one in store.of_flux(conn, flux.id) if one.confirme]
            before = store.undecided(conn, flux.id)
        words = {(one.fichier, one.rang): one for one in said if one.sha256 == flux.sha256}
        lot = apply_words(lot, words, self.politique, deposant)
        waits = list(list_undecided(lot, flux))
        if waits or before:  # most flux_list write nothing here
            with self.base.begin() as conn:
                assert_claimed(conn, flux)
                store.replace_undecided(conn, flux.id, waits)
        return lot


def apply_words(lot: LotJuge, words: Mots, politique: Politique, deposant: Deposant | None) -> LotJuge:
    """The lot in which each invoice that was spoken of waits no more for what was spoken of."""
    if not words:
        return lot
    taken = {
        key for one in lot.factures if one.verdict.accepted and (key := unicity_key(one.facture, politique))
    }

    def judge(fichier: FichierJuge) -> FichierJuge:
        if not fichier.factures:
            word = words.get((fichier.nom, 0))
            rejected = word is not None and word.issue == REJETEE  # nobody has read what could be accepted
            return (
                replace(fichier, findings=_rewrite(fichier.findings, word)) if word and rejected else fichier
            )
        jugees = (
            _judge(one, words.get((fichier.nom, one.facture.rang)), politique, taken)
            for one in fichier.factures
        )
        return replace(fichier, factures=tuple(map(_forget_policy, jugees)))

    return apply_policy(replace(lot, fichiers=tuple(map(judge, lot.fichiers))), deposant)


def _judge(
    jugee: FactureJugee, word: JugementMain | None, politique: Politique, taken: set[CleFacture]
) -> FactureJugee:
    if word is None or jugee.verdict.outcome is not Outcome.UNDECIDED:
        return jugee
    judged = replace(jugee, findings=_rewrite(jugee.findings, word))
    key = unicity_key(jugee.facture, politique)
    if judged.verdict.accepted and key is not None:
        if key in taken:  # its lot holds it twice: the registry has not told them apart while one waited
            return jugee
        taken.add(key)
    return judged


def _forget_policy(jugee: FactureJugee) -> FactureJugee:
    """Without what « tout ou rien » said: others of the lot may have been accepted meanwhile."""
    return replace(jugee, findings=tuple(f for f in jugee.findings if f.code != LOT_ENTIER.code))


def _rewrite(findings: Sequence[Finding], word: JugementMain) -> tuple[Finding, ...]:
    spoken_of = {one[:4] for one in word.doutes}
    kept = [f for f in findings if not (f.severity == Severity.HOLD and doute_of(f)[:4] in spoken_of)]
    if word.issue == ACCEPTEE or len(kept) == len(findings):
        return tuple(kept)
    first = next(f for f in findings if f not in kept)
    return (_reject(first, word), *kept)


def _reject(held: Finding, word: JugementMain) -> Finding:
    return replace(
        held,
        severity=Severity.ERROR,
        motif=word.motif,
        message=f"La plateforme a examiné la facture à la main et la rejette : {word.raison}",
        fix="Le fournisseur corrige la facture d'après cela, puis le déposant la dépose de nouveau.",
    )


def list_undecided(lot: LotJuge, flux: Flux) -> Iterator[Indecise]:
    """What waits in a lot, invoice by invoice; nothing when the whole flux does."""
    if any(f.severity == Severity.HOLD for f in lot.findings):
        return
    for fichier in lot.fichiers:
        if fichier.en_attente:
            yield _make(flux, fichier.nom, 0, "", "", fichier.findings)
        for jugee in fichier.factures:
            if jugee.verdict.outcome is Outcome.UNDECIDED:
                facture = jugee.facture
                seller = facture.fournisseur.nom or facture.fournisseur.identifiant.valeur
                yield _make(flux, fichier.nom, facture.rang, facture.numero, seller, jugee.findings)


def _make(flux: Flux, nom: str, rang: int, numero: str, seller: str, findings: Sequence[Finding]) -> Indecise:
    doutes = tuple(doute_of(f) for f in findings if f.severity >= Severity.HOLD)
    return Indecise(flux.id, nom, rang, numero, seller, flux.sha256, doutes)
