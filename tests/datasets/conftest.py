"""No test here may reach the network, npm or the user's cache."""

import pytest


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    """Give each test an empty cache, an empty PATH and no data folder."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("AKIDA_LITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AKIDA_LITE_DATA", raising=False)
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.upper(), raising=False)
