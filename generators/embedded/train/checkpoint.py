"""`Checkpoint`: where a training run stands, in one file that is replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from spatialmem import strictjson
from spatialmem.errors import WorldFormatError
from spatialmem.strictjson import Json
from spatialmem.wholefile import write_whole

_RECORD = "spatialmem"
_MOMENTS = ("exp_avg", "exp_avg_sq")


def save_checkpoint(file: Path, model: nn.Module, averaged: Mapping[str, Tensor], optimiser: torch.optim.Optimizer,
                    record: Mapping[str, Json]) -> None:
    """Replace `file` by the state of a run, whole or not at all.

    Args:
        file: a safetensors file.
        model: its weights as they are trained.
        averaged: their running means.
        optimiser: Adam's moments of the weights that it has moved; they go by their order.
        record: the step, and whatever belongs to it.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"averaged.{name}": value for name, value in averaged.items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors |= {f"{moment}.{number}": state[moment] for moment in _MOMENTS}
        tensors[f"step.{number}"] = torch.as_tensor(float(state["step"]))
    own = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    write_whole(file, safetensors.torch.save(own, {_RECORD: strictjson.dumps(record, "record")}))


def load_checkpoint(file: Path, model: nn.Module, averaged: dict[str, Tensor],
                    optimiser: torch.optim.Optimizer) -> dict[str, Json]:
    """Put the state of a run back into what it was saved from, and return its record.

    Raises:
        WorldFormatError: the file is damaged, or of another model.
    """
    try:
        tensors = safetensors.torch.load_file(file)
        with safetensors.safe_open(file, "pt") as opened:
            text = (opened.metadata() or {}).get(_RECORD, "")
        record = strictjson.loads(text, str(file), limit=1 << 20)
        model.load_state_dict(_part(tensors, "model."))
    except (safetensors.SafetensorError, RuntimeError, ValueError) as error:
        raise WorldFormatError(f"{file}: no state of this training ({error}); move it away to begin anew") from None
    averaged.update(_part(tensors, "averaged."))
    state = optimiser.state_dict()
    moved = _part(tensors, "step.")
    state["state"] = {int(number): {"step": moved[number],
                                    **{moment: tensors[f"{moment}.{number}"] for moment in _MOMENTS}}
                      for number in moved}
    optimiser.load_state_dict(state)
    return record


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
