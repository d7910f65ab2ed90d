"""Which normalization for which job: questions from the top, the first yes decides.

What to see: batch norm is asked for last but one, because it has the most conditions;
group norm is what remains when none of them is met.
"""

from matplotlib.figure import Figure

from scripts.figures.parts.boxes import arrow, box
from scripts.figures.parts.style import NORMAL, SMALL, canvas, title, write

HEIGHT = 566
RESULTS = ()
WORDS = {
    "zh": {
        "title": "选哪一种归一化：从上往下问，第一个“是”决定",
        "yes": "是",
        "no": "否",
        "q1": "用的是训练好的模型？",
        "w1": "统计量与参数是一起训练的",
        "a1": "保留原来的层",
        "n1": "批太小就冻结它",
        "q2": "序列：Transformer、RNN？",
        "w2": "长短不一，不可看未来的词",
        "a2": "LayerNorm、RMSNorm",
        "n2": "每个位置各算各的",
        "q3": "要抹去每张图的对比度？",
        "w3": "风格迁移：风格就在统计量里",
        "a3": "InstanceNorm",
        "n3": "每图每通道各算各的",
        "q4": "约束判别器的变化率？",
        "w4": "GAN：要界定的是函数本身",
        "a4": "谱归一化",
        "n4": "作用于权重，不是激活值",
        "q5": "每通道值多，批随机抽取？",
        "w5": "并且使用时的数据像训练时",
        "a5": "BatchNorm",
        "n5": "推理时可并入卷积，不耗时",
        "a6": "GroupNorm",
        "n6": "检测、分割、小批量、梯度累积",
        "n7": "或跨卡同步的 SyncBatchNorm",
    },
    "en": {
        "title": "Choosing a norm: ask from the top, the first yes decides",
        "yes": "yes",
        "no": "no",
        "q1": "Trained already?",
        "w1": "statistics and weights go together",
        "a1": "keep its layers",
        "n1": "freeze them if batches are tiny",
        "q2": "Sequence data?",
        "w2": "transformers, RNNs: no look ahead",
        "a2": "LayerNorm, RMSNorm",
        "n2": "each position on its own",
        "q3": "Discard the contrast?",
        "w3": "style transfer: style is statistics",
        "a3": "InstanceNorm",
        "n3": "each image and channel alone",
        "q4": "A GAN discriminator?",
        "w4": "its slope is to be bounded",
        "a4": "spectral norm",
        "n4": "acts on weights, not activations",
        "q5": "Many values per channel?",
        "w5": "random batches, later data alike",
        "a5": "BatchNorm",
        "n5": "folds into the conv at inference",
        "a6": "GroupNorm",
        "n6": "detection, segmentation, small batches, accumulation",
        "n7": "or SyncBatchNorm across devices",
    },
}
ANSWERS = ("ink-2", "layer", "plain", "dropout", "batch")
TOP, STEP, BOX = 46, 84, 56
LEFT, WIDTH, RIGHT, ANSWER = 10, 222, 262, 208


def draw(figure: Figure, words: dict[str, str]) -> None:
    """Questions at the left, answers at the right, arrows between them."""
    title(figure, words["title"])
    axes = canvas(figure)
    middle = LEFT + WIDTH / 2
    for number, color in enumerate(ANSWERS, 1):
        top = TOP + (number - 1) * STEP
        box(axes, LEFT, top, WIDTH, BOX, "ink-2", 0.07)
        _write(figure, middle, top, words[f"q{number}"], words[f"w{number}"], "ink")
        box(axes, RIGHT, top, ANSWER, BOX, color, 0.06)
        _write(
            figure,
            RIGHT + ANSWER / 2,
            top,
            words[f"a{number}"],
            words[f"n{number}"],
            color,
        )
        arrow(axes, (LEFT + WIDTH, top + BOX / 2), (RIGHT, top + BOX / 2))
        x = (LEFT + WIDTH + RIGHT) / 2 - 2
        write(figure, x, top + BOX / 2 - 6, words["yes"], "ink-2", SMALL, ha="center")
        arrow(axes, (middle, top + BOX), (middle, top + STEP))
        write(figure, middle + 7, top + BOX + 18, words["no"], "ink-2", SMALL)
    top = TOP + len(ANSWERS) * STEP
    box(axes, LEFT, top, RIGHT + ANSWER - LEFT, BOX, "group", 0.06)
    middle = (LEFT + RIGHT + ANSWER) / 2
    write(figure, middle, top + 24, words["a6"], "group", ha="center", bold=True)
    write(figure, middle, top + 43, words["n6"], "ink", SMALL, ha="center")
    write(figure, middle, top + 78, words["n7"], "ink-2", SMALL, ha="center")


def _write(
    figure: Figure, x: float, top: float, first: str, second: str, color: str
) -> None:
    write(figure, x, top + 24, first, color, NORMAL, ha="center", bold=True)
    write(figure, x, top + 43, second, "ink", SMALL, ha="center")
