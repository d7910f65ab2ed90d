"""Find the usual mistakes with normalization and dropout in a model, and the remedy.
找出模型中归一化与 Dropout 的常见错误，并说明怎样改。

    for finding in diagnose(model, batch):
        print(finding.layer, finding.message)

It examines the mode the model is in: call it after model.train() and after .eval().
Without a batch it sees the layers, and their order inside nn.Sequential. With one (a
tensor, a tuple of arguments or a dict of keywords, batch axis included) the model runs
twice, all of it in eval, and is watched. No parameter, buffer, mode, gradient or random
number changes; all activations are held for that time. Use it before torch.compile, and
not under python -OO: the docstrings of the checks are what a finding says.

A finding is sure of what it saw, not of what you meant: a new model in eval really has
statistics that saw no data, and torchvision's VGG really has biases before its norms.
Errors: ValueError for lazy layers that saw no input; and what the model raises in eval.
"""

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm
InstanceNorm = nn.InstanceNorm1d | nn.InstanceNorm2d | nn.InstanceNorm3d
Norm = BatchNorm | InstanceNorm | nn.GroupNorm | nn.LayerNorm | nn.RMSNorm
Transposed = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
Linear = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | Transposed
ChannelDropout = nn.Dropout1d | nn.Dropout2d | nn.Dropout3d
Dropout = nn.Dropout | ChannelDropout
Names = dict[nn.Module, str]
Numbers = dict[str, object] | None  # what the finding's text names; None: no finding


@dataclass(frozen=True)
class Finding:
    """What was seen in a layer and what to do about it, in both languages.
    在某一层看到了什么、该怎么办，中英文各一份。
    """

    kind: str  # the name of the check below
    layer: str
    message: str
    message_zh: str


@dataclass
class Use:
    """A layer, and its use as far as the batch or nn.Sequential shows it.
    一个层，以及从数据或 nn.Sequential 中看到的用法。
    """

    name: str
    layer: nn.Module
    feeder: "Use | None" = None  # the linear layer whose output only this one reads
    dropouts: frozenset[str] = frozenset()  # on the way from the last norm to here
    calls: int = 1  # in one forward
    shape: tuple[int, ...] = ()  # of the input; () if unknown
    source: int = 0  # the id of the input
    moments: tuple[Tensor, ...] = ()  # variance and mean per channel of the input
    random: bool = False  # random numbers drawn in eval, and seen in the output


def _stored(layer: nn.Module) -> tuple[Tensor, Tensor] | None:
    if not isinstance(layer, BatchNorm | InstanceNorm):
        return None
    mean, var = layer.running_mean, layer.running_var
    return None if mean is None or var is None else (mean, var)


def _axes(layer: nn.Module) -> int:  # the 1, 2 or 3 in the name of its class
    if isinstance(layer, nn.InstanceNorm1d | nn.Dropout1d):
        return 1
    return 2 if isinstance(layer, nn.InstanceNorm2d | nn.Dropout2d) else 3


def frozen_in_train_mode(use: Use) -> Numbers:
    """Its {n} parameters are frozen, but in train mode it normalizes by the batch and
    moves its statistics. Call .eval() on it after each model.train().
    它的 {n} 个参数已冻结，但在训练模式下仍按小批量归一化，统计量也在变。
    请在每次 model.train() 之后对它调用 .eval()。
    """
    trains = [p.requires_grad for p in use.layer.parameters()]
    if not isinstance(use.layer, BatchNorm) or not trains or any(trains):
        return None
    return {"n": len(trains)} if use.layer.training else None


def one_value(use: Use) -> Numbers:
    """Each mean is over 1 value (input {shape}), so nothing of the input is left. Use
    larger batches (drop_last=True), fewer groups, or a norm over other axes.
    每个均值只由 1 个值算出（输入形状 {shape}），输入的信息全部丢失。
    请增大小批量（drop_last=True）、减少组数，或改用沿其他轴的归一化。
    """
    layer, shape, n = use.layer, use.shape, 0
    if isinstance(layer, nn.LayerNorm):
        n = math.prod(layer.normalized_shape)
    elif isinstance(layer, nn.GroupNorm) and shape:
        n = math.prod(shape[1:]) // layer.num_groups
    elif shape and (layer.training or not _stored(layer)):
        if isinstance(layer, BatchNorm):
            n = shape[0] * math.prod(shape[2:])
        elif isinstance(layer, InstanceNorm):
            n = math.prod(shape[-_axes(layer) :])
    return {"shape": shape or "(*, 1)"} if n == 1 else None


