// The histograms of every layer, epoch by epoch: the animation of source 000, to be played.
import {clamp, instrument, number, paint} from "./instrument.js"

const DATA = "../../results/regression_tanh_histograms.json" // at the root of both languages
export const EPOCHS = 12, LAYERS = 8
const TALL = 56, BLOCK = 92, TOP = 22

/** The counts as heights from 0 to 1: each histogram by its own highest bin. */
export function heights(counts) {
  const top = Math.max(...counts)
  return counts.map(count => count / top)
}

/** Which of the recorded values a network shows: what enters tanh, or what leaves it. */
export const chosen = (network, kind) =>
  kind === "after" ? network.activation : network.input ?? network.linear

/** The outline of a histogram in a box, as a path. */
export function outline(values, left, bottom, wide, tall) {
  const step = wide / values.length
  const path = values.map(value => `V${(bottom - value * tall).toFixed(1)}h${step.toFixed(3)}`)
  return `M${left.toFixed(1)} ${bottom}${path.join("")}V${bottom}Z`
}

const fields = {
  kind: {options: ["before", "after"], value: "before"},
  epoch: {min: 0, max: EPOCHS, step: 1, value: 0},
}

const NETWORKS = [["plain", "plain"], ["batch_norm", "batch"], ["scaled", "plain"]]

const WORDS = {
  zh: {
    title: "逐轮播放", hint: "同一个程序，由实验记录，种子 0。",
    kind: "画什么", kinds: ["进入 tanh 的值", "tanh 送出的值"], epoch: "训练过的轮数",
    next: "下一轮", play: "播放", pause: "暂停", layer: t => `${t} 层`,
    plain: "照原文，不加归一化", batch_norm: "照原文，批量归一化", scaled: "缩放得当，不加归一化",
    short: {plain: "不归一化", batch_norm: "批量归一化", scaled: "缩放得当"},
    at: t => `训练过 ${t} 轮`, share: s => `第 8 层，单元自身的变化 ${s}`, stop: "；",
  },
  en: {
    title: "Epoch by epoch", hint: "The same program, recorded by an experiment, seed 0.",
    kind: "shown", kinds: ["what enters tanh", "what leaves it"], epoch: "epochs trained",
    next: "Next epoch", play: "Play", pause: "Pause", layer: t => `L${t}`,
    plain: "as printed, no norm", batch_norm: "as printed, batch norm", scaled: "properly scaled, no norm",
    short: {plain: "no norm", batch_norm: "batch norm", scaled: "scaled"},
    at: t => `${t} epochs trained`, share: s => `layer 8: ${s} within units`, stop: "; ",
  },
}

export async function mount(div, language) {
  const words = WORDS[language]
  const address = new URL((language === "en" ? "../" : "") + DATA, import.meta.url)
  const data = await (await fetch(address)).json()
  let timer = 0

  const lines = ({epoch}) => NETWORKS.map(([name, color]) => {
    const share = data[name].within[epoch][LAYERS - 1]
    return [words.short[name], words.share(`${number(100 * share, 0)}%`), color]
  })

  const render = ({state, back, width}) => {
    const shapes = []
    const step = width / LAYERS
    NETWORKS.forEach(([name, color], block) => {
      const top = TOP + block * BLOCK, bottom = top + 18 + TALL
      shapes.push(["text", {x: 0, y: top + 8, fill: `var(--${color})`}, words[name]])
      chosen(data[name], state.kind)[state.epoch].forEach((counts, layer) => {
        const left = layer * step + 2, wide = step - 6
        shapes.push(["path", {d: `M${left} ${bottom + 0.5}h${wide}`, stroke: "var(--line)"}])
        shapes.push(["path", {d: outline(heights(counts), left, bottom, wide, TALL), fill: `var(--${color})`}])
        if (block) return
        shapes.push(["text", {x: left + wide / 2, y: 10, "text-anchor": "middle", class: "instrument-small"}, words.layer(layer + 1)])
      })
    })
    paint(back, shapes)
    figure.read(lines(state))
  }

  const figure = instrument(div, language, {
    name: "epochs", fields, words, render,
    height: () => TOP + NETWORKS.length * BLOCK,
    summary: ({state}) => [words.at(state.epoch), ...lines(state).map(line => line.slice(0, 2).join(" "))].join(words.stop),
  })
  figure.choice("kind", words.kind, words.kinds)
  figure.slider("epoch", words.epoch, value => number(value, 0))
  const go = epoch => figure.set({epoch: clamp(epoch, 0, EPOCHS)})
  const stop = () => {
    clearInterval(timer)
    timer = 0
    play.textContent = words.play
  }
  const [, play] = figure.buttons(
    [words.next, () => go(figure.state.epoch + 1)],
    [words.play, () => {
      if (timer) return stop()
      if (figure.still.matches) return go(EPOCHS) // no movement where none is wanted
      if (figure.state.epoch === EPOCHS) go(0)
      play.textContent = words.pause
      timer = setInterval(() => {
        if (figure.state.epoch >= EPOCHS) stop()
        else go(figure.state.epoch + 1)
      }, 500)
    }],
  )
  figure.restart = stop
}
