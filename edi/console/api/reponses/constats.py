"""What was found, who acts next, and the rules that were asked."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from edi.console.api.valeurs import Valeur
from edi.model import Finding, PackApplique
from edi.outbound.suites import Suite, etape_of


class Constat(Valeur):
    """Ce qui a été trouvé dans un flux, un fichier ou une facture."""

    code: str = Field(description="Code public du constat : « BR-CO-15 », « EDI-SERVICE-02 ».")
    gravite: Literal["WARNING", "HOLD", "ERROR", "FATAL"] = Field(
        description="WARNING : dit, ne bloque pas ; HOLD : retient ; ERROR : rejette la facture ; "
        "FATAL : rejette le fichier ou le flux."
    )
    etape: str = Field(description="L'étape qui l'a trouvé : transport, format, règles, registre.")
    motif: str = Field(description="Code motif du cycle de vie ; vide : aucun.")
    message: str = Field(description="Une phrase pour l'émetteur.")
    fichier: str
    chemin: str = Field(description="XPath de l'élément en cause ; vide : le fichier entier.")
    ligne: int | None = Field(description="Ligne du document reçu.")
    terme: str = Field(description="Terme BT ou BG, ou élément CPP, avec son nom.")
    trouve: str = Field(description="La valeur trouvée.")
    attendu: str = Field(description="La valeur attendue, ou le code légal le plus proche.")
    a_faire: str = Field(description="Le remède, et qui l'applique.")
    source: str = Field(description="Jeu de règles et version ; « edi » : règle de Navette.")
    facture_id: int | None = Field(description="La facture en cause ; null : le flux ou le fichier.")

    @classmethod
    def of(cls, finding: Finding, fichier: str, facture_id: int | None, **more: object) -> Self:
        return cls(
            code=finding.code,
            gravite=finding.severity.name,
            etape=etape_of(finding.code),
            motif=finding.motif,
            message=finding.message,
            fichier=fichier,
            chemin=finding.location,
            ligne=finding.line,
            terme=finding.term,
            trouve=finding.value,
            attendu=finding.expected,
            a_faire=finding.fix,
            source=finding.source,
            facture_id=facture_id,
            **more,
        )


class SuiteDite(Valeur):
    """Qui dit le statut, à quelle étape, et qui doit faire quoi ensuite."""

    dit_par: str
    etape: str
    acteur: str = Field(description="Qui agit ensuite ; « personne » : rien à faire.")
    action: str

    @classmethod
    def of(cls, suite: Suite) -> Self:
        return cls(dit_par=suite.emetteur, etape=suite.etape, acteur=suite.acteur, action=suite.action)


class Jeu(Valeur):
    """Une version d'un jeu de règles."""

    id: str
    version: str
    sha256: list[str] = Field(description="De chaque fichier officiel, dans l'ordre.")

    @classmethod
    def of(cls, pack: PackApplique) -> Self:
        return cls(id=pack.id, version=pack.version, sha256=[*pack.sha256])
