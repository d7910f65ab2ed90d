// Gradient descent on the loss over two weights, with raw and with standardized features.
import {clamp, instrument, number, paint} from "./instrument.js"

const EDGE = 2.2 // how far from the lowest point is drawn

/**
 * The second derivative of half the mean squared error over the two weights, for centred
 * features with deviations 1 and scale and a correlation: [h11, h12, h22].
 */
export const hessian = (scale, correlation) => [1, correlation * scale, scale * scale]

/** The eigenvalues, the larger first, and the angle of the larger one's direction. */
export function eigen([a, b, c]) {
  const middle = (a + c) / 2, radius = Math.hypot((a - c) / 2, b)
  const large = middle + radius
  // Not middle − radius, which would cancel.
  return {large, small: (a * c - b * b) / large, angle: 0.5 * Math.atan2(2 * b, a - c)}
}

/** The excess loss at u, measured from the lowest point. */
export const loss = ([a, b, c], [x, y]) => (a * x * x + 2 * b * x * y + c * y * y) / 2

/** The points of gradient descent from a start. */
export function descend([a, b, c], start, rate, steps) {
  const path = [start]
  for (let i = 0; i < steps; i++) {
    const [x, y] = path.at(-1)
    path.push([x - rate * (a * x + b * y), y - rate * (b * x + c * y)])
  }
  return path
}

const fields = {
  rate: {min: 0.05, max: 1.2, step: 0.01, value: 0.9},
  steps: {min: 0, max: 60, step: 1, value: 20},
  scale: {min: 1, max: 12, step: 0.1, value: 6},
  correlation: {min: 0, max: 0.95, step: 0.01, value: 0},
  start: {min: -2, max: 2, step: 0.1, value: [-1.8, 0.9]},
}

const WORDS = {
  zh: {
    title: "两种尺度上的梯度下降", hint: "拖动起点，改学习率。两边的坐标单位相同，中心是最低点。",
    rate: "学习率", steps: "步数", scale: "尺度之比", correlation: "相关系数",
    raw: "原始特征", standardized: "标准化之后", start: side => `起点，${side}`,
    times: r => `${number(r)}×`, at: (x, y) => `w₁ ${number(x, 1)}，w₂ ${number(y, 1)}`,
    line: (k, rate, left) => `κ = ${k}，学习率 ${rate}，余 ${left}`,
    note: "1× 是", unit: "2/λ，λ 为最大特征值", diverged: "发散", stop: "；",
  },
  en: {
    title: "Descent on two scales", hint: "Drag the start, change the rate. Both panels have the same units around the lowest point.",
    rate: "rate", steps: "steps", scale: "scales 1 :", correlation: "correl.",
    raw: "raw features", standardized: "standardized", start: side => `start, ${side}`,
    times: r => `${number(r)}×`, at: (x, y) => `w₁ ${number(x, 1)}, w₂ ${number(y, 1)}`,
    line: (k, rate, left) => `κ = ${k}, rate ${rate}, left ${left}`,
    note: "Rate 1×", unit: "2/λ, λ the largest eigenvalue", diverged: "diverges", stop: "; ",
  },
}
const GAP = 14
const size = width => Math.floor((width - GAP) / 2)
const height = width => Math.min(size(width), 230) + 26

