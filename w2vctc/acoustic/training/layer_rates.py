"""A smaller learning rate for layers further from the head."""

import re
from collections.abc import Set as AbstractSet
from typing import Any

_BLOCK = re.compile(r"\bencoder\.layers\.(\d+)\.")


def set_layer_rates(trainer: Any, *, decay: float) -> None:
    """The Trainer's own optimizer, with a group for each layer."""
    kind, arguments = trainer.get_optimizer_cls_and_kwargs(trainer.args, trainer.model)
    groups = group_by_layer(
        trainer.model,
        learning_rate=trainer.args.learning_rate,
        decay=decay,
        weight_decay=trainer.args.weight_decay,
        decayed=set(trainer.get_decay_parameter_names(trainer.model)),
    )
    trainer.optimizer_cls_and_kwargs = (kind, {**arguments, "params": groups})


def group_by_layer(
    network: Any,
    *,
    learning_rate: float,
    decay: float,
    weight_decay: float,
    decayed: AbstractSet[str],
) -> list[dict[str, Any]]:
    """The optimizer's groups: the head at `learning_rate`, each layer below at `decay` of the next.

    `decayed` names the weights that weight decay shrinks. The order of groups is fixed by the
    network, so that a saved optimizer fits again.
    """
    groups: dict[tuple[int, bool], list[Any]] = {}
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            key = (find_depth(name, network.config), name in decayed)
            groups.setdefault(key, []).append(weight)
    return [
        {
            "params": weights,
            "lr": learning_rate * decay**depth,
            "weight_decay": weight_decay if shrinks else 0.0,
        }
        for (depth, shrinks), weights in sorted(groups.items(), key=lambda group: group[0])
    ]


def find_depth(name: str, config: Any) -> int:
    """How many layers lie between a weight and the head: 0 for the head itself."""
    if name.startswith("lm_head."):
        return 0
    block = _BLOCK.search(name)
    n_blocks = int(config.num_hidden_layers)
    if block:
        return n_blocks - int(block[1])
    # The encoder's own norm comes after its blocks only where each block has its norm in front.
    is_last = ".encoder.layer_norm." in name and config.do_stable_layer_norm
    return 1 if is_last else n_blocks + 1
