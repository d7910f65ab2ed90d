// The filter of the page of claims. It reads the page: each claim is an h3 and what follows it,
// with its verdicts as badges and its sources as links. Without this file the list is whole.

const overview = document.querySelector(".overview")
const words = JSON.parse(overview.dataset.words)
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])
const make = (tag, properties, ...children) => {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

const topics = new Map()
const claims = []
for (const heading of document.querySelectorAll("article h3")) {
  const nodes = [heading]
  for (let next = heading.nextElementSibling; next && !/^H[123]$/.test(next.tagName); next = next.nextElementSibling)
    nodes.push(next)
  const inside = selector => nodes.flatMap(node => [...node.querySelectorAll(selector)])
  const verdict = inside(".verdict").map(span => span.classList[1])
  if (!verdict.length) continue
  let topic = heading
  while (topic.tagName !== "H2") topic = topic.previousElementSibling
  topics.set(topic.id, topic)
  const source = inside('a[href^="#source-"]').map(link => link.hash.slice("#source-".length))
  claims.push({heading, nodes, verdict, topic: [topic.id], source})
}
const count = (key, value) => claims.filter(claim => claim[key].includes(value)).length

// ---- the form ----
const chips = [...overview.querySelectorAll("li")].map(item => {
  const span = item.querySelector(".verdict")
  const chip = make("button", {type: "button", className: span.className, value: span.classList[1]})
  chip.textContent = fill(words.item, {name: span.textContent, count: item.lastChild.textContent.trim()})
  chip.setAttribute("aria-pressed", "false")
  item.replaceChildren(chip)
  return chip
})
const list = overview.querySelector("ul")
list.setAttribute("aria-label", words.verdict)

const select = (key, values) => {
  const options = values.map(([value, name]) => new Option(fill(words.item, {name, count: count(key, value)}), value))
  return make("select", {name: key}, new Option(words.all, ""), ...options)
}
const ownText = node => [...node.childNodes].filter(n => n.className !== "headerlink").map(n => n.textContent).join("")
const sources = [...document.querySelectorAll('[id^="source-"]')].map(anchor => {
  const name = anchor.parentElement.textContent.split(/[：:,，]/)[0]
  return [anchor.id.slice("source-".length), name]
})
const selects = {
  topic: select("topic", [...topics].map(([id, heading]) => [id, ownText(heading)])),
  source: select("source", sources.filter(([id]) => count("source", id))),
}
const reset = make("button", {type: "reset", textContent: words.reset})
const status = make("p", {className: "shown"})
status.setAttribute("role", "status")
const form = make(
  "form",
  {className: "filters"},
  ...Object.entries(selects).map(([key, field]) => make("label", {}, words[key], field)),
  reset,
)
form.setAttribute("aria-label", words.filter)
overview.append(form, status)

// ---- state, in the address: ?verdict=wrong,disputed&topic=dropout&source=002 ----
const chosen = () => ({
  verdict: chips.filter(chip => chip.ariaPressed === "true").map(chip => chip.value),
  topic: [selects.topic.value].filter(Boolean),
  source: [selects.source.value].filter(Boolean),
})

function choose(state) {
  for (const chip of chips) chip.setAttribute("aria-pressed", String(state.verdict.includes(chip.value)))
  for (const [key, field] of Object.entries(selects)) {
    field.value = state[key][0] ?? ""
    if (field.selectedIndex < 0) field.value = ""
  }
}

const fits = (claim, state) =>
  Object.entries(state).every(([key, values]) => !values.length || values.some(value => claim[key].includes(value)))

function show() {
  const state = chosen()
  const shown = claims.filter(claim => fits(claim, state))
  for (const claim of claims) {
    const hidden = !shown.includes(claim)
    for (const node of claim.nodes) node.hidden = hidden
  }
  for (const [id, heading] of topics) heading.hidden = !shown.some(claim => claim.topic[0] === id)
  reset.disabled = !Object.values(state).flat().length
  status.textContent = fill(shown.length ? words.count : words.none, {shown: shown.length, all: claims.length})
}

function write() {
  const query = Object.entries(chosen())
    .filter(([, values]) => values.length)
    .map(([key, values]) => `${key}=${values.map(encodeURIComponent).join(",")}`)
    .join("&")
  history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash)
  follow()
}

// The other language shows the same choice.
const follow = () => {
  const other = document.querySelector("[data-language-switch]")
  if (other) other.search = location.search
}

const none = {verdict: [], topic: [], source: []}
const update = () => (show(), write())
for (const chip of chips)
  chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.ariaPressed !== "true"))
    update()
  })
form.addEventListener("change", update)
form.addEventListener("submit", event => event.preventDefault())
form.addEventListener("reset", event => {
  event.preventDefault()
  choose(none)
  update()
})

// A claim that is asked for by its address is shown, whatever was chosen.
function reveal() {
  const claim = claims.find(one => `#${one.heading.id}` === location.hash)
  if (!claim?.heading.hidden) return
  choose(none)
  update()
  claim.heading.scrollIntoView()
}
addEventListener("hashchange", reveal)

const asked = new URLSearchParams(location.search)
choose(Object.fromEntries(Object.keys(none).map(key => [key, (asked.get(key) ?? "").split(",").filter(Boolean)])))
show()
follow()
reveal()
