"""The gallery of snippets: sentence, signatures and raw file, read from the files.

The two first lines of a snippet's docstring are its sentence in both languages. The
files are parsed, not imported: no torch is needed.
"""

import ast
import json
from pathlib import Path

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT
from scripts.results import load as result

MARK = "<!-- gallery -->"
TOPICS = {
    "batch_norm": {"zh": "用于批量归一化", "en": "For batch normalization"},
    "norms": {"zh": "其他归一化", "en": "Other normalizations"},
    "dropout": {"zh": "Dropout", "en": "Dropout"},
    "initialization": {"zh": "初始化与观察", "en": "Initialization and watching"},
    "diagnose": {"zh": "诊断", "en": "Diagnosis"},
}
# Where a file defines more than it is for: the names that its reader calls.
CALLED = {
    "channels_first_layer_norm": ("ChannelsFirstLayerNorm",),
    "diagnose": ("diagnose",),
    "fold": ("fold_batch_norm",),
    "norms": ("LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm"),
    "synchronize": ("SyncBatchNorm",),
}


# What the tests compare a snippet with.
COMPARED = {
    "batch_norm": ("nn.BatchNorm1d、2d、3d", "nn.BatchNorm1d, 2d, 3d"),
    "batch_norm_backward": ("自动求导，gradcheck", "autograd, gradcheck"),
    "fold": ("未折叠的模型", "the model before folding"),
    "freeze": ("冻结前后的参数与缓冲区", "parameters and buffers before and after"),
    "masked": (
        "只含有效位置的 F.batch_norm",
        "F.batch_norm of the valid positions alone",
    ),
    "no_decay": ("逐层列出的参数", "the parameters listed layer by layer"),
    "recalibrate": (
        "整个数据集的均值与方差",
        "mean and variance of the whole data set",
    ),
    "report": ("亲手算出的统计量", "statistics worked out by hand"),
    "synchronize": (
        "一个进程里的整批（两个真实的 gloo 进程）",
        "the whole batch in one process (two real gloo processes)",
    ),
    "to_group_norm": (
        "改造前的模型与 nn.GroupNorm",
        "the model before, and nn.GroupNorm",
    ),
    "channels_first_layer_norm": (
        "换轴的 nn.LayerNorm",
        "nn.LayerNorm with the axes moved",
    ),
    "norms": (
        "nn.LayerNorm、GroupNorm、InstanceNorm、RMSNorm",
        "nn.LayerNorm, GroupNorm, InstanceNorm, RMSNorm",
    ),
    "spectral_norm": (
        "parametrizations.spectral_norm，奇异值分解",
        "parametrizations.spectral_norm, singular value decomposition",
    ),
    "standardize": (
        "64 位的整体均值与方差",
        "mean and variance of everything in 64 bits",
    ),
    "weight_norm": ("parametrizations.weight_norm", "parametrizations.weight_norm"),
    "drop_path": ("论文的公式与自动求导", "the paper's formula and autograd"),
    "dropout": ("nn.Dropout、Dropout2d，闭式", "nn.Dropout, Dropout2d, closed forms"),
    "fixed_mask": ("逐个时间步比较的掩码", "masks compared step by step"),
    "keep_probability_dropout": (
        "nn.Dropout 的期望",
        "the expectation of nn.Dropout",
    ),
    "mc_dropout": ("闭式的均值与熵", "mean and entropy in closed form"),
    "initialize": (
        "nn.init（逐位相同）",
        "nn.init (the same bits)",
    ),
    "layer_statistics": (
        "逐层亲手算出的统计量",
        "statistics worked out layer by layer",
    ),
    "diagnose": (
        "症状一节的每个复现，和没有毛病的四种网络",
        "every reproduction of the symptoms, and four sound networks",
    ),
}
# The layers whose time scripts/bench measures, by the snippet that holds them.
TIMED = {
    "batch_norm": ("BatchNorm",),
    "channels_first_layer_norm": ("ChannelsFirstLayerNorm",),
    "dropout": ("Dropout", "ChannelDropout"),
    "norms": ("LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm"),
    "spectral_norm": ("SpectralNorm",),
    "weight_norm": ("WeightNorm",),
}
# What the others cost, and what comes nearest in torch: scripts/benchmark/costs.py. A
# step is forward and backward of a mini-batch; the page says how large it is.
COSTS = {
    "batch_norm_backward": (
        "求出全部梯度：投影 {ours}，逐步推导 {steps}，"
        "torch 的自动求导（含前向）{theirs}。",
        "All gradients: by projection {ours}, step by step {steps}, "
        "by torch's autograd, forward included, {theirs}.",
    ),
    "freeze": (
        "经过一个冻结的层的一步 {ours}，训练模式下 {theirs}。",
        "A step through a frozen layer takes {ours}, in training mode {theirs}.",
    ),
    "masked": (
        "四分之三的位置有效，一步 {ours}；`nn.BatchNorm1d` 对全部位置 {theirs}。",
        "A step with three quarters of the positions valid takes {ours}; "
        "`nn.BatchNorm1d` over all of them, {theirs}.",
    ),
    "no_decay": (
        "给 {layers} 层网络的参数分组用 {ours}。",
        "Sorts the parameters of {layers} layers in {ours}.",
    ),
    "recalibrate": (
        "{batches} 个小批量经过 {layers} 层的网络，连同重新统计 {ours}，"
        "只做前向 {theirs}。",
        "{batches} mini-batches through {layers} layers take {ours} with the "
        "statistics, {theirs} without.",
    ),
    "report": (
        "{layers} 层的网络带一批数据 {ours}，其中一次前向 {theirs}。",
        "Takes {ours} for {layers} layers and a mini-batch, of which one forward pass "
        "is {theirs}.",
    ),
    "synchronize": (
        "同一台机器上的两个进程，一步 {ours}；各自用 `nn.BatchNorm2d`，{theirs}。",
        "A step in two processes on one machine takes {ours}; with `nn.BatchNorm2d` in "
        "each, {theirs}.",
    ),
    "to_group_norm": (
        "转换 {layers} 层的网络用 {ours}。",
        "Converts a network of {layers} layers in {ours}.",
    ),
    "standardize": (
        "标准化一个小批量用 {ours}；直接写 `(x - mean) / std` 用 {theirs}。",
        "Standardizes a mini-batch in {ours}; `(x - mean) / std` takes {theirs}.",
    ),
    "drop_path": (
        "一步 {ours}；`nn.Dropout` {theirs}，它要为每个数各抽一次。",
        "A step takes {ours}; `nn.Dropout`, which draws a number for each value, "
        "{theirs}.",
    ),
    "fixed_mask": (
        "一步 {ours}；`nn.Dropout` {theirs}，它要为每个数各抽一次。",
        "A step takes {ours}; `nn.Dropout`, which draws a number for each value, "
        "{theirs}.",
    ),
    "keep_probability_dropout": (
        "一步 {ours}；`nn.Dropout` {theirs}。",
        "A step takes {ours}; `nn.Dropout`, {theirs}.",
    ),
    "mc_dropout": (
        "一个小的全连接网络，预测 {samples} 次用 {ours}；"
        "关掉 Dropout 预测一次用 {theirs}。",
        "For a small fully connected network, {samples} predictions take {ours}; one "
        "without dropout, {theirs}.",
    ),
    "initialize": (
        "初始化 {layers} 层的网络用 {ours}；直接调用 `kaiming_normal_` 用 {theirs}。",
        "Initializes {layers} layers in {ours}; calling `kaiming_normal_` takes "
        "{theirs}.",
    ),
    "layer_statistics": (
        "{layers} 层的网络训练一步，收集数值时 {ours}，不收集时 {theirs}。",
        "A training step of {layers} layers takes {ours} while it is watched, "
        "{theirs} without.",
    ),
}
WORDS = {
    "zh": {
        "ms": "{} 毫秒",
        "space": "",
        "show": "显示代码",
        "tested": "对照：{what}。测试发现了 {mutants} 个植入错误中的 {killed} 个。",
        "times": "耗时是 `torch.nn` 的 {eager} 倍（编译后 {compiled} 倍）。",
        "each": "{name} {times}",
        "comma": "、",
        "fold": "折叠 {layers} 层的网络用 {time:.0f} 毫秒，"
        "折叠之后的速度是原来的 {gain:.2f} 倍。",
        "diagnose": "检查 {layers} 层的网络用 {time:.0f} 毫秒，"
        "带一批数据用 {batch:.0f} 毫秒。",
    },
    "en": {
        "ms": "{} ms",
        "space": " ",
        "show": "show the code",
        "tested": "Compared with: {what}. "
        "The tests notice {killed} of {mutants} planted faults.",
        "times": "Takes {eager} times as long as `torch.nn` "
        "({compiled} times when compiled).",
        "each": "{times} ({name})",
        "comma": ", ",
        "fold": "Folds a network of {layers} layers in {time:.0f} ms; "
        "folded, it runs {gain:.2f} times as fast.",
        "diagnose": "Checks a network of {layers} layers in {time:.0f} ms, "
        "with a batch in {batch:.0f} ms.",
    },
}


class GalleryError(PluginError):
    """A snippet that the gallery cannot show."""


def snippets(topic: str, root: Path = ROOT) -> list[Path]:
    """Return the snippets of a topic, without demonstrations."""
    found = sorted((root / "snippets" / topic).glob("[!_]*.py"))
    found = [path for path in found if not path.name.startswith("demo_")]
    if not found:
        raise GalleryError(f"no snippets found in snippets/{topic}")
    return found


def sentence(path: Path, language: str) -> str:
    """Return the first or second line of the docstring."""
    lines = (ast.get_docstring(ast.parse(path.read_bytes())) or "").splitlines()
    if len(lines) < 2 or not lines[1].strip():
        raise GalleryError(f"{path}: the docstring needs one line in each language")
    return lines[1 if language == "zh" else 0].strip()


def signatures(path: Path) -> list[str]:
    """Return `name(arguments)` of what a reader calls, without annotations."""
    found: list[str] = []
    for node in ast.parse(path.read_bytes()).body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        if node.name not in CALLED.get(path.stem, (node.name,)):
            continue
        function: ast.stmt | None = node
        if isinstance(node, ast.ClassDef):
            functions = [f for f in node.body if isinstance(f, ast.FunctionDef)]
            function = next((f for f in functions if f.name == "__init__"), None)
        if node.name.startswith("_"):
            continue
        if not isinstance(function, ast.FunctionDef):  # as the class it is made from
            found.append(f"{node.name}(…)")
            continue
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for one in [*every, arguments.vararg, arguments.kwarg]:
            if one is not None:
                one.annotation = None
        arguments.args = [a for a in arguments.args if a.arg != "self"]
        found.append(f"{node.name}({ast.unparse(arguments)})")
    return found


