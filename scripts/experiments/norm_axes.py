"""Over which axes does each normalization layer share its statistics?

Nothing is taken from a documentation. One number of the input is changed at a time, in
float64, and the outputs that change with it are counted along each axis: they are the
values that share statistics. The same layers are asked whether a sample's output
depends on the other samples, whether the mode matters, what they keep, and what they do
with a batch of one.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from scripts.experiments.parts.spread import spread
from snippets.norms.channels_first_layer_norm import ChannelsFirstLayerNorm

SEEDS = range(3)
SIZES = {"N": 4, "C": 6, "D": 2, "L": 5, "H": 2, "W": 2}  # those of the cube's figure
GROUPS = 2
TRAINING_STEPS = 3  # before eval(), so that running statistics are not the initial ones
DATA = "torch.randn in float64: N = 4, C = 6, D = 2, L = 5, H = 2, W = 2"

# Counts, names and shapes; of the numbers only the effects are measured.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0),
    "effect.*": (1e-3, 1e-9),
}

C, H, W = SIZES["C"], SIZES["H"], SIZES["W"]


class Case(NamedTuple):
    """A layer, what the axes of its input mean, and how a reader would write it."""

    make: Callable[[], nn.Module]
    axes: str
    call: str


CASES = {
    "batch_norm": Case(lambda: nn.BatchNorm2d(C), "NCHW", "nn.BatchNorm2d(C)"),
    "batch_norm_linear": Case(lambda: nn.BatchNorm1d(C), "NC", "nn.BatchNorm1d(C)"),
    "batch_norm_sequence": Case(lambda: nn.BatchNorm1d(C), "NCL", "nn.BatchNorm1d(C)"),
    "batch_norm_volume": Case(lambda: nn.BatchNorm3d(C), "NCDHW", "nn.BatchNorm3d(C)"),
    "batch_norm_untracked": Case(
        lambda: nn.BatchNorm2d(C, track_running_stats=False),
        "NCHW",
        "nn.BatchNorm2d(C, track_running_stats=False)",
    ),
    "layer_norm": Case(
        lambda: nn.LayerNorm([C, H, W]), "NCHW", "nn.LayerNorm([C, H, W])"
    ),
    "layer_norm_sequence": Case(lambda: nn.LayerNorm(C), "NLC", "nn.LayerNorm(C)"),
    "layer_norm_channels_first": Case(
        lambda: ChannelsFirstLayerNorm(C), "NCHW", "ChannelsFirstLayerNorm(C)"
    ),
    "instance_norm": Case(lambda: nn.InstanceNorm2d(C), "NCHW", "nn.InstanceNorm2d(C)"),
    "instance_norm_sequence": Case(
        lambda: nn.InstanceNorm1d(C), "NCL", "nn.InstanceNorm1d(C)"
    ),
    "instance_norm_tracked": Case(
        lambda: nn.InstanceNorm2d(C, affine=True, track_running_stats=True),
        "NCHW",
        "nn.InstanceNorm2d(C, affine=True, track_running_stats=True)",
    ),
    "group_norm": Case(lambda: nn.GroupNorm(GROUPS, C), "NCHW", "nn.GroupNorm(G, C)"),
    "group_norm_one": Case(lambda: nn.GroupNorm(1, C), "NCHW", "nn.GroupNorm(1, C)"),
    "group_norm_sequence": Case(
        lambda: nn.GroupNorm(GROUPS, C), "NCL", "nn.GroupNorm(G, C)"
    ),
    "rms_norm": Case(lambda: nn.RMSNorm(C), "NLC", "nn.RMSNorm(C)"),
    "local_response_norm": Case(
        lambda: nn.LocalResponseNorm(3), "NCHW", "nn.LocalResponseNorm(3)"
    ),
}


def changed(layer: nn.Module, x: Tensor) -> Tensor:
    """Which outputs change with which input: (inputs, *shape of x), booleans."""
    with torch.no_grad():
        before = layer(x)
        found: list[Tensor] = []
        for place in range(x.numel()):
            other = x.clone()
            other.view(-1)[place] += 1
            found.append((layer(other) - before).abs() > 1e-9)
    return torch.stack(found)


def block(mask: Tensor) -> list[int]:
    """How many places of each axis change; empty when they are not a whole block."""
    sides = [
        int(mask.movedim(axis, 0).flatten(1).any(1).sum()) for axis in range(mask.ndim)
    ]
    return sides if int(mask.sum()) == torch.Size(sides).numel() else []


def shared(layer: nn.Module, x: Tensor) -> dict[str, Any]:
    """Describe the values that one input acts on: sides of the block, and how many."""
    masks = changed(layer, x)
    blocks = [block(mask) for mask in masks]
    largest = max(blocks, key=lambda sides: torch.Size(sides).numel())
    # A partition: acting on each other is mutual, and no step leads out of a block.
    acts = masks.flatten(1).float()
    same = torch.equal(acts, acts.T) and torch.equal((acts @ acts > 0).float(), acts)
    return {
        "sides": largest,
        "values": torch.Size(largest).numel(),
        "partition": bool(same and all(blocks)),
    }


def attempt(layer: nn.Module, x: Tensor) -> str:
    """Say "works", "constant" (whatever the input, one value) or the error."""
    try:
        with torch.no_grad():
            y = layer(x)
    except ValueError as error:
        return f"ValueError: {str(error).split(',')[0].split(' when ')[0]}"
    return "constant" if y.std(correction=0) < 1e-9 else "works"


def alike(a: Tensor, b: Tensor) -> bool:
    """Equal but for eps, which is 1e-5 against a variance near 1."""
    return bool((a - b).abs().max() < 1e-3)


def examine(case: Case, seed: int) -> dict[str, Any]:
    """Ask one layer everything."""
    torch.manual_seed(seed)
    shape = [SIZES[axis] for axis in case.axes]
    x = torch.randn(shape, dtype=torch.float64)
    layer = case.make().double()
    with torch.no_grad():  # as after some training: no longer 1 and 0
        for parameter in layer.parameters():
            parameter.uniform_(0.5, 1.5)
    names = {
        "parameters": {name: list(p.shape) for name, p in layer.named_parameters()},
        "buffers": {name: list(b.shape) for name, b in layer.named_buffers()},
    }
    spatial = [axis for axis in "DLHW" if axis in case.axes and case.axes[1] == "C"]
    point = x[:1][tuple(slice(1) if a in spatial else slice(None) for a in case.axes)]
    with torch.no_grad():
        train = layer.train()(x)
        others = torch.cat([x[:1], torch.randn_like(x[1:])])
        moved = (layer(others)[0] - train[0]).abs().max().item()
        free = {
            "shift_free": alike(layer(x + 5), train),
            "scale_free": alike(layer(3 * x), train),
        }
        for _ in range(TRAINING_STEPS):
            layer(torch.randn_like(x))
        evaluated = layer.eval()(x)
        moved_eval = (layer(others)[0] - evaluated[0]).abs().max().item()
        mode = (layer.train()(x) - evaluated).abs().max().item()
    # LayerNorm([C, H, W]) takes one size only, and one position is another.
    fixed = len(names["parameters"].get("weight", [])) > 1
    return {
        "axes": case.axes,
        "call": case.call,
        "train": shared(layer.train(), x) | {"neighbours": moved > 1e-9},
        "eval": shared(layer.eval(), x) | {"neighbours": moved_eval > 1e-9},
        "mode_matters": mode > 1e-9,
        "batch_of_one": attempt(layer.train(), x[:1]),
        # One sample, one position: what linear layers and global pooling give.
        "one_position": "fixed" if fixed else attempt(layer.train(), point),
        **free,
        **names,
        "effect": {"neighbours": moved, "mode": mode},
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Every layer with every seed; what is not the same for all seeds is an error."""
    result: dict[str, Any] = {}
    effects: dict[str, Any] = {}
    for name, case in CASES.items():
        found = [examine(case, seed) for seed in seeds]
        measured = [one.pop("effect") for one in found]
        if any(one != found[0] for one in found):
            raise ValueError(f"{name} differs between seeds")
        result[name] = found[0]
        effects[name] = {
            key: spread(torch.tensor([one[key] for one in measured]))
            for key in ("neighbours", "mode")
        }
    return {"layers": result, "effect": effects, "order": list(CASES), "sizes": SIZES}


