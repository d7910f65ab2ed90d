"""What are the arguments and defaults of torch's layers, in the pinned version?

They are read from the installed torch, so the reference page follows the pin.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

SEEDS = (0,)  # nothing is drawn
DATA = "the signatures of the installed torch"

TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (0, 0)}

# fmt: off
LAYERS = (
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "LayerNorm",
    "RMSNorm", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d",
    "LocalResponseNorm", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d",
    "AlphaDropout", "FeatureAlphaDropout", "MultiheadAttention",
    "TransformerEncoderLayer", "RNNBase",
)
FUNCTIONS = (
    "batch_norm", "layer_norm", "rms_norm", "group_norm", "instance_norm",
    "local_response_norm", "dropout", "dropout1d", "dropout2d", "dropout3d",
    "alpha_dropout", "feature_alpha_dropout",
)
# fmt: on
PARAMETRIZATIONS = ("weight_norm", "spectral_norm")
LEFT_OUT = {"self", "device", "dtype"}  # of every layer the same


def signature(called: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults by name, and the whole as one line of text."""
    defaults: dict[str, Any] = {}
    parts: list[str] = []
    star = False
    for name, parameter in inspect.signature(called).parameters.items():
        if name in LEFT_OUT:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            star = True
            parts.append("*")
        default = parameter.default
        if default is parameter.empty:
            parts.append(name)
        else:
            # A function, as F.relu, stands there by its name.
            defaults[name] = getattr(default, "__name__", default)
            parts.append(f"{name}={defaults[name]}")
    return {"defaults": defaults, "arguments": ", ".join(parts)}


def run(seeds: Sequence[int]) -> dict[str, Any]:  # noqa: ARG001
    """Read the signatures."""
    return {
        "layers": {
            name: signature(getattr(nn, name, None) or getattr(nn.modules.rnn, name))
            for name in LAYERS
        },
        "functions": {name: signature(getattr(F, name)) for name in FUNCTIONS},
        "order": [*LAYERS, *FUNCTIONS],
        "parametrizations": {
            name: signature(getattr(parametrizations, name))
            for name in PARAMETRIZATIONS
        },
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    layers = {name: one["defaults"] for name, one in result["layers"].items()}
    functions = {name: one["defaults"] for name, one in result["functions"].items()}
    batch = [layers[f"BatchNorm{n}d"] for n in (1, 2, 3)]
    instance = [layers[f"InstanceNorm{n}d"] for n in (1, 2, 3)]
    return {
        "batch norm: eps 1e-5, momentum 0.1, affine, tracked": all(
            one["eps"] == 1e-5
            and one["momentum"] == 0.1
            and one["affine"] is True
            and one["track_running_stats"] is True
            for one in batch
        ),
        "instance norm: neither affine nor tracked": all(
            one["affine"] is False and one["track_running_stats"] is False
            for one in instance
        ),
        "eps is 1e-5 everywhere but in RMSNorm, where it is None": all(
            (one["eps"] is None) == (name == "RMSNorm") and one["eps"] in {None, 1e-5}
            for name, one in layers.items()
            if "eps" in one
        ),
        "RMSNorm has no bias; the other norms may leave theirs out": (
            "bias" not in layers["RMSNorm"]
            and all(
                layers[name]["bias"] is True
                for name in ("BatchNorm2d", "LayerNorm", "GroupNorm", "InstanceNorm2d")
            )
        ),
        "the default p of every dropout layer is 0.5": all(
            one["p"] == 0.5 for name, one in layers.items() if "Dropout" in name
        ),
        "F.dropout drops unless told not to; F.alpha_dropout only when told to": (
            functions["dropout"]["training"] is True
            and functions["alpha_dropout"]["training"] is False
            and functions["feature_alpha_dropout"]["training"] is False
        ),
        "F.batch_norm is in eval unless told otherwise": (
            functions["batch_norm"]["training"] is False
        ),
        "attention and RNNs drop nothing by default, an encoder layer 0.1": (
            layers["MultiheadAttention"].get("dropout") == 0
            and layers["RNNBase"].get("dropout") == 0
            and layers["TransformerEncoderLayer"].get("dropout") == 0.1
        ),
    }
