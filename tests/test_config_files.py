"""Settings from TOML and dictionaries: strict, and with errors that name the key and the nearest known one."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.config_files import apply_assignments, from_dict, read_toml, to_dict
from slm.errors import ConfigError


@dataclass(frozen=True)
class Engine:
    power: float = 1.0
    cylinders: int = 4
    fuel: str = "wood"

    def __post_init__(self) -> None:
        if self.cylinders < 1:
            raise ConfigError(f"cylinders expects a number from 1 up, got {self.cylinders}")


@dataclass(frozen=True)
class Car:
    name: str
    doors: int = 4
    open: bool = False
    engine: Engine = field(default_factory=Engine)
    drivers: tuple[str, ...] = ()
    gears: tuple[float, ...] = (1.0, 2.0)
    marks: dict[str, int] = field(default_factory=dict)
    owner: str | None = None
    trailer: Car | None = None


# Reading


def test_defaults_and_nested_sections():
    car = from_dict(Car, {"name": "a", "engine": {"power": 2.5}}, "car.toml")
    assert car == Car("a", engine=Engine(power=2.5))


def test_every_kind_of_value():
    values = {
        "name": "a", "doors": 2, "open": True, "engine": {"cylinders": 8}, "drivers": ["x", "y"], "gears": [1, 2.5],
        "marks": {"m": 3}, "owner": "z", "trailer": {"name": "t", "owner": None},
    }  # fmt: skip
    car = from_dict(Car, values, "car.toml")
    assert car.trailer == Car("t") and car.drivers == ("x", "y") and car.marks == {"m": 3}
    assert car.gears == (1.0, 2.5) and all(isinstance(gear, float) for gear in car.gears)


def test_a_whole_number_may_stand_for_a_number_and_one_value_for_a_list():
    car = from_dict(Car, {"name": "a", "engine": {"power": 3}, "drivers": "x"}, "car.toml")
    assert car.engine.power == 3.0 and isinstance(car.engine.power, float)
    assert car.drivers == ("x",)


CARS = st.recursive(
    st.builds(
        Car, name=st.text(), doors=st.integers(), open=st.booleans(), owner=st.none() | st.text(),
        engine=st.builds(Engine, st.floats(allow_nan=False), st.integers(1, 20), st.text()), trailer=st.none(),
        drivers=st.lists(st.text()).map(tuple), gears=st.lists(st.floats(allow_nan=False)).map(tuple),
        marks=st.dictionaries(st.text(), st.integers()),
    ),
    lambda cars: st.builds(Car, name=st.text(), trailer=cars),
    max_leaves=3,
)  # fmt: skip


@given(CARS)
def test_to_a_dictionary_and_back(car: Car):
    values = to_dict(car)
    assert from_dict(Car, values, "here") == car
    assert json.loads(json.dumps(values)) == values  # as it lies in run.json


# Refusing


@pytest.mark.parametrize(("values", "message"), [
    ({"name": "a", "dors": 3}, r"car\.toml: unknown key 'dors'; did you mean 'doors'"),
    ({"name": "a", "engine": {"powr": 3}}, r"car\.toml: unknown key 'engine\.powr'; did you mean 'power'"),
    ({"name": "a", "trailer": {"name": "b", "engine": {"feul": ""}}}, r"unknown key 'trailer\.engine\.feul'; .*'fuel'"),
    ({"name": "a", "zzzzzz": 3}, r"unknown key 'zzzzzz'; known: doors, drivers, engine"),
    ({}, r"car\.toml: missing key 'name'"),
    ({"name": "a", "trailer": {}}, r"missing key 'trailer\.name'"),
    ({"name": 3}, r"car\.toml: name expects text, got 3"),
    ({"name": None}, "name expects text, got None"),
    ({"name": "a", "doors": "four"}, "doors expects a whole number, got 'four'"),
    ({"name": "a", "doors": 4.0}, "doors expects a whole number, got 4.0"),
    ({"name": "a", "doors": True}, "doors expects a whole number, got True"),
    ({"name": "a", "open": 1}, "open expects true or false, got 1"),
    ({"name": "a", "open": "true"}, "open expects true or false, got 'true'"),
    ({"name": "a", "engine": {"power": "3e-4"}}, r"engine\.power expects a number, got '3e-4'"),
    ({"name": "a", "engine": {"power": False}}, r"engine\.power expects a number, got False"),
    ({"name": "a", "engine": 3}, "engine expects a section with keys, got 3"),
    ({"name": "a", "drivers": ["x", 3]}, r"drivers\[1\] expects text, got 3"),
    ({"name": "a", "drivers": {"x": 1}}, r"drivers\[0\] expects text"),
    ({"name": "a", "gears": ["fast"]}, r"gears\[0\] expects a number, got 'fast'"),
    ({"name": "a", "marks": 3}, "marks expects a table, got 3"),
    ({"name": "a", "marks": {"m": "x"}}, r"marks\.m expects a whole number, got 'x'"),
    ({"name": "a", "owner": 3}, "owner expects text, got 3"),
    ({"name": "a", "engine": {"cylinders": 0}}, r"car\.toml: engine: cylinders expects a number from 1 up, got 0"),
])  # fmt: skip
def test_what_is_wrong_is_named(values: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        from_dict(Car, values, "car.toml")


@pytest.mark.parametrize("values", [[], 3, None, "text"])
def test_something_else_than_a_dictionary_is_refused(values: Any):
    with pytest.raises(ConfigError, match=r"car\.toml"):
        from_dict(Car, values, "car.toml")


# Assignments


@pytest.mark.parametrize(("assignment", "expected"), [
    ("doors=5", {"doors": 5}), ("doors = 5 ", {"doors": 5}), ("engine.power=3e-4", {"engine": {"power": 3e-4}}),
    ("open=true", {"open": True}), ("name=my car", {"name": "my car"}), ('name="5"', {"name": "5"}),
    ("name=a=b", {"name": "a=b"}), ("name=hub:owner/name", {"name": "hub:owner/name"}), ("name=", {"name": ""}),
    ("drivers=['x', 'y']", {"drivers": ["x", "y"]}),
    ("trailer.engine.fuel=oil", {"trailer": {"engine": {"fuel": "oil"}}}),
    ("marks.m=-1", {"marks": {"m": -1}}), ("name=naïve \U0001f642", {"name": "naïve \U0001f642"}),
    ("name=1\nopen=2", {"name": "1\nopen=2"}),
])  # fmt: skip
def test_an_assignment(assignment: str, expected: dict[str, Any]):
    assert apply_assignments({}, [assignment]) == expected


def test_assignments_go_in_order_and_leave_the_rest():
    values = {"name": "a", "engine": {"power": 1.0, "fuel": "wood"}}
    changed = apply_assignments(values, ["engine.power=2", "engine.power=3", "doors=2"])
    assert changed == {"name": "a", "doors": 2, "engine": {"power": 3, "fuel": "wood"}}
    assert values == {"name": "a", "engine": {"power": 1.0, "fuel": "wood"}}


@pytest.mark.parametrize("assignment", ["doors", "", "=5", "engine.=5", ".power=5", "a..b=5"])
def test_an_assignment_without_key_or_value_is_refused(assignment: str):
    with pytest.raises(ConfigError, match=r"--set expects key=value, such as training\.learning_rate=3e-4"):
        apply_assignments({}, [assignment])


def test_a_value_is_not_a_section():
    with pytest.raises(ConfigError, match=r"--set doors\.left: 'doors' is one value, not a section"):
        apply_assignments({"doors": 4}, ["doors.left=1"])


# TOML files


def test_a_toml_file(tmp_path: Path):
    path = tmp_path / "car.toml"
    path.write_text('name = "é"\n[engine]\npower = 2\n', encoding="utf-8")
    assert from_dict(Car, read_toml(path), str(path)) == Car("é", engine=Engine(2.0))
    assert read_toml(path) == tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("content", [b"name = ", b"a = 1\na = 2\n", b"name = \xff\n", b"[engine\n"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "car.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"car\.toml: not readable as TOML"):
        read_toml(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"car\.toml: expected a TOML file, found nothing there"):
        read_toml(tmp_path / "car.toml")
