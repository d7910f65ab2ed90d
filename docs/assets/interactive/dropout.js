// Dropout in a small network: one mask, the mean over masks beside the scaled network, and
// the two variances of a batch norm behind it.
import {clamp, instrument, number, paint, random} from "./instrument.js"

// Dropout stands before both linear layers. There are no biases: a mask and a factor are all
// that changes. The first sample is the one that is drawn.
export const NETWORK = {
  hidden: [[0.9, 0.2, 0.9, -0.2], [0.3, 1, -0.8, 0.5], [-0.4, -0.4, 0.4, 0.6], [-0.8, 0.4, 0.3, -1]],
  output: [0.3, 0.6, 0.9, -0.3],
}
export const SAMPLES = [
  [1.2, 0.6, 1.5, 0.9], [0, 1.4, 0, 1.1], [1.8, 0, 0.7, 0], [0, 0, 2.1, 1.6],
  [0, 1.7, 0, 0], [2.2, 0, 1.4, 0], [0, 0.8, 0, 1.9], [0.3, 0, 0, 0],
]
const INPUTS = 4
const PLACES = 8 // values that can be dropped: the inputs and the hidden units
const ALL = Array(PLACES).fill(1)
const MASKS = 500

/** The factors of what is kept in training, and of everything in evaluation. */
export function factors(scaling, p) {
  const q = 1 - p
  return {
    train: scaling === "inverted" || scaling === "both" ? 1 / q : 1,
    eval: scaling === "classical" || scaling === "both" ? q : 1,
  }
}

/** What is sent on by each layer under a mask, of ones and zeros, and a factor. */
export function forward({hidden, output}, x, mask, factor, units) {
  const inputs = x.map((value, i) => factor * mask[i] * value)
  const h = hidden.map((weights, j) => {
    const z = weights.reduce((sum, w, i) => sum + w * inputs[i], 0)
    const a = units === "relu" ? Math.max(z, 0) : z
    return factor * mask[INPUTS + j] * a
  })
  return {inputs, h, y: output.reduce((sum, w, j) => sum + w * h[j], 0)}
}

// The output under each of the 256 masks, bit i for place i, without a factor: a factor at
// both layers goes through either kind of units and only multiplies it by its square.
let known = {}
function outputs(network, x, units) {
  if (known.network !== network || known.x !== x || known.units !== units) {
    const all = Array.from({length: 2 ** PLACES}, (_, code) =>
      forward(network, x, ALL.map((_, i) => code >> i & 1), 1, units).y)
    known = {network, x, units, all}
  }
  return known.all
}

/** The exact mean and deviation of the output over all 256 masks. */
export function expectation(network, x, p, scaling, units) {
  const factor = factors(scaling, p).train ** 2
  const probability = Array.from({length: PLACES + 1}, (_, kept) => (1 - p) ** kept * p ** (PLACES - kept))
  let mean = 0, square = 0
  outputs(network, x, units).forEach((output, code) => {
    let kept = 0
    for (let rest = code; rest; rest &= rest - 1) kept++
    const y = factor * output
    mean += probability[kept] * y
    square += probability[kept] * y * y
  })
  return {mean, deviation: Math.sqrt(Math.max(square - mean * mean, 0))}
}

/**
 * The variance of each hidden unit before its nonlinearity, over samples and masks of the
 * input: what a batch norm there keeps in training, and what it meets in evaluation.
 */
export function variances(weights, samples, p, scaling) {
  const {train, eval: still} = factors(scaling, p)
  const q = 1 - p
  return weights.map(w => {
    const z = samples.map(x => x.reduce((sum, value, i) => sum + w[i] * value, 0))
    const mean = z.reduce((a, b) => a + b) / z.length
    const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length
    const noise = samples.reduce(
      (sum, x) => sum + x.reduce((s, value, i) => s + (w[i] * value) ** 2, 0), 0) / samples.length
    return {train: train ** 2 * (q * q * variance + p * q * noise), eval: still ** 2 * variance}
  })
}

// A place is kept where its number is p or more: another p changes as few places as it can.
const draws = (() => {
  const {uniform} = random(77)
  return Array.from({length: MASKS}, () => Array.from({length: PLACES}, uniform))
})()
export const maskOf = (draw, p) => draws[draw - 1].map(u => u >= p ? 1 : 0)

/** The output under each of the masks, and the mean of all up to there. */
export function averages(network, x, p, scaling, units) {
  const factor = factors(scaling, p).train ** 2
  const all = outputs(network, x, units)
  let sum = 0
  return draws.map((draw, i) => {
    const y = factor * all[draw.reduce((code, u, place) => u >= p ? code | 1 << place : code, 0)]
    sum += y
    return {y, mean: sum / (i + 1)}
  })
}

const fields = {
  p: {min: 0, max: 0.9, step: 0.05, value: 0.5},
  mode: {options: ["train", "eval"], value: "train"},
  scaling: {options: ["inverted", "classical", "both", "neither"], value: "inverted"},
  units: {options: ["relu", "linear"], value: "relu"},
  view: {options: ["mean", "batch_norm"], value: "mean"},
  masks: {min: 1, max: MASKS, step: 1, value: 20},
}

const WORDS = {
  zh: {
    title: "一张掩码，许多张掩码",
    hint: "圈里是传给下一层的数，虚线圈被丢弃。线越粗，权重越大；橙线的权重为负。q\u00a0=\u00a01\u00a0−\u00a0p。",
    mode: "模式", scaling: "缩放", scalings: ["训练时 1/q", "推理时 q", "两处都做", "都不做"],
    units: "单元", kinds: ["ReLU", "线性"], view: "下图", views: ["掩码的平均", "后接 BN"],
    next: "新掩码", more: "+ 100",
    layers: ["输入 x", "隐藏层", "输出 y"],
    legend: ["● 单张", "— 平均", "┄ 全部 256 张", "— eval()"],
    drawn: "掩码的张数", at: n => `${n} 张掩码`, number: n => `第 ${n} 张掩码`,
    variance: ["z 的方差，z 是隐藏单元收到的和", "，8 个样本"], keeps: "▬ 训练，BN 存下", meets: "▬ 推理，BN 遇到", times: r => `${r} 倍`,
    now: "输出", mean: n => `${n} 张平均`, whole: "256 张平均", norm: "BN 方差比",
    output: (mode, y) => `${mode} 时 y = ${y}`,
    apart: (m, d) => `${m}，与 eval() 差 ${d}`,
    exact: m => `${m}，恰好等于 eval()`,
    why: {relu: "：ReLU 不是线性的", scale: "：缩放不成对"},
    ratio: (low, high, a, b) => `${low} 到 ${high}；eval() 输出方差 ${a}\u00a0到\u00a0${b}`, stop: "；",
  },
  en: {
    title: "One mask, many masks",
    hint: "In the circles: what is sent on; dashed: dropped. Thick lines: large weights; orange: negative. q\u00a0=\u00a01\u00a0−\u00a0p.",
    mode: "Mode", scaling: "Scaling", scalings: ["train 1/q", "eval q", "both", "neither"],
    units: "Units", kinds: ["ReLU", "linear"], view: "Below", views: ["mean of masks", "BN behind"],
    next: "New mask", more: "+ 100",
    layers: ["input x", "hidden", "output y"],
    legend: ["● mask", "— mean", "┄ all 256", "— eval()"],
    drawn: "number of masks", at: n => `${n} ${n === 1 ? "mask" : "masks"}`, number: n => `mask ${n}`,
    variance: ["Variance of z, into the hidden units", ", over 8 samples"], keeps: "▬ train: what BN keeps", meets: "▬ eval: what BN meets", times: r => `${r}×`,
    now: "Output", mean: n => `Mean of ${n}`, whole: "Mean of 256", norm: "BN: ratio",
    output: (mode, y) => `y = ${y} in ${mode}`,
    apart: (m, d) => `${m}, ${d} from eval()`,
    exact: m => `${m}, exactly eval()`,
    why: {relu: ": not linear", scale: ": not a pair"},
    ratio: (low, high, a, b) => `${low} to ${high}; eval() variance ${a}\u00a0to\u00a0${b}`, stop: "; ",
  },
}

