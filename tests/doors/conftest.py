"""Homes for the tests at the doors: made once, copied for each test."""

from pathlib import Path

import pytest
from cli_world import CASE, RECORDS, STATISTICS, World, make_world


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home with data, no case."""
    return make_world(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def agreed_template(template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home with one agreed case for totals (case 1), one for records of identified people (case 2)."""
    world = template.copy_to(tmp_path_factory.mktemp("agreed"))
    world.agreed(STATISTICS)
    world.agreed(RECORDS)
    return world


@pytest.fixture(scope="session")
def released_template(agreed_template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home whose first case was released as `answer.modicum`."""
    world = agreed_template.copy_to(tmp_path_factory.mktemp("released"))
    world.ok("release", CASE, "--out", world.folder / "answer.modicum")
    return world


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    return template.copy_to(tmp_path)


@pytest.fixture
def agreed(agreed_template: World, tmp_path: Path) -> World:
    return agreed_template.copy_to(tmp_path)


@pytest.fixture
def released(released_template: World, tmp_path: Path) -> World:
    return released_template.copy_to(tmp_path)