def tested(path: Path, language: str) -> str:
    """Return what a snippet was compared with, and how many faults the tests notice."""
    found = json.loads((ROOT / "tests" / "mutation.json").read_bytes())
    one = found[f"{path.parent.name}/{path.stem}"]
    return WORDS[language]["tested"].format(
        what=COMPARED[path.stem][0 if language == "zh" else 1],
        mutants=one["mutants"],
        killed=one["killed"],
    )


def cost(path: Path, language: str) -> str:
    """Return how long a snippet takes, as measured."""
    words, times = WORDS[language], result("benchmark")
    if path.stem in {"fold", "diagnose"}:
        net = times["deep_net"]
        return words[path.stem].format(
            layers=net["layers"],
            time=net[path.stem]["median"],
            batch=net["diagnose_with_batch"]["median"],
            gain=net["gain"]["median"],
        )
    if path.stem in COSTS:
        return beside(path.stem, language)
    layers = TIMED[path.stem]

    def middle(how: str) -> str:
        medians = [f"{times['layers'][one][how]['median']:.1f}" for one in layers]
        if len(layers) == 1:
            return medians[0]
        return words["comma"].join(
            words["each"].format(name=name, times=median)
            for name, median in zip(layers, medians, strict=True)
        )

    return words["times"].format(eager=middle("eager"), compiled=middle("compiled"))


def beside(name: str, language: str) -> str:
    """Return what a snippet takes, and what comes nearest to it in torch."""
    measured = result("costs")

    def taken(which: str, whose: str) -> str:
        value = measured["costs"][which][whose]["median"]
        return WORDS[language]["ms"].format(
            f"{value:.{2 if value < 1 else 1 if value < 10 else 0}f}"
        )

    return COSTS[name][0 if language == "zh" else 1].format(
        ours=taken(name, "ours"),
        theirs=taken(name, "theirs"),
        steps=taken("batch_norm_backward_steps", "ours"),
        **{key: measured[key] for key in ("layers", "batches", "samples")},
    )


def render(language: str, raw: str) -> str:
    """Return the gallery as Markdown; raw is the word for the raw file."""
    lines: list[str] = []
    for topic, names in TOPICS.items():
        lines += [f"## {names[language]} {{#{topic.replace('_', '-')}}}", ""]
        for path in snippets(topic):
            file = f"{topic}/{path.name}"
            calls = "<br>".join(f"<code>{s}</code>" for s in signatures(path))
            lines += [
                f"### {path.stem} {{#{path.stem.replace('_', '-')}-file}}",
                "",
                sentence(path, language),
                "",
                f"{calls}",
                "{.signature}" if calls else "",
                "",
                tested(path, language)
                + WORDS[language]["space"]
                + cost(path, language),
                "{.fine}",
                "",
                f'<a href="@root/snippets/{file}" data-listing="'
                f'{WORDS[language]["show"]}">{raw} <code>{file}</code></a>',
                "{.fine}",
                "",
            ]
    return "\n".join(lines)


def fill(text: str, language: str, raw: str) -> str:
    """Return the text with the mark replaced by the gallery."""
    return text.replace(MARK, render(language, raw)) if MARK in text else text