def never_updated(use: Use) -> Numbers:
    """In eval it uses the initial statistics of its {n} channels: mean 0, variance 1.
    Train first, or load a checkpoint that holds the buffers.
    推理时 {n} 个通道的统计量都还是初始值：均值 0、方差 1。
    请先训练，或加载含有缓冲区的检查点。
    """
    stored = _stored(use.layer)
    if stored is None or use.layer.training or use.layer.num_batches_tracked:
        return None
    initial = not stored[0].any() and bool((stored[1] == 1).all())
    return {"n": len(stored[0])} if initial else None


def not_finite(use: Use) -> Numbers:
    """{n} of its running statistics are NaN or infinite, for good. Find the bad batch,
    then reset_running_stats() and recalibrate.
    有 {n} 个滑动统计量是 NaN 或无穷大，且不会自行恢复。
    请找出出错的小批量，再 reset_running_stats() 并重新校准。
    """
    n = sum(int((~values.isfinite()).sum()) for values in _stored(use.layer) or ())
    return {"n": n} if n else None


def far_from_batch(use: Use) -> Numbers:
    """For this batch's median channel the mean is {off:.2g} std from the stored one and
    the variance {ratio:.2g} times it. Preprocess as in training, or recalibrate.
    按通道取中位数，这个小批量的均值与所存值相差 {off:.2g} 个标准差，
    方差是所存值的 {ratio:.2g} 倍。请按训练时的方式预处理，或重新校准。
    """
    stored = _stored(use.layer)
    if not stored or not use.moments or use.layer.training or never_updated(use):
        return None
    (mean, var), (batch_var, batch_mean) = stored, use.moments
    off = float(((batch_mean - mean).abs() / (var + 1e-5).sqrt()).median())
    ratio = float(((batch_var + 1e-5) / (var + 1e-5)).median())
    far = off > 1 or ratio > 4 or ratio < 1 / 4
    return {"off": off, "ratio": ratio} if far else None


def bias_before_norm(use: Use) -> Numbers:
    """It subtracts the mean, and with it the {n} biases of {feeder}, which nothing else
    reads. Set bias=False there.
    它减去均值，{feeder} 的 {n} 个偏置也随之消失，而别处并不读取。
    请在那里设 bias=False。
    """
    layer, feeder = use.layer, use.feeder
    if feeder is None or not isinstance(layer, BatchNorm | InstanceNorm):
        return None
    bias = cast("Tensor | None", feeder.layer.bias)
    constant = feeder.layer.training and not layer.training  # frozen: the bias matters
    if bias is None or constant:
        return None
    return {"n": len(bias), "feeder": feeder.name}


def instance_norm_without_affine(use: Use) -> Numbers:
    """Neither it (affine=False is its default) nor {feeder} (bias=False) can shift a
    channel, as batch norm would. Set affine=True.
    它（默认 affine=False）和 {feeder}（bias=False）都不能平移通道，批量归一化则可以。
    请设 affine=True。
    """
    layer, feeder = use.layer, use.feeder
    if feeder is None or not isinstance(layer, InstanceNorm) or layer.affine:
        return None
    bias = cast("Tensor | None", feeder.layer.bias)
    return {"feeder": feeder.name} if bias is None else None


def dropout_before_batch_norm(use: Use) -> Numbers:
    """Its input went through {names}: E[x^2] is up to 1 / (1 - p) times larger in
    training, and that is what running_var stores. Drop out after the last batch norm.
    它的输入经过了 {names}：训练时 E[x^2] 可达推理时的 1 / (1 - p) 倍，
    而 running_var 存下的正是前者。请把 Dropout 移到最后一个批量归一化之后。
    """
    if not isinstance(use.layer, BatchNorm) or not use.dropouts:
        return None
    return {"names": ", ".join(sorted(use.dropouts))}


def channel_dropout_rank(use: Use) -> Numbers:
    """It drops channels of (N, C, *) in rank {rank}, but its input is {shape}. Use the
    Dropout1d, 2d or 3d that fits the rank.
    它在 {rank} 维的 (N, C, *) 上丢弃通道，而输入是 {shape}。
    请换用与维数相符的 Dropout1d、2d 或 3d。
    """
    if not isinstance(use.layer, ChannelDropout) or not use.shape:
        return None
    rank = _axes(use.layer) + 2
    return {"rank": rank, "shape": use.shape} if len(use.shape) != rank else None


def random_in_eval(use: Use) -> Numbers:
    """It drew random numbers in eval: {n} runs gave {n} outputs. Unless that is meant,
    write F.dropout(x, p, self.training); in attention dropout_p=p * self.training.
    它在推理时抽取了随机数：运行 {n} 次得到 {n} 种输出。若非本意，请写
    F.dropout(x, p, self.training)；在注意力中写 dropout_p=p * self.training。
    """
    return {"n": 2} if use.random else None


def shared_statistics(use: Use) -> Numbers:
    """It runs {calls} times per forward, and its one set of running statistics mixes
    all those inputs. Use one layer for each place.
    每次前向都要调用它 {calls} 次，唯一的一组滑动统计量混合了各处的输入。
    请每处各用一个层。
    """
    return {"calls": use.calls} if use.calls > 1 and _stored(use.layer) else None


def momentum_like_keras(use: Use) -> Numbers:
    """momentum={momentum} weighs the new batch here, but the old value in Keras. If it
    comes from there, write {ours:.3g}.
    momentum={momentum} 在这里是新小批量的权重，在 Keras 中则是旧值的权重。
    若取自 Keras，请写 {ours:.3g}。
    """
    momentum: Any = _stored(use.layer) and use.layer.momentum
    if momentum is None or not 0.9 <= momentum <= 0.999:
        return None
    return {"momentum": momentum, "ours": 1 - momentum}


CHECKS: tuple[Callable[[Use], Numbers], ...] = (
    frozen_in_train_mode,
    one_value,
    never_updated,
    not_finite,
    far_from_batch,
    bias_before_norm,
    instance_norm_without_affine,
    dropout_before_batch_norm,
    channel_dropout_rank,
    random_in_eval,
    shared_statistics,
    momentum_like_keras,
)


def _texts(check: Callable[[Use], Numbers], numbers: dict[str, object]) -> list[str]:
    lines = [line.strip() for line in (check.__doc__ or "").strip().split("\n")]
    english = " ".join(line for line in lines if line.isascii())
    chinese = "".join(line for line in lines if not line.isascii())
    return [text.format(**numbers) for text in (english, chinese)]


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return _tensors([*cast("dict[str, Any]", value).values()])
    if not isinstance(value, list | tuple):
        return []
    return [tensor for part in cast("list[Any]", value) for tensor in _tensors(part)]


class _Watch(TorchFunctionMode):
    """Follow the tensors of one forward from layer to layer."""

    def __init__(self, devices: list[int]) -> None:
        super().__init__()
        self.devices = devices
        self.uses: list[Use] = []
        self.open: list[Use] = []  # the layers that are running, innermost last
        self.makers: dict[int, Use] = {}  # of linear outputs, by the id of the tensor
        self.reads: Counter[int] = Counter()
        self.dropouts: dict[int, frozenset[str]] = {}
        self.kept: list[Tensor] = []  # so that no id is given out twice
        self.counting = True

    def states(self) -> list[Tensor]:
        cuda = [torch.cuda.get_rng_state(device) for device in self.devices]
        return [torch.get_rng_state(), *cuda]

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        states = self.states()
        out = func(*args, **(kwargs or {}))
        if self.open and not all(map(torch.equal, states, self.states())):
            self.open[-1].random = True
        made = _tensors(out)
        if made and self.counting:  # to ask for a shape is not to read
            read = [id(tensor) for tensor in _tensors([args, kwargs])]
            self.reads.update(read)
            past = [self.dropouts.get(key, frozenset[str]()) for key in read]
            self.dropouts.update((id(t), frozenset[str]().union(*past)) for t in made)
            self.kept += made
        return out

    def enter(self, name: str, layer: nn.Module, args: Any, kwargs: Any) -> None:
        use = Use(name, layer)
        self.uses.append(use)
        self.open.append(use)
        for x in _tensors([args, kwargs])[:1]:
            use.source, use.shape = id(x), tuple(x.shape)
            use.feeder = self.makers.get(use.source)
            use.dropouts = self.dropouts.get(use.source, frozenset())
            if isinstance(layer, BatchNorm) and x.dim() > 1 and x.numel() > x.shape[1]:
                self.counting = False  # this reading is ours
                use.moments = torch.var_mean(x.float().transpose(0, 1).flatten(1), 1)
                self.counting = True

    def leave(self, layer: nn.Module, _: Any, output: Any) -> Any:
        use = self.open.pop()
        drops = isinstance(layer, Dropout) and layer.p > 0
        if drops:
            output = output.view_as(output)  # in eval it is the input: others read that
        for tensor in _tensors(output):
            self.kept.append(tensor)
            if isinstance(layer, Linear):
                self.makers[id(tensor)], self.reads[id(tensor)] = use, 0
            if isinstance(layer, Norm):
                self.dropouts[id(tensor)] = frozenset()
            if drops:
                self.dropouts[id(tensor)] = use.dropouts | {use.name}
        return output


