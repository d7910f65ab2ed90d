// What the interactive figures share: elements, controls, handles, state in the address.
// Everything is drawn in pixels of the real width, so that text is never scaled.

const SVG = "http://www.w3.org/2000/svg"
const painted = new WeakMap()

/** An HTML element with properties, and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value
    else element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

/** Make this the text of an element. A text node used again costs less than a new one. */
function write(element, text) {
  if (element.textContent === text) return
  if (element.firstChild?.nodeType === Node.TEXT_NODE && !element.firstElementChild) element.firstChild.data = text
  else element.textContent = text
}

/** Set those attributes of an SVG element that are not set already. */
function dress(element, attributes, text) {
  const was = painted.get(element) ?? {}
  for (const name in was) if (!(name in attributes)) element.removeAttribute(name)
  for (const name in attributes) {
    if (was[name] !== attributes[name]) element.setAttribute(name, attributes[name])
  }
  if (text !== undefined) write(element, text)
  painted.set(element, attributes)
}

/** Make a group show these shapes, [tag, attributes, text]; what is there is used again. */
export function paint(group, shapes) {
  let element = group.firstChild
  for (const shape of shapes) {
    if (!shape) continue
    const [tag, attributes, text] = shape
    if (element?.localName !== tag) {
      const fresh = document.createElementNS(SVG, tag)
      if (element) element.replaceWith(fresh)
      else group.append(fresh)
      element = fresh
    }
    dress(element, attributes, text)
    element = element.nextSibling
  }
  while (element) {
    const next = element.nextSibling
    element.remove()
    element = next
  }
}

/** Write a number with a true minus. */
export function number(value, digits = 2) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "–"
  const text = value.toFixed(digits)
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−")
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high)

/** Random numbers that are the same for the same seed (mulberry32, Box and Muller). */
export function random(seed) {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return {uniform, normal}
}

// A state is described by its fields: {options, value}, {min, max, step, value}, or the same
// with a list as value. Only what is as described is taken from an address.

const one = (text, {options, min, max, step}) => {
  if (options) return options.find(option => String(option) === text)
  const said = text.trim() === "" ? NaN : Number(text)
  const value = Number.isInteger(step) ? Math.round(said) : said
  return Number.isFinite(value) ? clamp(value, min, max) : undefined
}

/** The state that a text from an address describes; the standing one where it does not. */
export function decode(text, fields) {
  const state = Object.fromEntries(
    Object.entries(fields).map(([key, {value}]) => [key, structuredClone(value)]))
  for (const part of (text ?? "").split(",")) {
    const [key, said = ""] = part.split(":")
    if (!Object.hasOwn(fields, key)) continue
    const {value} = fields[key]
    if (Array.isArray(value)) {
      const found = said.split("_").map(text => one(text, fields[key]))
      if (found.length === value.length && found.every(x => x !== undefined)) state[key] = found
    } else {
      state[key] = one(said, fields[key]) ?? state[key]
    }
  }
  return state
}

/** What differs from the standing state, as text for an address. */
export function encode(state, fields) {
  const text = value => typeof value === "number" ? String(Number(value.toFixed(4))) : value
  const written = value => Array.isArray(value) ? value.map(text).join("_") : String(text(value))
  return Object.keys(fields)
    .filter(key => written(state[key]) !== written(fields[key].value))
    .map(key => `${key}:${written(state[key])}`)
    .join(",")
}

function remember(name, code) {
  const search = new URLSearchParams(location.search)
  search.delete(name)
  const all = [search.toString(), code && `${name}=${code}`].filter(Boolean).join("&")
  history.replaceState(history.state, "", `${location.pathname}${all && `?${all}`}${location.hash}`)
}

const COMMON = {
  zh: {reset: "复原", colon: "："},
  en: {reset: "Reset", colon: ": "},
}

/**
 * Put an instrument behind the static figure of a div.
 *
 * name: its name in the address; fields: its state; words: title, hint and the rest;
 * height(width, state): of the drawing; render(figure): draws figure.state, once a frame;
 * summary(figure): what a screen reader hears when things have come to rest.
 */
