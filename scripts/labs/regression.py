"""Lab: source 000's regression, repaired, and the control that turns its conclusion.

The plain modules of scripts/experiments/regression_tanh.py, three seeds: the network
with and without batch norm as printed, histograms of every layer and epoch, the loss
per epoch, the fit; then bias, last batch, statistics, and the properly scaled network.
"""

# %% [markdown] lang="zh"
# # 实验：一维回归，八层 tanh {#regression}
#
# **同一个网络，加了批量归一化就学得会，不加就是一条平线。这真是批量归一化的功劳吗？**
#
# [来源 000 的程序](../claims.md#program-regression-tanh)流传很广：用八层、每层 10 个 tanh 单元的网络拟合 $y=x^2-5$ 加噪声，一个加批量归一化，一个不加，每轮画一次各层的直方图。照印出来的样子它跑不起来，这里先修好：
#
# - 断行和丢掉的空格使它连语法检查都过不了；随机种子被注释掉了，每次结果都不同。
# - 各层放在普通列表里，全靠 `setattr` 另外登记，参数才不至于丢失；`nn.ModuleList` 就是为此而设的。
# - 标作“BN PreAct”的直方图，画的其实是归一化*之前*的值；这里画真正进入 tanh 的值。
# - 损失图的横轴写着 step，画的却是轮数，而且是每轮*开始前*测的；散点标作 train，画的却是测试点。
#
# 修好之后，再补上原文没有的对照。

# %% [markdown] lang="en"
# # Lab: a regression with eight tanh layers {#regression}
#
# **With batch normalization the network learns; without it, the fit is a flat line. Is that really the work of batch normalization?**
#
# The [program of source 000](../claims.md#program-regression-tanh) has been copied many times. A network of eight layers with 10 tanh units each fits $y=x^2-5$ plus noise, once with batch normalization and once without; every epoch it draws histograms of all layers. As printed it does not run. So first the repairs:
#
# - Broken lines and lost spaces keep it from parsing. The random seeds are commented out, so each run gives something else.
# - The layers are kept in plain lists, and only a separate `setattr` saves their parameters from being lost. `nn.ModuleList` is made for this.
# - The histograms called “BN PreAct” show the values *before* normalization. Here you see what really enters tanh.
# - The loss is drawn against “step”, but these are epochs, each measured *before* it begins. The points called “train” are the test points.
#
# Then come the controls that the source leaves out.

# %%
from copy import deepcopy
from itertools import pairwise

import torch
from torch import nn

torch.set_num_threads(1)
SEEDS = (0, 1, 2)
EPOCHS, BATCH_SIZE, LEARNING_RATE = 12, 64, 0.03
HIDDEN_LAYERS, UNITS, MOMENTUM = 8, 10, 0.5


def points(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.linspace(-7, 10, count).unsqueeze(1)
    return x, x**2 - 5 + 2 * torch.randn(count, 1, generator=generator)


x, y = points(2000, seed=1)
test_x, test_y = points(200, seed=2)
flat = test_y.var(correction=0).item()
print(f"the best constant has a test loss of {flat:.0f}; the noise alone, of 4")

# %% [markdown] lang="zh"
# ## 网络 {#network}
#
# 默认值就是原文的设置：权重取自 $N(0, 0.1^2)$，偏置全是 −0.2，归一化放在线性层与 tanh 之间，输入也归一化。`scaled=True` 是后面要用的对照：Glorot 初始化，偏置为 0。

# %% [markdown] lang="en"
# ## The network {#network}
#
# The defaults are the settings of the source: weights from $N(0, 0.1^2)$, all biases −0.2, normalization between each linear layer and its tanh, and of the input too. `scaled=True` is for a control further down: Glorot's initialization, biases 0.


# %%
class Net(nn.Module):
    def __init__(self, batch_norm=False, scaled=False, bias=-0.2):
        super().__init__()

        def norm(features):
            if not batch_norm:
                return nn.Identity()
            return nn.BatchNorm1d(features, momentum=MOMENTUM)

        widths = [1] + [UNITS] * HIDDEN_LAYERS
        self.input_norm = norm(1)
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(norm(UNITS) for _ in self.linears)
        self.predict = nn.Linear(UNITS, 1)
        for layer in (*self.linears, self.predict):
            if scaled:
                nn.init.xavier_normal_(layer.weight)
                nn.init.zeros_(layer.bias)
            else:
                nn.init.normal_(layer.weight, std=0.1)
                nn.init.constant_(layer.bias, bias)

    def forward(self, x):
        h, entering, leaving = self.input_norm(x), [], []
        for linear, norm in zip(self.linears, self.norms, strict=True):
            z = norm(linear(h))
            h = torch.tanh(z)
            entering.append(z)  # what tanh gets
            leaving.append(h)  # what tanh sends on
        return self.predict(h), entering, leaving


torch.manual_seed(0)
net = Net(batch_norm=True)
print("tensors that the optimizer finds:", len(list(net.parameters())))
print("without batch norm:", len(list(Net().parameters())))

# %% [markdown] lang="zh"
# ## 训练 {#training}
#
# 与原文一样用 Adam，学习率 {{ LEARNING_RATE }}，批大小 {{ BATCH_SIZE }}，{{ EPOCHS }} 轮；每轮开始前在评估模式下测一次，最后再测一次，所以有 {{ EPOCHS + 1 }} 个数。{{ len(x) }} 不能被 {{ BATCH_SIZE }} 整除，每轮最后一批只有 {{ len(x) % BATCH_SIZE }} 个点，`drop_last=True` 会丢掉它。`scaled=True` 时 $x$、$y$ 都先标准化，损失再换回 $y$ 的单位，这样才能相比。

# %% [markdown] lang="en"
# ## Training {#training}
#
# As in the source: Adam, rate {{ LEARNING_RATE }}, batches of {{ BATCH_SIZE }}, {{ EPOCHS }} epochs. Each network is measured in evaluation mode before every epoch, and once more at the end, which makes {{ EPOCHS + 1 }} numbers. {{ BATCH_SIZE }} does not divide {{ len(x) }}, so the last batch of an epoch has only {{ len(x) % BATCH_SIZE }} points; `drop_last=True` leaves it out. With `scaled=True`, $x$ and $y$ are standardized first; the loss is turned back into units of $y$, so that it can be compared.


# %%
class Run:
    def __init__(self, seed, drop_last=False, **settings):
        torch.manual_seed(seed)
        self.net = Net(**settings)
        scaled = settings.get("scaled", False)
        self.mean, self.std = (y.mean(), y.std()) if scaled else (0, 1)
        shift, scale = (x.mean(), x.std()) if scaled else (0, 1)
        self.x, self.test_x = (x - shift) / scale, (test_x - shift) / scale
        self.losses, self.entering, self.leaving = [], [], []
        optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE)
        target = (y - self.mean) / self.std
        self.measure()
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(x)).split(BATCH_SIZE):
                if drop_last and len(batch) < BATCH_SIZE:
                    continue
                predicted, _, _ = self.net(self.x[batch])
                loss = nn.functional.mse_loss(predicted, target[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            self.measure()
        self.exact = self.with_exact_statistics()

    @torch.no_grad()
    def measure(self):
        self.net.eval()
        predicted, entering, leaving = self.net(self.test_x)
        self.net.train()
        self.fit = predicted * self.std + self.mean
        self.losses.append((self.fit - test_y).square().mean().item())
        self.entering.append(entering)
        self.leaving.append(leaving)

    @torch.no_grad()
    def with_exact_statistics(self):
        net = deepcopy(self.net)
        for module in net.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.reset_running_stats()
                module.momentum = None  # a plain average, here of a single batch:
        net(self.x)  # the whole training set
        predicted = net.eval()(self.test_x)[0] * self.std + self.mean
        return (predicted - test_y).square().mean().item()


plain = [Run(seed) for seed in SEEDS]
batch_norm = [Run(seed, batch_norm=True) for seed in SEEDS]
scaled = [Run(seed, scaled=True) for seed in SEEDS]


def count(those):
    those = list(those)
    return f"{sum(those)} of {len(those)} seeds"


pairs = list(zip(plain, batch_norm, strict=True))
print(
    "as printed, batch norm ends lower:",
    count(b.losses[-1] < a.losses[-1] for a, b in pairs),
)
print(
    "without it: the best constant, within 3 %:",
    count(abs(a.losses[-1] / flat - 1) < 0.03 for a in plain),
)

# %% [markdown] lang="zh"
# ## 每一轮的损失 {#loss}
#
# 八层 tanh 加上 Adam，会把最末一位的舍入误差放大成看得见的差别，换一台机器，单个种子的结果就可能不同。所以会变的数画在图里，打印出来的只是留有余地的判断。

# %% [markdown] lang="en"
# ## The loss, epoch by epoch {#loss}
#
# Eight tanh layers under Adam magnify rounding in the last digit until it can be seen, so a single seed may end elsewhere on another machine. Numbers that can change are therefore drawn; what is printed are verdicts that hold with room to spare.

# %%
import warnings

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

LANGUAGE = "zh"
words = {
    "zh": {
        "loss": "测试损失，每轮开始前与最后一轮之后",
        "epoch": "训练过的轮数",
        "plain": "照原文，不加归一化",
        "batch": "照原文，批量归一化",
        "scaled": "缩放得当，不加归一化",
        "constant": "最好的常数",
        "entering": "进入 tanh 的值",
        "leaving": "tanh 送出的值",
        "layer": "第 {} 层",
        "rows": f"行：训练过的轮数，0 到 {EPOCHS}",
        "fit": f"{EPOCHS} 轮之后的拟合，种子 {SEEDS[0]}",
        "controls": "测试损失，每点一个种子",
        "arms": (
            "照原文，不加归一化",
            "不加归一化，偏置 0",
            "不加归一化，缩放得当",
            "照原文，批量归一化",
            "批量归一化，drop_last",
            "批量归一化，缩放得当",
        ),
        "statistics": "实心：滑动统计量；空心：整个训练集的统计量",
    },
    "en": {
        "loss": "Test loss, before each epoch and after the last",
        "epoch": "epochs trained",
        "plain": "as printed, no normalization",
        "batch": "as printed, batch norm",
        "scaled": "properly scaled, no normalization",
        "constant": "the best constant",
        "entering": "What enters tanh",
        "leaving": "What tanh sends on",
        "layer": "L{}",
        "rows": f"rows: epochs trained, 0 to {EPOCHS}",
        "fit": f"The fit after {EPOCHS} epochs, seed {SEEDS[0]}",
        "controls": "Test loss, each point one seed",
        "arms": (
            "as printed, no norm",
            "no norm, bias 0",
            "no norm, properly scaled",
            "as printed, batch norm",
            "batch norm, drop_last",
            "batch norm, properly scaled",
        ),
        "statistics": "filled: running statistics; open: of the whole training set",
    },
}[LANGUAGE]
INK, GREY, ORANGE, BLUE = "#23262b", "#5c6068", "#b35300", "#1075b1"
DASHED = (0, (5, 1.8))
plt.rcParams.update(
    {
        "figure.figsize": (480 / 72, 290 / 72),
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

ARMS = (
    ("plain", plain, ORANGE, DASHED),
    ("batch", batch_norm, BLUE, "-"),
    ("scaled", scaled, ORANGE, "-"),
)
figure, axes = plt.subplots()
figure.subplots_adjust(left=0.12, right=0.97, top=0.88, bottom=0.17)
for _, runs, colour, dashes in ARMS:
    for run in runs:
        axes.plot(run.losses, color=colour, linestyle=dashes, linewidth=1.5)
for name, height, colour in (
    ("plain", 1000, ORANGE),
    ("batch", 420, BLUE),
    ("scaled", 3.6, ORANGE),
):
    axes.text(12, height, words[name], color=colour, ha="right", va="center")
axes.set(title=words["loss"], xlabel=words["epoch"], yscale="log", ylim=(2.6, 1600))
axes.minorticks_off()
axes.set_yticks([10, 100, 1000], ["10", "100", "1000"])
plt.show()

# %% [markdown] alt="zh"
# 横轴是轮数，纵轴是对数刻度的测试损失，每种网络三条线。照原文不加归一化的虚线一直平在最上面；照原文加批量归一化的蓝线降下去很多，却上下跳动；缩放得当、不加归一化的橙色实线降得最低。

# %% [markdown] alt="en"
# Epochs across, test loss upwards on a logarithmic scale, three lines for each network. As printed without normalization the dashed lines stay flat at the top; with batch normalization as printed the blue lines fall a long way but jump up and down; properly scaled without normalization the solid orange lines fall lowest.

# %% [markdown] lang="zh"
# ## 每一层，每一轮 {#histograms}
#
# 原文用动画依次显示各轮的直方图；这里把 {{ EPOCHS + 1 }} 次测量从上到下排开，一眼就能看全（种子 {{ SEEDS[0] }}）；网页上，图的下方可以逐轮播放。在最上面一行，批量归一化的滑动统计量还是初值 0 和 1，等于没有归一化。

# %% [markdown] lang="en"
# ## Every layer, every epoch {#histograms}
#
# The source shows the histograms as an animation. Here the {{ EPOCHS + 1 }} measurements stand one below the other, to be seen all at once (seed {{ SEEDS[0] }}); on the website they can be played below the figure. In the top row the running statistics of batch normalization still have their initial 0 and 1, so nothing is normalized yet.


# %%
BINS, ROWS, ROW = 16, EPOCHS + 1, 11  # a row is 11 pixels high
BLOCK = ROWS * ROW + 27
middles = (torch.arange(BINS) + 0.5) / BINS * 2 - 1


def histograms(title, kind, limit, ticks):
    height = 86 + 3 * BLOCK
    figure = plt.figure(figsize=(480 / 72, height / 72))
    figure.text(12 / 480, 1 - 18 / height, title, fontsize=14)
    figure.text(468 / 480, 1 - 18 / height, words["rows"], color=GREY, ha="right")
    for block, (name, runs, colour, _) in enumerate(ARMS):
        top = 84 + block * BLOCK
        figure.text(12 / 480, 1 - (top - 6) / height, words[name], color=colour)
        for layer in range(HIDDEN_LAYERS):
            place = (12 + 58 * layer, height - top - ROWS * ROW, 48, ROWS * ROW)
            axes = figure.add_axes(
                (place[0] / 480, place[1] / height, place[2] / 480, place[3] / height)
            )
            outline = []  # all rows of a column in one polygon
            for row, layers in enumerate(getattr(runs[0], kind), 1):
                values = layers[layer].clamp(-limit, limit)
                hill = torch.histc(values, BINS, -limit, limit)
                hill = (10 * hill / hill.max()).round() / ROW - row
                outline += [
                    (-1, -row),
                    *zip(middles.tolist(), hill.tolist(), strict=True),
                    (1, -row),
                    (-1, -row),
                ]
            axes.fill(*zip(*outline, strict=True), color=colour, linewidth=0)
            axes.set(xlim=(-1, 1), ylim=(-ROWS, 0), yticks=[], xticks=[])
            axes.spines["left"].set_visible(False)
            if block == 0:
                axes.set_title(
                    words["layer"].format(layer + 1), fontsize=12, color=GREY, pad=22
                )
            if block == 2 and layer == 0:
                axes.set_xticks((-1, 1), ticks, fontsize=12)
    plt.show()


histograms(words["entering"], "entering", 4, ("−4", "4"))

# %% [markdown] alt="zh"
# 三组直方图，每组八列（第 1 到 {{ HIDDEN_LAYERS }} 层）、{{ EPOCHS + 1 }} 行（训练过 0 到 {{ EPOCHS }} 轮）。照原文不加归一化：还没训练时各层都缩成一根针，训练之后，第四层以上只剩几根孤立的柱子。批量归一化：除最上一行外，每层都铺开。缩放得当、不加归一化：每层从一开始就铺开。

# %% [markdown] alt="en"
# Three groups of histograms with eight columns, layers 1 to {{ HIDDEN_LAYERS }}, and {{ EPOCHS + 1 }} rows, 0 to {{ EPOCHS }} epochs trained. As printed without normalization all layers are needles before any training; afterwards only a few separate bars are left from layer 4 up. With batch normalization every layer is spread out, except in the top row. Properly scaled without normalization every layer is spread out from the start.

# %%
histograms(words["leaving"], "leaving", 1, ("−1", "1"))

# %% [markdown] alt="zh"
# 同样的三组，画 tanh 之后的值。照原文不加归一化：深层只剩几根不动的柱子，许多贴在 −1 与 1 上。批量归一化：各层布满整个区间。缩放得当、不加归一化：各层也布满整个区间，不少值靠近两端。

# %% [markdown] alt="en"
# The same three groups after tanh. As printed without normalization only a few bars remain in the deep layers, many of them at −1 and 1. With batch normalization every layer fills the range. Properly scaled without normalization every layer fills it too, with many values near the ends.

# %% [markdown] lang="zh"
# 第一组里那些孤立的柱子，容易看成“学到了饱和的特征”。其实每个单元对所有 $x$ 都给出同一个数，一根柱子就是一个单元。看每个单元*自己*随 $x$ 变化多少，就一清二楚了：

# %% [markdown] lang="en"
# The separate bars of the first group are easily taken for saturated features that were learned. In fact each unit gives the same number for every $x$, and a bar is one unit. What tells is how much each unit *itself* varies with $x$:


# %%
def reach(run, epoch, layer):
    """How much of x reaches a layer: a unit's standard deviation, mean of its units."""
    return run.leaving[epoch][layer].std(0).mean().item()


for name, runs in (("plain", plain), ("scaled", scaled)):
    lost = count(reach(run, 0, 7) < 0.001 * reach(run, 0, 0) for run in runs)
    print(f"{name:6} layer 8 gets less than a thousandth of layer 1: {lost}")
share = reach(plain[0], 0, 4) / reach(plain[0], 0, 3)
print(f"plain, seed 0, before training: layer 5 gets {share:.2f} of layer 4")

# %% [markdown] lang="zh"
# ## 拟合 {#fit}
#
# 灰点是测试点，线是种子 {{ SEEDS[0] }} 的三个网络。缩放得当的网络先把预测值换回 $y$ 的单位。

# %% [markdown] lang="en"
# ## The fit {#fit}
#
# The grey points are the test points, the lines the three networks of seed {{ SEEDS[0] }}. The predictions of the properly scaled one are turned back into units of $y$.

# %%
figure, axes = plt.subplots()
figure.subplots_adjust(left=0.12, right=0.97, top=0.88, bottom=0.12)
axes.plot(test_x[::3], test_y[::3], ".", color=GREY, alpha=0.75, markersize=5)
for _, runs, colour, dashes in ARMS:
    axes.plot(
        test_x[::2], runs[0].fit[::2], color=colour, linestyle=dashes, linewidth=2
    )
for height, name, colour in (
    (26, "plain", ORANGE),
    (88, "batch", BLUE),
    (78, "scaled", ORANGE),
):
    axes.text(-0.2, height, words[name], color=colour, ha="center")
axes.set(title=words["fit"], xlabel="x")
axes.set_ylabel("y", rotation=0)
plt.show()

# %% [markdown] alt="zh"
# 灰点是测试点，排成抛物线。照原文不加归一化的虚线是一条水平线；照原文加批量归一化的蓝线大致跟着抛物线；缩放得当、不加归一化的橙色实线跟得更紧。

# %% [markdown] alt="en"
# The grey test points form a parabola. As printed without normalization the dashed line is horizontal; the blue line with batch normalization follows the parabola roughly; properly scaled without normalization the solid orange line follows it more closely.

# %% [markdown] lang="zh"
# ## 改变结论的对照 {#controls}
#
# 平线究竟该怪谁？逐个换掉嫌疑：偏置 −0.2、最后那个小批、评估用的滑动统计量（momentum 为 {{ MOMENTUM }} 时，最后三批就占了 {{ 1 - (1 - MOMENTUM) ** 3:.0% }}），最后是权重与数据的尺度。

# %% [markdown] lang="en"
# ## The controls that change the conclusion {#controls}
#
# What is to blame for the flat line? One suspect after the other is replaced: the bias of −0.2; the small last batch; the running statistics used in evaluation (with a momentum of {{ MOMENTUM }} the last three batches make up {{ 1 - (1 - MOMENTUM) ** 3:.0% }} of them); and last, the scale of weights and data.

# %%
controls = [
    plain,
    [Run(seed, bias=0) for seed in SEEDS],
    scaled,
    batch_norm,
    [Run(seed, batch_norm=True, drop_last=True) for seed in SEEDS],
    [Run(seed, batch_norm=True, scaled=True) for seed in SEEDS],
]
figure, axes = plt.subplots()
figure.subplots_adjust(left=0.42, right=0.97, top=0.88, bottom=0.19)
for place, runs in enumerate(controls):
    colour = ORANGE if place < 3 else BLUE
    for run in runs:
        axes.plot(
            run.losses[-1], place - 0.12 * (place >= 3), "o", color=colour, markersize=6
        )
        if place >= 3:
            axes.plot(
                run.exact,
                place + 0.2,
                "o",
                color=colour,
                markersize=6,
                fillstyle="none",
            )
axes.set(title=words["controls"], xscale="log", xlim=(4, 1100), ylim=(5.6, -0.6))
axes.minorticks_off()
axes.set_xticks([10, 100, 1000], ["10", "100", "1000"])
axes.set_yticks(range(6), words["arms"], color=INK)
axes.tick_params(axis="y", length=0)
figure.text(0.97, 0.03, words["statistics"], color=GREY, ha="right", fontsize=12)
plt.show()

bias_0 = controls[1]
print(
    "bias 0 is the same constant, within 3 %:",
    count(abs(a.losses[-1] / flat - 1) < 0.03 for a in bias_0),
)
pairs = list(zip(scaled, batch_norm, strict=True))
print(
    "scaled, without batch norm, below batch norm as printed:",
    count(a.losses[-1] < b.losses[-1] for a, b in pairs),
)
print(
    "also with the statistics of the whole training set:",
    count(a.losses[-1] < b.exact for a, b in pairs),
)

# %% [markdown] alt="zh"
# 六行，每行三个种子的测试损失，对数刻度。不加归一化的前两行（照原文、偏置 0）都停在最好的常数 {{ flat:.0f }} 附近；缩放得当的一行最靠左。批量归一化的三行大多介于两者之间，空心点多半比实心点靠左。

# %% [markdown] alt="en"
# Six rows with the test loss of three seeds each, on a logarithmic scale. The first two without normalization, as printed and with bias 0, stay near {{ flat:.0f }}, the best constant; the properly scaled row is farthest left. The three rows with batch normalization lie mostly between, and most open points are left of the filled ones.

# %% [markdown] lang="zh"
# ## 结论 {#conclusion}
#
# - 照原文不加归一化的网络不是学得慢，而是*死的*：权重太小，$x$ 的信息还没到第八层就没了，它只能输出一个常数。与 −0.2 的偏置无关。
# - 批量归一化把尺度补了回来，这一点是真的。但换一个合适的初始化、把数据标准化，不用它也行，而且在这里拟合得更好。
# - 所以这个程序比较的不是“有没有批量归一化”，而是“尺度对不对”。十个种子、多个学习率的测量见[内部协变量偏移](../internal-covariate-shift.md#histograms)。

# %% [markdown] lang="en"
# ## What it shows {#conclusion}
#
# - As printed without normalization the network is not slow but *dead*: its weights are so small that nothing of $x$ is left at the eighth layer, and it can only give a constant. The bias of −0.2 has no part in it.
# - Batch normalization restores the scale; that much is true. But a proper initialization and standardized data do so without it, and here the fit is better.
# - So what the program compares is not “with and without batch normalization” but “right and wrong scale”. Ten seeds and several rates are measured on [Internal covariate shift](../internal-covariate-shift.md#histograms).

# %% [markdown] lang="zh"
# ## 接着试 {#try}
#
# - 只用 Glorot 初始化而不标准化数据，或者反过来：哪一半更要紧？
# - 把 `LEARNING_RATE` 改成 0.01 与 0.1，实心点与空心点的距离怎么变？
# - 把 `ModuleList` 换成普通列表，再数一遍优化器找到的参数。

# %% [markdown] lang="en"
# ## Try next {#try}
#
# - Use Glorot's initialization without standardizing the data, or the other way round: which half matters more?
# - Set `LEARNING_RATE` to 0.01 and to 0.1. What happens to the distance between filled and open points?
# - Replace `ModuleList` by a plain list and count the parameters again.
