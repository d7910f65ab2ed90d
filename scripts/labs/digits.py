"""Lab: source 002's digits, an MLP and a CNN, with and without batch norm.

The plain modules of scripts/experiments/digits_mlp.py and digits_mlp_drift.py, three
seeds: loss and accuracy, what a step costs, and how far the second layer's outputs
move, with the controls that source 002's drift needs: a frozen network, a fixed batch.
FOLDER takes MNIST or Fashion-MNIST instead of the embedded digits.
"""

# %% [markdown] lang="zh"
# # 实验：手写数字，MLP 与 CNN {#digits}
#
# **批量归一化让手写数字学得更快，是因为各层的分布不再乱动吗？**
#
# [来源 002](../claims.md#program-digits-networks) 在 MNIST 上训练一个 784-48-24-10 的网络，画出第二个线性层的输出：不加批量归一化时，直方图一批一个样；加了以后几乎不动。由此得出结论：分布稳定，所以学得快。图已经失传，CNN 只给了结构，没有测量。
#
# 这里两种网络都训练，各用三个种子，再补上原文没有的两个对照：同样的批送进*不训练*的网络，以及训练时始终看*同一批*。一步的代价也量一量。

# %% [markdown] lang="en"
# # Lab: handwritten digits, an MLP and a CNN {#digits}
#
# **Batch normalization makes digits train faster. Is it because the distributions inside stop moving?**
#
# [Source 002](../claims.md#program-digits-networks) trains a 784-48-24-10 network on MNIST and draws the outputs of its second linear layer. Without batch normalization the histogram changes from batch to batch; with it, it hardly moves. The conclusion drawn is that stable distributions make training fast. The figures are lost, and of the CNN only the layers are given, nothing measured.
#
# Here both networks are trained with three seeds each. Two controls are added that the source lacks: the same batches sent through a network that is *not trained*, and *one fixed batch* watched during training. What a step costs is measured too.

# %%
import gzip
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.set_num_threads(1)
FOLDER = None  # or a folder with the four files of MNIST or Fashion-MNIST
SEEDS = (0, 1, 2)
EPOCHS, BATCH_SIZE, LEARNING_RATE = 20, 64, 0.1

# %% [markdown] lang="zh"
# ## 数据 {#data}
#
# 默认用 scikit-learn 自带的 {{ len(x) + len(test_x) }} 张 {{ side }}×{{ side }} 数字，不用下载。把 `FOLDER` 设成存有四个 IDX 文件的文件夹，就换成 MNIST 或 Fashion-MNIST，文件可以是 `.gz` 压缩的，网络会自动变成 784-48-24-10。为了不到一分钟就跑完，只取与默认数据一样多的图片：{{ len(x) }} 张训练，{{ len(test_x) }} 张测试。像素一律缩放到 0 到 1，测试用的图片训练时从不出现。
#
# IDX 文件的开头是 0、0、8、维数，接着是每一维的长度（高位在前的 32 位整数），然后是像素。

# %% [markdown] lang="en"
# ## The data {#data}
#
# By default: the {{ len(x) + len(test_x) }} digits of {{ side }}×{{ side }} pixels that come with scikit-learn, without a download. Set `FOLDER` to a folder with the four IDX files and you get MNIST or Fashion-MNIST; the files may be compressed (`.gz`), and the network turns into 784-48-24-10 by itself. To stay within a minute, only as many of these images are used as there are by default: {{ len(x) }} for training, {{ len(test_x) }} for test. Pixels are scaled to 0 to 1. Test images never appear in training.
#
# An IDX file begins with 0, 0, 8 and the number of dimensions; then comes the length of each dimension as a 32-bit number, high byte first; then the pixels.


# %%
def read_idx(folder, name):
    path = Path(folder, name)
    if path.exists():
        data = path.read_bytes()
    else:
        data = gzip.decompress(Path(folder, f"{name}.gz").read_bytes())
    if data[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path} is no IDX file of bytes")
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def load(folder, train, test):
    if folder is None:
        images, labels = load_digits(return_X_y=True)
        images = images.reshape(-1, 1, 8, 8) / 16
        order = np.random.default_rng(0).permutation(len(labels))
        parts = ((images[i], labels[i]) for i in (order[360:], order[:360]))
    else:
        parts = (
            (
                read_idx(folder, f"{name}-images-idx3-ubyte")[:most, None] / 255,
                read_idx(folder, f"{name}-labels-idx1-ubyte")[:most],
            )
            for name, most in (("train", train), ("t10k", test))
        )
    return [
        (torch.tensor(images, dtype=torch.float32), torch.tensor(labels).long())
        for images, labels in parts
    ]


(x, y), (test_x, test_y) = load(FOLDER, train=1437, test=360)
side = x.shape[-1]
steps_per_epoch = len(x) // BATCH_SIZE
print(f"{len(x)} images of {side}x{side} for training, {len(test_x)} for test")

# %% [markdown] lang="zh"
# ## 两种网络 {#networks}
#
# 归一化放在线性层或卷积层之后、ReLU 之前。MLP 用 `BatchNorm1d`，每个特征一组统计量；CNN 用 `BatchNorm2d`，每个通道一组，由批中所有图片的所有位置一起算出（[为什么这样取轴](../norm-family.md#five-cuts)）。参数增加得很少：

# %% [markdown] lang="en"
# ## The two networks {#networks}
#
# Normalization comes after a linear layer or a convolution and before ReLU. The MLP has `BatchNorm1d`, with statistics for each feature; the CNN has `BatchNorm2d`, with statistics for each channel, over all positions of all images in the batch ([which axes, and why](../norm-family.md#five-cuts)). It adds few parameters:


# %%
def mlp(batch_norm):
    layers = [nn.Flatten()]
    for inputs, features in pairwise((side * side, 48, 24)):
        layers.append(nn.Linear(inputs, features))
        if batch_norm:
            layers.append(nn.BatchNorm1d(features))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Linear(24, 10))


def cnn(batch_norm):
    layers = []
    for inputs, channels in pairwise((1, 8, 16)):
        layers.append(nn.Conv2d(inputs, channels, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(channels))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * (side // 4) ** 2, 10))


for build in (mlp, cnn):
    without, with_it = (
        sum(p.numel() for p in build(batch_norm).parameters())
        for batch_norm in (False, True)
    )
    print(
        f"{build.__name__}: {without} parameters, batch norm adds {with_it - without}"
    )

# %% [markdown] lang="zh"
# ## 损失与正确率 {#loss}
#
# 随机梯度下降，学习率 {{ LEARNING_RATE }}，批大小 {{ BATCH_SIZE }}，{{ EPOCHS }} 轮；同一个种子的两个网络看到的批完全相同。每轮之后在评估模式下测一次。

# %% [markdown] lang="en"
# ## Loss and accuracy {#loss}
#
# Stochastic gradient descent, rate {{ LEARNING_RATE }}, batches of {{ BATCH_SIZE }}, {{ EPOCHS }} epochs. Both networks of a seed see the same batches. After each epoch they are measured in evaluation mode.


# %%
def batches(epochs, seed):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        yield from order[: steps_per_epoch * BATCH_SIZE].split(BATCH_SIZE)


def step(net, optimizer, batch):
    loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.no_grad()
def test(net):
    net.eval()
    logits = net(test_x)
    net.train()
    loss = nn.functional.cross_entropy(logits, test_y)
    return loss.item(), (logits.argmax(1) == test_y).float().mean().item()


def train(build, batch_norm, seed):
    torch.manual_seed(seed)
    net = build(batch_norm)
    optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
    results = []
    for number, batch in enumerate(batches(EPOCHS, seed), 1):
        step(net, optimizer, batch)
        if number % steps_per_epoch == 0:
            results.append(test(net))
    return np.array(results)  # epochs x (loss, accuracy)


trained = {
    (build, batch_norm): np.stack([train(build, batch_norm, seed) for seed in SEEDS])
    for build in (mlp, cnn)
    for batch_norm in (False, True)
}
for build in (mlp, cnn):
    plain, normalized = trained[build, False], trained[build, True]
    lower = (normalized[..., 0] < plain[..., 0]).sum(0)
    print(f"{build.__name__}: lower test loss with batch norm in", end=" ")
    print(
        f"{lower[1]} of {len(SEEDS)} seeds after 2 epochs, {lower[-1]} after {EPOCHS}"
    )

# %%
import warnings

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

LANGUAGE = "zh"
words = {
    "zh": {
        "plain": "不加归一化",
        "batch": "批量归一化",
        "loss": "测试损失",
        "accuracy": "测试正确率（%）",
        "epochs": "训练过的轮数",
        "cost": "走一步要几毫秒（取最快的一步）",
        "ms": "毫秒",
        "drift": f"第二个线性层的一个单元，前 {steps_per_epoch} 步，种子 {SEEDS[0]}",
        "columns": ("不加归一化", "批量归一化之后"),
    },
    "en": {
        "plain": "no normalization",
        "batch": "batch norm",
        "loss": "test loss",
        "accuracy": "test accuracy (%)",
        "epochs": "epochs trained",
        "cost": "Milliseconds a step, the fastest one",
        "ms": "ms",
        "drift": f"One unit, second linear layer, {steps_per_epoch} steps, seed {SEEDS[0]}",
        "columns": ("no normalization", "after batch norm"),
    },
}[LANGUAGE]
INK, GREY, ORANGE, BLUE = "#23262b", "#5c6068", "#b35300", "#1075b1"
DASHED = (0, (5, 1.8))
plt.rcParams.update(
    {
        "figure.figsize": (480 / 72, 400 / 72),
        "figure.dpi": 72,
        "font.size": 13,
        "axes.titlesize": 14,
        "svg.fonttype": "none",
        "svg.hashsalt": "lab",
        "figure.facecolor": "white",
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": GREY,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": GREY,
        "ytick.color": GREY,
    }
)
# The text stays text: the browser has Chinese fonts, even where Python has none.
warnings.filterwarnings("ignore", message="Glyph .* missing")
set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None})

figure, grid = plt.subplots(2, 2, sharex=True, sharey="row")
figure.subplots_adjust(
    left=0.1, right=0.97, top=0.86, bottom=0.12, hspace=0.32, wspace=0.12
)
for column, build in enumerate((mlp, cnn)):
    for row, (name, scale) in enumerate((("loss", 1), ("accuracy", 100))):
        axes = grid[row, column]
        for batch_norm, colour, dashes in ((False, ORANGE, DASHED), (True, BLUE, "-")):
            for one in trained[build, batch_norm]:
                axes.plot(
                    range(1, EPOCHS + 1),
                    scale * one[:, row],
                    color=colour,
                    linestyle=dashes,
                    linewidth=1.4,
                )
        axes.set_title(
            f"{build.__name__.upper()} · {words[name]}", fontsize=13, loc="left"
        )
        axes.set_xlim(0, EPOCHS)
        axes.set_ylim(0, 2.4 if row == 0 else 103)
for column in (0, 1):
    grid[1, column].set_xlabel(words["epochs"])
figure.text(0.1, 0.95, words["plain"], color=ORANGE)
figure.text(0.97, 0.95, words["batch"], color=BLUE, ha="right")
plt.show()

# %% [markdown] alt="zh"
# 四幅小图：左列 MLP，右列 CNN，上行测试损失，下行测试正确率，每种网络三条线。蓝色的批量归一化在头几轮就把损失降下来、正确率升上去；橙色虚线的网络晚几轮才动，最后在正确率上接近，损失仍高一些。

# %% [markdown] alt="en"
# Four panels: MLP on the left, CNN on the right, test loss above, test accuracy below, three lines for each network. With batch normalization, in blue, the loss falls and the accuracy rises within the first epochs. The dashed orange networks start some epochs later; in the end they come close in accuracy, while their loss stays higher.

# %% [markdown] lang="zh"
# 这里只比了一个学习率，而 {{ LEARNING_RATE }} 对批量归一化更合适。各自用最合适的学习率、换一种初始化、把像素标准化之后，差距会小得多，见[它能快多少](../batch-norm.md#how-much-faster)。

