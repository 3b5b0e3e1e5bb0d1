// Attention: which token of a text looks at which, for each head of each layer.
import { h, t, n } from "../page.js"
import { sequential, css, ink, color, onTheme } from "../palette.js"
import { floats } from "./inside/columns.js"

const EXAMPLES = { repeat: "cafebadgehcafebadgeh" }

export function open(root, page) {
  let readers = []
  let reply = null // {tokens, layers}
  let heads = [] // Float32Array of T×T for each head
  let head = +(page.params.get("head") ?? 0) || 0
  let layer = +(page.params.get("layer") ?? 0) || 0
  let focus = -1 // the token whose row is shown
  let held = false // whether it was chosen by a click

  const select = h("select", {
    id: "attention-reader",
    onchange: () => {
      page.setParams({ reader: select.value, text: null, layer: null, head: null })
      state()
    },
  })
  const field = h("textarea", {
    id: "attention-text",
    rows: 2,
    spellcheck: "false",
    oninput: () => {
      clearTimeout(field.timer)
      field.timer = setTimeout(() => {
        page.setParams({ text: field.value })
        look()
      }, 250)
    },
  })
  const layers = h("select", {
    id: "attention-layer",
    onchange: () => {
      layer = +layers.value
      page.setParams({ layer: layer || null })
      look()
    },
  })
  const note = h("p", { class: "hint note" })
  const tokens = h("div", { class: "tokens", role: "group", "aria-label": t("attention.tokens") })
  const about = h("p", { class: "about", "aria-live": "polite" })
  const map = h("canvas", { role: "img" })
  const mapTip = h("p", { class: "hint number" })
  const thumbs = h("div", { class: "heads", role: "radiogroup", "aria-label": t("attention.heads") })
  root.append(
    h("p", { class: "hint" }, t("attention.try")),
    h(
      "section",
      { class: "panel controls", "aria-label": t("attention.text") },
      h(
        "div",
        { class: "row" },
        h("div", { class: "field" }, h("label", { for: "attention-reader" }, t("attention.reader")), select),
        h("div", { class: "field" }, h("label", { for: "attention-layer" }, t("attention.layer")), layers),
      ),
      h("div", { class: "field" }, h("label", { for: "attention-text" }, t("attention.text")), field),
      note,
    ),
    h(
      "div",
      { class: "halves" },
      h(
        "section",
        { class: "panel", "aria-label": t("attention.tokens") },
        h("h2", {}, t("attention.tokens")),
        h("p", { class: "hint" }, t("attention.hover")),
        tokens,
        about,
        h("h2", {}, t("attention.map")),
        h("p", { class: "hint" }, t("attention.axes")),
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("attention.map") }, map),
        mapTip,
      ),
      h("section", { class: "panel", "aria-label": t("attention.heads") }, h("h2", {}, t("attention.heads")), thumbs),
    ),
  )

  // shownToken makes spaces and line ends visible.
  const shownToken = x => x.replace(/\n/g, "⏎").replace(/^ /, "·").replace(/ /g, "·") || "∅"

  async function start() {
    readers = (await page.get("readers")).readers
    select.replaceChildren(
      ...readers.map(r => h("option", { value: r.name }, r.kind === "sample" ? t("attention.sample") : r.name)),
    )
    note.replaceChildren(
      ...(readers.length === 1
        ? [
            t("attention.fill"),
            " ",
            h("code", {}, "lamina train book.txt"),
            " ",
            t("attention.or"),
            " ",
            h("code", {}, "lamina ui all-MiniLM-L6-v2"),
          ]
        : []),
    )
    await state()
  }

  async function state() {
    const name = page.params.get("reader") ?? readers[0].name
    select.value = name
    const kind = readers.find(r => r.name === name)?.kind
    field.value = page.params.get("text") ?? EXAMPLES[kind === "sample" ? name : ""] ?? t("attention.example")
    layer = +(page.params.get("layer") ?? 0) || 0
    head = +(page.params.get("head") ?? (kind === "sample" ? 1 : 0)) || 0
    if (kind === "sample" && focus < 0) focus = 14 // in the second half, where it repeats
    if (!reply) about.textContent = t("attention.loading")
    await look()
  }

  let asked = 0
  async function look() {
    const mine = ++asked
    try {
      const r = await page.post("look", { reader: select.value, text: field.value, layer })
      if (mine !== asked) return
      page.show(null)
      reply = r
      heads = r.heads.map(floats)
      head = Math.max(0, Math.min(head, heads.length - 1))
      if (layers.options.length !== r.layers)
        layers.replaceChildren(
          ...Array.from({ length: r.layers }, (_, i) =>
            h("option", { value: i }, t("attention.of", { layer: i + 1, layers: r.layers })),
          ),
        )
      layers.value = layer
      focus = Math.min(focus, r.tokens.length - 1)
      if (focus < 0) focus = r.tokens.length - 1
      build()
      draw()
    } catch (error) {
      if (mine === asked) page.show(error)
    }
  }

  function build() {
    tokens.replaceChildren(
      ...reply.tokens.map((token, i) =>
        h(
          "button",
          {
            class: "token",
            onclick: () => {
              held = focus !== i || !held
              focus = i
              draw()
            },
            onpointerenter: () => {
              if (!held) {
                focus = i
                draw()
              }
            },
            onfocus: () => {
              if (!held) {
                focus = i
                draw()
              }
            },
          },
          shownToken(token),
        ),
      ),
    )
    const count = heads.length
    if (count && thumbs.children.length !== count) {
      thumbs.replaceChildren(
        ...heads.map((_, i) =>
          h(
            "label",
            { class: "head" },
            h("input", {
              type: "radio",
              name: "attention-head",
              value: i,
              onchange: () => {
                head = i
                page.setParams({ head: i })
                draw()
              },
            }),
            h("canvas", { "aria-hidden": "true" }),
            h("span", { class: "number" }, t("attention.head", { number: i + 1 })),
          ),
        ),
      )
    }
  }

  const row = i => heads[head].subarray(i * reply.tokens.length, (i + 1) * reply.tokens.length)

  function paint(canvas, values, size, mark = -1) {
    canvas.width = canvas.height = size
    const context = canvas.getContext("2d")
    const image = context.createImageData(size, size)
    let most = 0
    for (const v of values) most = Math.max(most, v)
    for (let i = 0; i < size * size; i++) {
      image.data.set(sequential(values[i] / (most || 1)), 4 * i)
      image.data[4 * i + 3] = mark >= 0 && Math.floor(i / size) !== mark ? 150 : 255
    }
    context.putImageData(image, 0, 0)
  }

  function draw() {
    if (!reply) return
    const size = reply.tokens.length
    map.hidden = !size
    if (!size) {
      about.textContent = t("attention.empty")
      return
    }
    const weights = row(focus)
    const most = Math.max(...weights) || 1
    ;[...tokens.children].forEach((token, i) => {
      const share = weights[i] / most
      token.style.background = css(sequential(share))
      token.style.color = ink(sequential(share))
      token.classList.toggle("focus", i === focus)
      token.setAttribute("aria-pressed", i === focus ? "true" : "false")
      token.title = `${(100 * weights[i]).toFixed(1)}%`
    })
    const order = [...weights.keys()]
      .sort((a, b) => weights[b] - weights[a])
      .slice(0, 3)
      .filter(i => weights[i] > 0)
    about.textContent =
      t("attention.looks", {
        token: shownToken(reply.tokens[focus]),
        place: focus + 1,
        list: order
          .map(i =>
            t("attention.at", {
              token: shownToken(reply.tokens[i]),
              place: i + 1,
              percent: (100 * weights[i]).toFixed(0),
            }),
          )
          .join(t("attention.comma")),
      }) + (reply.cut ? ` ${t("attention.cut", { most: reply.most })}` : "")
    heads.forEach((values, i) => {
      const part = thumbs.children[i]
      paint(part.querySelector("canvas"), values, size)
      part.querySelector("input").checked = i === head
      part.classList.toggle("chosen", i === head)
    })
    drawMap(size)
  }

  // The map of the head, with the tokens beside it.
  function drawMap(size) {
    const ratio = devicePixelRatio || 1
    const room = map.parentElement.clientWidth
    const names = reply.tokens.map(shownToken)
    const context = map.getContext("2d")
    context.font = "12px ui-monospace, monospace"
    const left = Math.min(110, Math.max(...names.map(x => context.measureText(x).width)) + 10)
    const cell = Math.max(8, Math.min(22, Math.floor((room - left - 4) / size)))
    const upright = Math.max(...names.map(x => [...x].length)) <= 2
    const top = upright ? 18 : Math.min(90, left)
    const width = left + cell * size + 2,
      height = top + cell * size + 2
    map.grid = { left, top, cell }
    map.width = width * ratio
    map.height = height * ratio
    map.style.width = `${width}px`
    map.style.height = `${height}px`
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const values = heads[head]
    let most = 0
    for (const v of values) most = Math.max(most, v)
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        context.fillStyle = css(sequential(values[i * size + j] / (most || 1)))
        context.fillRect(left + j * cell, top + i * cell, cell - 1, cell - 1)
      }
    }
    context.font = `${Math.min(12, cell + 1)}px ui-monospace, monospace`
    context.textBaseline = "middle"
    names.forEach((x, i) => {
      context.fillStyle = color(i === focus ? "--text" : "--muted")
      context.textAlign = "right"
      context.fillText(x, left - 6, top + (i + 0.5) * cell, left - 8)
      context.fillStyle = color("--muted")
      if (upright) {
        context.textAlign = "center"
        context.fillText(x, left + (i + 0.5) * cell, top - 9)
      } else {
        context.save()
        context.translate(left + (i + 0.5) * cell, top - 6)
        context.rotate(-Math.PI / 2)
        context.textAlign = "left"
        context.fillText(x, 0, 0, top - 8)
        context.restore()
      }
    })
    context.strokeStyle = color("--accent")
    context.lineWidth = 2
    context.strokeRect(left - 1, top + focus * cell - 1, cell * size + 1, cell + 1)
    map.setAttribute("aria-label", t("attention.picture", { layer: layer + 1, head: head + 1, count: size }))
  }

  map.addEventListener("pointermove", e => {
    if (!reply?.tokens.length) return
    const box = map.getBoundingClientRect(),
      { left, top, cell } = map.grid
    const j = Math.floor((e.clientX - box.left - left) / cell),
      i = Math.floor((e.clientY - box.top - top) / cell)
    const size = reply.tokens.length
    if (i < 0 || j < 0 || i >= size || j >= size) {
      mapTip.textContent = ""
      return
    }
    mapTip.textContent = t("attention.weight", {
      from: shownToken(reply.tokens[i]),
      to: shownToken(reply.tokens[j]),
      percent: n(100 * heads[head][i * size + j], 3),
    })
    if (!held && focus !== i) {
      focus = i
      page.frame(draw)
    }
  })
  map.addEventListener("pointerleave", () => {
    mapTip.textContent = ""
  })

  page.keys({
    ArrowLeft: [() => move(-1), "attention.keyBack"],
    ArrowRight: [() => move(1), "attention.keyOn"],
  })
  function move(step) {
    if (!reply?.tokens.length) return
    held = true
    focus = Math.min(Math.max(focus + step, 0), reply.tokens.length - 1)
    draw()
  }
  onTheme(() => draw(), page.signal)
  const watch = new ResizeObserver(() => page.frame(draw))
  watch.observe(map.parentElement)
  page.signal.addEventListener("abort", () => {
    watch.disconnect()
    clearTimeout(field.timer)
  })
  start().catch(e => page.show(e))
  return { state }
}
