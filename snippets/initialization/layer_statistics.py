"""Watch a model for one training step: what each layer puts out, and how it learns.
观察一个训练步：每一层输出什么，学得有多快。

    with LayerStatistics(model) as statistics:
        criterion(model(x), y).backward()
        optimizer.step()
    print(statistics)                    # an aligned table
    statistics.layers["conv1"]["std"]    # or the numbers; one that does not apply is
                                         # not there
    mean, std   of all outputs (a tuple's first tensor) of all calls in the block
    saturated   share of outputs within 1.5 % of the range from either end, of Tanh
                (above 0.97 or below -0.97) and Sigmoid
    dead        share of channels (axis `channel_dim`) that were 0 in every value seen:
                a ReLU lets no gradient through there
    gradient    norm of the gradient of the layer's own parameters, at the last backward
    update      norm of their change from entry to exit, over their norm at entry

Watched is each module that has no children or has parameters of its own; F.relu and
the like are no modules. The hooks go when the block ends, on an error too; outputs,
gradients and random numbers stay what they were. Each hook reads numbers back to the
CPU, and the block holds a copy of the parameters: watch some steps, not all. Under
torch.compile, watch the model before it is compiled.
Errors: ValueError, from torch, for a lazy layer that has not seen an input yet.
Source: nn.Module.register_forward_hook, Tensor.register_post_accumulate_grad_hook.
"""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Self, cast

import torch
from torch import Tensor, nn

Named = Iterator[tuple[str, nn.Module]]
Output = Tensor | tuple[object, ...] | None
COLUMNS = ("mean", "std", "saturated", "dead", "gradient", "update")
LOWEST: dict[type[nn.Module], int] = {nn.Tanh: -1, nn.Sigmoid: 0}  # both end at 1


def _wide(x: Tensor) -> Tensor:
    return x.detach().to(torch.promote_types(x.dtype, torch.float32))


def _norm(tensors: Iterable[Tensor]) -> float:
    return math.sqrt(sum(float(_wide(t).square().sum()) for t in tensors))


class LayerStatistics:
    """Collect the numbers of every layer while the block runs.
    在代码块运行期间收集每一层的数值。
    """

    def __init__(self, model: nn.Module, channel_dim: int = 1) -> None:
        self.model = model
        self.channel_dim = channel_dim
        self.layers: dict[str, dict[str, float]] = {}
        self._modules: dict[str, nn.Module] = {}
        self._before: dict[str, list[tuple[nn.Parameter, Tensor]]] = {}
        self._alive: dict[str, dict[int, Tensor]] = {}
        self._hooks: list[Any] = []

    def __enter__(self) -> Self:
        self._modules, self._before = {}, {}
        for name, module in cast("Named", self.model.named_modules()):
            own = list(module.parameters(recurse=False))
            if own or next(module.children(), None) is None:
                label = name or type(module).__name__
                self._modules[label] = module
                self._before[label] = [(p, p.detach().clone()) for p in own]
        self.layers = {name: {} for name in self._modules}
        self._alive = {name: {} for name in self._modules}
        for name, module in self._modules.items():  # nothing can fail from here on
            see = partial(self._see_output, name)
            self._hooks.append(module.register_forward_hook(see))
            see = partial(self._see_gradient, name)
            for p in module.parameters(recurse=False):
                if p.requires_grad:
                    self._hooks.append(p.register_post_accumulate_grad_hook(see))
        return self

    def __exit__(self, *_: object) -> None:
        while self._hooks:
            self._hooks.pop().remove()
        for name, own in self._before.items():
            if size := _norm(before for _, before in own):
                change = _norm(p.detach() - before for p, before in own)
                self.layers[name]["update"] = change / size
        self._before.clear()

    def _see_output(self, name: str, module: nn.Module, _: object, out: Output) -> None:
        first = out[0] if isinstance(out, tuple) and out else out
        if not isinstance(first, Tensor) or not first.is_floating_point():
            return
        y, layer = _wide(first), self.layers[name]
        if not y.numel():
            return
        layer["values"] = layer.get("values", 0) + y.numel()
        new = y.numel() / layer["values"]  # the share of this call in all

        def mix(column: str, value: float) -> float:
            return value if new == 1 else (1 - new) * layer[column] + new * value

        variance, mean = (float(v) for v in torch.var_mean(y, correction=0))
        if new < 1:  # the spread within each call, and the spread between their means
            between = new * (1 - new) * (mean - layer["mean"]) ** 2
            variance = (1 - new) * layer["std"] ** 2 + new * variance + between
        layer["mean"], layer["std"] = mix("mean", mean), math.sqrt(variance)
        low = LOWEST.get(type(module))
        if low is not None:
            near = torch.minimum(y - low, 1 - y) < 0.015 * (1 - low)
            layer["saturated"] = mix("saturated", float(near.float().mean()))
        if -y.dim() <= self.channel_dim < y.dim():
            C = y.shape[self.channel_dim]
            alive = (y != 0).movedim(self.channel_dim, 0).reshape(C, -1).any(1)
            widths = self._alive[name]  # one ReLU may serve several
            widths[C] = alive | widths.get(C, alive)
            layer["dead"] = 1 - float(torch.cat([*widths.values()]).float().mean())

    def _see_gradient(self, name: str, _: Tensor) -> None:
        grads = (p.grad for p, _ in self._before[name] if p.grad is not None)
        self.layers[name]["gradient"] = _norm(grads)

    def __str__(self) -> str:
        rows = [["layer", "type", *COLUMNS]]
        for name, layer in self.layers.items():
            cells = (f"{layer[c]:.3g}" if c in layer else "-" for c in COLUMNS)
            rows.append([name, type(self._modules[name]).__name__, *cells])
        left, right = (max(len(row[i]) for row in rows) for i in (0, 1))
        return "\n".join(
            f"{name:{left}}  {kind:{right}}" + "".join(f"{cell:>11}" for cell in cells)
            for name, kind, *cells in rows
        )
