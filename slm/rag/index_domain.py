"""The domain of an index: a copy of its file beside the passages, as runs and model folders have one."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from slm.atomic_write import write_text
from slm.domain import FILE, Domain, load_domain, read_domain
from slm.rag import stores
from slm.rag.places import Place
from slm.rag.store import Store


def choose_domain(index: Place, name: str) -> None:
    """Let the index be of this domain. Raises ConfigError for one that there is not, OSError."""
    text = load_domain(name).text
    with tempfile.TemporaryDirectory() as temporary, stores.open_for_writing(index) as store:
        write_text(Path(temporary) / FILE, text)
        store.put_beside(FILE, Path(temporary) / FILE)


def domain_of(store: Store) -> Domain:
    """As `domain_of_index`, of an index that is open."""
    with store.beside(FILE) as folder:
        return domain_of_index(folder)


def domain_of_index(index: Path) -> Domain:
    """The domain that was chosen for the index in a folder. Raises ConfigError for a damaged copy.

    Where none was chosen it is the general one, with the signs of an emergency of the medical one: people ask about
    their health where nobody expected it, and advice too many does less harm than advice missing.
    """
    if (index / FILE).is_file():
        return read_domain(index / FILE)
    general, medical = load_domain("general"), load_domain("medical")
    signs = replace(general.settings, emergency=medical.settings.emergency, languages=medical.languages)
    return Domain(signs, general.text)
