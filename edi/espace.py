"""A workspace: its settings, its database, its spool, its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path

from sqlalchemy import Engine

from edi.cdv.correspondance import make_reforme
from edi.model import Severity
from edi.regles.versions import Regles
from edi.settings import Settings, SettingsRefused, read_settings
from edi.spool import Spool
from edi.spool.entrepot import EntrepotUnknown, Fsspec, check_adresse
from edi.store.database import open_database, upgrade
from edi.validators.catalogue import DOCUMENT_RULES, DOUBLON_RULES, REGISTRY_RULES

CONFIG = Path("config", "edi.toml")
REGLES = Path("regles")


@dataclass(frozen=True)
class Espace:
    """A workspace: its settings, its database, its spool, its clock."""

    root: Path
    settings: Settings
    engine: Engine
    spool: Spool

    @property
    def regles(self) -> Regles:
        """The official rules installed by the operator of this workspace."""
        return Regles(self.root / REGLES)

    def now(self) -> datetime:
        """This instant, by the clock of :func:`read_clock`."""
        return read_clock(self.settings)

    def today(self) -> date:
        """This day, in the zone of the platform."""
        return self.now().date()


def read_clock(settings: Settings) -> datetime:
    """This instant, in the zone of the platform; the rehearsal's instant when one is set."""
    return (settings.essais.horloge or datetime.now(settings.fuseau)).astimezone(settings.fuseau)


def open_espace(root: Path) -> Espace:
    """Open the workspace of a folder, and make what it lacks.

    Raises SettingsRefused; FileNotFoundError when there is none.
    """
    espace = describe(root)
    upgrade(espace.engine, espace.now())
    espace.spool.create(sorted(espace.settings.deposants), [espace.settings.ppf.code])
    return espace


def look_into(root: Path) -> Espace:
    """The workspace of a folder as it is: nothing is made, nothing is brought up to date.

    Raises SettingsRefused; FileNotFoundError when there is none, or when its database was never made.
    """
    espace = describe(root)
    url = espace.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise FileNotFoundError(url.database)
    return espace


def describe(root: Path) -> Espace:
    """The workspace of a folder, whether its database and its spool are there or not.

    Raises SettingsRefused; FileNotFoundError when there is none.
    """
    if not (root / CONFIG).is_file():
        raise FileNotFoundError(root / CONFIG)
    settings = read_settings(root / CONFIG)
    _check_severities(settings, root / CONFIG)
    _check_reforme(settings, root / CONFIG)
    base = open_database(settings.espace.base, root)
    sirets = {d.code: d.siret for d in settings.destinataires.values()}
    entrepot = make_entrepot(settings)
    return Espace(root, settings, base, Spool(root / settings.espace.spool, sirets, entrepot))


def make_entrepot(settings: Settings) -> Fsspec | None:
    """The entrepôt that is asked for, not called yet; None: bytes lie in the spool.

    Raises SettingsRefused.
    """
    asked = settings.entrepot
    if not asked.adresse:
        return None
    try:
        check_adresse(asked.adresse)
    except EntrepotUnknown as error:
        told = f"la clé « entrepot.adresse » a la valeur « {asked.adresse} » : {error}"
        raise SettingsRefused(told) from error
    return Fsspec(asked.adresse, asked.options)


def _check_severities(settings: Settings, origin: Path) -> None:
    """Only a rule that warns or rejects may be made milder or stricter. Raises SettingsRefused."""
    settable = (Severity.WARNING, Severity.ERROR)
    rules = (*DOCUMENT_RULES, *REGISTRY_RULES, *DOUBLON_RULES)
    legal = {rule.card.code for rule in rules if rule.card.severity in settable}
    for code in settings.politique.severites:
        if code not in legal:
            near = ", ".join(get_close_matches(code, sorted(legal), n=3)) or "voir « edi rules list »"
            raise SettingsRefused(
                f"{origin} : la clé « politique.severites » nomme « {code} », dont la gravité ne se règle "
                f"pas ; codes réglables proches : {near}"
            )


def _check_reforme(settings: Settings, origin: Path) -> None:
    """Only legal codes and motifs of the reform may be set. Raises SettingsRefused."""
    cycle = settings.cycle_de_vie
    try:
        make_reforme(cycle.codes, cycle.motifs, cycle.lus, matricule=settings.plateforme.matricule)
    except ValueError as error:
        raise SettingsRefused(f"{origin} : {error}") from error


def real_now() -> datetime:
    """This instant, whatever the rehearsal's clock says: processes live and die by it."""
    return datetime.now(UTC)
