// A batch by hand: drag the values of two channels, see their statistics, what becomes of
// them, and how gamma and beta undo it.
import {clamp, instrument, number, paint} from "./instrument.js"

const EPS = 1e-5
export const SAMPLES = 5
const LIMIT = 5 // of a value; the lines go one further

/** Normalize one channel as batch norm does in training. */
export function normalize(x, gamma, beta) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length
  const y = x.map(value => gamma * (value - mean) / Math.sqrt(variance + EPS) + beta)
  return {mean, variance, y}
}

/** The gamma and beta with which a channel comes out as it went in. */
export function undo(x) {
  const {mean, variance} = normalize(x, 1, 0)
  return {gamma: Math.sqrt(variance + EPS), beta: mean}
}

const gamma = {min: -5, max: 5, step: 0.1, value: 1}
const beta = {min: -5, max: 5, step: 0.1, value: 0}
const fields = {
  x: {min: -LIMIT, max: LIMIT, step: 0.1, value: [1.2, 2, 2.6, 3.4, 4.6, -4, -2.2, -1, 0.4, 1.8]},
  gamma1: gamma, beta1: beta, gamma2: gamma, beta2: beta,
}

const WORDS = {
  zh: {
    title: "动手改一个小批量",
    hint: "拖动圆点，或用方向键。上线是输入 x，下线是输出 y，每个通道各算各的。",
    undo: "γ = σ，β = μ", plain: "γ = 1，β = 0", wrong: "写反：γ = μ，β = σ",
    channel: c => `通道 ${c}`, point: (c, i) => `通道 ${c}，样本 ${i}`,
    value: x => `x = ${x}`,
    line: (m, s, ym, ys) => `x：μ ${m}，σ ${s}；y：μ ${ym}，σ ${ys}`,
    same: "差别", difference: d => d < 1e-4 ? "y = x，归一化被完全还原" : `y 与 x 最多差 ${number(d)}`,
    stop: "。",
  },
  en: {
    title: "A batch, by hand",
    hint: "Drag the dots or use the arrow keys. Above is the input x, below the output y; each channel has its own μ and σ.",
    undo: "γ = σ, β = μ", plain: "γ = 1, β = 0", wrong: "swapped: γ = μ, β = σ",
    channel: c => `Channel ${c}`, point: (c, i) => `channel ${c}, sample ${i}`,
    value: x => `x = ${x}`,
    line: (m, s, ym, ys) => `x: μ ${m}, σ ${s}; y: μ ${ym}, σ ${ys}`,
    same: "Difference", difference: d => d < 1e-4 ? "y = x: the normalization is undone" : `y and x differ by up to ${number(d)}`,
    stop: ". ",
  },
}

const EACH = 132, UPPER = 36, GAP = 62
const height = () => 2 * EACH + 6

