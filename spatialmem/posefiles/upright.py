"""Which way is up in a recording, judged by how its cameras are held."""

import torch
from torch import Tensor

_CLEAR = 0.8


def suggest_up(T_world_cam: Tensor, otherwise: str) -> str:
    """The signed world axis (`+Z`, `-Y` ...) nearest to the mean image-up of poses `[T, 4, 4]`.

    Cameras are held upright on average; where their mean is not clearly along one axis (strongly
    tilted or rolled recordings) `otherwise`, the convention of the format, is returned.
    """
    mean = -T_world_cam[:, :3, 1].mean(dim=0)
    axis = int(mean.abs().argmax())
    if not float(mean[axis].abs()) > _CLEAR * float(torch.linalg.vector_norm(mean)):
        return otherwise
    return ("+" if mean[axis] > 0 else "-") + "XYZ"[axis]
