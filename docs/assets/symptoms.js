// The index of symptoms: filter as you type. Without this file the lists are still there.

const box = document.getElementById("symptom-filter")
const {label, hits, none} = box.dataset

// Latin words without their digits, Chinese in pairs of characters: a pasted error with
// other numbers still fits.
const words = text => {
  const found = text.toLowerCase().match(/[a-z]{2,}|[\u4e00-\u9fff]+/g) ?? []
  return [...new Set(found.flatMap(word => /[a-z]/.test(word) || word.length < 3
    ? [word]
    : [...word].slice(1).map((character, i) => word[i] + character)))]
}

const entries = [...document.querySelectorAll(".symptoms li[data-words]")].map(item => ({
  link: item.querySelector("a"),
  words: words(`${item.textContent} ${item.dataset.words}`),
}))
const has = (entry, word) => entry.words.some(other => other.startsWith(word))

// A word that few entries have says more; one that none has (a path, a name) says nothing.
const best = query => {
  const asked = words(query).map(word => {
    const number = entries.filter(entry => has(entry, word)).length
    return {word, weight: number ? Math.log(1 + entries.length / number) : 0}
  })
  const scored = entries.map(entry => ({
    entry,
    score: asked.reduce((sum, {word, weight}) => sum + (has(entry, word) ? weight : 0), 0),
  }))
  const top = Math.max(...scored.map(({score}) => score))
  return scored
    .filter(({score}) => score > 0 && score >= 0.6 * top)
    .sort((a, b) => b.score - a.score)
    .slice(0, 12)
}

const name = Object.assign(document.createElement("label"), {textContent: label, htmlFor: "symptom-query"})
const input = Object.assign(document.createElement("input"), {id: "symptom-query", type: "search", autocomplete: "off"})
const said = document.createElement("p")
said.setAttribute("role", "status")
const list = document.createElement("ol")
box.append(name, input, said, list)

input.addEventListener("input", () => {
  const query = input.value.trim()
  const found = query ? best(query) : []
  list.replaceChildren(...found.map(({entry}) => {
    const item = document.createElement("li")
    item.append(entry.link.cloneNode(true))
    return item
  }))
  said.textContent = !query ? "" : found.length ? `${found.length} ${hits}` : none
})
