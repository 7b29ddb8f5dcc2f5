"""A schedule and a person's options as the arguments of Hugging Face's Trainer."""

from pathlib import Path

import torch
from transformers import TrainingArguments

from w2vctc.acoustic.device import choose_precision
from w2vctc.acoustic.monitoring.loggers import list_integrations
from w2vctc.acoustic.parallel.processes import find_processes
from w2vctc.acoustic.parallel.shares import count_passes
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.errors import UsageError


def make_arguments(
    run_folder: Path,
    schedule: Schedule,
    options: FinetuneOptions,
    *,
    device: torch.device,
    n_updates: int,
    eval_every: int,
) -> TrainingArguments:
    """The Trainer's arguments for batches that are planned beforehand.

    Raises UsageError for a GPU other than the first, and what `choose_precision` raises.
    """
    precision = choose_precision(options.precision, device)
    if device.index:
        raise UsageError(
            f"--device {device}: training takes the first GPU that it sees",
            hint=f"CUDA_VISIBLE_DEVICES={device.index} w2vctc finetune ... --device cuda",
        )
    arguments = TrainingArguments(
        output_dir=str(run_folder),
        max_steps=n_updates,
        gradient_accumulation_steps=count_passes(schedule.accumulation, find_processes().count),
        per_device_train_batch_size=1,  # batches are planned in seconds, not in clips
        ddp_find_unused_parameters=False,
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        adam_beta1=0.9,
        adam_beta2=0.98,
        adam_epsilon=1e-8,
        max_grad_norm=1.0,
        eval_strategy="steps",
        eval_steps=eval_every,
        save_strategy="steps",
        save_steps=eval_every,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=False,
        logging_steps=max(1, min(50, n_updates // 100)),
        logging_nan_inf_filter=False,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=device.type == "cpu",
        seed=options.seed,
        data_seed=options.seed,
        remove_unused_columns=False,
        label_names=["labels"],
        report_to=list_integrations(options.logger),
        disable_tqdm=True,
    )
    # With several GPUs in sight the Trainer would cut each planned batch into pieces of its own.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments
