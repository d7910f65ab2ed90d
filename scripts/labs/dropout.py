"""Lab: source 002's over-fitting toy with its controls, and Monte-Carlo dropout.

The plain modules of scripts/experiments/dropout_overfit.py and mc_dropout.py, three
seeds: twenty noisy points, without anything, with dropout, with L2, stopped early; then
the spread of a hundred predictions, inside the data, in a gap and outside.
"""

# %% [markdown] lang="zh"
# # 实验：Dropout 与过拟合 {#dropout-lab}
#
# **一个宽网络拟合二十个带噪声的点：Dropout 真能挡住过拟合吗？换个办法会不会更好？**
#
# [来源 002](../claims.md#program-dropout-networks) 在一条直线附近取些带噪声的点，用两个宽网络去拟合，其中一个在前两个线性层之后加 `nn.Dropout(0.5)` 与 `nn.Dropout(0.2)`，得出“没有 Dropout 的损失会上升，有 Dropout 的不会”。
#
# 这里照做三遍（三个种子），再补上对照：到真实直线的误差、L2 正则化、在合适的时候停下。最后让 Dropout 在预测时也开着，看看各次预测之间的差别能说明什么。

# %% [markdown] lang="en"
# # Lab: dropout and overfitting {#dropout-lab}
#
# **A wide network fits twenty noisy points. Does dropout really prevent overfitting, and would something else do it better?**
#
# [Source 002](../claims.md#program-dropout-networks) takes noisy points near a line and fits them with two wide networks, one with `nn.Dropout(0.5)` and `nn.Dropout(0.2)` behind its first two linear layers. Its conclusion: without dropout the loss rises, with dropout it does not.
#
# Here this is done three times, with three seeds, and controls are added: the error against the true line, L2 regularization, stopping in time. At the end dropout is left on in prediction, to see what the spread of many predictions tells.

# %%
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
SEEDS = (0, 1, 2)
NOISE, WIDTH, EPOCHS, LEARNING_RATE = 0.3, 100, 1000, 0.01
x = torch.linspace(-1, 1, 20).unsqueeze(1)
line = torch.linspace(-1, 1, 100).unsqueeze(1)  # the truth is y = x


def noisy(y, seed):
    generator = torch.Generator().manual_seed(seed)
    return y + NOISE * torch.randn(y.shape, generator=generator)


# %% [markdown] lang="zh"
# ## 网络与训练 {#training}
#
# 三个宽 {{ WIDTH }} 的隐藏层。注意 PyTorch 的 `p` 是*丢弃*概率（[两种含义](../dropout.md#two-scalings)）。三种网络从同样的权重出发：什么都不加、Dropout、L2（Adam 的 `weight_decay`，也就是把惩罚项加进梯度）。每十轮在评估模式下测一次。

# %% [markdown] lang="en"
# ## Network and training {#training}
#
# Three hidden layers of width {{ WIDTH }}. In PyTorch `p` is the probability to *drop* ([two meanings](../dropout.md#two-scalings)). Three networks start from the same weights: without anything, with dropout, with L2 (`weight_decay` of Adam, which adds the penalty to the gradient). Every ten epochs they are measured in evaluation mode.


# %%
def network(first, second):
    return nn.Sequential(
        nn.Linear(1, WIDTH),
        nn.Dropout(first),
        nn.ReLU(),
        nn.Linear(WIDTH, WIDTH),
        nn.Dropout(second),
        nn.ReLU(),
        nn.Linear(WIDTH, WIDTH),
        nn.ReLU(),
        nn.Linear(WIDTH, 1),
    )