const RADIUS = 19, EACH = 43, NETWORK_TOP = 24
const PANEL = NETWORK_TOP + INPUTS * EACH + 12 // where the lower drawing begins
const TOP = PANEL + 28, TALL = 112
const LEFT = 34, RIGHT = 14
const height = () => TOP + TALL + 40

export function mount(div, language) {
  const words = WORDS[language]
  const x = SAMPLES[0]
  // The number of masks on a logarithmic axis.
  const along = n => LEFT + Math.log(n) / Math.log(MASKS) * (figure.width - LEFT - RIGHT)
  const drawnAt = px => Math.exp((px - LEFT) / (figure.width - LEFT - RIGHT) * Math.log(MASKS))

  const found = ({p, scaling, units}) => {
    const key = [p, scaling, units].join()
    if (found.key !== key) {
      const whole = expectation(NETWORK, x, p, scaling, units)
      const still = forward(NETWORK, x, ALL, factors(scaling, p).eval, units).y
      Object.assign(found, {key, result: {
        whole, still, all: averages(NETWORK, x, p, scaling, units),
        norms: variances(NETWORK.hidden, SAMPLES, p, scaling),
      }})
    }
    return found.result
  }
  const shown = state => {
    const factor = factors(state.scaling, state.p)[state.mode]
    return forward(NETWORK, x, state.mode === "train" ? maskOf(state.masks, state.p) : ALL, factor, state.units)
  }
  const brief = value => value < 0.001 ? "<\u00a00.001" : number(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3)
  const lines = () => {
    const {state} = figure
    const {whole, still, all, norms} = found(state)
    const {mean} = all[state.masks - 1]
    const ratios = norms.map(one => one.train / one.eval).sort((a, b) => a - b)
    const [low, high] = [ratios[0], ratios.at(-1)]
    const gap = Math.abs(whole.mean - still)
    const paired = ["inverted", "classical"].includes(state.scaling)
    return [
      [words.now, words.output(`${state.mode}()`, number(shown(state).y)), state.mode === "train" ? "dropout" : ""],
      [words.mean(state.masks), words.apart(number(mean), number(Math.abs(mean - still))), "dropout"],
      [words.whole, gap < 1e-9 ? words.exact(number(whole.mean))
        : words.apart(number(whole.mean), number(gap)) + words.why[paired ? "relu" : "scale"]],
      [words.norm, words.ratio(...[low, high, 1 / high, 1 / low].map(brief)), "batch"],
    ]
  }

  function drawNetwork({state, width}, shapes) {
    const {inputs, h, y} = shown(state)
    const mask = state.mode === "train" ? maskOf(state.masks, state.p) : ALL
    const at = [62, width / 2 + 8, width - 34], middle = NETWORK_TOP + INPUTS * EACH / 2
    const place = i => NETWORK_TOP + (i + 0.5) * EACH
    const edge = (x1, y1, x2, y2, weight, off) => shapes.push(["path", {
      d: `M${x1} ${y1}L${x2} ${y2}`, "stroke-width": 0.5 + 2.5 * Math.abs(weight),
      stroke: off ? "var(--line)" : weight < 0 ? "var(--plain)" : "var(--ink-2)",
      "stroke-opacity": off ? 0.7 : 0.75,
    }])
    // First the edges without a signal, so that they lie below the others.
    for (const off of [true, false]) {
      NETWORK.hidden.forEach((weights, j) => weights.forEach((weight, i) => {
        if (!(mask[i] && mask[INPUTS + j]) === off) edge(at[0], place(i), at[1], place(j), weight, off)
      }))
      NETWORK.output.forEach((weight, j) => {
        if (!mask[INPUTS + j] === off) edge(at[1], place(j), at[2], middle, weight, off)
      })
    }
    const node = (cx, cy, value, kept) => {
      shapes.push(["circle", {
        cx, cy, r: RADIUS, fill: "var(--paper)", stroke: kept ? "var(--ink)" : "var(--dropout)",
        "stroke-width": kept ? 1.2 : 1.4, "stroke-dasharray": kept ? "none" : "3 3",
      }])
      shapes.push(["text", {
        x: cx, y: cy + 4, "text-anchor": "middle", class: "instrument-small",
        fill: kept ? "var(--ink)" : "var(--dropout)",
      }, kept ? number(value, Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0) : "×"])
    }
    x.forEach((value, i) => {
      shapes.push(["text", {x: at[0] - RADIUS - 8, y: place(i) + 4, "text-anchor": "end", class: "instrument-small"}, number(value, 1)])
      node(at[0], place(i), inputs[i], mask[i])
    })
    h.forEach((value, j) => node(at[1], place(j), value, mask[INPUTS + j]))
    node(at[2], middle, y, true)
    words.layers.forEach((text, i) => shapes.push(["text", {x: at[i], y: 13, "text-anchor": "middle", "font-weight": 600}, text]))
    if (state.mode === "train") {
      shapes.push(["text", {x: width, y: middle + RADIUS + 20, "text-anchor": "end", class: "instrument-small", fill: "var(--dropout)"}, words.number(state.masks)])
    }
  }

  function drawMean({state, width}, shapes) {
    const {whole, still, all} = found(state)
    const center = (whole.mean + still) / 2
    const half = Math.max(1.5 * whole.deviation, 0.8 * Math.abs(whole.mean - still), 0.4)
    const up = y => TOP + TALL / 2 - clamp((y - center) / half, -1, 1) * TALL / 2
    const inside = y => Math.abs(y - center) < half
    const colors = ["var(--dropout)", "var(--dropout)", "var(--ink-2)", "var(--ink)"]
    words.legend.forEach((text, i) => {
      shapes.push(["text", {x: LEFT + [0, 0.21, 0.44, 0.78][i] * (width - LEFT), y: PANEL + 12, fill: colors[i]}, text])
    })
    const rough = 10 ** Math.floor(Math.log10(half)), step = rough * (half / rough >= 5 ? 5 : half / rough >= 2.5 ? 2 : 1)
    for (let tick = Math.ceil((center - half) / step) * step; tick <= center + half; tick += step) {
      shapes.push(["path", {d: `M${LEFT} ${up(tick)}H${width - RIGHT}`, stroke: "var(--line)"}])
      shapes.push(["text", {x: LEFT - 6, y: up(tick) + 4, "text-anchor": "end", class: "instrument-small"}, number(tick, step < 1 ? 1 : 0)])
    }
    // Written once for all numbers of masks, and taken up to there.
    const written = found(state)
    if (drawMean.width !== width) {
      Object.assign(drawMean, {width, px: all.map((_, i) => along(i + 1).toFixed(1))})
    }
    if (written.width !== width) {
      const {px} = drawMean
      Object.assign(written, {
        width,
        dots: all.map(({y}, i) => inside(y) ? `M${px[i]} ${up(y).toFixed(1)}h0` : ""),
        path: all.map(({mean}, i) => `${i ? "L" : "M"}${px[i]} ${up(mean).toFixed(1)}`),
      })
    }
    const line = {fill: "none", "stroke-linecap": "round"}
    const dots = [written.dots, written.dots.slice(0, state.masks)]
    dots.forEach((d, i) => shapes.push(["path", {d: d.join(""), ...line, stroke: "var(--dropout)", "stroke-width": 3.4, "stroke-opacity": i ? 0.35 : 0.12}]))
    shapes.push(["path", {d: `M${LEFT} ${up(still)}H${width - RIGHT}`, stroke: "var(--ink)", "stroke-width": 1.6}])
    shapes.push(["path", {d: `M${LEFT} ${up(whole.mean)}H${width - RIGHT}`, stroke: "var(--ink-2)", "stroke-width": 1.4, "stroke-dasharray": "3 3"}])
    shapes.push(["path", {d: written.path.slice(0, state.masks).join(""), ...line, stroke: "var(--dropout)", "stroke-width": 2.2, "stroke-linejoin": "round"}])
    const low = TOP + TALL
    shapes.push(["path", {d: `M${along(state.masks)} ${TOP}V${low + 10}`, stroke: "var(--ink)"}])
    for (const n of [1, 5, 20, 100, 500]) {
      if (Math.abs(along(n) - along(state.masks)) < 26) continue
      shapes.push(["text", {x: along(n), y: low + 20, "text-anchor": "middle", class: "instrument-small"}, String(n)])
    }
  }

  function drawNorm({state, width}, shapes) {
    const {norms} = found(state)
    const most = Math.max(...norms.map(one => Math.max(one.train, one.eval)))
    const reach = width - LEFT - 50, row = 32, from = TOP + 16
    const [what, over] = words.variance
    shapes.push(["text", {x: 0, y: PANEL + 12, "font-weight": 600}, width > 400 ? what + over : what])
    shapes.push(["text", {x: 0, y: PANEL + 32, fill: "var(--dropout)"}, words.keeps])
    shapes.push(["text", {x: width * 0.52, y: PANEL + 32, fill: "var(--batch)"}, words.meets])
    norms.forEach((one, j) => {
      const top = from + j * row
      shapes.push(["text", {x: 0, y: top + 16}, `z${"₁₂₃₄"[j]}`])
      shapes.push(["rect", {x: LEFT - 8, y: top, width: Math.max(one.train / most * reach, 1), height: 10, fill: "var(--dropout)"}])
      shapes.push(["rect", {x: LEFT - 8, y: top + 11, width: Math.max(one.eval / most * reach, 1), height: 10, fill: "var(--batch)"}])
      shapes.push(["text", {x: width, y: top + 15, "text-anchor": "end"}, words.times(brief(one.train / one.eval))])
    })
  }

  const render = drawn => {
    const {state, back} = drawn
    const shapes = []
    drawNetwork(drawn, shapes)
    const mean = state.view === "mean"
    if (mean) drawMean(drawn, shapes)
    else drawNorm(drawn, shapes)
    paint(back, shapes)
    handle.grip.style.display = mean ? "" : "none"
    handle.place(along(state.masks), TOP + TALL + 16)
    handle.value(state.masks, 1, MASKS, words.at(state.masks))
    figure.read(lines())
  }

  const figure = instrument(div, language, {
    name: "dropout", fields, words, height, render,
    summary: () => lines().map(line => line.slice(0, 2).join(" ")).join(words.stop),
  })
  figure.slider("p", "p", value => number(value))
  figure.choice("mode", words.mode, ["train()", "eval()"])
  figure.choice("scaling", words.scaling, words.scalings)
  figure.choice("units", words.units, words.kinds)
  const draw = n => figure.set({masks: clamp(Math.round(n), 1, MASKS)})
  figure.buttons(
    // After the last one they begin again.
    [words.next, () => draw(figure.state.masks % MASKS + 1)],
    [words.more, () => draw(figure.state.masks + 100)],
  )
  figure.choice("view", words.view, words.views)
  const handle = figure.handle({
    label: words.drawn,
    look: [["circle", {r: 9, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 1.5}]],
    move: px => draw(drawnAt(px)),
    step: (right, up) => draw(figure.state.masks + (right || up)),
  })
}
