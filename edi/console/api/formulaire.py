"""The form of a deposit by hand: a file, and beside it the data that a PDF says to people alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StringConstraints, ValidationError, create_model

from edi.console.api.gestes import SANS_CONTROLE, Demande
from edi.console.televersement import Envoi, Ouvert
from edi.model import FichierRefuse
from edi.model.minimum import CADRES, IDENTITE, MODES, MONTANTS, PARTIES, TAUX, TYPES

_Saisi = Annotated[str, StringConstraints(max_length=200, pattern=SANS_CONTROLE)]
_Raison = Annotated[str, StringConstraints(max_length=500, pattern=SANS_CONTROLE)]


def _choices(words: dict[str, str]) -> str:
    return " ; ".join(f"{code} : {word}" for code, word in words.items())


def _fields() -> dict[str, str]:
    """What is typed beside a PDF, and what each means."""
    told = {
        "cadre": f"Cadre de facturation. {' ; '.join(CADRES.values())}",
        "type": f"Type. {_choices(TYPES)}",
        "mode_paiement": f"Mode de paiement, sauf d'un avoir. {_choices(MODES)}",
    }
    for champ in (*IDENTITE, *PARTIES, *MONTANTS):
        more = f" ({champ.aide})" if champ.aide else ""
        told[champ.nom] = f"{champ.libelle}{more}{'' if champ.obligatoire else ', facultatif'}."
    for rang in range(1, TAUX + 1):
        told[f"taux{rang}"] = f"Taux de TVA n° {rang}, en %."
        told[f"base{rang}"] = f"Base HT du taux n° {rang} ; avec un seul taux, le total HT."
        told[f"montant{rang}"] = f"TVA du taux n° {rang} ; avec un seul taux, le total de TVA."
    return told


_CHAMPS: dict[str, Any] = {
    "deposant": (_Saisi, Field(min_length=1, description="Code appli.")),
    "raison": (_Raison, Field("", description="Pourquoi à la main ; un fournisseur peut ne pas le dire.")),
    **{name: (_Saisi, Field("", description=said)) for name, said in _fields().items()},
}
_SAISIE = create_model("Saisie", __base__=Demande, **_CHAMPS)


def _describe() -> dict[str, Any]:
    schema = _SAISIE.model_json_schema()
    schema["properties"]["fichier"] = {
        "type": "string",
        "format": "binary",
        "description": "Le PDF, avec son nom (« filename »).",
    }
    schema["required"] = [*schema["required"], "fichier"]
    schema.pop("description", None)
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


FORMULAIRE = _describe()


def read_form(recu: Ouvert) -> Envoi:
    """A form whose fields are those that the document tells. Raises RequestValidationError, FichierRefuse."""
    try:
        _SAISIE.model_validate(recu.champs)
    except ValidationError as error:
        faults = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(faults) from error
    if not recu.nom and not recu.versement.taille:
        raise FichierRefuse("Joignez le fichier, dans le champ « fichier ».")
    return recu


Formulaire = Annotated[Envoi, Depends(read_form)]
