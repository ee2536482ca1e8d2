"""What the OpenAPI document of the API says is what it does, whatever it is asked: no 500, no other form.

``EDI_EXAMPLES`` asks for more of each operation.
"""

from __future__ import annotations

import os
import re
from itertools import product
from typing import Any

import pytest
import schemathesis
from api import API, make_full_espace, make_token
from console import make_client
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from edi.console.api.application import make_api
from edi.model import Role

EXAMPLES = int(os.environ.get("EDI_EXAMPLES", "1"))  # of each operation, role and kind
PATHS = make_api(None).openapi()["paths"]
# What says nothing of itself cannot be asked wrongly.
ASKED = [
    (path, method, mode)
    for path, methods in PATHS.items()
    for method, told in methods.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or told.keys() & {"parameters", "requestBody"}
]
BREST = "00021290200019"
# What is named in other ways than by a number.
NAMES = {
    "identifiant": [BREST],
    "code": ["EDI-SERVICE-02"],
    "appli": ["AAA123"],
    "forme": ["html", "txt"],
    "page": ["1"],
}
# No PDF, no attachment, no report, no replay, no deposit by hand.
EMPTY = {
    "/factures/{facture_id}/pdf",
    "/factures/{facture_id}/pdf/{page}",
    "/factures/{facture_id}/pieces/{rang}",
    "/factures/{facture_id}/pieces/{rang}/pdf",
    "/factures/{facture_id}/pieces/{rang}/pdf/{page}",
    "/passages/{passage_id}/rapport.{forme}",
    "/rejeux/{rejeu_id}",
    "/rejeux/{rejeu_id}/factures",
    "/depots/{depot_id}",
}
# Bytes that are no invoice are refused, and no document can say which are.
ANY_BYTES = {"/depots", "/depots/essai", "/depots/pdf", "/depots/pdf/essai"}
OWN = range(1, 3)  # the numbers of the tokens that the tests show, and do not give away
READ = [path for path, methods in PATHS.items() if "get" in methods and "{" in path]


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[Role, str]]:
    """The document as it is served, and tokens to ask with."""
    espace = make_full_espace(tmp_path_factory.mktemp("contrat") / "e")
    tokens = {
        Role.ADMINISTRATEUR: make_token(espace, Role.ADMINISTRATEUR),
        Role.FOURNISSEUR: make_token(espace, Role.FOURNISSEUR, "AAA123"),
    }
    headers = {"Authorization": f"Bearer {tokens[Role.ADMINISTRATEUR]}"}
    app = make_client(espace).app
    # Each test shows its own token.
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    asked = schemathesis.openapi.from_asgi(f"{API}/openapi.json", app, config=config, headers=headers)
    return asked, tokens


@pytest.mark.parametrize("role", [Role.ADMINISTRATEUR, Role.FOURNISSEUR], ids=lambda role: role.name)
@pytest.mark.parametrize(("path", "method", "mode"), ASKED, ids=str)
def test_whatever_is_asked_the_answer_is_one_that_the_document_tells(
    contract: tuple[Any, dict[Role, str]], path: str, method: str, role: Role, mode: GenerationMode
) -> None:
    schema, tokens = contract
    operation = schema[path][method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="EDI_EXAMPLES" not in os.environ,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        own = path == "/jetons/{jeton_id}/revocation" and case.path_parameters.get("jeton_id") in OWN
        assume(not own)
        # What becomes of strangers is asked of every address in test_api.py, without their being put off.
        left_out = [ignored_auth, *([positive_data_acceptance] if path in ANY_BYTES else [])]
        case.call_and_validate(headers={"Authorization": f"Bearer {tokens[role]}"}, excluded_checks=left_out)

    ask()


@pytest.mark.parametrize("path", READ)
def test_what_there_is_has_the_form_that_the_document_tells(
    contract: tuple[Any, dict[Role, str]], path: str
) -> None:
    schema, tokens = contract
    names = re.findall(r"\{(\w+)\}", path)
    headers = {"Authorization": f"Bearer {tokens[Role.ADMINISTRATEUR]}"}
    numbers = [f"{number}" for number in range(1, 8)]
    known = NAMES | name_versions(schema, headers) if "jeu" in names else NAMES
    found = []
    for chosen in product(*(known.get(name, numbers) for name in names)):
        case = schema[path]["get"].Case(path_parameters=dict(zip(names, chosen, strict=True)))
        answer = case.call_and_validate(headers=headers, excluded_checks=[ignored_auth])
        found.append(answer.status_code)

    assert 200 in found or path in EMPTY


def name_versions(schema: Any, headers: dict[str, str]) -> dict[str, list[str]]:
    """The packs, and their versions."""
    packs = schema["/regles"]["get"].Case().call(headers=headers).json()
    return {
        "jeu": [one["id"] for one in packs],
        "version": [each["version"] for one in packs for each in one["versions"]],
    }
