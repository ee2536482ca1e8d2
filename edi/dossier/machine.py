"""What a flux was judged with: versions, configuration without its secrets, official rules."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from edi import __version__
from edi.dossier.journal import without_paths
from edi.espace import Espace
from edi.masque.phrases import Clair
from edi.store.database import reading, revisions
from edi.validators.schematron.packs import PackUnavailable

REMOVED = "(ôté)"
_SECRET = re.compile(r"mot_de_passe|secret|phrase|^cle$|password|token|jeton")
_ADDRESS = re.compile(r"://[^/@\s]*@")
# Settings whose texts are choices among a few, or times: they say nothing of anybody.
_CHOICES = frozenset(
    "spool readiness politique mandat emetteur_edi unicite mode fuseau groupement signature securite apres "
    "code code_appli statut_rejet matricule tolerance severites extensions horloge etapes debut fin "
    "jours".split()
)


def tell_versions(espace: Espace) -> dict[str, Any]:
    """Navette, Python, the system, the libraries, the database."""
    with reading(espace.engine) as conn:
        seen, last = revisions(conn)
    return {
        "navette": __version__,
        "python": platform.python_version(),
        "systeme": f"{platform.system()} {platform.release()} {platform.machine()}",
        "base": espace.engine.dialect.name,
        "schema": {"base": seen, "navette": last},
        "bibliotheques": _libraries(),
    }


def _libraries() -> dict[str, str]:
    found = {}
    for line in requires("navette-edi") or ():
        name = re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0]
        try:
            if "extra ==" not in line:
                found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absente"
    return dict(sorted(found.items()))


def tell_rules(espace: Espace) -> list[dict[str, Any]] | str:
    """The official rules that are installed now."""
    try:
        known = espace.regles.read()
    except PackUnavailable as error:
        return str(error)
    return [
        {"id": pack.id, "version": pack.version, "sha256": list(pack.sha256)}
        for versions in known.values()
        for pack in versions
    ]


def tell_settings(espace: Espace, voile: Clair) -> Any:
    """The configuration in force, its defaults and its environment included; never a secret."""
    told = json.dumps(espace.settings.model_dump(mode="json"), ensure_ascii=False)
    return _clean("", json.loads(without_paths(told, espace.root)), voile)


def _clean(key: str, value: Any, voile: Clair) -> Any:
    if isinstance(value, Mapping):
        return {name: _clean(name, one, voile) for name, one in value.items()}
    if isinstance(value, list):
        return [_clean(key, one, voile) for one in value]
    if not isinstance(value, str) or not value:
        return value
    if _SECRET.search(key) or key == "url":  # the address of a webhook is often its only secret
        return REMOVED
    if key == "base":
        return value.partition(":")[0]  # which database, not where
    value = _ADDRESS.sub(f"://{REMOVED}@", value)
    return value if key in _CHOICES else voile.value(value)
