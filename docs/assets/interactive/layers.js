// Recorded histograms of every layer and epoch: four networks, each layer at one epoch, and
// one layer over all epochs. The data are fetched when the figure comes near.
import {clamp, instrument, keys, number, paint, values} from "./instrument.js"

// The results lie at the root of the site; the English pages have assets of their own.
const address = language => new URL(
  `${language === "en" ? "../" : ""}../../results/regression_tanh_histograms.json`, import.meta.url)
const LAYERS = 8
const EPOCHS = 12
const NETWORKS = ["plain", "batch_norm", "scaled", "scaled_batch_norm"]
const color = network => network.includes("batch_norm") ? "batch" : "plain"

/** The counts of one histogram. What enters tanh is the linear layer's output without a norm. */
export function counts(data, network, quantity, epoch, layer) {
  const recorded = data[network][quantity] ?? data[network].linear
  return recorded[epoch][layer - 1]
}

/** The counts as parts of the highest one. */
export function heights(bins) {
  const highest = Math.max(...bins)
  return bins.map(count => count / highest)
}

/** The part of all values that is in the two outermost bins. */
export const outermost = bins => (bins[0] + bins.at(-1)) / bins.reduce((a, b) => a + b)

const fields = {
  quantity: {options: ["linear", "input", "activation"], value: "activation"},
  epoch: {min: 0, max: EPOCHS, step: 1, value: 0},
  layer: {min: 1, max: LAYERS, step: 1, value: 8},
}

const WORDS = {
  zh: {
    title: "八层，十三个时刻",
    hint: "左边：某一轮的各层，每格按自己的最高处画，点选一层或用方向键。右边：这一层的各轮，横向拖动换轮数。",
    quantity: "画什么", quantities: ["线性层的输出", "进入 tanh", "tanh 之后"],
    epoch: "轮数", play: "播放", pause: "暂停",
    networks: ["照原文，不加归一化", "照原文，批量归一化", "缩放得当，不加归一化", "缩放得当，批量归一化"],
    short: ["照原文", "照原文，BN", "缩放得当", "缩放得当，BN"],
    range: edge => `每格 −${edge} 到 ${edge}`, over: layer => `第 ${layer} 层：轮 →，值 ↑`,
    cursor: "选中的层", layer: layer => `第 ${layer} 层`,
    values: "激活值", head: edge => `随 x 变的方差；超出 ±${edge} 的值`,
    line: (x, out) => `${x}；${out}`,
    said: (epoch, layer) => `训练 ${epoch} 轮，第 ${layer} 层`,
    about: (name, x, out) => `${name}：方差中随 x 变的 ${x}，靠近两端的值 ${out}`, stop: "。",
  },
  en: {
    title: "Eight layers, thirteen moments",
    hint: "Left: the layers at one epoch, each to its own highest bin; touch a layer or use the arrow keys. Right: that layer at every epoch; drag sideways.",
    quantity: "Show", quantities: ["linear", "into tanh", "after tanh"],
    epoch: "epochs", play: "Play", pause: "Pause",
    networks: ["as printed, no normalization", "as printed, batch norm", "properly scaled, no normalization", "properly scaled, batch norm"],
    short: ["as printed", "printed, BN", "scaled", "scaled, BN"],
    range: edge => `each −${edge} to ${edge}`, over: layer => `layer ${layer}: epoch →, value ↑`,
    cursor: "chosen layer", layer: layer => `layer ${layer}`,
    values: "activations", head: edge => `variance due to x; beyond ±${edge}`,
    line: (x, out) => `${x}; ${out}`,
    said: (epoch, layer) => `${epoch} epochs trained, layer ${layer}`,
    about: (name, x, out) => `${name}: ${x} of the variance is due to x, ${out} of the values are near the ends`, stop: ". ",
  },
}

const TOP = 20, ROW = 66, LABEL = 15, TALL = 42
const GAP = 14, SPACE = 3 // between the halves, and between layers
const height = () => TOP + NETWORKS.length * ROW + 14
const LEVELS = [[0.04, 0.15], [0.2, 0.35], [0.4, 0.55], [0.6, 0.75], [0.8, 1]] // from, opacity

