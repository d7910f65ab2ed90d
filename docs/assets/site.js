// Small things the theme leaves to us. The site can be read without this file.

// The language switch stays in the section that is being read.
const headings = [...document.querySelectorAll("article :is(h2, h3)[id]")]
const link = document.querySelector("[data-language-switch]")
link?.addEventListener("click", () => {
  // A filter may have hidden some.
  const passed = headings.filter(h => h.offsetParent && h.getBoundingClientRect().top < innerHeight / 3)
  const here = passed.at(-1)?.id
  link.hash = here && scrollY > 0 ? here : location.hash
  link.search = location.search // what was set in an interactive figure
})

// Where the reader chose no scheme, it follows the system while the page is open, too. The
// theme writes down what is shown when the system changes: what was chosen is known before.
const dark = matchMedia("(prefers-color-scheme: dark)")
const remembered = () => localStorage.getItem(`${__md_scope.pathname}.__palette`)
let chosen = remembered()
addEventListener("change", ({target}) => {
  if (target.name === "__palette") chosen = remembered()
})
dark.addEventListener("change", () => {
  if (!chosen) document.querySelector(`.md-option[data-md-color-scheme=${dark.matches ? "slate" : "default"}]`)?.click()
})

// What is not needed to show the page waits until it is shown.
const later = window.requestIdleCallback ?? setTimeout

// What scrolls sideways can be reached with the keyboard; what does not need not be. It is
// measured when it comes near: to measure all would lay out the whole page at once.
const scrollers = ".md-typeset__scrollwrap, div.formula, .highlight pre > code"
const sizes = new ResizeObserver(entries => {
  const boxes = [...new Set(entries.map(({target}) => target.closest(scrollers)))]
  const wide = boxes.map(box => box.scrollWidth > box.clientWidth)
  boxes.forEach((box, i) => {
    if (wide[i]) box.tabIndex = 0
    else box.removeAttribute("tabindex")
  })
})
// Far away it cannot be scrolled, and takes no layer of its own: a page has a hundred, and
// each frame of an interactive figure would look at all of them.
const scrolling = new IntersectionObserver(entries => {
  for (const {target, isIntersecting} of entries) {
    target.classList.toggle("site-far", !isIntersecting)
    for (const one of [target, target.firstElementChild])
      if (one) sizes[isIntersecting ? "observe" : "unobserve"](one)
  }
}, {rootMargin: "300px"})
// The theme puts its boxes around the tables late: they are looked for again.
const watched = new WeakSet()
const watch = () => document.querySelectorAll(scrollers).forEach(box => {
  if (watched.has(box)) return
  watched.add(box)
  box.tabIndex = 0 // until it is measured
  scrolling.observe(box)
})
later(watch)
addEventListener("load", () => later(watch))

// The stylesheet leaves what is far below for later: now, a few at a time. Who comes back
// to a place far below, or follows a link to one, gets all at once.
const rest = [...document.querySelectorAll("article > *")]
const layOut = (some = rest.length) => {
  for (const one of rest.splice(0, some)) one.style.contentVisibility = "visible"
}
const layOutSome = () => {
  layOut(6)
  if (rest.length) later(layOutSome)
}
const [visit] = performance.getEntriesByType("navigation")
if (location.hash || visit?.type !== "navigate") layOut()
addEventListener("load", () => later(layOutSome))
addEventListener("hashchange", () => {
  if (!rest.length) return
  layOut()
  document.querySelector(":target")?.scrollIntoView()
})

// The font of the formulas is here before they come near: nothing moves while one reads.
if (document.querySelector("math")) later(() => document.fonts.load("1em Formulas"))

// The search listens for keys only: let it see text that is pasted with the mouse, too.
const search = document.querySelector(".md-search__input")
search?.addEventListener("input", () => search.dispatchEvent(new Event("keyup")))

// A copy button for each listing. The theme has one, too, but makes it before the page is shown.
const [copy, copied] = document.documentElement.lang === "en" ? ["Copy", "Copied"] : ["复制", "已复制"]
const said = Object.assign(document.createElement("p"), {className: "site-said", role: "status"})

async function put(text) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Pages opened as files may not use the clipboard: the old way.
    const box = Object.assign(document.createElement("textarea"), {value: text, className: "site-said"})
    document.body.append(box)
    box.select()
    document.execCommand("copy")
    box.remove()
  }
}

function addCopy(code) {
  const button = document.createElement("button")
  Object.assign(button, {className: "md-code__button", type: "button", title: copy})
  button.dataset.mdType = "copy"
  button.addEventListener("click", async () => {
    await put(code.textContent)
    button.title = said.textContent = copied
    setTimeout(() => {
      button.title = copy
      said.textContent = ""
    }, 2000)
  })
  const bar = document.createElement("div")
  bar.className = "md-code__nav"
  bar.append(button)
  code.before(bar)
}

later(() => {
  document.querySelectorAll(".highlight pre > code").forEach(addCopy)
  document.body.append(said)
})

// In the gallery the whole file is a click away, on the page itself.
for (const link of document.querySelectorAll("a[data-listing]")) {
  const button = document.createElement("button")
  Object.assign(button, {type: "button", className: "site-listing", textContent: link.dataset.listing})
  button.setAttribute("aria-expanded", "false")
  let box
  button.addEventListener("click", async () => {
    if (!box) {
      const answer = await fetch(link.href)
      if (!answer.ok) return void (location.href = link.href)
      box = document.createElement("div")
      box.className = "highlight"
      const pre = document.createElement("pre")
      const code = document.createElement("code")
      code.tabIndex = 0
      code.textContent = await answer.text()
      pre.append(code)
      box.append(pre)
      link.closest("p").after(box)
      addCopy(code)
    } else box.hidden = !box.hidden
    button.setAttribute("aria-expanded", String(!box.hidden))
  })
  // Files opened without a server cannot fetch: there the link is enough.
  if (location.protocol !== "file:") link.before(button, " ")
}

// Interactive figures are loaded when they come near; until then, and where they cannot be
// loaded, the static figure stands.
const near = new IntersectionObserver(entries => {
  for (const {target, isIntersecting} of entries) {
    if (!isIntersecting) continue
    near.unobserve(target)
    const load = import(`./interactive/${target.dataset.instrument}.js`)
    load.then(module => module.mount(target, document.documentElement.lang === "en" ? "en" : "zh"))
      .catch(() => target.removeAttribute("data-instrument"))
  }
}, {rootMargin: "600px"})
document.querySelectorAll("[data-instrument]").forEach(target => near.observe(target))
