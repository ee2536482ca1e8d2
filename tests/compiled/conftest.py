"""The compiled sheets of these tests are kept for the tests alone."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def cache_of_tests(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "regles"
    folder.mkdir(exist_ok=True, mode=0o700)
    monkeypatch.setenv("EDI_CACHE", str(folder))