def train(seed, first=0.0, second=0.0, weight_decay=0.0):
    y, test_y = noisy(x, 1000 + seed), noisy(line, 2000 + seed)
    torch.manual_seed(seed)
    net = network(first, second)
    optimizer = torch.optim.Adam(
        net.parameters(), LEARNING_RATE, weight_decay=weight_decay
    )
    errors, fits = [], {}
    for epoch in range(1, EPOCHS + 1):
        loss = (net(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 10 == 0:
            net.eval()
            with torch.no_grad():
                fits[epoch] = fit = net(line)
                on_train = (net(x) - y).square().mean().item()
            net.train()
            on_test = (fit - test_y).square().mean().item()
            errors.append((on_train, on_test, (fit - line).square().mean().item()))
    return np.array(errors), fits, y


settings = {
    "plain": {},
    "dropout": {"first": 0.5, "second": 0.2},
    "l2": {"weight_decay": 0.01},
}
runs = {name: [train(seed, **arm) for seed in SEEDS] for name, arm in settings.items()}
errors = {name: np.stack([run[0] for run in each]) for name, each in runs.items()}
TRAIN, TEST, LINE = range(3)  # errors[name]: seeds x measurements x these

# %% [markdown] lang="zh"
# ## 拟合 {#fits}
#
# 种子 {{ SEEDS[0] }} 的三个网络，训练途中各看三次。

# %% [markdown] lang="en"
# ## The fits {#fits}
#
# The three networks of seed {{ SEEDS[0] }}, each seen three times on the way.

# %%
import warnings

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

LANGUAGE = "zh"
words = {
    "zh": {
        "plain": "什么都不加",
        "dropout": "Dropout",
        "l2": "L2",
        "epoch": "第 {} 轮",
        "epochs": "训练过的轮数",
        "test": "带噪声的测试点",
        "line": "真实的直线",
        "errors": "均方误差",
        "mc": "平均预测 ± 两个标准差（种子 {}），虚线是真实曲线",
        "gap": "缺口",
    },
    "en": {
        "plain": "nothing added",
        "dropout": "dropout",
        "l2": "L2",
        "epoch": "epoch {}",
        "epochs": "epochs trained",
        "test": "noisy test points",
        "line": "the true line",
        "errors": "Squared error against",
        "mc": "Mean prediction ± two deviations, seed {}; dashed: truth",
        "gap": "gap",
    },
}[LANGUAGE]
INK, GREY = "#23262b", "#5c6068"
COLOURS = {"plain": "#b35300", "dropout": "#b0104f", "l2": "#0c5f42"}
DASHES = {"plain": (0, (5, 1.8)), "dropout": "-", "l2": (0, (7, 1.8, 1.5, 1.8))}
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

figure, grid = plt.subplots(3, 3, sharex=True, sharey=True)
figure.subplots_adjust(
    left=0.08, right=0.98, top=0.87, bottom=0.07, hspace=0.3, wspace=0.1
)
for row, (name, each) in enumerate(runs.items()):
    _, fits, y = each[0]
    for column, epoch in enumerate((20, 200, 1000)):
        axes = grid[row, column]
        axes.plot(line[::99], line[::99], color=GREY, linewidth=1)
        axes.plot(x, y, "o", color=GREY, markersize=3)
        axes.plot(line[::2], fits[epoch][::2], color=COLOURS[name], linewidth=2)
        axes.set(
            xlim=(-1.05, 1.05), ylim=(-1.7, 1.9), xticks=(-1, 0, 1), yticks=(-1, 0, 1)
        )
        if row == 0:
            axes.set_title(
                words["epoch"].format(epoch), fontsize=13, color=GREY, pad=12
            )
    grid[row, 0].text(-1, 1.55, words[name], color=COLOURS[name])
plt.show()

# %% [markdown] alt="zh"
# 三行三列小图：同样二十个点在第 20、200、1000 轮的拟合（种子 {{ SEEDS[0] }}），灰线是真实的直线。什么都不加的一行，最后穿过几乎每一个点；Dropout 的一行也逐渐弯曲，但轻得多；L2 的一行始终靠近直线。

# %% [markdown] alt="en"
# Three rows and three columns: the fit of the same twenty points after 20, 200 and 1000 epochs (seed {{ SEEDS[0] }}), with the true line in grey. With nothing added it ends up going through almost every point; with dropout it bends too, but much less; with L2 it stays near the line.

# %% [markdown] lang="zh"
# ## 误差会不会上升 {#errors}
#
# 左图量到带噪声的测试点，也就是原文画的；它再低也低不过噪声的方差 {{ NOISE**2:.2f }}。右图量到真实的直线。{{ EPOCHS }} 轮 Adam 会放大舍入误差，所以误差画在图里，打印的只是留有余地的计数。

# %% [markdown] lang="en"
# ## Does the error rise? {#errors}
#
# On the left the error against noisy test points, as in the source; it can hardly fall below {{ NOISE**2:.2f }}, the variance of the noise. On the right the error against the true line. {{ EPOCHS }} steps of Adam amplify rounding, so the errors are drawn; what is printed are counts that hold with room to spare.

# %%
figure, grid = plt.subplots(1, 2, figsize=(480 / 72, 280 / 72))
figure.subplots_adjust(left=0.09, right=0.95, top=0.78, bottom=0.18, wspace=0.26)
epochs = np.arange(10, EPOCHS + 1, 10)
for axes, kind, what, top in zip(
    grid, (TEST, LINE), ("test", "line"), (0.18, 0.09), strict=True
):
    for name, each in errors.items():
        for one in each:
            axes.plot(
                epochs[::3],
                one[::3, kind],
                color=COLOURS[name],
                linestyle=DASHES[name],
                linewidth=1.2,
            )
    axes.set(
        ylim=(0, top), xlim=(0, EPOCHS), xticks=(0, 500, 1000), xlabel=words["epochs"]
    )
    axes.set_title(words[what], fontsize=13, loc="left")
figure.text(0.03, 0.93, words["errors"], fontsize=14)
for place, name in zip((0.45, 0.72, 0.92), settings, strict=True):
    figure.text(place, 0.93, words[name], color=COLOURS[name])
plt.show()


def count(those):
    return f"{np.sum(those)} of {len(SEEDS)} seeds"


end = {name: each[:, -1] for name, each in errors.items()}
print(
    "without anything, the training error ends below a tenth of the noise:",
    count(end["plain"][:, TRAIN] < 0.1 * NOISE**2),
)
print("nearer to the line at the end than without anything:")
for name in ("dropout", "l2"):
    print(f"  {name}: {count(end[name][:, LINE] < end['plain'][:, LINE])}")
print("L2 nearer than dropout:", count(end["l2"][:, LINE] < end["dropout"][:, LINE]))
rise = {
    name: each[:, -1, LINE] / each[:, :, LINE].min(1) for name, each in errors.items()
}
print("error against the line at the end, above 1.3 times its lowest:")
for name in ("plain", "dropout"):
    print(f"  {name}: {count(rise[name] > 1.3)}")
print("L2 rises less than dropout:", count(rise["l2"] < rise["dropout"]))

# %% [markdown] alt="zh"
# 两幅图，横轴是轮数。对测试点和对真实直线的误差，什么都不加的三条线升得最高，Dropout 的三条线也在升，但低一些，L2 的三条线几乎是平的。

# %% [markdown] alt="en"
# Two panels with epochs across. Against the test points and against the true line the three lines with nothing added rise most, the three with dropout rise as well but less, and the three with L2 stay almost flat.

# %% [markdown] lang="zh"
# ## 及时停下 {#stopping}
#
# 什么都不加的网络，如果停在测试误差最低的那一次，会怎样？（停的时刻是看着测试点挑的，所以偏于乐观；真正使用时要另留一份验证数据。）

# %% [markdown] lang="en"
# ## Stopping in time {#stopping}
#
# And the network without anything, stopped where its test error is lowest? (The moment is chosen by the test points, which is optimistic; in practice, use separate validation data.)

# %%
best = errors["plain"][:, :, TEST].argmin(1)
stopped = errors["plain"][np.arange(len(SEEDS)), best, LINE]
print(
    "stopped in time, nearer to the line than dropout at its end:",
    count(stopped < end["dropout"][:, LINE]),
)

# %% [markdown] lang="zh"
# 所以：Dropout 在这里推迟并减轻了过拟合，但没有消除它；一个合适的 L2，或者什么都不加、只是及时停下，离真实的直线都更近。十个种子的测量见[它能防止过拟合吗](../dropout.md#overfitting)。

# %% [markdown] lang="en"
# So dropout delays and softens overfitting here but does not remove it; a suitable L2, or nothing but stopping in time, does better. Ten seeds are measured under [Does it prevent overfitting?](../dropout.md#overfitting).

# %% [markdown] lang="zh"
# ## 蒙特卡洛 Dropout {#mc-dropout}
#
# 预测时让 Dropout 开着，预测 {{ TIMES }} 次，取平均与标准差；常有人把这个标准差当作网络“有多没把握”。曲线是 $y=\sin 2x$，数据只有两段，−3 到 −1 与 1 到 3，中间是缺口。注意只打开 Dropout 层，不要整个 `net.train()`，否则批量归一化也会跟着变。

# %% [markdown] lang="en"
# ## Monte-Carlo dropout {#mc-dropout}
#
# Leave dropout on, predict {{ TIMES }} times, take mean and standard deviation; many read the deviation as “how unsure the network is”. The curve is $y=\sin 2x$; data exist in two stretches only, from −3 to −1 and from 1 to 3, with a gap between. Switch on the dropout layers only, not the whole network by `net.train()`, which would change batch normalization too.


# %%
def mc_data(seed, points):
    generator = torch.Generator().manual_seed(1000 + seed)
    x = 1 + 2 * torch.rand(points, 1, generator=generator)
    x[: points // 2] *= -1
    return x, (2 * x).sin() + 0.1 * torch.randn(points, 1, generator=generator)


def mc_predict(seed, p, points):
    x, y = mc_data(seed, points)
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(1, 64),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(64, 1),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    for _ in range(1200):
        chosen = torch.randint(points, (40,))
        loss = (net(x[chosen]) - y[chosen]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    with torch.no_grad():
        many = torch.stack([net(grid_x) for _ in range(TIMES)])
    return many.mean(0).squeeze(1), many.std(0).squeeze(1)


TIMES = 100
grid_x = torch.linspace(-6, 6, 121).unsqueeze(1)
at = grid_x.squeeze(1)
truth = (2 * at).sin()
PLACES = {
    "inside": (at.abs() >= 1) & (at.abs() <= 3),
    "gap": at.abs() <= 0.8,
    "outside": at >= 4,
}
mc = {
    name: [mc_predict(seed, p, points) for seed in SEEDS]
    for name, p, points in (
        ("base", 0.1, 40),
        ("ten times", 0.1, 400),
        ("p = 0.3", 0.3, 40),
    )
}
std = {
    name: {
        place: np.array([s[here].mean().item() for _, s in each])
        for place, here in PLACES.items()
    }
    for name, each in mc.items()
}
error = {
    place: np.array(
        [(m - truth)[here].square().mean().sqrt().item() for m, _ in mc["base"]]
    )
    for place, here in PLACES.items()
}

figure, axes = plt.subplots(figsize=(480 / 72, 260 / 72))
figure.subplots_adjust(left=0.09, right=0.97, top=0.86, bottom=0.1)
SHOWN = 1  # the place of a seed; look at the others too
mean, deviation = mc["base"][SHOWN]
axes.fill_between(
    at,
    mean - 2 * deviation,
    mean + 2 * deviation,
    color=COLOURS["dropout"],
    alpha=0.25,
    linewidth=0,
)
axes.plot(at, mean, color=COLOURS["dropout"], linewidth=2)
axes.plot(at, truth, color=GREY, linestyle=DASHES["plain"], linewidth=1.4)
axes.plot(*mc_data(SEEDS[SHOWN], 40), "o", color=INK, markersize=3)
axes.text(0, -1.9, words["gap"], color=GREY, ha="center")
axes.set(xlim=(-6, 6), ylim=(-2.2, 2.4))
figure.text(0.03, 0.93, words["mc"].format(SEEDS[SHOWN]), fontsize=14)
plt.show()

print(
    "spread outside above 1.5 times that inside:",
    count(std["base"]["outside"] > 1.5 * std["base"]["inside"]),
)
print("error in the gap above its spread:", count(error["gap"] > std["base"]["gap"]))
shrunk = std["ten times"]["inside"] / std["base"]["inside"]
print(
    "ten times the data brings the spread inside below 0.6 of what it was:",
    count(shrunk < 0.6),
)
wider = std["p = 0.3"]["inside"] / std["base"]["inside"]
print("p = 0.3 instead of 0.1 makes it 1.2 times and more:", count(wider > 1.2))

# %% [markdown] alt="zh"
# 种子 {{ SEEDS[SHOWN] }}。两段数据点之间有缺口。平均预测在有数据处跟着虚线的正弦曲线，在缺口里和两端则离开了它；带子在右端变宽，在缺口里却没有宽多少，许多地方罩不住真实曲线。

# %% [markdown] alt="en"
# Seed {{ SEEDS[SHOWN] }}: data points in two stretches with a gap between. Where there are data the mean prediction follows the dashed sine, in the gap and at both ends it leaves it. The band widens at the right end but hardly in the gap, and in many places it does not hold the true curve.

# %% [markdown] lang="zh"
# 数据之外，标准差确实更大；可是在缺口里，它小于误差，没有跟着误差变大。数据增加到十倍，有数据处的标准差也没有降到六成以下；p 从 0.1 改成 0.3，它倒变大了。它可以用来排序，不能当作概率：[为什么](../dropout.md#mc-dropout)。

# %% [markdown] lang="en"
# Outside the data the spread is indeed larger. But in the gap it stays below the error and does not follow it. Ten times the data does not bring the spread among the data below 0.6 of what it was, while p = 0.3 instead of 0.1 makes it larger. It is a signal to rank by, not a probability: [why](../dropout.md#mc-dropout).

# %% [markdown] lang="zh"
# ## 接着试 {#try}
#
# - 把 Dropout 的 p 改成 0.2、0.2，或者 0.8、0.5：最后离直线更近还是更远？
# - 把点数从 20 改成 200：还会过拟合吗？
# - 把 `weight_decay` 改成 0.003 与 0.1，看看 L2 合适的范围有多宽。

# %% [markdown] lang="en"
# ## Try next {#try}
#
# - Set dropout to 0.2 and 0.2, or to 0.8 and 0.5: does it end nearer to the line or farther away?
# - Take 200 points instead of 20. Is there any overfitting left?
# - Set `weight_decay` to 0.003 and to 0.1: over how wide a range does L2 help?
