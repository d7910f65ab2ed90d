// The batch, pulled apart into its samples: touch a value and see which others share its
// statistics, under each of six norms.
import {clamp, instrument, keys, number, paint, random, values} from "./instrument.js"

export const C = 6
export const P = 4 // places: H = W = 2
const EPS = 1e-5
const NORMS = ["batch_norm", "layer_norm", "layer_norm_places", "instance_norm", "group_norm", "rms_norm"]
const COLORS = {batch_norm: "batch", group_norm: "group", instance_norm: "plain"}

/** Of which block the value in sample n, channel c, place p is; null: of none. */
export function block({norm, groups, mode}, n, c, p) {
  switch (norm) {
    case "batch_norm": return mode === "train" ? c : null
    case "layer_norm": return n
    case "instance_norm": return n * C + c
    case "group_norm": return n * groups + Math.floor(c / (C / groups))
    default: return n * P + p
  }
}

/** Which weight (and bias) multiplies the value; null: the layer has none. */
export function pair({norm}, c, p) {
  if (norm === "instance_norm") return null
  return norm === "layer_norm" ? c * P + p : c
}

/** Normalize N × C × P values, in one list; running = {mean, var}, used by batch norm in eval. */
export function normalize(settings, x, running) {
  const blocks = new Map()
  const each = visit => x.forEach((value, i) => {
    const n = Math.floor(i / (C * P)), c = Math.floor(i / P) % C
    visit(value, i, block(settings, n, c, i % P), c)
  })
  each((value, i, key) => {
    if (!blocks.has(key)) blocks.set(key, [])
    blocks.get(key).push(value)
  })
  const statistics = new Map([...blocks].map(([key, all]) => {
    const mean = settings.norm === "rms_norm" ? 0 : all.reduce((a, b) => a + b) / all.length
    return [key, {mean, var: all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / all.length, count: all.length}]
  }))
  const y = [], used = []
  each((value, i, key, c) => {
    const of = key === null
      ? {mean: running.mean[c], var: running.var[c], count: 0}
      : statistics.get(key)
    used.push(of)
    y.push((value - of.mean) / Math.sqrt(of.var + EPS))
  })
  return {y, used, blocks: blocks.has(null) ? 0 : blocks.size}
}

// The numbers that are shown: each channel has a mean and a spread of its own.
const running = {mean: [0, 1, -1, 2, 0, -2], var: [1, 0.25, 4, 1, 2.25, 0.25]}
const shown = (() => {
  const {normal} = random(3)
  return Array.from({length: 4 * C * P}, (_, i) => {
    const c = Math.floor(i / P) % C
    return running.mean[c] + Math.sqrt(running.var[c]) * normal()
  })
})()

const fields = {
  norm: {options: NORMS, value: "group_norm"},
  groups: {options: [1, 2, 3, 6], value: 2},
  samples: {options: [1, 2, 3, 4], value: 4},
  mode: {options: ["train", "eval"], value: "train"},
  cell: {min: 0, max: 4 * C * P - 1, step: 1, value: 5},
}

const WORDS = {
  zh: {
    title: "把立方体拆成一个个样本",
    hint: "点一个格子，或用方向键移动。涂色的与它共用统计量，带点的与它共用 γ 与 β。",
    norm: "归一化", groups: "G", samples: "N", mode: "模式",
    norms: ["批量", "层，整个样本", "层，逐位置", "实例", "组", "RMSNorm"],
    sample: i => `样本 ${i}`,
    cell: "选中的数",
    where: (n, c, p) => `样本 ${n}，通道 ${c}，位置 ${p}`,
    call: "写法", share: "统计量",
    none: "没有，用滑动统计量",
    count: (m, all, rms) => `${m} 个数共用${rms ? "均方" : ""}，共 ${all} 块`,
    weight: "参数形状",
    parameters: {instance_norm: "没有，默认 affine=False", rms_norm: "weight (6,)，没有 bias", layer_norm: "weight、bias (6, 2, 2)"},
    usual: "weight、bias (6,)",
    value: "选中的数", size: "换一个 N", evaluate: "换个模式",
    grows: "块变大或变小",
    neither: "不变",
    whole: "评估时与 N 无关",
    switches: "块消失，用滑动统计量", back: "块跨越所有样本",
    stays: "不变",
    said: (f, n, c, p, m) => `${f}，${n}；${c}。${m}。${p}`,
  },
  en: {
    title: "The cube, pulled apart",
    hint: "Touch a cell or use the arrow keys. Colour: same statistics. Dot: same γ and β.",
    norm: "Norm", groups: "G", samples: "N", mode: "Mode",
    norms: ["batch", "layer, sample", "layer, place", "instance", "group", "RMSNorm"],
    sample: i => `sample ${i}`,
    cell: "the chosen value",
    where: (n, c, p) => `sample ${n}, channel ${c}, place ${p}`,
    call: "Call", share: "Statistics",
    none: "running ones, no block",
    count: (m, all, rms) => `of ${m} values${rms ? ", no mean" : ""}; ${all} ${all === 1 ? "block" : "blocks"}`,
    weight: "Weights",
    parameters: {instance_norm: "none (affine=False)", rms_norm: "weight (6,), no bias", layer_norm: "weight, bias (6, 2, 2)"},
    usual: "weight, bias (6,)",
    value: "This value", size: "Other N", evaluate: "Other mode",
    grows: "blocks grow or shrink",
    neither: "no change",
    whole: "no effect in eval()",
    switches: "running statistics", back: "blocks through all samples",
    stays: "no change",
    said: (f, n, c, p, m) => `${f}, ${n}; ${c}. ${m}. ${p}`,
  },
}
const calls = ({norm, groups}) => ({
  batch_norm: "nn.BatchNorm2d(6)",
  layer_norm: "nn.LayerNorm([6, 2, 2])",
  layer_norm_places: "ChannelsFirstLayerNorm(6)",
  instance_norm: "nn.InstanceNorm2d(6)",
  group_norm: `nn.GroupNorm(${groups}, 6)`,
  rms_norm: "nn.RMSNorm(6)",
})[norm]

