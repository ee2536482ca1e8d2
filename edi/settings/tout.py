"""Everything an operator may set, and the frozen values that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edi import model
from edi.settings.console import Console
from edi.settings.nuits import Nuit
from edi.settings.partenaires import Deposant, Destinataire, DossierDistant, Serveur
from edi.settings.sections import (
    Antivirus,
    Collecte,
    Coordination,
    CycleDeVie,
    Entrepot,
    Espace,
    Essais,
    Limites,
    Moteur,
    Observation,
    Plateforme,
    Politique,
    Ppf,
    Regles,
    Releve,
    Retention,
    Signature,
)
from edi.settings.veille import Alertes, Attendus, Disjoncteur


class Settings(BaseSettings):
    """Everything an operator may set. The environment (``EDI_COLLECTE__INTERVALLE=1``) wins over the file."""

    model_config = SettingsConfigDict(
        env_prefix="EDI_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    plateforme: Plateforme = Plateforme()
    espace: Espace = Espace()
    entrepot: Entrepot = Entrepot()
    collecte: Collecte = Collecte()
    coordination: Coordination = Coordination()
    limites: Limites = Limites()
    politique: Politique = Politique()
    moteur: Moteur = Moteur()
    regles: Regles = Regles()
    signature: Signature = Signature()
    antivirus: Antivirus = Antivirus()
    observation: Observation = Observation()
    console: Console = Console()
    cycle_de_vie: CycleDeVie = CycleDeVie()
    ppf: Ppf = Ppf()
    releve: Releve = Releve()
    retention: Retention = Retention()
    disjoncteur: Disjoncteur = Disjoncteur()
    alertes: Alertes = Alertes()
    attendus: Attendus = Attendus()
    essais: Essais = Essais()
    deposant: list[Deposant] = []
    destinataire: list[Destinataire] = []
    serveur: list[Serveur] = []
    nuit: list[Nuit] = []

    _ancres: tuple[bytes, ...] = PrivateAttr(())
    _tls: Mapping[str, str] = PrivateAttr({})

    @model_validator(mode="after")
    def _partners_differ(self) -> Self:
        codes = [d.code for d in self.deposant] + [d.code for d in self.destinataire] + [self.ppf.code]
        codes = [code for code in codes if code]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"le code appli {', '.join(twice)} est déclaré deux fois")
        sirets = [d.siret for d in self.destinataire]
        if twice := sorted({siret for siret in sirets if sirets.count(siret) > 1}):
            raise ValueError(f"le destinataire {', '.join(twice)} est déclaré deux fois")
        if self.ppf.code and not self.plateforme.matricule:
            raise ValueError(
                "la copie pour le PPF (« ppf.code ») nomme la plateforme : « plateforme.matricule »"
            )
        return self

    @model_validator(mode="after")
    def _servers_fit(self) -> Self:
        noms = [serveur.nom for serveur in self.serveur]
        if twice := sorted({nom for nom in noms if noms.count(nom) > 1}):
            raise ValueError(f"le serveur {', '.join(twice)} est déclaré deux fois")
        dossiers = [dossier for serveur in self.serveur for dossier in serveur.dossier]
        if any(d.deposant == self.ppf.code and d.entree for d in dossiers if d.deposant):
            raise ValueError(
                f"{self.ppf.code} est le PPF : ses messages ne sont pas lus, « entree » reste vide"
            )
        deposants = {d.code for d in self.deposant} | ({self.ppf.code} - {""})
        if unknown := sorted({d.deposant for d in dossiers if d.deposant} - deposants):
            raise ValueError(f"un serveur nomme un déposant qui n'est pas déclaré : {', '.join(unknown)}")
        connected = {d.code for d in self.destinataire if d.edi}
        if unknown := sorted({d.destinataire for d in dossiers if d.destinataire} - connected):
            told = ", ".join(unknown)
            raise ValueError(f"un serveur nomme un destinataire qui n'est pas déclaré raccordé : {told}")
        for role in ("sortie", "statut"):
            applis = [d.appli for d in dossiers if getattr(d, role)]
            if twice := sorted({code for code in applis if applis.count(code) > 1}):
                raise ValueError(f"{', '.join(twice)} : deux dossiers « {role} » ; il en faut un seul")
        return self

    @model_validator(mode="after")
    def _nights_fit(self) -> Self:
        noms = [nuit.nom for nuit in self.nuit]
        if twice := sorted({nom for nom in noms if noms.count(nom) > 1}):
            raise ValueError(f"la tâche de nuit {', '.join(twice)} est déclarée deux fois")
        for nuit in self.nuit:
            if missing := nuit.missing(self._codes()):
                raise ValueError(
                    f"la tâche de nuit « {nuit.nom} » nomme un déposant qui n'est pas déclaré : "
                    f"{', '.join(missing)}"
                )
            if nuit.rapport_a and not self.alertes.courriel.hote:
                raise ValueError(
                    f"la tâche de nuit « {nuit.nom} » envoie ses rapports (« rapport_a ») : remplissez "
                    "[alertes.courriel], qui dit par quel serveur"
                )
        return self

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        named = {code for groupe in self.console.oidc.groupe for code in groupe.deposants}
        if unknown := sorted(named - self._codes()):
            raise ValueError(f"un groupe de [console.oidc] nomme un déposant inconnu : {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _mails_leave(self) -> Self:
        written = sorted(d.code for d in self.deposant if d.courriel)
        if written and not self.alertes.courriel.hote:
            raise ValueError(
                f"{', '.join(written)} : « courriel » demande un serveur de courriel, [alertes.courriel]"
            )
        return self

    def _codes(self) -> set[str]:
        return {d.code for d in self.deposant} | {d.code for d in self.destinataire if d.edi}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def fuseau(self) -> ZoneInfo:
        return ZoneInfo(self.plateforme.fuseau)

    @property
    def deposants(self) -> Mapping[str, model.Deposant]:
        sorties = self._sorties()
        told = {d.appli for serveur in self.serveur for d in serveur.dossier if d.statut}
        return {
            d.code: model.Deposant(
                **{
                    **d.model_dump(),
                    "temoins": tuple(d.temoins),
                    "protocoles": tuple(d.protocoles),
                    "cles": tuple(d.cles),
                    "courriel": tuple(d.courriel),
                },
                pousse=d.code in sorties,
                out_local=d.code not in sorties or sorties[d.code].keeps_local,
                statut_distant=d.code in told,
            )
            for d in self.deposant
        }

    @property
    def destinataires(self) -> Mapping[str, model.Destinataire]:
        """Those that are connected, by their code."""
        sorties = self._sorties()
        return {
            d.code: model.Destinataire(
                **{**d.model_dump(), "temoins": tuple(d.temoins)},
                pousse=d.code in sorties,
                out_local=d.code not in sorties or sorties[d.code].keeps_local,
            )
            for d in self.destinataire
            if d.edi
        }

    def _sorties(self) -> dict[str, DossierDistant]:
        """The remote folder that what is given to each partner is put into, for those that have one."""
        return {d.appli: d for serveur in self.serveur for d in serveur.dossier if d.sortie}

    @property
    def partenaires(self) -> Mapping[str, model.Deposant]:
        """Everybody that has folders here: déposants, and destinataires that are connected."""
        return {**self.deposants, **{code: d.as_partenaire() for code, d in self.destinataires.items()}}

    @property
    def recepteurs(self) -> Mapping[str, model.Deposant]:
        """Everybody that return flows are made for: partners, and the PPF when it gets its copies."""
        if not self.ppf.code:
            return self.partenaires
        sorties = {d.deposant: d for serveur in self.serveur for d in serveur.dossier if d.sortie}
        ppf = model.Deposant(
            self.ppf.code,
            self.ppf.libelle,
            emetteur_edi=False,
            recoit_cycles_de_vie=False,
            pousse=self.ppf.code in sorties,
            out_local=self.ppf.code not in sorties or sorties[self.ppf.code].out_local,
        )
        return {**self.partenaires, ppf.code: ppf}

    @property
    def serveurs(self) -> tuple[model.Serveur, ...]:
        return tuple(
            model.Serveur(
                **serveur.model_dump(exclude={"dossier"}),
                dossiers=tuple(
                    model.Dossier(
                        d.appli,
                        **{
                            **d.model_dump(exclude={"deposant", "destinataire"}),
                            "noms": tuple(d.noms),
                            "out_local": d.keeps_local,
                        },
                    )
                    for d in serveur.dossier
                ),
            )
            for serveur in self.serveur
        )

    @property
    def taches(self) -> Mapping[str, model.Tache]:
        """The jobs of the night, by name."""
        return {nuit.nom: nuit.as_tache(self.partenaires, self.fuseau) for nuit in self.nuit}

    def as_limites(self) -> model.Limites:
        values = self.limites.model_dump()
        return model.Limites(
            **{**values, "extensions": frozenset(e.upper().lstrip(".") for e in values["extensions"])}
        )

    def as_politique(self) -> model.Politique:
        values = self.politique.model_dump()
        severites = {code: model.Severity[name.upper()] for code, name in values["severites"].items()}
        return model.Politique(**{**values, "severites": severites, "ancres": self._ancres})

    @property
    def tls(self) -> Mapping[str, str]:
        """The PEM files of the link to the cluster: "autorite", "certificat", "cle"; none without TLS."""
        return self._tls

    def as_seuils(self) -> model.Seuils:
        return self.disjoncteur.as_seuils()

    def as_alertes(self) -> model.Alertes:
        written = {d.code: tuple(d.courriel) for d in self.deposant if d.courriel}
        return self.alertes.as_alertes(timedelta(seconds=self.attendus.delai), written)
