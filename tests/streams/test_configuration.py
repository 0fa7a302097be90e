"""Settings: wrong ones are told in a line each, and secrets are never told."""

from pathlib import Path

import pytest

from streams.configuration import BadConfiguration, Settings, config_hash, load


def written(folder: Path, text: str) -> Path:
    path = folder / "watch.toml"
    path.write_text(text)
    return path


def refused(folder: Path, text: str) -> str:
    with pytest.raises(BadConfiguration) as told:
        load(written(folder, text))
    return str(told.value)


def test_a_file_is_read_and_the_environment_wins(tmp_path, monkeypatch):
    path = written(tmp_path, '[broker]\nbootstrap = "a:1"\npartitions = 3\n')
    monkeypatch.setenv("SOGAWATCH_BROKER__BOOTSTRAP", "b:2")
    broker = load(path).broker
    assert (broker.bootstrap, broker.partitions) == ("b:2", 3)


def test_a_wrong_value_is_told_with_its_name_and_what_is_allowed(tmp_path):
    told = refused(tmp_path, "[watch.budget]\nred_per_100 = 200\n")
    assert told == ("watch.budget.red_per_100: Input should be less than or equal to 100, got 200")


@pytest.mark.parametrize(
    "line",
    ['sasl_pasword = "hunter2"', "sasl_password = 12345678", 'pass = "hunter2"'],
)
def test_a_secret_is_never_told(line, tmp_path):
    told = refused(tmp_path, f"[broker]\n{line}\n")
    assert "hunter2" not in told
    assert "12345678" not in told


@pytest.mark.parametrize(("text", "said"), [("[broker", "not TOML"), ("brocker = 1", "brocker")])
def test_a_wrong_file_is_told(text, said, tmp_path):
    assert said in refused(tmp_path, text)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(BadConfiguration, match="no such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(BadConfiguration, match="is a folder"):
        load(tmp_path)


def test_the_fingerprint_follows_the_budget():
    watch = Settings().watch
    other = watch.model_copy(update={"budget": watch.budget.model_copy(update={"red_per_100": 2})})
    assert config_hash(watch) == config_hash(Settings().watch)
    assert config_hash(watch) != config_hash(other)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SOGAWATCH_BROKER__SSL_CAFILE", "x" * 5000, "File name too long: 'xxx"),
        ("SOGAWATCH_BROKER", "[" * 100_000, "environment: a value is nested too deeply"),
    ],
)
def test_what_cannot_be_looked_at_is_told_in_a_line(name, value, said, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadConfiguration) as told:
        load()
    assert str(told.value).startswith(said)
    assert len(str(told.value)) < 200


def test_a_number_too_long_to_be_one_is_told(tmp_path):
    assert "not TOML" in refused(tmp_path, "[broker]\npartitions = " + "9" * 5000)


def test_a_file_that_is_nested_too_deeply_is_told(tmp_path):
    assert "nested too deeply" in refused(tmp_path, "x = " + "[" * 100_000)
