"""The way to the hub, played with an object in its place."""

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError

from w2vctc.acoustic.hub import check_hub, push_model
from w2vctc.errors import MachineError


class Hub:
    """What is asked of the hub, written down; `refusal` is raised in place of an answer."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def ask(*known: Any, **named: Any) -> None:
            self.asked.append((name, {**({"repo_id": known[0]} if known else {}), **named}))
            if self.refusal:
                raise self.refusal

        return ask


def test_a_new_repository_is_private_and_one_that_is_there_is_taken() -> None:
    hub = Hub()
    check_hub("me/wav2vec2-ca", api=hub)
    assert hub.asked == [
        ("whoami", {}),
        ("create_repo", {"repo_id": "me/wav2vec2-ca", "private": True, "exist_ok": True}),
    ]


def test_the_folder_goes_without_checkpoints_and_without_rejected_rows(tmp_path: Path) -> None:
    hub = Hub()
    assert push_model(tmp_path, "me/wav2vec2-ca", api=hub).endswith("/me/wav2vec2-ca")
    ((name, asked),) = hub.asked
    assert (name, asked["repo_id"], asked["folder_path"]) == (
        "upload_folder",
        "me/wav2vec2-ca",
        tmp_path,
    )
    assert asked["ignore_patterns"] == ["training/*", ".*"]


def test_what_stays_here_by_the_hub_s_own_rules() -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    files = ["README.md", "model.safetensors", "language_model/lm.arpa", ".new.x/config.json"]
    secret = ["training/suspects.tsv", "training/checkpoint-3/model.safetensors"]
    kept = filter_repo_objects([*files, *secret], ignore_patterns=["training/*", ".*"])
    assert list(kept) == files[:3]


def _transport_error() -> Exception:
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]("connection refused\nand more")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("refusal", "said", "hint"),
    [
        (LocalTokenNotFoundError("none"), "no token of the hub on this machine", "hf auth login"),
        (HFValidationError("bad"), "not a name of a repository", "your-name/"),
        (OSError("no route"), "the hub refuses or cannot be reached: no route", "hf auth whoami"),
        (_transport_error(), "cannot be reached: connection refused", "hf auth whoami"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    refusal: Exception, said: str, hint: str, tmp_path: Path
) -> None:
    for ask in (
        lambda: check_hub("me/x", api=Hub(refusal)),
        lambda: push_model(tmp_path, "me/x", api=Hub(refusal)),
    ):
        with pytest.raises(MachineError) as caught:
            ask()
        assert said in caught.value.message
        assert "\n" not in caught.value.message
        assert hint in caught.value.hint
        assert caught.value.code == "E_HUB"