export async function mount(div, language) {
  const answer = await fetch(address(language))
  if (!answer.ok) throw new Error(answer.statusText)
  const data = await answer.json()
  const words = WORDS[language]
  const ENDS = data.edges.activation.at(-2)
  let timer = 0

  const layout = () => {
    const right = Math.round(figure.width * 0.33)
    const left = figure.width - right - GAP
    const each = (left + SPACE) / LAYERS
    return {
      each, wide: each - SPACE, from: left + GAP, cell: right / (EPOCHS + 1),
      column: layer => (layer - 1) * each, base: row => TOP + row * ROW + LABEL + TALL,
    }
  }
  // The lines of the drawing are kept while what they show is the same.
  const kept = (make, drawn = new Map()) => (...key) => {
    const name = key.join()
    if (!drawn.has(name)) drawn.set(name, make(...key))
    return drawn.get(name)
  }
  const outline = kept((network, quantity, epoch, layer, x, low, wide) => {
    const d = [`M${x.toFixed(1)} ${low}`]
    heights(counts(data, network, quantity, epoch, layer)).forEach((part, i, all) => {
      d.push(`V${(low - part * (TALL - 5)).toFixed(1)}H${(x + (i + 1) * wide / all.length).toFixed(1)}`)
    })
    return `${d.join("")}V${low}z`
  })
  const history = kept((network, quantity, layer, from, low, cell) => {
    const parts = LEVELS.map(() => [])
    for (let epoch = 0; epoch <= EPOCHS; epoch++) {
      heights(counts(data, network, quantity, epoch, layer)).forEach((part, i, all) => {
        const level = LEVELS.findLastIndex(([least]) => part >= least)
        const high = TALL / all.length
        if (level >= 0) {
          parts[level].push(`M${(from + epoch * cell).toFixed(1)} ${(low - i * high).toFixed(1)}h${cell.toFixed(1)}v${-high.toFixed(1)}h${-cell.toFixed(1)}z`)
        }
      })
    }
    return parts.map(part => part.join(""))
  })
  const share = part => part > 0 && part < 0.0005 ? "<\u00a00.1%" : `${number(100 * part, 1)}%`
  const lines = () => NETWORKS.map(network => {
    const {epoch, layer} = figure.state
    return [
      share(data[network].within[epoch][layer - 1]),
      share(outermost(counts(data, network, "activation", epoch, layer))),
    ]
  })

  const render = ({state, back, width}) => {
    const {each, wide, from, cell, column, base} = layout()
    const edge = data.edges[state.quantity].at(-1)
    const shapes = [
      ["text", {x: 0, y: 11, class: "instrument-small"}, words.range(edge)],
      ["text", {x: width, y: 11, class: "instrument-small", "text-anchor": "end"}, words.over(state.layer)],
      ["rect", {
        x: column(state.layer) - SPACE / 2, y: TOP + LABEL - 1, width: each,
        height: base(NETWORKS.length - 1) - TOP - LABEL + 18, rx: 4, fill: "var(--paper-2)",
      }],
    ]
    NETWORKS.forEach((network, row) => {
      const low = base(row), fill = `var(--${color(network)})`
      shapes.push(["text", {x: 0, y: TOP + row * ROW + 11, fill}, words.networks[row]])
      for (let layer = 1; layer <= LAYERS; layer++) {
        const x = column(layer)
        shapes.push(["path", {d: outline(network, state.quantity, state.epoch, layer, x, low, wide), fill}])
        shapes.push(["path", {d: `M${x} ${low}h${wide}`, stroke: "var(--ink-2)", "stroke-width": 0.8}])
      }
      shapes.push(["rect", {x: from, y: low - TALL, width: width - from, height: TALL, fill: "var(--paper-2)"}])
      history(network, state.quantity, state.layer, from, low, cell).forEach((d, i) => {
        shapes.push(["path", {d, fill, "fill-opacity": LEVELS[i][1]}])
      })
      shapes.push(["rect", {
        x: from + state.epoch * cell, y: low - TALL - 1.5, width: cell, height: TALL + 3, rx: 1.5,
        fill: "none", stroke: "var(--ink)", "stroke-width": 1.5,
      }])
    })
    const bottom = base(NETWORKS.length - 1) + 14
    for (let layer = 1; layer <= LAYERS; layer++) {
      shapes.push(["text", {
        x: column(layer) + wide / 2, y: bottom, "text-anchor": "middle",
        ...layer === state.layer ? {"font-weight": 600} : {class: "instrument-small"},
      }, String(layer)])
    }
    for (const epoch of [0, 6, EPOCHS]) {
      const end = epoch === EPOCHS
      shapes.push(["text", {
        x: end ? width : from + (epoch + 0.5) * cell, y: bottom,
        "text-anchor": end ? "end" : "middle", class: "instrument-small",
      }, String(epoch)])
    }
    paint(back, shapes)
    paint(cursor, [["rect", {
      x: column(state.layer) - SPACE / 2, y: TOP + LABEL - 1, width: each,
      height: base(NETWORKS.length - 1) - TOP - LABEL + 18, rx: 4, class: "instrument-ring",
    }]])
    values(cursor, state.layer, 1, LAYERS, words.layer(state.layer))
    figure.read([
      [words.values, words.head(number(ENDS, 3))],
      ...lines().map((line, i) => [words.short[i], words.line(...line), color(NETWORKS[i])]),
    ])
  }

  const figure = instrument(div, language, {
    name: "layers", fields, words, height, render,
    summary: ({state}) => [
      words.said(state.epoch, state.layer), ...lines().map((line, i) => words.about(words.networks[i], ...line)),
    ].join(words.stop),
  })
  figure.choice("quantity", words.quantity, words.quantities)
  const stop = () => {
    clearInterval(timer)
    timer = 0
    play.textContent = words.play
  }
  const [play] = figure.buttons([words.play, () => {
    if (timer) return stop()
    const {epoch} = figure.state
    figure.set({epoch: epoch === EPOCHS ? 0 : epoch + 1})
    play.textContent = words.pause
    // Nothing glides from one measurement to the next; where little movement is wanted,
    // they follow each other slowly.
    timer = setInterval(() => {
      if (figure.state.epoch < EPOCHS) figure.set({epoch: figure.state.epoch + 1})
      if (figure.state.epoch >= EPOCHS) stop()
    }, figure.still.matches ? 1500 : 600)
  }])
  figure.restart = stop
  figure.slider("epoch", words.epoch, String).addEventListener("input", stop)

  const {svg} = figure
  const cursor = svg.appendChild(document.createElementNS(svg.namespaceURI, "g"))
  for (const [name, value] of Object.entries({role: "slider", tabindex: 0, "aria-label": words.cursor, class: "instrument-handle"})) {
    cursor.setAttribute(name, value)
  }
  const choose = layer => figure.set({layer: clamp(layer, 1, LAYERS)})
  let held = null // which half a pointer was put down in
  const follow = event => {
    const x = event.clientX - svg.getBoundingClientRect().x
    const {each, from, cell} = layout()
    if (held === "layer") choose(1 + Math.floor(x / each))
    if (held === "epoch") figure.set({epoch: clamp(Math.floor((x - from) / cell), 0, EPOCHS)})
  }
  svg.addEventListener("pointerdown", event => {
    if (event.button) return
    const {from} = layout()
    held = event.clientX - svg.getBoundingClientRect().x < from - GAP / 2 ? "layer" : "epoch"
    if (held === "epoch") stop()
    svg.setPointerCapture(event.pointerId)
    follow(event)
  })
  svg.addEventListener("pointermove", follow)
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    svg.addEventListener(end, () => { held = null })
  }
  svg.addEventListener("click", () => cursor.focus({preventScroll: true, focusVisible: false}))
  keys(cursor, (right, up) => choose(figure.state.layer + (right || up)))
}
