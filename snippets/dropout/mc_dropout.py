"""Monte-Carlo dropout: many predictions with dropout on, and how far they disagree.
蒙特卡洛 Dropout：推理时保持 Dropout 开启，多次预测，再看预测之间的分歧。

model.train() would switch batch norm to the batch's statistics and overwrite the stored
ones. So everything is put in eval, and only what drops is switched on: all of torch's
dropout layers with their subclasses, nn.MultiheadAttention with dropout > 0, nn.LSTM,
nn.GRU and nn.RNN with dropout > 0 and several layers, and the classes in `also`.

Of `also`, only the layer's own `training` flag is set, not that of its children: name
there your own dropout classes, and modules that call F.dropout(..., self.training).
F.dropout with a constant flag drops anyway; it cannot be seen from here.

nn.TransformerEncoderLayer in eval may take a fused path that never drops, whatever its
dropout layers say. It is closed for the while.

Shapes: the model returns (N, *); for classification logits (N, C, *). Half types are
summed up in float32. Entropies are in nats. Draws come from torch's global generator.
Errors: ValueError for samples < 2, for a model in which nothing drops and for logits of
fewer than 2 classes; TypeError for an output that is not a floating-point tensor. All
modes are restored, also on an error.
Source: Gal and Ghahramani 2016, "Dropout as a Bayesian Approximation", section 4;
Houlsby et al. 2011 (mutual information).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import (
    _DropoutNd,  # pyright: ignore[reportPrivateUsage]  # no public name covers all
)


@dataclass(frozen=True)
class Prediction:
    """What the samples say; the last two only for classification.
    多次采样的汇总；后两项只在分类时给出。
    """

    mean: Tensor  # (N, *), for classification of the probabilities
    std: Tensor  # (N, *), unbiased, between the samples
    entropy: Tensor | None = None  # (N, *) without C: all uncertainty of the prediction
    mutual_information: Tensor | None = None  # the samples' part of it, >= 0


def _drops(module: nn.Module) -> bool:
    if isinstance(module, _DropoutNd):
        return module.p > 0
    if isinstance(module, nn.MultiheadAttention):
        return module.dropout > 0
    if isinstance(module, nn.RNNBase):
        return module.dropout > 0 and module.num_layers > 1
    return False


def _entropy(p: Tensor) -> Tensor:
    return -torch.xlogy(p, p).sum(1)  # p log p with 0 log 0 = 0


@torch.no_grad()
def mc_dropout(
    model: nn.Module,
    x: Tensor,
    samples: int = 30,
    *,
    classification: bool = False,
    also: tuple[type[nn.Module], ...] = (),
) -> Prediction:
    """Predict `samples` times with dropout on and batch norm in eval.
    Dropout 开启、批量归一化保持推理模式，预测 samples 次。
    """
    if samples < 2:
        raise ValueError(f"a spread needs at least 2 samples, got {samples}")
    dropping = {m for m in model.modules() if _drops(m) or isinstance(m, also)}
    if not dropping:
        raise ValueError(f"nothing in {type(model).__name__} drops: see `also`")
    modes = {module: module.training for module in model.modules()}
    fused = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(False)
        for module in modes:
            module.training = module in dropping
        outputs = [model(x) for _ in range(samples)]
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
        for module, training in modes.items():
            module.training = training
    first = outputs[0]
    if not isinstance(first, Tensor) or not first.is_floating_point():
        raise TypeError(f"expected the model to return scores, got {type(first)}")
    draws = torch.stack(outputs).to(torch.promote_types(first.dtype, torch.float32))
    if not classification:
        return Prediction(draws.mean(0), draws.std(0))
    if first.dim() < 2 or first.shape[1] < 2:
        raise ValueError(f"expected logits (N, C, *), C > 1, got {tuple(first.shape)}")
    draws = draws.softmax(2)  # (samples, N, C, *)
    entropy = _entropy(draws.mean(0))
    within = torch.stack([_entropy(p) for p in draws]).mean(0)
    return Prediction(draws.mean(0), draws.std(0), entropy, entropy - within)