export function mount(div, language) {
  const words = WORDS[language]
  const panels = [words.raw, words.standardized]
  const curves = ({scale, correlation}) => [hessian(scale, correlation), hessian(1, correlation)]
  const runs = state => curves(state).map(h => {
    const {large, small} = eigen(h)
    const rate = state.rate * 2 / large
    const path = descend(h, state.start, rate, state.steps)
    const whole = loss(h, state.start)
    return {h, rate, path, left: whole ? loss(h, path.at(-1)) / whole : 0, condition: large / small}
  })
  const share = left => left > 10 ? words.diverged : left >= 0.0995 ? `${number(100 * left, 0)}%`
    : left >= 0.00095 ? `${number(100 * left, 1)}%` : "<\u00a00.1%"
  const lines = () => [
    ...runs(figure.state).map(({condition, rate, left}, i) => [panels[i],
      words.line(number(condition, 1), number(rate, 3), share(left)), i ? "batch" : "plain"]),
    [words.note, words.unit],
  ]
  const geometry = () => {
    const wide = size(figure.width), tall = Math.min(wide, 230)
    const unit = tall / (2 * EDGE)
    return {wide, tall, unit, x: i => i * (wide + GAP) + wide / 2, y: 22 + tall / 2}
  }

  const render = ({state, back}) => {
    const {wide, tall, unit, x, y} = geometry()
    const outside = []
    runs(state).forEach(({h, path, left}, i) => {
      const color = i ? "var(--batch)" : "var(--plain)"
      const {large, small, angle} = eigen(h)
      const level = loss(h, state.start)
      const [west, north] = [x(i) - wide / 2, y - tall / 2]
      const inside = []
      for (const part of [3, 1, 0.3, 0.1, 0.03, 0.01]) {
        inside.push(["ellipse", {
          rx: unit * Math.sqrt(2 * level * part / large), ry: unit * Math.sqrt(2 * level * part / small),
          transform: `translate(${x(i)} ${y}) rotate(${-angle * 180 / Math.PI})`,
          fill: "none", stroke: "var(--ink-2)", "stroke-opacity": 0.55, "stroke-width": 0.9,
        }])
      }
      // Coordinates far outside are kept small: no picture can show them.
      const points = path.map(([u, v]) =>
        [x(i) + unit * clamp(u, -99, 99), y - unit * clamp(v, -99, 99)].map(q => q.toFixed(1)))
      inside.push(["polyline", {points: points.join(" "), fill: "none", stroke: color, "stroke-width": 1.6, "stroke-linejoin": "round"}])
      for (const [cx, cy] of points.slice(1)) inside.push(["circle", {cx, cy, r: 2.4, fill: color}])
      const box = {x: west, y: north, width: wide, height: tall}
      for (const name in box) insides[i].setAttribute(name, box[name])
      insides[i].setAttribute("viewBox", Object.values(box).join(" "))
      paint(insides[i], inside)

      outside.push(["text", {x: west, y: 13, fill: color, "font-weight": 600}, panels[i]])
      outside.push(["rect", {...box, fill: "var(--paper-2)"}])
      outside.push(["text", {x: west + 6, y: north + 17, class: "instrument-small"}, "w₂ ↑"])
      outside.push(["text", {x: west + wide - 6, y: north + tall - 8, "text-anchor": "end", class: "instrument-small"},
        left > 10 ? words.diverged : "w₁ →"])
      const [u, v] = state.start
      starts[i].place(x(i) + unit * u, y - unit * v)
      starts[i].value(u, -2, 2, words.at(u, v))
    })
    paint(back, outside)
    figure.read(lines())
  }

  const figure = instrument(div, language, {
    name: "descent", fields, words, height, render,
    summary: () => lines().slice(0, 2).map(line => line.slice(0, 2).join(" ")).join(words.stop),
  })
  figure.slider("rate", words.rate, words.times)
  figure.slider("steps", words.steps, String)
  figure.slider("scale", words.scale, value => number(value, 1))
  figure.slider("correlation", words.correlation, number)

  const {svg} = figure
  // A drawing in the drawing shows nothing outside its own box.
  const insides = panels.map(() => svg.appendChild(document.createElementNS(svg.namespaceURI, "svg")))
  const to = (u, v) => figure.set({start: [clamp(u, -2, 2), clamp(v, -2, 2)]})
  const starts = panels.map((panel, i) => figure.handle({
    label: words.start(panel),
    look: [["circle", {r: 7, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 1.5}]],
    move: (px, py) => {
      const {unit, x, y} = geometry()
      to((px - x(i)) / unit, (y - py) / unit)
    },
    step: (right, up) => to(figure.state.start[0] + right / 10, figure.state.start[1] + up / 10),
  }))
}