def axes_of(result: dict[str, Any], name: str, mode: str = "train") -> str:
    """Axes that share statistics: "NHW"; of C a part is "c"."""
    layer = result["layers"][name]
    found = ""
    for axis, side in zip(layer["axes"], layer[mode]["sides"], strict=False):
        if side == result["sizes"][axis]:
            found += axis
        elif side > 1:
            found += axis.lower()
    return found


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    layers = result["layers"]
    per_sample = [name for name in layers if not name.startswith("batch_norm")]
    running = ("batch_norm", "batch_norm_linear", "batch_norm_sequence")
    running += ("batch_norm_volume", "instance_norm_tracked")
    wanted = {
        "batch_norm": "NHW",
        "batch_norm_linear": "N",
        "batch_norm_sequence": "NL",
        "batch_norm_volume": "NDHW",
        "layer_norm": "CHW",
        "layer_norm_sequence": "C",
        "layer_norm_channels_first": "C",
        "instance_norm": "HW",
        "instance_norm_sequence": "L",
        "group_norm": "cHW",
        "group_norm_one": "CHW",
        "rms_norm": "C",
    }
    return {
        **{
            f"in training {name} shares its statistics over {axes}": (
                axes_of(result, name) == axes and layers[name]["train"]["partition"]
            )
            for name, axes in wanted.items()
        },
        "only batch norm makes a sample depend on the others, in training": all(
            layer["train"]["neighbours"] == (name not in per_sample)
            and layer["eval"]["neighbours"] == (name == "batch_norm_untracked")
            for name, layer in layers.items()
        ),
        "the mode matters where there are running statistics, and nowhere else": all(
            layer["mode_matters"] == (name in running)
            and ("running_mean" in layer["buffers"]) == (name in running)
            for name, layer in layers.items()
        ),
        "with running statistics each value stands alone in eval": all(
            layers[name]["eval"]["values"] == 1 for name in running
        ),
        "batch norm of a linear layer refuses a batch of one in training": (
            layers["batch_norm_linear"]["batch_of_one"].startswith("ValueError")
            and layers["batch_norm"]["batch_of_one"] == "works"
        ),
        "one sample at one position is refused by batch and instance norm only": all(
            layer["one_position"].startswith("ValueError")
            == name.startswith(("batch_norm", "instance_norm"))
            for name, layer in layers.items()
        ),
        "instance norm has neither parameters nor buffers by default": (
            not layers["instance_norm"]["parameters"]
            and not layers["instance_norm"]["buffers"]
        ),
        "only RMSNorm and local response keep a shift of the input": all(
            layer["shift_free"] == (name not in {"rms_norm", "local_response_norm"})
            for name, layer in layers.items()
        ),
        "only local response keeps the scale of the input": all(
            layer["scale_free"] == (name != "local_response_norm")
            for name, layer in layers.items()
        ),
        "local response norm is a sliding window of 3 channels, no partition": (
            layers["local_response_norm"]["train"]["sides"] == [1, 3, 1, 1]
            and not layers["local_response_norm"]["train"]["partition"]
        ),
        "over a sequence, batch, instance and group norm reach later steps": all(
            "L" in axes_of(result, name)
            for name in layers
            if layers[name]["axes"] == "NCL"
        ),
        "weight and bias have a value per channel, in LayerNorm([C, H, W]) per place": (
            layers["layer_norm"]["parameters"].get("weight") == [C, H, W]
            and layers["group_norm"]["parameters"].get("weight") == [C]
            and layers["batch_norm"]["parameters"].get("weight") == [C]
            and "bias" not in layers["rms_norm"]["parameters"]
        ),
    }
