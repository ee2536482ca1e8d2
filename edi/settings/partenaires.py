"""The partners of the configuration: déposants, and the SFTP servers where lots are fetched, answers put."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from edi import model
from edi.settings.sections import CODE_APPLI, Adresse, Section

Suffixe = Annotated[str, Field(pattern=r"^[._-][A-Za-z0-9]{1,16}$")]
ClePublique = Annotated[str, Field(pattern=r"^(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [^\r\n]*)?$")]


class Deposant(Section):
    """One partner."""

    code: Annotated[str, Field(pattern=CODE_APPLI.pattern)]
    libelle: str = ""
    siret: Annotated[str, Field(pattern=r"^(\d{14})?$")] = ""
    raccordement_actif: bool = True
    emetteur_edi: bool = True
    recoit_cycles_de_vie: bool = True
    format_retour: Literal["cpp", "cdar", "cpp+cdar"] = "cpp"
    politique: Literal["par_facture", "tout_ou_rien"] = "par_facture"
    signature: Literal["facultative", "exigee"] = "facultative"
    readiness: Literal["renommage", "temoin", "manifeste", "archive", "immobilite"] = "immobilite"
    temoins: Annotated[list[Suffixe], Field(min_length=1)] = [".ok", ".done"]
    attente_max: Annotated[float, Field(gt=0)] | None = None  # None: that of [collecte]
    reste: bool = False
    protocoles: list[Literal["sftp", "as2", "pesit"]] = ["sftp"]
    utilisateur: Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_-]{0,31})?$")] = ""
    cles: list[ClePublique] = []
    courriel: list[Adresse] = []


class Destinataire(Section):
    """One structure that invoices are handed over to."""

    siret: Annotated[str, Field(pattern=r"^\d{14}$")]
    code: Annotated[str, Field(pattern=rf"^({CODE_APPLI.pattern})?$")] = ""
    libelle: str = ""
    edi: bool = True
    groupement: Literal["flux", "facture"] = "flux"
    readiness: Literal["renommage", "temoin", "manifeste", "archive", "immobilite"] = "immobilite"
    temoins: Annotated[list[Suffixe], Field(min_length=1)] = [".ok", ".done"]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.edi and not self.code:
            raise ValueError("un destinataire raccordé (edi = true) a un code application : « code »")
        return self


SOURCE = r"^(env:[A-Za-z_][A-Za-z0-9_]*|fichier:.+)?$"  # of a secret


class DossierDistant(Section):
    """What is done for one partner on a server."""

    deposant: Annotated[str, Field(pattern=rf"^({CODE_APPLI.pattern})?$")] = ""
    destinataire: Annotated[str, Field(pattern=rf"^({CODE_APPLI.pattern})?$")] = ""
    entree: str = ""
    noms: list[str] = ["*"]
    apres: Literal["laisser", "deplacer", "supprimer"] = "laisser"
    deplacer_vers: str = ""
    manifeste: str = ""
    sortie: str = ""
    statut: str = ""
    out_local: bool = True  # of a déposant: what is for a destinataire is handed over in one place

    @property
    def appli(self) -> str:
        """The partner's code."""
        return self.deposant or self.destinataire

    @property
    def keeps_local(self) -> bool:
        """Whether what is put there goes into the local out/ too."""
        return self.out_local and not self.destinataire

    @model_validator(mode="after")
    def _of_one_partner(self) -> Self:
        if bool(self.deposant) == bool(self.destinataire):
            raise ValueError("il faut « deposant » ou « destinataire » : le code d'un seul partenaire")
        if self.destinataire and self.out_local and "out_local" in self.model_fields_set:
            raise ValueError(
                "une facture n'est remise qu'en un endroit : « out_local = true » ne va pas avec "
                "« destinataire »"
            )
        if self.destinataire and self.statut:
            raise ValueError("« statut » ne va qu'avec « deposant »")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.entree and not self.sortie and not self.statut:
            raise ValueError("il faut « entree » (où prendre), « sortie » ou « statut » (où déposer)")
        if (self.apres == "deplacer") != bool(self.deplacer_vers):
            raise ValueError("« deplacer_vers » va avec apres = « deplacer », et avec lui seul")
        return self


class Serveur(Section):
    """An SFTP server of a partner."""

    nom: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    hote: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    utilisateur: Annotated[str, Field(min_length=1)]
    empreinte: str = ""
    cle: str = ""
    phrase: Annotated[str, Field(pattern=SOURCE)] = ""
    mot_de_passe: Annotated[str, Field(pattern=SOURCE)] = ""
    intervalle: Annotated[float, Field(gt=0)] = 60.0
    delai: Annotated[float, Field(gt=0)] = 30.0
    connexions: Annotated[int, Field(ge=1, le=16)] = 2
    observations: Annotated[int, Field(ge=2)] = 2
    pas: Annotated[float, Field(gt=0)] = 2.0
    renommage: bool = True
    liste: bool = True
    dossier: Annotated[list[DossierDistant], Field(min_length=1)]

    @field_validator("empreinte")
    @classmethod
    def _is_a_key(cls, value: str) -> str:
        try:
            model.pinned(value)
        except ValueError as error:
            raise ValueError(
                "une empreinte s'écrit « SHA256:… » (43 caractères), ou « ssh-ed25519 AAAA… » en entier"
            ) from error
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.cle and not self.mot_de_passe:
            raise ValueError("il faut « cle » (une clé privée), ou « mot_de_passe »")
        for dossier in self.dossier:
            if not self.liste and any(set(nom) & set("*?[") for nom in dossier.noms):
                raise ValueError(
                    "sans liste (liste = false), « noms » donne des noms entiers : ni *, ni ?, ni ["
                )
        return self
