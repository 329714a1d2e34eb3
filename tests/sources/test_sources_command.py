"""The catalogue from the command line."""

from __future__ import annotations

from commands import invoke, parsed, refused

from medinjection_fr.sources.catalogue import load_catalogue


def test_sources() -> None:
    listed = parsed("sources", "list")
    assert list(listed) == list(load_catalogue())
    output = invoke("sources", "list").output
    assert all(name in output.replace("\n", "") or len(name) > 20 for name in listed)
    shown = parsed("sources", "show", "frenchmedmcqa")
    assert shown == listed["frenchmedmcqa"]
    assert shown["license"] == "Apache-2.0"
    assert "qanastek/FrenchMedMCQA" in invoke("sources", "show", "frenchmedmcqa").output
    message = refused(invoke("sources", "show", "frenchmedmqca"))
    assert 'no source is called "frenchmedmqca"' in message
    assert 'Did you mean "frenchmedmcqa"?' in message
