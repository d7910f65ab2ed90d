// Small things the theme leaves to us. The site can be read without this file.

// The language switch stays in the section that is being read.
const headings = [...document.querySelectorAll("article :is(h2, h3)[id]")]
const link = document.querySelector("[data-language-switch]")
link?.addEventListener("click", () => {
  const passed = headings.filter(h => h.getBoundingClientRect().top < innerHeight / 3)
  const here = passed.at(-1)?.id
  link.hash = here && scrollY > 0 ? here : location.hash
})

// What scrolls sideways can be reached with the keyboard; what does not need not be.
const scrollers = document.querySelectorAll(".md-typeset__scrollwrap, .formula[tabindex]")
const update = () => {
  for (const box of scrollers) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
    else box.removeAttribute("tabindex")
  }
}
// Measuring waits until the page is shown.
;(window.requestIdleCallback ?? setTimeout)(update)
addEventListener("resize", update, {passive: true})

// The search listens for keys only: let it see text that is pasted with the mouse, too.
const search = document.querySelector(".md-search__input")
search?.addEventListener("input", () => search.dispatchEvent(new Event("keyup")))
