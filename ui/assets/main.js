// The shell: header, navigation, address, language, theme, shortcuts.
import { h, t, language, setLanguage, loadWords, Page, store, currentTheme, Gone, setTheme } from "./page.js"

const names = await loadWords()
const modules = {} // by view
let page = null // of the open view
let shown = "" // its name

const main = h("main", { id: "main", tabindex: "-1" })
const nav = h("nav")
const problem = h("div", { class: "problem", role: "alert", hidden: true })
const live = h("div", { class: "visually-hidden", "aria-live": "polite" })
const help = h("dialog", { class: "help" })

function header() {
  nav.replaceChildren(
    ...names.map(name =>
      h("a", { href: `#/${name}`, "aria-current": name === shown ? "page" : null }, t(`${name}.title`)),
    ),
  )
  nav.setAttribute("aria-label", t("shell.views"))
  const other = language() === "zh" ? "en" : "zh"
  const dark = currentTheme() === "dark"
  return h(
    "header",
    { class: "top" },
    h(
      "a",
      {
        class: "skip",
        href: "#main",
        onclick: e => {
          e.preventDefault()
          main.focus()
        },
      },
      t("shell.skip"),
    ),
    h(
      "a",
      { class: "brand", href: `#/${names[0]}` },
      h("img", { src: "icon.svg", alt: "", width: 20, height: 20 }),
      "Lamina",
    ),
    nav,
    h(
      "div",
      { class: "row" },
      h(
        "button",
        {
          class: "quiet",
          lang: other,
          onclick: () => {
            setLanguage(other)
            restart()
          },
        },
        other === "zh" ? "中文" : "English",
      ),
      h(
        "button",
        {
          class: "quiet icon",
          title: t(dark ? "shell.light" : "shell.dark"),
          "aria-label": t(dark ? "shell.light" : "shell.dark"),
          onclick: () => {
            setTheme(dark ? "light" : "dark")
            redraw()
          },
        },
        dark ? "☀" : "☾",
      ),
      h(
        "button",
        { class: "quiet icon", title: t("shell.keys"), "aria-label": t("shell.keys"), onclick: showHelp },
        "?",
      ),
    ),
  )
}

// redraw draws the header again, and keeps the focus on the button that had it.
function redraw() {
  const buttons = () => [...document.querySelectorAll("header.top button")]
  const focused = buttons().indexOf(document.activeElement)
  document.querySelector("header.top").replaceWith(header())
  const current = nav.querySelector("[aria-current]")
  if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2
  if (focused >= 0) buttons()[focused].focus()
}

function showHelp() {
  const keys = Object.entries(page?.shortcuts ?? {})
  help.replaceChildren(
    h("h2", {}, t("shell.keys")),
    h(
      "dl",
      {},
      [...keys.map(([key, [, text]]) => [key, text]), ["?", "shell.keys"]].flatMap(([key, text]) => [
        h("dt", {}, h("kbd", {}, key === " " ? t("shell.space") : key.replace("Arrow", ""))),
        h("dd", {}, t(text)),
      ]),
    ),
    h(
      "label",
      { class: "row" },
      h("input", {
        type: "checkbox",
        checked: store("lamina.keys") !== "off",
        onchange: e => store("lamina.keys", e.target.checked ? "on" : "off"),
      }),
      t("shell.keysOn"),
    ),
    h("form", { method: "dialog" }, h("button", { class: "button", autofocus: true }, t("shell.close"))),
  )
  help.showModal()
}

// address returns the view and the parameters that the address names.
function address() {
  const [name, query] = location.hash.replace(/^#\/?/, "").split("?")
  return { name: names.includes(name) ? name : names[0], params: new URLSearchParams(query ?? "") }
}

async function follow() {
  const { name, params } = address()
  if (name === shown && page) {
    page.params = params
    page.hash = location.hash
    if (page.ready) page.view?.state?.(params)
    return
  }
  page?.end()
  shown = name
  problem.hidden = true
  const root = h("div", { class: `view ${name}` })
  const mine = (page = new Page(name, params, { problem, live }))
  document.title = `${t(`${name}.title`)} · Lamina`
  redraw()
  main.replaceChildren(h("h1", { class: "visually-hidden" }, t(`${name}.title`)), problem, root)
  try {
    modules[name] ??= await load(name)
  } catch {
    if (page !== mine) return
    page.show(new Gone())
    setTimeout(() => page === mine && restart(), 2000)
    return
  }
  if (page !== mine) return
  root.inert = true // nobody uses a view that has not its data yet
  try {
    mine.view = await modules[name].open(root, mine)
  } catch (error) {
    if (page !== mine) return
    mine.show(error)
    if (error instanceof Gone) setTimeout(() => page === mine && restart(), 2000)
    else console.error(error)
    shown = "" // another address opens the view again
    return
  }
  if (page !== mine) return mine.view?.close?.()
  root.inert = false
  mine.ready = true
  if (mine.params !== params) mine.view?.state?.(mine.params) // the address has changed meanwhile
}

// load loads a view's module, and its style.
async function load(name) {
  const sheet = h("link", { rel: "stylesheet", href: `views/${name}.css` })
  const styled = new Promise((done, failed) => {
    sheet.onload = done
    sheet.onerror = () => {
      sheet.remove()
      failed(new Error(sheet.href))
    }
  })
  document.head.append(sheet)
  const [module] = await Promise.all([import(`./views/${name}.js`), styled])
  return module
}

function restart() {
  page?.end()
  page = null
  shown = ""
  follow()
}

document.body.prepend(h("header", { class: "top" }), main, live, help)
addEventListener("hashchange", follow)
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return
  const at = event.target
  if (at.matches?.("input:not([type=radio],[type=checkbox],[type=range]), textarea, select, [contenteditable]")) return
  // Keys with a character can be turned off, as WCAG 2.1.4 asks.
  if (event.key.length === 1 && event.key !== " " && store("lamina.keys") === "off") return
  if (event.key === "?") return showHelp()
  const shortcuts = page?.ready ? page.shortcuts : {}
  const shortcut = shortcuts[event.key] ?? shortcuts[event.key.toLowerCase()]
  const used = {
    " ": "button, a, summary, input, [role]",
    ArrowLeft: "input",
    ArrowRight: "input",
    ArrowUp: "input",
    ArrowDown: "input",
    Enter: "button, a, summary, input",
  }
  if (!shortcut || (used[event.key] && at.matches?.(used[event.key]))) return
  event.preventDefault()
  shortcut[0](event)
})
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
follow()