# %% [markdown] lang="en"
# This compares one learning rate only, and {{ LEARNING_RATE }} suits batch normalization better. With each network at its own best rate, another initialization, and standardized pixels the gap is much smaller: see [how much faster](../batch-norm.md#how-much-faster).

# %% [markdown] lang="zh"
# ## 一步的代价 {#cost}
#
# 四个网络轮流各走一步，取各自最快的一步：别的程序只会让它变慢。毫秒数因机器而异，所以只画在图里。

# %% [markdown] lang="en"
# ## What a step costs {#cost}
#
# The four networks take steps in turn, and the fastest step of each counts: other programs can only make it slower. Milliseconds depend on the machine, so they are drawn, not printed.

# %%
arms = [(build, batch_norm) for build in (mlp, cnn) for batch_norm in (False, True)]
nets = [build(batch_norm) for build, batch_norm in arms]
optimizers = [torch.optim.SGD(net.parameters(), lr=LEARNING_RATE) for net in nets]
seconds = np.zeros((200, len(arms)))
batch = torch.arange(BATCH_SIZE)
for row in seconds:
    for place, (net, optimizer) in enumerate(zip(nets, optimizers, strict=True)):
        start = time.perf_counter()
        step(net, optimizer, batch)
        row[place] = time.perf_counter() - start
cost = 1000 * seconds.min(axis=0)

figure, axes = plt.subplots(figsize=(480 / 72, 190 / 72))
figure.subplots_adjust(left=0.38, right=0.84, top=0.85, bottom=0.05)
for place, ((_, batch_norm), value) in enumerate(zip(arms, cost, strict=True)):
    axes.barh(place, value, height=0.6, color=BLUE if batch_norm else ORANGE)
    axes.text(
        value + 0.01 * cost.max(), place, f"{value:.2f} {words['ms']}", va="center"
    )
labels = [
    f"{build.__name__.upper()} · {words['batch' if b else 'plain']}"
    for build, b in arms
]
axes.set_yticks(range(len(arms)), labels, color=INK)
axes.tick_params(axis="y", length=0)
axes.set(ylim=(3.5, -0.5), xticks=[])
axes.spines["bottom"].set_visible(False)
figure.text(0.03, 0.91, words["cost"], fontsize=14)
plt.show()

# %% [markdown] alt="zh"
# 四根横条，一步所用的毫秒数。MLP 与 CNN 都是加了批量归一化的那一根更长。

# %% [markdown] alt="en"
# Four horizontal bars with the milliseconds of a step. For the MLP and for the CNN the one with batch normalization is longer.

# %% [markdown] lang="zh"
# ## 分布动了多少 {#drift}
#
# 原文的图，一批画一个直方图。可是即使什么都不训练，换一批图片，直方图也会变。所以把三种情形并排放着看：
#
# - **A，训练，每步换一批**：原文的画法，训练与抽样混在一起；
# - **B，不训练，每步换一批**：变的只有抽样；
# - **C，训练，始终同一批**：变的只有训练。

# %% [markdown] lang="en"
# ## How far the distributions move {#drift}
#
# The source draws one histogram for each batch. But even when nothing is trained, another batch has another histogram. So look at three cases side by side:
#
# - **A, trained, new batches**: as in the source, training and sampling mixed.
# - **B, not trained, new batches**: only sampling changes anything.
# - **C, trained, one fixed batch**: only training changes anything.


# %%
PLACES = {
    "plain": (False, 4),
    "before": (True, 5),
    "after": (True, 6),
}  # layers of the MLP


@torch.no_grad()
def outputs(net, layers, images):
    """In training mode, as the network works while it learns; the buffers stay."""
    kept = [one.clone() for one in net.buffers()]
    out = net[:layers](images)
    for one, old in zip(net.buffers(), kept, strict=True):
        one.copy_(old)
    return out  # images x units


def watch(place, rate, seed):
    """Outputs of the second layer in two epochs: fresh, frozen, fixed."""
    batch_norm, layers = PLACES[place]
    torch.manual_seed(seed)
    net = mlp(batch_norm)
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    order = list(batches(2, seed))
    probe = test_x[:BATCH_SIZE]
    frozen = [outputs(net, layers, x[batch]) for batch in order]
    fresh, fixed = [], []
    for batch in order:
        fresh.append(outputs(net, layers, x[batch]))
        fixed.append(outputs(net, layers, probe))
        step(net, optimizer, batch)
    return fresh, frozen, [*fixed, outputs(net, layers, probe)]


figure = plt.figure(figsize=(480 / 72, 390 / 72))
figure.text(0.03, 0.95, words["drift"], fontsize=14)
for column, (place, colour) in enumerate((("plain", ORANGE), ("after", BLUE))):
    left = 12 + 240 * column
    figure.text(
        (left + 108) / 480, 0.885, words["columns"][column], color=colour, ha="center"
    )
    kinds = watch(place, LEARNING_RATE, seed=SEEDS[0])
    unit = kinds[0][0].std(0).argmax()
    middle, spread = kinds[0][0][:, unit].mean(), kinds[0][0][:, unit].std()
    for kind, snapshots in enumerate(kinds):
        axes = figure.add_axes(
            ((left + 74 * kind) / 480, 20 / 390, 68 / 480, 286 / 390)
        )
        outline = []  # all rows in one polygon
        for row, values in enumerate(snapshots[:steps_per_epoch], 1):
            own = ((values[:, unit] - middle) / (3.5 * spread)).clamp(-1, 1)
            hill = torch.histc(own, 17, -1, 1)
            hill = (12 * hill / hill.max()).round() / 13 - row
            across = (torch.arange(17) * 4 + 2) / 34 - 1
            outline += [
                (-1, -row),
                *zip(across.tolist(), hill.tolist(), strict=True),
                (1, -row),
                (-1, -row),
            ]
        axes.fill(*zip(*outline, strict=True), color=colour, linewidth=0)
        axes.set(xlim=(-1, 1), ylim=(-steps_per_epoch, 0), xticks=[], yticks=[])
        axes.spines["left"].set_visible(False)
        axes.set_title("ABC"[kind], fontsize=13, color=GREY)
plt.show()

# %% [markdown] alt="zh"
# 两组各三列，一行一步，共 {{ steps_per_epoch }} 行，画同一个单元输出的直方图。A 列训练且每步换一批，B 列不训练但每步换一批，C 列训练但始终同一批。不加归一化的一组里，A 与 B 几乎一样，都是一行一个样；C 列则平稳得多。批量归一化的一组里，A、B 同样一行一个样，C 列变化平缓。

# %% [markdown] alt="en"
# Two groups of three columns, {{ steps_per_epoch }} rows, one for each step: histograms of one unit's outputs. A is trained with new batches, B not trained with new batches, C trained and seen on one fixed batch. Without normalization A and B look almost alike, every row different, while C is much smoother. With batch normalization A and B too differ from row to row, and C changes gently.

# %% [markdown] lang="zh"
# A 列与 B 列差不多：学习率 {{ LEARNING_RATE }} 时，原文看见的“一批一个样”，绝大部分是抽样，不是训练。下面用数量一量。把一个单元在两批上的输出各自排序，逐个相减，取均方根，再除以前一批的标准差，就是两个直方图的距离（各单元平均）。“一步”是训练一步使同一批的直方图移动多少，“换批”是不训练时换一批造成多少，“共”是两轮之后离起点多远；都是三个种子的中位数，以标准差为单位。

# %% [markdown] lang="en"
# Columns A and B are alike: at a rate of {{ LEARNING_RATE }} the change “from batch to batch” that the source sees is mostly sampling, not training. Now in numbers. Sort a unit's outputs for two batches, subtract them one by one, take the root mean square, and divide by the standard deviation for the first: that is the distance of two histograms (mean of the units). “step” is how far one training step moves the histogram of the fixed batch; “draw”, how far another batch moves it without training; “total”, how far from the start after two epochs. All are medians of three seeds, in standard deviations.


# %%
def distance(a, b):
    moved = (a.sort(0).values - b.sort(0).values).square().mean(0).sqrt()
    return (moved / a.std(0)).mean().item()


