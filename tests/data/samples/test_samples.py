"""The one door to the built-in samples."""

import pytest

from slm.data.samples import SAMPLES, read_samples
from slm.errors import DataError


def test_fields():
    assert list(next(read_samples("stories"))) == ["text"]
    assert list(next(read_samples("medical"))) == ["Question", "Complex_CoT", "Response"]


def test_every_sample_says_that_it_is_synthetic_and_whose():
    for name, description in SAMPLES.items():
        assert "synthetic" in description
        assert "this project" in description
        assert "\n" not in description
        assert next(read_samples(name))


@pytest.mark.parametrize("name", ["storys", "medcial", "", "news"])
def test_an_unknown_name_names_the_known_ones(name):
    with pytest.raises(DataError, match=r"stories|medical"):
        read_samples(name)
