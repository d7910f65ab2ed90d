"""Lab: batch normalization of a (4, 3, 2, 2) tensor, by hand, by PyTorch, as a layer.

Repairs the program of source 003 (the variance was left out, and running_mean was taken
for the mean) and writes the layer that source 001 describes without a listing.
"""

# %% [markdown] lang="zh"
# # 实验：亲手验算 BatchNorm2d {#batch-norm-2d}
#
# **一个 (4, 3, 2, 2) 的张量经过 `nn.BatchNorm2d(3)`，每一个数都能亲手算出来吗？**
#
# [来源 003 的程序](../claims.md#program-batch-norm-2d-check)只算了均值，方差一行印的是“没算”；它又把 `running_mean` 当作均值去比，差了十倍，却说“理论和实践相符”。这里把它补完：均值、两种方差、滑动统计量、输出，逐项核对；最后照[来源 001](../claims.md#program-manual-layer) 的描述，手写一层。

# %% [markdown] lang="en"
# # Lab: BatchNorm2d checked by hand {#batch-norm-2d}
#
# **A tensor of shape (4, 3, 2, 2) goes through `nn.BatchNorm2d(3)`. Can every number be worked out by hand?**
#
# The [program of source 003](../claims.md#program-batch-norm-2d-check) computes the mean only; where the variance should stand it prints “not computed”. It also compares `running_mean` with the mean, finds it ten times smaller, and says that theory and practice agree. Here the program is finished: the mean, both variances, the running statistics and the output are checked one by one; then comes the layer that [source 001](../claims.md#program-manual-layer) describes, written by hand.

# %%
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(4, 3, 2, 2)  # N, C, H, W
layer = nn.BatchNorm2d(3)
y = layer(x)
print("values per channel:", x.numel() // 3)

# %% [markdown] lang="zh"
# ## 均值 {#mean}
#
# 同一通道的 {{ x.numel() // 3 }} 个数求平均。来源 003 把四个样本逐个相加，再除以 {{ x.numel() // 3 }}；对 `(0, 2, 3)` 三个维度求平均，是同一件事。

# %% [markdown] lang="en"
# ## The mean {#mean}
#
# The {{ x.numel() // 3 }} numbers of one channel are averaged. Source 003 adds up the four samples and divides by {{ x.numel() // 3 }}; the mean over the dimensions `(0, 2, 3)` is the same.

# %%
as_in_the_source = (x[0, 0] + x[1, 0] + x[2, 0] + x[3, 0]).sum() / 16
mean = x.mean((0, 2, 3))
print(f"first channel: {as_in_the_source:.6f} = {mean[0]:.6f}")
print("running_mean / mean:", [f"{r:.4f}" for r in layer.running_mean / mean])

# %% [markdown] lang="zh"
# `running_mean` 恰好是均值的十分之一：它从 0 出发，每一批只向这一批的均值走 `momentum = 0.1`。它不是“官方代码算的均值”。

# %% [markdown] lang="en"
# `running_mean` is exactly a tenth of the mean: it starts at 0, and each batch moves it by `momentum = 0.1` of the way towards the mean of that batch. It is not “the mean as computed by the official code”.

# %% [markdown] lang="zh"
# ## 没算的方差 {#variance}
#
# 归一化用除以 {{ x.numel() // 3 }} 的（有偏）方差，存进 `running_var` 的却是除以 {{ x.numel() // 3 - 1 }} 的（无偏）方差，并与初始值 1 混合。

# %% [markdown] lang="en"
# ## The variance that was not computed {#variance}
#
# Normalization uses the variance with divisor {{ x.numel() // 3 }} (biased). What goes into `running_var` is the one with divisor {{ x.numel() // 3 - 1 }} (unbiased), mixed with the initial 1.

# %%
biased = x.var((0, 2, 3), correction=0)
unbiased = x.var((0, 2, 3), correction=1)
by_hand = (x - mean.view(1, 3, 1, 1)) / (biased + layer.eps).sqrt().view(1, 3, 1, 1)
for name, value, expected in (
    ("output", by_hand, y),
    ("running_mean", 0.1 * mean, layer.running_mean),
    ("running_var", 0.9 * 1 + 0.1 * unbiased, layer.running_var),
):
    torch.testing.assert_close(value, expected)
    print(f"{name:12} by hand = nn.BatchNorm2d")
wrong = 0.9 * 1 + 0.1 * biased
print(
    f"with the biased variance running_var would be off by "
    f"{(wrong - layer.running_var).abs().max():.4f}"
)

# %% [markdown] lang="zh"
# ## 追上去要多少批 {#catching-up}
#
# 把同一批数反复送进去，滑动均值走过的比例是 $1-0.9^k$。

# %% [markdown] lang="en"
# ## How many batches until it catches up {#catching-up}
#
# When the same batch goes in again and again, the running mean has gone $1-0.9^k$ of the way.

# %%
import warnings

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

LANGUAGE = "zh"
words = {
    "zh": ("反复送入同一批", "批数", "走过的比例"),
    "en": ("the same batch again and again", "batches", "share of the way"),
}[LANGUAGE]
INK, GREY, BLUE = "#23262b", "#5c6068", "#1075b1"
plt.rcParams.update(
    {
        "figure.figsize": (480 / 72, 240 / 72),
        "figure.dpi": 72,
        "font.size": 13,
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

fresh = nn.BatchNorm2d(3)
share = []
for _ in range(50):
    fresh(x)
    share.append((fresh.running_mean[1] / mean[1]).item())
figure, axes = plt.subplots()
figure.subplots_adjust(left=0.13, right=0.97, top=0.88, bottom=0.2)
axes.plot(range(1, 51), [1 - 0.9**k for k in range(1, 51)], color=GREY, linewidth=1)
axes.plot(range(1, 51), share, "o", color=BLUE, markersize=4)
axes.set(title=words[0], xlabel=words[1], ylabel=words[2], ylim=(0, 1.05))
plt.show()
print(f"after 22 batches: {share[21]:.3f}, after 50: {share[49]:.3f}")

# %% [markdown] alt="zh"
# 横轴是批数，从 1 到 {{ len(share) }}；蓝点是滑动均值走过的比例，全部落在灰色曲线 1−0.9^k 上，开头上升很快，然后渐渐接近 1。

# %% [markdown] alt="en"
# The number of batches, 1 to {{ len(share) }}, against the share of the way that the running mean has gone. The blue points lie on the grey curve 1−0.9^k, which rises fast at first and then approaches 1.

# %% [markdown] lang="zh"
# ## 手写的一层 {#own-layer}
#
# 来源 001 说，手写一层要用到 `nn.Parameter`、`register_buffer` 和 `torch.no_grad()`，但没有给出程序。下面就是这样一层，只为读懂而写；可以直接拿去用的，是[批量归一化](../batch-norm.md#the-layer)一页里的那一个。

# %% [markdown] lang="en"
# ## A layer written by hand {#own-layer}
#
# Source 001 says that a layer of one's own needs `nn.Parameter`, `register_buffer` and `torch.no_grad()`, but gives no listing. Here is such a layer, written to be read; the one to take along is on the page [Batch normalization](../batch-norm.md#the-layer).


# %%
class OwnBatchNorm2d(nn.Module):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))  # gamma: the optimizer's
        self.bias = nn.Parameter(torch.zeros(channels))  # beta
        self.register_buffer("running_mean", torch.zeros(channels))  # saved, moved
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        if self.training:
            var, mean = torch.var_mean(x, (0, 2, 3), correction=0)
            m = x.numel() // x.shape[1]
            with torch.no_grad():  # or the graph of every batch is kept alive
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * m / (m - 1), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        shape = (1, -1, 1, 1)
        x = (x - mean.view(shape)) / (var + self.eps).sqrt().view(shape)
        return x * self.weight.view(shape) + self.bias.view(shape)


own, torchs = OwnBatchNorm2d(3), nn.BatchNorm2d(3)
for step in range(20):
    batch = torch.randn(4, 3, 2, 2) + step / 10
    torch.testing.assert_close(own(batch), torchs(batch))
own.eval(), torchs.eval()
torch.testing.assert_close(own(x), torchs(x))
for name, value in own.state_dict().items():
    torch.testing.assert_close(value, torchs.state_dict()[name])
print("20 training steps and eval(): equal in output, parameters and buffers")

# %% [markdown] lang="zh"
# ## 接着试 {#try}
#
# - 批大小改成 1，高和宽也都改成 1：`nn.BatchNorm2d` 会报错，手写的这一层呢？
# - 去掉 `torch.no_grad()`，训练几步之后试试 `copy.deepcopy(own)`。
# - 把两个 `register_buffer` 换成普通属性，看看 `state_dict()` 里还剩什么。

# %% [markdown] lang="en"
# ## Try next {#try}
#
# - Feed a single sample of height and width 1: `nn.BatchNorm2d` raises an error. What does the layer above do?
# - Remove `torch.no_grad()` and, after a few steps, try `copy.deepcopy(own)`.
# - Replace both buffers by plain attributes and look at what is left in `state_dict()`.