def typical(snapshots):
    return np.median([distance(a, b) for a, b in pairwise(snapshots)])


RATES = (LEARNING_RATE, 4 * LEARNING_RATE)
drift = {}
print("rate  place    step   draw   total")
for rate in RATES:
    for place in PLACES:
        rows = []
        for seed in SEEDS:
            _, frozen, fixed = watch(place, rate, seed)
            rows.append(
                (typical(fixed), typical(frozen), distance(fixed[0], fixed[-1]))
            )
        drift[rate, place] = one_step, draw, total = np.median(rows, axis=0)
        print(f"{rate}   {place:7} {one_step:5.2f}  {draw:5.2f}  {total:5.1f}")

# %% [markdown] lang="zh"
# - 学习率 {{ RATES[0] }} 时，不加归一化的那一层每步只移动 {{ drift[RATES[0], "plain"][0]:.2f }} 个标准差，换一批却差 {{ drift[RATES[0], "plain"][1]:.2f }}：原文看见的是抽样。
# - 学习率 {{ RATES[1] }} 时，原文的话就对了：一步移动 {{ drift[RATES[1], "plain"][0]:.2f }}，换一批差 {{ drift[RATES[1], "plain"][1]:.2f }}，两者相当；两轮之后离起点 {{ drift[RATES[1], "plain"][2]:.0f }} 个标准差。另一个网络里，批量归一化之前是 {{ drift[RATES[1], "before"][2]:.1f }}，之后是 {{ drift[RATES[1], "after"][2]:.1f }}。
# - 批量归一化*之前*的值也一直在动，只是慢些。

# %% [markdown] lang="en"
# - At a rate of {{ RATES[0] }} a step moves the layer without normalization by only {{ drift[RATES[0], "plain"][0]:.2f }} standard deviations, and another batch by {{ drift[RATES[0], "plain"][1]:.2f }}: what the source sees is sampling.
# - At {{ RATES[1] }} the source is right: a step moves it by {{ drift[RATES[1], "plain"][0]:.2f }}, as much as another batch with {{ drift[RATES[1], "plain"][1]:.2f }}, and after two epochs it is {{ drift[RATES[1], "plain"][2]:.0f }} standard deviations from where it began. In the other network it is {{ drift[RATES[1], "before"][2]:.1f }} before batch normalization and {{ drift[RATES[1], "after"][2]:.1f }} after it.
# - What comes *before* batch normalization moves all the time too, only more slowly.

# %% [markdown] lang="zh"
# ## 结论 {#conclusion}
#
# - 学习率 {{ LEARNING_RATE }} 时，MLP 与 CNN 加了批量归一化都学得更快，三个种子无一例外；每一步则要贵一些。
# - “分布一批一个样”主要是抽样造成的。训练真正造成的移动，要用固定的一批来看，而且取决于学习率。
# - 移动得少与学得快同时出现，还不能说前者是后者的原因；把两者拆开的实验见[内部协变量偏移](../internal-covariate-shift.md#claims-and-tests)。

# %% [markdown] lang="en"
# ## What it shows {#conclusion}
#
# - At a rate of {{ LEARNING_RATE }} batch normalization makes both the MLP and the CNN learn faster, with every seed. Each step costs more.
# - “Another distribution in every batch” is mostly sampling. What training itself moves is seen on a fixed batch, and it depends on the learning rate.
# - Moving less and learning faster occur together, which does not make one the cause of the other. Experiments that take them apart are on [Internal covariate shift](../internal-covariate-shift.md#claims-and-tests).

# %% [markdown] lang="zh"
# ## 接着试 {#try}
#
# - 把 `FOLDER` 指向 Fashion-MNIST，两种网络的差距还一样吗？
# - 把 `LEARNING_RATE` 改成 0.4，再看两条损失曲线。
# - 把批大小改成 8：换批造成的距离会变成多大？

# %% [markdown] lang="en"
# ## Try next {#try}
#
# - Point `FOLDER` to Fashion-MNIST. Is the gap between the two networks still the same?
# - Set `LEARNING_RATE` to 0.4 and look at the loss curves again.
# - Set the batch size to 8. How far apart are two batches then?
