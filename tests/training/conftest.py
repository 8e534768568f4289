"""What makes these tests quick."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from tiny_training import without_pictures


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On tensors as small as these more threads only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def no_pictures() -> Iterator[None]:
    with without_pictures():
        yield
