"""Fold batch norm into the convolution or linear layer in front of it, for inference.
把批量归一化折叠进它前面的卷积层或全连接层，用于推理。

In eval mode batch norm multiplies and adds one number per channel. The layer in front
can do both itself, with scale = norm.weight / sqrt(running_var + eps):
    weight <- scale * weight      bias <- scale * (bias - running_mean) + norm.bias
Shapes: weight (C_out, C_in / groups, *), transposed (C_in, C_out / groups, *); scale,
    bias and the statistics (C_out,). The new tensors have the dtype of the layer.
Limits: torch.fx follows forward once, in eval mode, with the defaults of its optional
    arguments; it does not see other paths, other methods or hooks on containers.
    Compare both models on real data. Behind a linear layer only (N, C) is accepted.
Raises: ValueError when a batch norm behind such a layer cannot be folded, when there is
    none, when the model is in training mode and when torch.fx cannot follow it.
Source: Jacob et al. (2018), section 3.2; torch.nn.utils.fuse_conv_bn_eval.
"""

import copy
import inspect
from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

import torch
from torch import Tensor, fx, nn

Transposed = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
Layer = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | Transposed
Norm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm
Kinds = tuple[type[nn.Module], ...]
NORMS: Kinds = nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d


def fold_batch_norm(model: nn.Module, *, strict: bool = True) -> nn.Module:
    """Return a copy in which every layer has taken over the batch norm behind it.

    返回一份副本，其中每一层都已吸收紧跟其后的批量归一化。
    strict=False leaves alone what cannot be folded, instead of raising.
    """
    if model.training:
        raise ValueError("expected a model in eval mode, got one in training mode")
    root = _Call(model)
    # Tracing runs the model's own code, which may leave things behind: use a copy.
    probe = copy.deepcopy(root, {id(p): p for p in model.parameters()})
    try:
        nodes = list(_Tracer().trace(probe).nodes)
    except Exception as error:
        message = f"torch.fx cannot follow {type(model).__name__} (fold parts of it)"
        raise ValueError(f"{message}: {error}") from error
    calls = Counter(str(node.target) for node in nodes if node.op == "call_module")
    modules = {name: root.get_submodule(name) for name in calls}
    reads = [str(node.target) for node in nodes if node.op == "get_attr"]
    read = {id(attrgetter(name)(probe)) for name in reads}
    new: dict[int, object] = {}  # id of a module -> the module that takes its place
    refused: list[str] = []
    for node in nodes:
        source = next(iter(node.all_input_nodes), node)
        names = str(source.target), str(node.target)
        layer, norm = modules.get(names[0]), modules.get(names[1])
        if not (isinstance(layer, Layer) and isinstance(norm, Norm)):
            continue
        linear = isinstance(layer, nn.Linear)
        channels = layer.out_features if linear else layer.out_channels
        kinds: Kinds = NORMS[layer.weight.dim() - 2], nn.SyncBatchNorm
        ids = {id(p) for p in (*layer.parameters(), *norm.parameters())}
        checks = {
            "training mode": layer.training or norm.training,
            "no running statistics": norm.running_mean is None,
            "the layer is used twice": calls[names[0]] > 1,
            "the batch norm is used twice": calls[names[1]] > 1,
            "something else reads the output": len(source.users) > 1,
            "something else reads a parameter": bool(ids & read),
            "a hook or an own forward": not (_is_plain(layer) and _is_plain(norm)),
            "other channels": norm.num_features != channels,
            "other dimensions": not isinstance(norm, kinds),
        }
        if reasons := ", ".join(text for text, holds in checks.items() if holds):
            refused.append(f"{names[1]} behind {names[0]}: {reasons}")
        else:
            rest = RowsOnly() if linear else nn.Identity()
            new |= {id(layer): _fold(layer, norm), id(norm): rest.eval()}
    if strict and (refused or not new):
        found = "; ".join(refused) or "no batch norm comes directly behind a layer"
        raise ValueError(f"cannot fold {type(model).__name__}: {found}")
    # deepcopy believes its memo: every reference to a module changes, aliases too.
    return copy.deepcopy(model, new)


@torch.no_grad()
def _fold(layer: Layer, norm: Norm) -> Layer:
    weight = layer.weight
    wide = torch.promote_types(weight.dtype, torch.float32)  # half has too few digits
    own, learned = dict(layer.named_parameters()), dict(norm.named_parameters())
    mean, var = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    scale = torch.rsqrt(var.to(wide) + norm.eps) * learned.get("weight", 1.0)
    bias = scale * (own.get("bias", 0.0) - mean.to(wide)) + learned.get("bias", 0.0)
    rows = scale.unsqueeze(1)  # (C_out, 1)
    if isinstance(layer, Transposed):  # (C_in, C_out / groups)
        inputs = layer.in_channels // layer.groups
        rows = scale.view(layer.groups, -1).repeat_interleave(inputs, 0)
    product = weight * rows.view(*rows.shape, *[1] * (weight.dim() - 2))
    new_weight = nn.Parameter(product.to(weight.dtype), weight.requires_grad)
    folded = copy.deepcopy(layer, {id(weight): new_weight})
    folded.bias = nn.Parameter(bias.to(weight.dtype), weight.requires_grad)
    return folded


def _is_plain(module: nn.Module) -> bool:
    known, torchs = vars(module), type(module).__module__.startswith("torch.nn.modules")
    hooked = known["_forward_pre_hooks"] or known["_forward_hooks"]
    return torchs and not hooked and "forward" not in known


class RowsOnly(nn.Identity):
    """Stands behind a linear layer: refuse (N, L, C), where batch norm means L."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002, D102
        if input.dim() != 2:
            raise ValueError(f"expected (N, C), got shape {tuple(input.shape)}")
        return input


class _Call(nn.Module):  # with the defaults: fx would make an input of every argument
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        arguments = inspect.signature(model.forward).parameters.values()
        required = [a.kind for a in arguments if a.default is a.empty]
        self.count = max(1, required.count(inspect.Parameter.POSITIONAL_OR_KEYWORD))

    def forward(self, inputs: Sequence[Tensor]) -> object:
        return self.model(*(inputs[i] for i in range(self.count)))


class _Tracer(fx.Tracer):  # what holds no layer is a leaf, so that more models pass
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        inside = any(isinstance(part, Layer | Norm) for part in m.modules())
        leaf = super().is_leaf_module(m, module_qualified_name)
        return leaf or not inside or isinstance(m, Layer | Norm)