export function instrument(div, language, {name, fields, words, height, render, summary}) {
  const common = COMMON[language]
  const svg = document.createElementNS(SVG, "svg")
  const back = document.createElementNS(SVG, "g")
  dress(svg, {role: "group", "aria-label": words.title, class: "instrument-stage"})
  svg.append(back)
  const reset = make("button", {type: "button", className: "instrument-button", textContent: common.reset})
  const controls = make("div", {className: "instrument-controls"})
  const readout = make("dl", {className: "instrument-readout"})
  const said = make("p", {className: "site-said", role: "status"})
  const box = make("section", {className: "instrument-box", "aria-label": words.title},
    make("p", {className: "instrument-head"}, make("strong", {textContent: words.title}), reset),
    make("p", {className: "instrument-hint", textContent: words.hint}),
    controls, svg, readout, said)
  div.append(box)

  const syncs = []
  let frame = 0, calm = 0, saved = 0
  const figure = {
    box, svg, back, controls, words, language,
    state: decode(new URLSearchParams(location.search).get(name), fields),
    still: matchMedia("(prefers-reduced-motion: reduce)"),
    width: 0,

    /** Change the state; the drawing follows with the next frame. */
    set(changes) {
      Object.assign(figure.state, changes)
      // With a height of its own, the page around is not laid out and painted again.
      box.style.height ||= `${box.offsetHeight}px`
      box.classList.add("instrument-moving")
      figure.redraw()
      clearTimeout(saved)
      saved = setTimeout(() => remember(name, encode(figure.state, fields)), 300)
      clearTimeout(calm)
      calm = setTimeout(() => {
        box.classList.remove("instrument-moving")
        box.style.height = ""
        said.textContent = summary(figure)
      }, 700)
    },
    redraw() {
      frame ||= requestAnimationFrame(() => {
        frame = 0
        show()
      })
    },
    /** Lines of names and values below the drawing. */
    read(lines) {
      while (readout.children.length > lines.length) readout.lastChild.remove()
      lines.forEach(([term, value, color], i) => {
        const line = readout.children[i] ?? readout.appendChild(make("div", {}, make("dt"), make("dd")))
        const [dt, dd] = line.children
        write(dt, term)
        write(dd, value)
        dd.style.color = color ? `var(--${color})` : ""
      })
    },
    /** A row of alternatives; off(state) says when none can be chosen. */
    choice(key, label, texts, off = () => false) {
      const row = make("div", {className: "instrument-choice", role: "radiogroup", "aria-label": label},
        make("span", {className: "instrument-label", textContent: label, ariaHidden: "true"}))
      const inputs = fields[key].options.map((option, i) => {
        const input = make("input", {type: "radio", name: `${name}-${key}`, value: String(option)})
        input.addEventListener("change", () => figure.set({[key]: option}))
        row.append(make("label", {}, input, make("span", {textContent: texts?.[i] ?? String(option)})))
        return input
      })
      syncs.push(() => inputs.forEach((input, i) => {
        input.checked = fields[key].options[i] === figure.state[key]
        input.disabled = off(figure.state)
      }))
      controls.append(row)
      return row
    },
    /** A slider; text(value) is what is shown and said. `curve` bends the scale. */
    slider(key, label, text, {curve = x => x, back: inverse = x => x, steps, off = () => false} = {}) {
      const {min, max, step} = fields[key]
      const input = make("input", {type: "range"})
      input.min = inverse(min)
      input.max = inverse(max)
      input.step = steps ?? step
      const value = make("output", {ariaHidden: "true"})
      input.addEventListener("input", () => figure.set({[key]: clamp(curve(Number(input.value)), min, max)}))
      input.setAttribute("aria-label", label)
      const row = make("label", {className: "instrument-slider"},
        make("span", {className: "instrument-label", textContent: label}), input, value)
      syncs.push(() => {
        const now = figure.state[key]
        if (Math.abs(curve(Number(input.value)) - now) > 1e-12) input.value = inverse(now)
        write(value, text(now))
        input.setAttribute("aria-valuetext", text(now))
        input.disabled = off(figure.state)
      })
      controls.append(row)
      return input
    },
    buttons(...list) {
      const row = make("div", {className: "instrument-buttons"})
      controls.append(row)
      return list.map(([label, action]) => {
        const button = make("button", {type: "button", className: "instrument-button", textContent: label})
        button.addEventListener("click", action)
        row.append(button)
        return button
      })
    },
    /**
     * A point that can be dragged, and moved by keys. move(x, y): it was dragged there;
     * step(right, up): so many steps; look: the shapes of it, around 0, 0.
     */
    handle({label, move, step, look}) {
      const grip = document.createElementNS(SVG, "g")
      dress(grip, {role: "slider", tabindex: "0", "aria-label": label, class: "instrument-handle"})
      paint(grip, [["circle", {r: 22, class: "instrument-reach"}], ["circle", {r: 13, class: "instrument-ring"}], ...look])
      let held = null
      grip.addEventListener("pointerdown", event => {
        if (event.button) return
        grip.setPointerCapture(event.pointerId)
        held = grip.at && [grip.at[0] - event.clientX, grip.at[1] - event.clientY]
        grip.focus({preventScroll: true, focusVisible: false})
        event.preventDefault()
      })
      grip.addEventListener("pointermove", event => {
        if (held) move(event.clientX + held[0], event.clientY + held[1])
      })
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
        grip.addEventListener(end, () => { held = null })
      }
      keys(grip, step)
      svg.append(grip)
      return {
        grip,
        place(x, y) {
          grip.at = [x, y]
          grip.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`)
        },
        value: (now, min, max, text, orientation) => values(grip, now, min, max, text, orientation),
      }
    },
  }

  function show() {
    if (!figure.width) return
    const high = height(figure.width, figure.state)
    dress(svg, {
      role: "group", "aria-label": words.title, class: "instrument-stage",
      width: figure.width, height: high, viewBox: `0 0 ${figure.width} ${high}`,
    })
    figure.height = high
    for (const sync of syncs) sync()
    render(figure)
  }

  reset.addEventListener("click", () => {
    figure.restart?.()
    figure.set(decode("", fields))
  })
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width)
    if (width === figure.width) return
    figure.width = width
    figure.redraw()
  }).observe(controls)
  return figure
}

/** Let an element answer the keys of a slider: step(right, up, event). */
export function keys(element, step) {
  element.addEventListener("keydown", event => {
    const size = event.shiftKey ? 10 : 1
    const way = {
      ArrowRight: [size, 0], ArrowLeft: [-size, 0], ArrowUp: [0, size], ArrowDown: [0, -size],
      PageUp: [0, 10], PageDown: [0, -10], Home: [-Infinity, -Infinity], End: [Infinity, Infinity],
    }[event.key]
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    step(...way, event)
  })
}

/** Say the value of an element with the role of a slider. */
export function values(element, now, min, max, text, orientation = "horizontal") {
  const all = {valuenow: now, valuemin: min, valuemax: max, valuetext: text, orientation}
  for (const [name, value] of Object.entries(all)) {
    const said = typeof value === "number" ? String(Number(value.toFixed(4))) : value
    if (element.getAttribute(`aria-${name}`) !== said) element.setAttribute(`aria-${name}`, said)
  }
}