def _with_batch(model: nn.Module, names: Names, batch: Any) -> list[Use]:
    args: Any = (batch,)
    kwargs: Any = {}
    if isinstance(batch, dict):
        args, kwargs = (), cast("dict[str, Any]", batch)
    elif isinstance(batch, tuple):
        args = cast("tuple[Any, ...]", batch)
    copies = {name: buffer.clone() for name, buffer in model.named_buffers()}
    forward = partial(torch.func.functional_call, model, copies, args, kwargs)
    cuda = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    watch, modes = _Watch([*cuda]), {layer: layer.training for layer in names}
    hooks: list[Any] = []
    try:
        for layer in names:
            layer.training = False
        with torch.no_grad(), torch.random.fork_rng(cuda), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = _tensors(forward())
            for layer, name in names.items():
                enter = partial(watch.enter, name)
                hooks.append(layer.register_forward_pre_hook(enter, with_kwargs=True))
                hooks.append(layer.register_forward_hook(watch.leave))
            with watch:
                second = _tensors(forward())  # on the random numbers that follow
    finally:
        for hook in hooks:
            hook.remove()
        for layer, training in modes.items():
            layer.training = training
    watch.reads.update(map(id, second))  # the caller reads the output
    differ = not all(map(torch.equal, first, second))
    calls = Counter(use.name for use in watch.uses)
    for use in watch.uses:
        use.calls = calls[use.name]
        use.random = use.random and differ
        use.feeder = use.feeder if watch.reads[use.source] == 1 else None
    return watch.uses


def _chain(layer: nn.Module) -> list[nn.Module]:
    if not isinstance(layer, nn.Sequential):
        return [layer]
    if type(layer).forward is not nn.Sequential.forward:
        return [layer]
    return [part for child in layer for part in _chain(child)]  # a shared one twice


def _without_batch(names: Names) -> Iterator[Use]:
    for chain in map(_chain, names):
        use, dropouts = None, frozenset[str]()
        for layer in chain:
            feeder = use if use and isinstance(use.layer, Linear) else None
            use = Use(names[layer], layer, feeder, dropouts, chain.count(layer))
            yield use
            foreign = not type(layer).__module__.startswith("torch.nn.")
            if isinstance(layer, Dropout) and layer.p > 0:
                dropouts |= {use.name}
            elif isinstance(layer, Norm) or foreign or next(layer.children(), None):
                dropouts = frozenset[str]()  # normalized, or nobody knows


def diagnose(model: nn.Module, batch: Any = None) -> list[Finding]:
    """List what is wrong in the model, layer by layer.
    逐层列出模型中的问题。
    """
    if any(map(is_lazy, (*model.parameters(), *model.buffers()))):
        raise ValueError("a lazy layer has no parameters yet: run the model once first")
    named = cast("Iterator[tuple[str, nn.Module]]", model.named_modules())
    names = {layer: name for name, layer in named}
    used = _without_batch(names) if batch is None else _with_batch(model, names, batch)
    found: dict[str, dict[str, Finding]] = {name: {} for name in names.values()}
    for use in (*(Use(name, layer) for layer, name in names.items()), *used):
        for check in CHECKS:
            numbers, kind = check(use), check.__name__
            if numbers is not None and kind not in found[use.name]:
                layer = use.name or type(use.layer).__name__
                found[use.name][kind] = Finding(kind, layer, *_texts(check, numbers))
    return [finding for kinds in found.values() for finding in kinds.values()]
