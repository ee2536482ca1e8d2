"""The packs of official rules: which version judges what, and what another one would change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from edi.espace import Espace
from edi.model import Severity
from edi.model.regles import Changement, Difference, EtatVersion, JeuVu, VersionVue
from edi.regles.differences import COMMON, count_asserts, lacking_cards, list_changes
from edi.validators.scenarios import SCENARIOS
from edi.validators.schematron.installed import read_installed
from edi.validators.schematron.packs import Pack, Packs, PackUnavailable, tell_absence
from edi.validators.schematron.texts import UNKNOWN, build_message, find_text
from edi.validators.schematron.versions import state_on

_DYNAMIC = {Severity.HOLD: "la facture attend", Severity.ERROR: "la facture est rejetée"}
_OTHERS = "*"


def list_jeux(espace: Espace) -> tuple[JeuVu, ...]:
    """Every pack, in the order of ``schemas/packs.toml``; none when the operator's own cannot be read."""
    packs, jour = read_packs(espace), espace.today()
    return tuple(
        JeuVu(
            id=name,
            libelle=versions[0].libelle,
            scenarios=tuple(dict.fromkeys(s.libelle for s in SCENARIOS if name in s.packs)),
            versions=tuple(_tell(pack, jour) for pack in versions),
        )
        for name, versions in packs.items()
    )


def read_packs(espace: Espace) -> Packs:
    """The packs of a workspace; none when the operator's own cannot be read: whoever judges tells it."""
    try:
        return espace.regles.read()
    except PackUnavailable:
        return {}


def _tell(pack: Pack, jour: date) -> VersionVue:
    return VersionVue(
        jeu=pack.id,
        version=pack.version,
        etat=EtatVersion(state_on(pack, jour).value),
        depuis=None if pack.valid_from == date.min else pack.valid_from,
        jusqu_a=pack.valid_to,
        origine=_origin(pack),
        feuilles=tuple((part.sheet.file.rpartition("/")[2], part.sheet.sha256) for part in pack.parts),
        sha256=pack.sha256,
        dynamique=tuple(
            ("toute autre erreur" if code == _OTHERS else code, _DYNAMIC[severity])
            for code, severity in pack.dynamic
        )
        or (("toute erreur", _DYNAMIC[Severity.ERROR]),),
        absence=tell_absence(pack),
    )


def _origin(pack: Pack) -> str:
    packages = sorted({part.sheet.package for part in pack.parts if part.sheet.package})
    whole = all(part.sheet.package for part in pack.parts)
    if whole:
        return f"livrée avec Navette, paquet {', '.join(packages)}"
    return "installée par l'exploitant"


def compare_version(espace: Espace, jeu: str, version: str) -> Difference | None:
    """A version beside the one in force today; None when one of them is not known, or lacks its files."""
    packs = read_packs(espace)
    after = next((one for one in packs.get(jeu, ()) if one.version == version), None)
    before = next((one for one in packs.get(jeu, ()) if one.is_valid_on(espace.today())), None)
    if after is None or before is None:
        return None
    try:
        return _compare(before, after)
    except PackUnavailable:
        return None


@lru_cache(maxsize=8)
def _compare(before: Pack, after: Pack) -> Difference:
    return Difference(
        avant=before.version,
        regles=count_asserts(after),
        changements=tuple(
            Changement(one.code, one.nature, one.texte, _title(one.code) if one.carte else "")
            for one in list_changes(before, after)
        ),
        sans_texte=tuple(filter(None, lacking_cards(after))),
    )


def _title(code: str) -> str:
    if not code or code == COMMON:
        return ""
    texte = find_text(code, "", read_installed().get(code))
    return "" if texte.famille == UNKNOWN else build_message(texte, "…")


def flatten(packs: Packs, jour: date) -> Sequence[Pack]:
    """The versions that judge an invoice of a day and whose files are here."""
    return [
        pack
        for versions in packs.values()
        for pack in versions
        if pack.is_valid_on(jour) and not tell_absence(pack)
    ]
