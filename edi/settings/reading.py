"""Reading the configuration, and telling what is wrong with it: key, value found, what is legal."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from edi.settings.sections import Moteur
from edi.settings.tout import Settings


class SettingsRefused(Exception):
    """The configuration cannot be used; each line of the message names a key, a value and what is legal."""


def read_settings(path: Path) -> Settings:
    """The settings of one TOML file, of what it names, and of the environment. Raises SettingsRefused.

    It lies in the folder ``config`` of its workspace.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsRefused(f"{path} : illisible ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{path} : ce n'est pas du TOML valable ({error})") from error
    settings = build_settings(raw, str(path))
    settings._ancres = _read_ancres(settings.signature.ancres, path)
    settings._tls = _find_tls(settings.moteur, path)
    return settings


def _read_ancres(ancres: Sequence[Path], origin: Path) -> tuple[bytes, ...]:
    """The certificates of some PEM files, each as PEM. Raises SettingsRefused."""
    if not ancres:
        return ()
    from cryptography import x509  # slow to load, and most have no anchor
    from cryptography.hazmat.primitives.serialization import Encoding

    found, faults = [], []
    for ancre in ancres:
        told = f"{origin} : la clé « signature.ancres » nomme « {ancre} »"
        try:
            data = (origin.parent.parent / ancre).read_bytes()
            found += [cert.public_bytes(Encoding.PEM) for cert in x509.load_pem_x509_certificates(data)]
        except OSError as error:
            faults.append(f"{told}, qui est illisible ({error.strerror})")
        except ValueError:
            faults.append(f"{told}, qui n'est pas un certificat PEM (« -----BEGIN CERTIFICATE----- »)")
    if faults:
        raise SettingsRefused("\n".join(faults))
    return tuple(found)


def _find_tls(moteur: Moteur, origin: Path) -> dict[str, str]:
    """Where the PEM files of the cluster lie, by key. Raises SettingsRefused."""
    named = {key: getattr(moteur, key) for key in ("autorite", "certificat", "cle") if getattr(moteur, key)}
    found = {key: origin.parent.parent / value for key, value in named.items()}
    if faults := [key for key, path in found.items() if not path.is_file()]:
        told = f"{origin} : la clé « moteur.{{}} » nomme « {{}} », qui n'existe pas"
        raise SettingsRefused("\n".join(told.format(key, named[key]) for key in faults))
    return {key: str(path) for key, path in found.items()}


def build_settings(raw: Mapping[str, Any], origin: str) -> Settings:
    """The settings of a mapping and the environment. Raises SettingsRefused."""
    try:
        return Settings(**raw)
    except SettingsError as error:  # a section of the environment that is not JSON
        raise SettingsRefused(f"environnement : {error} ; une section s'y écrit en JSON") from error
    except ValidationError as error:
        lines = [f"{origin} : {_explain(dict(fault))}" for fault in error.errors()]
        raise SettingsRefused("\n".join(lines)) from error


def _explain(fault: dict[str, Any]) -> str:
    """One French line for one pydantic error: key, value found, what is legal."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "value_error" and isinstance(fault["input"], dict | BaseModel):  # of several keys
        return f"{f'[[{key}]] : ' if key else ''}{fault['ctx']['error']}"
    if fault["type"] == "extra_forbidden":
        legal = _legal_keys(fault["loc"])
        near = difflib.get_close_matches(str(fault["loc"][-1]), legal, n=1)
        hint = f" ; vouliez-vous « {near[0]} » ?" if near else f" ; clés légales : {', '.join(legal)}"
        return f"la clé « {key} » est inconnue (valeur « {fault['input']} »){hint}"
    if fault["type"] == "missing":
        return f"la clé « {key} » manque"
    context = fault.get("ctx", {})
    legal_value = {
        "literal_error": f"valeurs légales : {context.get('expected', '').replace(' or ', ' ou ')}",
        "string_pattern_mismatch": f"forme légale : {context.get('pattern', '')}",
        "int_parsing": "un nombre entier est attendu",
        "int_type": "un nombre entier est attendu",
        "float_parsing": "un nombre est attendu",
        "bool_parsing": "true ou false est attendu",
        "bool_type": "true ou false est attendu",
        "greater_than": f"un nombre plus grand que {context.get('gt')} est attendu",
        "greater_than_equal": f"un nombre d'au moins {context.get('ge')} est attendu",
        "value_error": str(context.get("error", "")),
    }.get(fault["type"], fault["msg"])
    if isinstance(fault["input"], list | dict):  # whole sections: too long to be quoted
        return f"{key} : {legal_value}"
    return f"la clé « {key} » a la valeur « {fault['input']} » ; {legal_value}"


def _legal_keys(loc: tuple[Any, ...]) -> list[str]:
    fields = Settings.model_fields
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        annotation: Any = fields[part].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        fields = inner.model_fields
    return sorted(fields)