/** Where things lie: four slabs in a row, or two by two where it is narrow. */
function layout(width) {
  const columns = width >= 460 ? 4 : 2
  const depth = columns === 4 ? 8 : 10
  const gap = 12, side = 20
  const wide = (width - side - 2 - columns * depth - (columns - 1) * gap) / (columns * C)
  const high = columns === 4 ? 28 : 22
  return {
    columns, depth, wide, high,
    row: P * high + depth + 30,
    left: n => side + (n % columns) * (C * wide + depth + gap),
    top: n => depth + 6 + Math.floor(n / columns) * (P * high + depth + 30),
  }
}
const height = width => {
  const {columns, row} = layout(width)
  return (4 / columns) * row
}

export function mount(div, language) {
  const words = WORDS[language]
  const parts = cell => [Math.floor(cell / (C * P)), Math.floor(cell / P) % C, cell % P]
  const inside = () => {
    const {state} = figure
    const [n, c, p] = parts(state.cell)
    return [Math.min(n, state.samples - 1), c, p]
  }
  const lines = () => {
    const {state} = figure
    const [n, c, p] = inside()
    const i = (n * C + c) * P + p
    const {y, used, blocks} = normalize(state, shown.slice(0, state.samples * C * P), running)
    const batch = state.norm === "batch_norm"
    const color = COLORS[state.norm] ?? "layer"
    const {mean, var: variance, count} = used[i]
    const formula = state.norm === "rms_norm"
      ? `${number(shown[i])} / √${number(variance)} = ${number(y[i])}`
      : `(${number(shown[i])} − ${mean < 0 ? `(${number(mean)})` : number(mean)}) / √${number(variance)} = ${number(y[i])}`
    return {
      call: calls(state),
      share: count ? words.count(count, blocks, state.norm === "rms_norm") : words.none,
      formula, color,
      weight: words.parameters[state.norm] ?? words.usual,
      size: !batch ? words.neither : state.mode === "train" ? words.grows : words.whole,
      evaluate: !batch ? words.stays : state.mode === "train" ? words.switches : words.back,
    }
  }

  const render = ({state, back, width}) => {
    const {wide, high, depth, left, top, columns} = layout(width)
    const here = inside()
    const mine = block(state, ...here), own = pair(state, here[1], here[2])
    const color = `var(--${COLORS[state.norm] ?? "layer"})`
    const shapes = []
    for (let n = 0; n < 4; n++) {
      const x = left(n), y = top(n), gone = n >= state.samples
      const tint = (c, p) => !gone && mine !== null && block(state, n, c, p) === mine
      const line = {stroke: "var(--ink-2)", "stroke-width": 0.6, "stroke-opacity": gone ? 0.25 : 0.7}
      const fill = (c, p, strength) => tint(c, p)
        ? {fill: color, "fill-opacity": strength}
        : {fill: "var(--paper-2)", "fill-opacity": gone ? 0 : 1}
      for (let c = 0; c < C; c++) {
        const a = x + c * wide
        shapes.push(["path", {d: `M${a} ${y}h${wide}l${depth} ${-depth}h${-wide}z`, ...fill(c, 0, 0.5), ...line}])
      }
      for (let p = 0; p < P; p++) {
        const b = y + p * high
        shapes.push(["path", {d: `M${x + C * wide} ${b}v${high}l${depth} ${-depth}v${-high}z`, ...fill(C - 1, p, 0.66), ...line}])
      }
      for (let c = 0; c < C; c++) {
        for (let p = 0; p < P; p++) {
          const a = x + c * wide, b = y + p * high
          shapes.push(["rect", {x: a, y: b, width: wide, height: high, ...fill(c, p, 0.85), ...line}])
          if (!gone && own !== null && pair(state, c, p) === own) {
            shapes.push(["circle", {cx: a + wide / 2, cy: b + high / 2, r: 2.6, fill: tint(c, p) ? "var(--paper)" : "var(--ink-2)"}])
          }
        }
      }
      shapes.push(["text", {x, y: y + P * high + 17, class: gone ? "instrument-gone" : "instrument-small"}, words.sample(n + 1)])
    }
    const x0 = left(0), bottom = top(0) + P * high
    const small = {class: "instrument-small", "text-anchor": "end"}
    shapes.push(["text", {x: x0 + C * wide, y: bottom + 17, ...small}, "C →"])
    for (const [i, axis] of ["H", "W"].entries()) {
      shapes.push(["text", {x: x0 - 6, y: bottom - P * high / 2 + 16 * i - 2, ...small}, axis])
    }
    paint(back, shapes)
    const [n, c, p] = here
    const x = left(n) + c * wide, y = top(n) + p * high
    paint(cursor, [
      ["rect", {x: x - 4, y: y - 4, width: wide + 8, height: high + 8, rx: 4, class: "instrument-ring"}],
      ["rect", {x, y, width: wide, height: high, fill: "none", stroke: "var(--ink)", "stroke-width": 2.4}],
    ])
    values(cursor, (n * C + c) * P + p, 0, state.samples * C * P - 1, words.where(n + 1, c + 1, p + 1))
    const now = lines()
    figure.read([
      [words.call, now.call], [words.share, now.share, mine === null ? "" : now.color], [words.value, now.formula],
      [words.weight, now.weight], [words.size, now.size], [words.evaluate, now.evaluate],
    ])
  }

  const figure = instrument(div, language, {
    name: "cube", fields, words, height, render,
    summary: () => {
      const [n, c, p] = inside()
      const now = lines()
      return words.said(words.where(n + 1, c + 1, p + 1), now.call, now.share, now.formula, now.weight)
    },
  })
  figure.choice("norm", words.norm, words.norms)
  figure.choice("groups", words.groups, null, state => state.norm !== "group_norm")
  figure.choice("samples", words.samples)
  figure.choice("mode", words.mode, ["train()", "eval()"])

  const {svg} = figure
  const cursor = svg.appendChild(document.createElementNS(svg.namespaceURI, "g"))
  for (const [name, value] of Object.entries({role: "slider", tabindex: 0, "aria-label": words.cell, class: "instrument-handle"})) {
    cursor.setAttribute(name, value)
  }
  const choose = (n, c, p) => {
    const cell = (n * C + c) * P + p
    if (cell !== figure.state.cell) figure.set({cell})
  }
  const touch = event => {
    const box = svg.getBoundingClientRect()
    const {wide, high, left, top} = layout(figure.width)
    const x = event.clientX - box.x, y = event.clientY - box.y
    for (let n = 0; n < figure.state.samples; n++) {
      const c = Math.floor((x - left(n)) / wide), p = Math.floor((y - top(n)) / high)
      if (c >= 0 && c < C && p >= 0 && p < P) choose(n, c, p)
    }
  }
  svg.addEventListener("pointermove", event => {
    if (event.pointerType === "mouse" || event.buttons) touch(event)
  })
  svg.addEventListener("pointerdown", touch)
  svg.addEventListener("click", () => cursor.focus({preventScroll: true, focusVisible: false}))
  keys(cursor, (right, up) => {
    const [n, c, p] = inside()
    const all = figure.state.samples * C
    if (!Number.isFinite(right)) return right < 0 ? choose(0, 0, 0) : choose(figure.state.samples - 1, C - 1, P - 1)
    if (Math.abs(right + up) === 10) return choose(clamp(n + Math.sign(right + up), 0, figure.state.samples - 1), c, p)
    const along = clamp(n * C + c + right, 0, all - 1)
    choose(Math.floor(along / C), along % C, clamp(p - up, 0, P - 1))
  })
}
