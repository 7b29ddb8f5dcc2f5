"""A finished model folder on its way to the hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from w2vctc.acoustic.training.run import RUN_FOLDER
from w2vctc.errors import MachineError

# What stays here: checkpoints, rows that were refused with their transcripts, half-written files.
_KEPT_BACK = [f"{RUN_FOLDER}/*", ".*"]


def check_hub(repo: str, *, api: Any = None) -> None:
    """Makes sure that the hub knows who is asking, and that the repository is there.

    To be called before hours of training. A new repository is private: its owner opens it.
    Raises MachineError (E_HUB).
    """
    api = api or _open()
    with _hub_errors(repo):
        api.whoami()
        api.create_repo(repo, private=True, exist_ok=True)


def push_model(folder: Path, repo: str, *, api: Any = None) -> str:
    """Uploads what a person needs to use the model; returns its address.

    Raises MachineError (E_HUB).
    """
    api = api or _open()
    with _hub_errors(repo):
        done = api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            ignore_patterns=_KEPT_BACK,
            commit_message="Model and model card",
        )
    return str(getattr(done, "repo_url", "") or f"https://huggingface.co/{repo}")


def _open() -> Any:
    from huggingface_hub import HfApi

    return HfApi()


@contextmanager
def _hub_errors(repo: str) -> Iterator[None]:
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    # The hub's own errors are made of those of the HTTP library that its version uses.
    refusals: tuple[type[Exception], ...] = (*HfHubHTTPError.__bases__, OSError)
    try:
        yield
    except LocalTokenNotFoundError as error:
        raise MachineError(
            f"--push-to-hub {repo}: no token of the hub on this machine",
            hint="`hf auth login`, or set HF_TOKEN; the token needs the right to write",
            code="E_HUB",
        ) from error
    except HFValidationError as error:
        raise MachineError(
            f"--push-to-hub {repo}: not a name of a repository",
            hint="it looks like your-name/wav2vec2-ca",
            code="E_HUB",
        ) from error
    except refusals as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise MachineError(
            f"--push-to-hub {repo}: the hub refuses or cannot be reached: {said[0]}",
            hint="`hf auth whoami` shows who you are there; the token needs the right to write",
            code="E_HUB",
        ) from error
