"""How a number gets from an experiment to a page, and code from a file to a page.

What to see: numbers enter a page from the results only, in prose and in figures; code
enters it from files that tests have read.
"""

from matplotlib.figure import Figure

from scripts.figures.parts.boxes import arrow, box
from scripts.figures.parts.style import NORMAL, SMALL, canvas, title, write

HEIGHT = 318
RESULTS = ()
WORDS = {
    "zh": {
        "title": "数字只从结果进入页面，代码只从测试过的文件",
        "experiments": "实验",
        "experiments_note": "多个种子，记下设置",
        "results": "结果",
        "results_note": "JSON，记着来源",
        "figures": "图",
        "figures_note": "由程序画出",
        "snippets": "片段",
        "snippets_note": "可复制的一个文件",
        "pages": "页面",
        "pages_note": "中文与英文成对",
        "terms": "说法、症状、术语",
        "terms_note": "各一个数据文件",
        "tests": "测试",
        "tests_note": "对照 torch 与公式",
        "site": "网站",
        "site_note": "一条命令生成",
        "browser": "浏览器",
        "browser_note": "每页打开、检查",
        "numbers": "数字",
    },
    "en": {
        "title": "Numbers come from results, code from tested files",
        "experiments": "experiments",
        "experiments_note": "many seeds, checked",
        "results": "results",
        "results_note": "JSON, source noted",
        "figures": "figures",
        "figures_note": "drawn by programs",
        "snippets": "snippets",
        "snippets_note": "one file to copy",
        "pages": "pages",
        "pages_note": "Chinese and English",
        "terms": "claims, terms",
        "terms_note": "one data file each",
        "tests": "tests",
        "tests_note": "torch, closed forms",
        "site": "site",
        "site_note": "one command",
        "browser": "browser",
        "browser_note": "opens every page",
        "numbers": "numbers",
    },
}
LEFTS, WIDTH = (10, 174, 338), 132
TOP, STEP, BOX = 48, 92, 56
ROWS = (
    ("experiments", "results", "figures"),
    ("snippets", "pages", "terms"),
    ("tests", "site", "browser"),
)
COLORS = {
    "experiments": "plain",
    "results": "plain",
    "figures": "plain",
    "snippets": "batch",
    "tests": "batch",
    "pages": "group",
    "terms": "ink-2",
    "site": "layer",
    "browser": "layer",
}


def draw(figure: Figure, words: dict[str, str]) -> None:
    """Three rows of three boxes; all ways lead to the page in the middle."""
    title(figure, words["title"])
    axes = canvas(figure)
    for row, names in enumerate(ROWS):
        top = TOP + row * STEP
        for left, name in zip(LEFTS, names, strict=True):
            box(axes, left, top, WIDTH, BOX, COLORS[name], 0.06)
            middle = left + WIDTH / 2
            color = "ink" if COLORS[name] == "ink-2" else COLORS[name]
            write(
                figure,
                middle,
                top + 24,
                words[name],
                color,
                NORMAL,
                ha="center",
                bold=True,
            )
            note = words[f"{name}_note"]
            write(figure, middle, top + 43, note, "ink", SMALL, ha="center")
    side = BOX / 2
    first, second, third = (TOP + row * STEP for row in range(3))
    center = LEFTS[1] + WIDTH / 2
    arrow(axes, (LEFTS[0] + WIDTH, first + side), (LEFTS[1], first + side))
    arrow(axes, (LEFTS[1] + WIDTH, first + side), (LEFTS[2], first + side))
    arrow(axes, (center, first + BOX), (center, second))
    write(figure, center + 7, first + BOX + 22, words["numbers"], "ink-2", SMALL)
    arrow(axes, (LEFTS[2] + 20, first + BOX), (LEFTS[1] + WIDTH - 12, second))
    arrow(axes, (LEFTS[0] + WIDTH, second + side), (LEFTS[1], second + side))
    arrow(axes, (LEFTS[2], second + side), (LEFTS[1] + WIDTH, second + side))
    arrow(axes, (LEFTS[0] + WIDTH / 2, third), (LEFTS[0] + WIDTH / 2, second + BOX))
    arrow(axes, (center, second + BOX), (center, third))
    arrow(axes, (LEFTS[2], third + side), (LEFTS[1] + WIDTH, third + side))
