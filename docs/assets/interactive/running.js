// Batches stream in: their statistics, the running ones, and what one input becomes by
// either, in training and in evaluation.
import {clamp, instrument, number, paint, random} from "./instrument.js"

const EPS = 1e-5
export const STEPS = 80
export const FRESH = 20 // batches for recalibration
const MEAN = 2, DEVIATION = 1.5, TURN = 40 // the data move after so many batches

/** Mean, biased and unbiased variance of some values. */
export function statistics(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return {mean, biased: squares / values.length, unbiased: squares / (values.length - 1)}
}

/** What is kept after each batch; momentum null: the plain average. start = {mean, var, count}. */
export function follow(batches, momentum, start = {mean: 0, var: 1, count: 0}) {
  let {mean, var: variance, count} = start
  return batches.map(values => {
    const batch = statistics(values)
    count += 1
    const share = momentum ?? 1 / count
    mean += share * (batch.mean - mean)
    variance += share * (batch.unbiased - variance)
    return {...batch, running: {mean, var: variance, count}}
  })
}

/** What recalibration keeps: the statistics of all values together. */
export function recalibrate(batches) {
  const {mean, unbiased} = statistics(batches.flat())
  return {mean, var: unbiased, count: batches.length}
}

/** The output for x in train(), where it takes the first place of the batch, and in eval(). */
export function outputs(x, values, running) {
  const {mean, biased} = statistics([x, ...values.slice(1)])
  return {
    train: (x - mean) / Math.sqrt(biased + EPS),
    eval: (x - running.mean) / Math.sqrt(running.var + EPS),
  }
}

const draws = (() => {
  const {normal} = random(5)
  return Array.from({length: STEPS + FRESH}, () => Array.from({length: 64}, normal))
})()
const center = (shift, t) => MEAN + (t > TURN ? shift : 0)
const batch = ({size, shift}, draw, t) =>
  draws[draw].slice(0, size).map(z => center(shift, t) + DEVIATION * z)

const fields = {
  size: {options: [2, 4, 8, 16, 64], value: 8},
  momentum: {options: [0.01, 0.1, 0.5, 1, "None"], value: 0.1},
  shift: {min: -3, max: 3, step: 0.1, value: 2},
  x: {min: -2, max: 6, step: 0.1, value: 3.5},
  now: {min: 1, max: STEPS, step: 1, value: 30},
  again: {min: 0, max: STEPS, step: 1, value: 0},
}

const WORDS = {
  zh: {
    title: "小批量一个个流过", hint: "拖动竖线，走到某一批。第 40 批之后，数据整体移动。",
    size: "N", momentum: "momentum", shift: "移动", x: "输入 x",
    next: "下一批", play: "播放", pause: "暂停", again: "重新校准",
    mean: "均值", variance: "方差", each: "● 每一批", running: "— 滑动", truth: "┄ 数据",
    now: "第几批", at: t => `第 ${t} 批`,
    train: "train()", evaluate: "eval()", ideal: "按真值",
    by: (y, m, v) => `y = ${y}（μ ${m}，σ² ${v}）`, stop: "；",
  },
  en: {
    title: "Batches stream in", hint: "Drag the line to a batch. After batch 40 the data move.",
    size: "N", momentum: "momentum", shift: "shift", x: "input x",
    next: "Next batch", play: "Play", pause: "Pause", again: "Recalibrate",
    mean: "Mean", variance: "Variance", each: "● batch", running: "— running", truth: "┄ data",
    now: "batch", at: t => `batch ${t}`,
    train: "train()", evaluate: "eval()", ideal: "true μ, σ²",
    by: (y, m, v) => `y = ${y} (μ ${m}, σ² ${v})`, stop: "; ",
  },
}

const PANELS = [
  {key: "mean", top: 26, tall: 92, low: -3, high: 7, ticks: [-2, 2, 6]},
  {key: "var", top: 148, tall: 76, low: 0, high: 8, ticks: [0, 4, 8]},
]
const height = () => 262

