// What a view uses: elements, texts, the server, the address, shortcuts. README.md lists it.

// h returns an element. Functions among the attributes are listeners; null, undefined and false leave an attribute out.
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") e.addEventListener(name.replace(/^on/, ""), value)
    else if (value === true) e.setAttribute(name, "")
    else if (value !== null && value !== undefined && value !== false) e.setAttribute(name, value)
  }
  e.append(...children.flat(Infinity).filter(c => c !== null && c !== undefined && c !== false))
  return e
}

// command returns a command as code. Its lines break between words, not at the dashes of "--config".
export const command = text =>
  h(
    "code",
    {},
    text.split(" ").map((word, i) => [i ? " " : "", h("span", { class: "word" }, word)]),
  )

// Texts.

let words = {}
let lang = "en"

export const language = () => lang

export function setLanguage(l) {
  lang = l === "zh" ? "zh" : "en"
  document.documentElement.lang = lang === "zh" ? "zh-Hans" : "en"
  store("lamina.language", lang)
}

// loadWords loads the dictionary and returns the names of the views.
export async function loadWords() {
  const load = path => fetch(path).then(r => (r.ok ? r.json() : Promise.reject(new Error(`${path}: ${r.status}`))))
  const [dictionary, names] = await Promise.all([load("words.json"), load("views.json")])
  words = dictionary
  const asked = new URLSearchParams(location.search).get("lang") ?? store("lamina.language") ?? navigator.language
  setLanguage(asked.toLowerCase().startsWith("zh") ? "zh" : "en")
  return names
}

// t returns the text of a key; {name} in it is replaced by values.name.
export function t(key, values = {}) {
  const text = words[key]?.[lang === "zh" ? 1 : 0] ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}

// n returns a number for reading: digits significant digits, powers of ten for the very small and large, "−" for minus.
export function n(x, digits = 3) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–"
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞"
  const rounded = Number(x.toPrecision(digits))
  const size = Math.abs(rounded)
  let text = "0"
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [m, e] = rounded.toExponential(Math.max(digits - 2, 0)).split("e")
    text = `${m}·10${[...String(+e)].map(c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`
  } else if (size !== 0) {
    text = rounded.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))))
  }
  return text.replace("-", "−")
}

// argument returns a path as an argument of a command, in quotes where a shell needs them.
export function argument(path) {
  if (/^[\w./\\:+@%,-]+$/.test(path)) return path
  return /^\w:|\\/.test(path) ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'` // as Windows and other systems want it
}

// store remembers a value, or returns the remembered one. Where storage is forbidden it remembers nothing.
export function store(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key)
    localStorage.setItem(key, value)
  } catch {
    /* forbidden */
  }
  return null
}

// Themes.

export function currentTheme() {
  return (
    document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")
  )
}

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme
  store("lamina.theme", theme)
  dispatchEvent(new Event("lamina-theme"))
}

// The server.

// Gone is the error of a server that does not answer.
export class Gone extends Error {
  name = "Gone"
  constructor() {
    super(t("shell.gone"))
  }
}

// Refused is an error that the server explained.
export class Refused extends Error {
  constructor(reply, status) {
    super(reply.key ? t(reply.key, reply.values) : (reply.error ?? t("shell.status", { status })))
    this.key = reply.key
    this.status = status
  }
}

async function ask(path, options) {
  let r
  try {
    r = await fetch(path, options)
  } catch (error) {
    if (error.name === "AbortError") throw error
    throw new Gone()
  }
  const text = await r.text()
  let value
  try {
    value = JSON.parse(text)
  } catch {
    value = { error: text.trim() || undefined }
  }
  if (!r.ok) throw new Refused(value, r.status)
  return value
}

// Page is what a view is given.
export class Page {
  constructor(name, params, { problem, live }) {
    this.name = name
    this.params = params
    this.hash = location.hash // that params is read from
    this.ready = false // whether the view has opened; before, it gets no clicks, keys and addresses
    this.shortcuts = {}
    this.parts = { problem, live }
    this.controller = new AbortController()
    this.signal = this.controller.signal // aborted when the view is left
    this.frames = 0 // that frame drew, for tests
    this.pending = new Map()
    globalThis.lamina = this
  }

  end() {
    this.view?.close?.()
    this.controller.abort()
  }

  get(path) {
    return ask(`api/${this.name}/${path}`, { signal: this.signal })
  }

  post(path, value = {}) {
    const raw = value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    return ask(`api/${this.name}/${path}`, {
      method: "POST",
      signal: this.signal,
      headers: { "Content-Type": raw ? value.type || "application/octet-stream" : "application/json" },
      body: raw ? value : JSON.stringify(value),
    })
  }

  // events follows a stream; it is closed while the page is hidden. error is called with a Refused, or with an Error
  // when the server is gone; the browser tries again by itself.
  events(path, handlers, { error = e => this.show(e) } = {}) {
    let source = null
    let lost = false
    const open = () => {
      if (source || document.hidden || this.signal.aborted) return
      source = new EventSource(`api/${this.name}/${path}`)
      for (const [name, f] of Object.entries(handlers)) {
        source.addEventListener(name, e => {
          if (lost) {
            lost = false
            this.show(null)
          }
          f(JSON.parse(e.data))
        })
      }
      source.addEventListener("failed", e => {
        stop()
        error(new Refused(JSON.parse(e.data), 500))
      })
      source.onerror = async () => {
        if (source?.readyState !== EventSource.CLOSED) {
          if (!lost) {
            lost = true
            error(new Gone())
          }
          return
        }
        stop() // refused: ask again for the reason, which EventSource does not tell
        try {
          await ask(`api/${this.name}/${path}`, { signal: AbortSignal.timeout(3000) })
        } catch (e) {
          if (!this.signal.aborted) error(e)
        }
      }
    }
    const close = () => {
      source?.close()
      source = null
    }
    const visible = () => (document.hidden ? close() : open())
    const stop = () => {
      close()
      document.removeEventListener("visibilitychange", visible)
    }
    document.addEventListener("visibilitychange", visible)
    this.signal.addEventListener("abort", stop)
    open()
    return stop
  }

  // setParams changes the state in the address without a new entry in the history.
  setParams(values) {
    if (location.hash !== this.hash) return // the reader has gone elsewhere, of which the view hears next
    for (const [key, value] of Object.entries(values)) {
      if (value === null || value === undefined) this.params.delete(key)
      else this.params.set(key, value)
    }
    const query = this.params.toString()
    const hash = `#/${this.name}${query ? "?" + query : ""}`
    if (hash === this.hash) return
    history.replaceState(null, "", hash)
    this.hash = location.hash
  }

  keys(shortcuts) {
    Object.assign(this.shortcuts, shortcuts)
  }

  on(target, event, f, options = {}) {
    target.addEventListener(event, f, { signal: this.signal, ...options })
  }

  say(text) {
    this.parts.live.textContent = text
  }

  show(error) {
    if (error?.name === "AbortError") return
    this.parts.problem.hidden = !error
    this.parts.problem.textContent = error ? error.message : ""
  }

  frame(f) {
    if (this.pending.has(f)) return
    this.pending.set(
      f,
      requestAnimationFrame(() => {
        this.pending.delete(f)
        if (this.signal.aborted) return
        this.frames++
        f()
      }),
    )
  }

  still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches
  }
}
