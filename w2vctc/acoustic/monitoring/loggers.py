"""Programs that draw a run while it trains, through the Trainer's own integrations."""

from importlib.util import find_spec

from w2vctc.errors import MachineError

LOGGERS = {"tensorboard": "tensorboard", "wandb": "wandb", "trackio": "trackio"}  # their packages
NO_LOGGER = "none"


def check_logger(name: str) -> None:
    """Raises MachineError where the package behind a logger is not installed."""
    if name == NO_LOGGER or find_spec(LOGGERS[name]) is not None:
        return
    extra = "'w2vctc[tensorboard]'" if name == "tensorboard" else LOGGERS[name]
    raise MachineError(
        f"--logger {name}: the package {LOGGERS[name]} is not installed",
        hint=f"pip install {extra}",
        code="E_PACKAGE",
    )


def list_integrations(name: str) -> list[str]:
    """What the Trainer's `report_to` is to be."""
    return [] if name == NO_LOGGER else [name]