export function mount(div, language) {
  const words = WORDS[language]
  const left = 26
  const across = t => left + t / STEPS * (figure.width - left - 8)
  let timer = 0

  const history = ({size, momentum, shift, again}) => {
    const key = [size, momentum, shift, again].join()
    if (history.key === key) return history.found
    const all = Array.from({length: STEPS}, (_, i) => batch({size, shift}, i, i + 1))
    const m = momentum === "None" ? null : momentum
    let found = follow(all, m)
    if (again) {
      const fresh = Array.from({length: FRESH}, (_, i) => batch({size, shift}, STEPS + i, again))
      const pooled = recalibrate(fresh)
      found = [
        ...found.slice(0, again - 1),
        {...found[again - 1], running: pooled},
        ...follow(all.slice(again), m, pooled),
      ]
    }
    Object.assign(history, {key, found: {all, found}})
    return history.found
  }
  const lines = () => {
    const {state} = figure
    const {all, found} = history(state)
    const values = all[state.now - 1], {running} = found[state.now - 1]
    const y = outputs(state.x, values, running)
    const own = statistics([state.x, ...values.slice(1)])
    const truth = center(state.shift, state.now)
    return [
      [words.train, words.by(number(y.train), number(own.mean), number(own.biased)), "plain"],
      [words.evaluate, words.by(number(y.eval), number(running.mean), number(running.var)), "batch"],
      [words.ideal, words.by(number((state.x - truth) / DEVIATION), number(truth), number(DEVIATION ** 2))],
    ]
  }

  const render = ({state, back, width}) => {
    const {found} = history(state)
    const shapes = []
    for (const {key, top, tall, low, high, ticks} of PANELS) {
      const up = value => top + tall * (1 - (clamp(value, low, high) - low) / (high - low))
      const of = key === "mean" ? one => one.mean : one => one.biased
      shapes.push(["text", {x: 0, y: top - 10, "font-weight": 600}, key === "mean" ? words.mean : words.variance])
      if (key === "mean") {
        shapes.push(["text", {x: width * 0.24, y: top - 10, fill: "var(--plain)"}, words.each])
        shapes.push(["text", {x: width * 0.49, y: top - 10, fill: "var(--batch)"}, words.running])
        shapes.push(["text", {x: width * 0.79, y: top - 10, fill: "var(--ink-2)"}, words.truth])
      }
      for (const tick of ticks) {
        shapes.push(["path", {d: `M${left} ${up(tick)}H${across(STEPS)}`, stroke: "var(--line)"}])
        shapes.push(["text", {x: left - 6, y: up(tick) + 4, "text-anchor": "end", class: "instrument-small"}, number(tick, 0)])
      }
      const truth = key === "mean"
        ? `M${left} ${up(MEAN)}H${across(TURN + 0.5)}V${up(MEAN + state.shift)}H${across(STEPS)}`
        : `M${left} ${up(DEVIATION ** 2)}H${across(STEPS)}`
      shapes.push(["path", {d: truth, fill: "none", stroke: "var(--ink-2)", "stroke-dasharray": "3 3"}])
      found.forEach((one, i) => {
        const late = i + 1 > state.now
        shapes.push(["circle", {cx: across(i + 1), cy: up(of(one)), r: 2.4, fill: "var(--plain)", "fill-opacity": late ? 0.18 : 0.8}])
      })
      const path = ["M", left, up(key === "mean" ? 0 : 1)]
      found.slice(0, state.now).forEach((one, i) => path.push("L", across(i + 1).toFixed(1), up(one.running[key]).toFixed(1)))
      shapes.push(["path", {d: path.join(" "), fill: "none", stroke: "var(--batch)", "stroke-width": 2.2}])
    }
    const bottom = PANELS[1].top + PANELS[1].tall
    shapes.push(["path", {d: `M${across(state.now)} ${PANELS[0].top - 4}V${bottom + 10}`, stroke: "var(--ink)", "stroke-width": 1}])
    if (state.again && state.again <= state.now) {
      shapes.push(["path", {d: `M${across(state.again)} ${PANELS[0].top}V${bottom}`, stroke: "var(--batch)", "stroke-dasharray": "1 4", "stroke-width": 2}])
    }
    for (const t of [0, 20, 40, 60, 80]) {
      if (Math.abs(t - state.now) < 5) continue
      shapes.push(["text", {x: across(t), y: bottom + 22, "text-anchor": "middle", class: "instrument-small"}, String(t)])
    }
    paint(back, shapes)
    now.place(across(state.now), bottom + 16)
    now.value(state.now, 1, STEPS, words.at(state.now))
    figure.read(lines())
  }

  const figure = instrument(div, language, {
    name: "running", fields, words, height, render,
    summary: () => [words.at(figure.state.now), ...lines().map(line => line.slice(0, 2).join(" "))].join(words.stop),
  })
  figure.choice("size", words.size)
  figure.choice("momentum", words.momentum)
  figure.slider("shift", words.shift, value => number(value, 1))
  figure.slider("x", words.x, value => number(value, 1))
  const stop = () => {
    clearInterval(timer)
    timer = 0
    play.textContent = words.play
  }
  const go = t => figure.set({now: clamp(Math.round(t), 1, STEPS)})
  const [, play] = figure.buttons(
    [words.next, () => go(figure.state.now + 1)],
    [words.play, () => {
      if (timer) return stop()
      if (figure.still.matches) return go(STEPS) // no movement where none is wanted
      if (figure.state.now === STEPS) go(1)
      play.textContent = words.pause
      timer = setInterval(() => {
        if (figure.state.now >= STEPS) stop()
        else go(figure.state.now + 1)
      }, 120)
    }],
    [words.again, () => figure.set({again: figure.state.now})],
  )
  figure.restart = stop
  const now = figure.handle({
    label: words.now,
    look: [["circle", {r: 9, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 1.5}]],
    move: x => go((x - left) / (figure.width - left - 8) * STEPS),
    step: (right, up) => go(figure.state.now + (right || up)),
  })
}