export function mount(div, language) {
  const words = WORDS[language]
  const channel = (state, c) => state.x.slice(c * SAMPLES, (c + 1) * SAMPLES)
  const result = (state, c) => normalize(channel(state, c), state[`gamma${c + 1}`], state[`beta${c + 1}`])
  const place = x => {
    const left = 30, wide = figure.width - left - 14
    return left + (x + LIMIT + 1) / (2 * LIMIT + 2) * wide
  }
  const value = px => {
    const left = 30, wide = figure.width - left - 14
    return clamp((px - left) / wide * (2 * LIMIT + 2) - LIMIT - 1, -LIMIT, LIMIT)
  }
  const move = (i, x) => {
    const all = [...figure.state.x]
    all[i] = x
    figure.set({x: all})
  }
  const lines = () => [0, 1].map(c => {
    const {mean, variance, y} = result(figure.state, c)
    const out = normalize(y, 1, 0)
    return [words.channel(c + 1), words.line(number(mean), number(Math.sqrt(variance)),
      number(out.mean), number(Math.sqrt(out.variance)))]
  })
  const apart = () => Math.max(...[0, 1].flatMap(c => {
    const {y} = result(figure.state, c)
    return channel(figure.state, c).map((x, i) => Math.abs(x - y[i]))
  }))

  const render = ({state, back}) => {
    const shapes = []
    for (let c = 0; c < 2; c++) {
      const top = c * EACH + UPPER, low = top + GAP
      const {mean, variance, y} = result(state, c)
      const sigma = Math.sqrt(variance)
      shapes.push(["text", {x: 0, y: top - 20, "font-weight": 600}, words.channel(c + 1)])
      for (const [name, at] of [["x", top], ["y", low]]) {
        shapes.push(["text", {x: 4, y: at + 4, "font-style": "italic"}, name])
        shapes.push(["path", {d: `M${place(-LIMIT - 1)} ${at}H${place(LIMIT + 1)}`, stroke: "var(--ink-2)", "stroke-width": 1}])
        for (let tick = -4; tick <= 4; tick += 2) {
          shapes.push(["path", {d: `M${place(tick)} ${at - 3}v6`, stroke: "var(--ink-2)"}])
        }
      }
      for (let tick = -4; tick <= 4; tick += 2) {
        shapes.push(["text", {x: place(tick), y: low + 22, "text-anchor": "middle", class: "instrument-small"}, number(tick, 0)])
      }
      const from = clamp(mean - sigma, -LIMIT - 1, LIMIT + 1), to = clamp(mean + sigma, -LIMIT - 1, LIMIT + 1)
      shapes.push(["path", {d: `M${place(from)} ${top}H${place(to)}`, stroke: "var(--plain)", "stroke-width": 14, "stroke-opacity": 0.2}])
      shapes.push(["path", {d: `M${place(mean)} ${top - 15}v30`, stroke: "var(--plain)", "stroke-width": 2}])
      shapes.push(["text", {x: place(mean), y: top - 19, "text-anchor": "middle", fill: "var(--plain)"}, "μ"])
      shapes.push(["text", {x: place(to) + 5, y: top - 8, fill: "var(--plain)"}, "+σ"])
      channel(state, c).forEach((x, i) => {
        const beyond = Math.abs(y[i]) > LIMIT + 1
        const end = place(clamp(y[i], -LIMIT - 1, LIMIT + 1))
        shapes.push(["path", {d: `M${place(x)} ${top}L${end} ${low}`, stroke: "var(--ink-2)", "stroke-opacity": 0.6, "stroke-dasharray": beyond ? "2 3" : "none"}])
        shapes.push(["circle", {cx: end, cy: low, r: 5.5, fill: beyond ? "var(--paper)" : "var(--batch)", stroke: "var(--batch)", "stroke-width": 1.5}])
      })
    }
    paint(back, shapes)
    handles.forEach((handle, i) => {
      handle.place(place(state.x[i]), Math.floor(i / SAMPLES) * EACH + UPPER)
      handle.value(state.x[i], -LIMIT, LIMIT, words.value(number(state.x[i])))
    })
    figure.read([...lines(), [words.same, words.difference(apart()), "batch"]])
  }

  const figure = instrument(div, language, {
    name: "batch", fields, words, height, render,
    summary: () => [...lines().map(line => line.join(" ")), words.difference(apart())].join(words.stop),
  })
  const both = (of, gammaOf, betaOf) => figure.set(Object.fromEntries([0, 1].flatMap(c => {
    const right = of(channel(figure.state, c))
    return [[`gamma${c + 1}`, clamp(right[gammaOf], -5, 5)], [`beta${c + 1}`, clamp(right[betaOf], -5, 5)]]
  })))
  figure.buttons(
    [words.undo, () => both(undo, "gamma", "beta")],
    [words.plain, () => both(() => ({gamma: 1, beta: 0}), "gamma", "beta")],
    [words.wrong, () => both(undo, "beta", "gamma")],
  )
  for (const c of [1, 2]) {
    figure.slider(`gamma${c}`, `γ${"₁₂"[c - 1]}`, number, {steps: "any"})
    figure.slider(`beta${c}`, `β${"₁₂"[c - 1]}`, number, {steps: "any"})
  }
  const handles = fields.x.value.map((_, i) => figure.handle({
    label: words.point(Math.floor(i / SAMPLES) + 1, i % SAMPLES + 1),
    look: [["circle", {r: 7, fill: "var(--plain)", stroke: "var(--paper)", "stroke-width": 1.5}]],
    move: x => move(i, value(x)),
    step: (right, up) => move(i, clamp(Math.round(figure.state.x[i] * 10 + (right || up)) / 10, -LIMIT, LIMIT)),
  }))
}
