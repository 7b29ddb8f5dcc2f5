"""Programs that draw a run: there or named with the command that brings them."""

import pytest

from w2vctc.acoustic.monitoring import loggers
from w2vctc.acoustic.monitoring.loggers import check_logger, list_integrations
from w2vctc.acoustic.training.options import FinetuneOptions, check_options
from w2vctc.errors import MachineError, UsageError


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("tensorboard", "pip install 'w2vctc[tensorboard]'"),
        ("wandb", "pip install wandb"),
        ("trackio", "pip install trackio"),
    ],
)
def test_a_package_that_is_missing_is_one_line_with_the_command(
    name: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loggers, "find_spec", lambda _: None)
    with pytest.raises(MachineError) as caught:
        check_logger(name)
    assert (caught.value.code, caught.value.hint) == ("E_PACKAGE", command)
    assert caught.value.message.startswith(f"--logger {name}: ")


def test_none_needs_nothing_and_reports_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loggers, "find_spec", lambda _: None)
    check_logger("none")
    assert list_integrations("none") == []
    assert list_integrations("wandb") == ["wandb"]


def test_a_logger_that_nobody_knows_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no --logger comet: choose none, tensorboard, wandb, "):
        check_options(FinetuneOptions(logger="comet"))
