"""Which instances a command is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import Location
from reconciler.model.errors import WrongUsage
from reconciler.model.settings import Instance, Settings
from reconciler.workflow.options import ProjectFiles, Selection, Shard, in_shard, select_instances


def _instance(name: str, wave: int = 0) -> Instance:
    return Instance(name, Location("reconciler.yaml", 1, 1), url=f"https://{name}.example.com", wave=wave)


def _box(name: str) -> Instance:
    return Instance(name, Location("reconciler.yaml", 1, 1), embedded=Path(f"{name}.sqlite3"))


def _settings(*instances: Instance, default: str | None = None) -> Settings:
    return Settings(Path("reconciler.yaml"), instances, default_instance=default)


MANY = _settings(_instance("late", wave=2), _instance("Staging-1"), _instance("staging-2", wave=1), _box("sandbox"))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("sandbox",), ["sandbox"]),
        (("SANDBOX",), ["sandbox"]),
        (("staging-?",), ["Staging-1", "staging-2"]),
        (("*",), ["Staging-1", "sandbox", "staging-2", "late"]),
        (("late", "sandbox", "late"), ["sandbox", "late"]),
        (("staging-*", "staging-1"), ["Staging-1", "staging-2"]),
    ],
)
def test_names_and_globs_choose_each_instance_once_by_wave_then_as_configured(
    names: tuple[str, ...], chosen: list[str]
) -> None:
    assert [instance.name for instance in select_instances(MANY, Selection(names))] == chosen


def test_all_is_every_instance_but_the_embedded_ones() -> None:
    names = [instance.name for instance in select_instances(MANY, Selection(all=True))]
    assert names == ["Staging-1", "staging-2", "late"]


def test_without_a_choice_it_is_the_default_or_the_only_one() -> None:
    by_default = _settings(_instance("a"), _instance("b"), default="b")
    assert [each.name for each in select_instances(by_default, Selection())] == ["b"]
    assert [each.name for each in select_instances(_settings(_box("only")), Selection())] == ["only"]


@pytest.mark.parametrize(
    ("settings", "selection", "said"),
    [
        (MANY, Selection(("nope",)), "'nope'"),
        (MANY, Selection(("sandbox", "prod*")), "'prod*'"),
        (MANY, Selection(("sandbox",), all=True), "--all"),
        (MANY, Selection(), "default_instance"),
        (_settings(_box("sandbox")), Selection(all=True), "--all"),
    ],
)
def test_a_choice_that_means_nothing_is_wrong_usage(settings: Settings, selection: Selection, said: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        select_instances(settings, selection)
    assert said in caught.value.message


def test_the_clients_stand_beside_the_configuration_unless_told_otherwise() -> None:
    assert ProjectFiles(Path("deep/reconciler.yaml")).clients_directory == Path("deep/clients")
    assert ProjectFiles(Path("deep/reconciler.yaml"), Path("elsewhere")).clients_directory == Path("elsewhere")


@given(names=st.lists(st.text("abc-", min_size=1, max_size=6), unique=True, max_size=30), of=st.integers(1, 12))
def test_each_instance_is_in_exactly_one_shard_and_one_more_moves_none(names: list[str], of: int) -> None:
    """Also when shards are asked for by different machines: the name decides."""
    instances = [_box(name) for name in names]
    shards = [in_shard(instances, Shard(number, of)) for number in range(1, of + 1)]
    assert sorted(each.name for shard in shards for each in shard) == sorted(names)
    for number, shard in enumerate(shards, 1):
        more = in_shard([_box("new!"), *instances], Shard(number, of))
        assert tuple(each for each in more if each.name != "new!") == shard


def test_the_shard_of_a_name_stays_what_it_was_in_every_release() -> None:
    """Pipelines give credentials to shards: an instance must not move with an update of this program."""
    names = ["production", "staging", "acme", "umlaut-ü"]
    assert [[n for n in range(1, 5) if Shard(n, 4).holds(_box(name))] for name in names] == [[1], [3], [4], [1]]
