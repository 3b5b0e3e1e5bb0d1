// Attention: which token of a text looks at which, for each head of each layer.
import { h, t, n, command } from "../page.js"
import { sequential, css, ink, color, onTheme } from "../palette.js"
import { floats } from "./inside/columns.js"
import { pictureView } from "./attention/picture.js"

const EXAMPLES = { repeat: "cafebadgehcafebadgeh" }

export async function open(root, page) {
  let readers = []
  let reply = null // {tokens, layers}, or of a picture {patches, answers, layers}
  let file = null // the picture that is read
  let image = null // to be drawn
  let heads = [] // Float32Array of T×T for each head
  let head = +(page.params.get("head") ?? 0) || 0
  let layer = +(page.params.get("layer") ?? 0) || 0
  let focus = -1 // the token whose row is shown
  let held = false // whether it was chosen by a click

  const select = h("select", {
    id: "attention-reader",
    onchange: () => {
      page.setParams({ reader: select.value, text: null, layer: null, head: null })
      reply = null
      focus = -1
      held = false
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
  const pictureInput = h("input", {
    type: "file",
    accept: "image/*",
    id: "attention-file",
    onchange: async () => {
      if (!pictureInput.files[0]) return
      try {
        image = await createImageBitmap(pictureInput.files[0])
        file = pictureInput.files[0]
        focus = 0
        held = false
        await look()
      } catch (error) {
        page.show(error)
      }
    },
  })
  const textField = h("div", { class: "field" }, h("label", { for: "attention-text" }, t("attention.text")), field)
  const pictureField = h(
    "div",
    { class: "field", hidden: true },
    h("label", { for: "attention-file" }, t("attention.file")),
    pictureInput,
  )
  const seen = pictureView(page, (i, hold) => {
    if (!hold && (held || i === focus)) return
    if (hold) held = !(held && i === focus)
    focus = i
    page.frame(draw)
  })
  const note = h("p", { class: "hint note" })
  const tokens = h("div", { class: "tokens", role: "group", "aria-label": t("attention.tokens") })
  const about = h("p", { class: "about", "aria-live": "polite" })
  const map = h("canvas", { role: "img" })
  const mapTip = h("p", { class: "hint number" })
  const thumbs = h("div", { class: "heads", role: "radiogroup", "aria-label": t("attention.heads") })
  const tokenHint = h("p", { class: "hint number" })
  const mapHint = h("p", { class: "hint number" })
  const textParts = [
    h(
      "div",
      { class: "part" },
      h("h2", {}, t("attention.tokens")),
      tokenHint,
      tokens,
    ),
    h(
      "div",
      { class: "part" },
      h("h2", {}, t("attention.map")),
      mapHint,
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("attention.map") }, map),
      mapTip,
    ),
  ]
  const left = h("section", { class: "panel" }, seen.root, textParts[0], about, textParts[1])
  const halves = h(
    "div",
    { class: "halves" },
    left,
    h("section", { class: "panel", "aria-label": t("attention.heads") }, h("h2", {}, t("attention.heads")), thumbs),
  )
  const fill = [
    t("attention.fill"),
    " ",
    command("lamina train book.txt"),
    " ",
    t("attention.or"),
    " ",
    command("lamina ui all-MiniLM-L6-v2"),
  ]
  const hint = h("p", { class: "hint" }, t("attention.try"))
  root.append(
    hint,
    h(
      "section",
      { class: "panel controls", "aria-label": t("attention.text") },
      h(
        "div",
        { class: "row" },
        h("div", { class: "field" }, h("label", { for: "attention-reader" }, t("attention.reader")), select),
        h("div", { class: "field" }, h("label", { for: "attention-layer" }, t("attention.layer")), layers),
      ),
      textField,
      pictureField,
      note,
    ),
    halves,
  )

  // shownToken makes spaces and line ends visible.
  const shownToken = x => x.replace(/\n/g, "⏎").replace(/^ /, "·").replace(/ /g, "·") || "∅"

  async function start() {
    readers = (await page.get("readers")).readers
    select.replaceChildren(
      ...readers.map(r => h("option", { value: r.name }, r.kind === "sample" ? t("attention.sample") : r.name)),
    )
    await state()
  }

  async function state() {
    const asked = page.params.get("reader")
    const name = readers.find(r => r.name === asked)?.name ?? readers[0].name
    if (asked && name !== asked) page.setParams({ reader: null, layer: null, head: null })
    select.value = name
    const kind = readers.find(r => r.name === name)?.kind
    const pictures = ofPictures()
    textField.hidden = hint.hidden = pictures
    pictureField.hidden = seen.root.hidden = !pictures
    for (const part of textParts) part.hidden = pictures
    left.setAttribute("aria-label", t(pictures ? "attention.file" : "attention.tokens"))
    field.value = page.params.get("text") ?? EXAMPLES[kind === "sample" ? name : ""] ?? t("attention.example")
    layer = +(page.params.get("layer") ?? 0) || 0
    head = +(page.params.get("head") ?? (kind === "sample" ? 1 : 0)) || 0
    if (kind === "sample" && focus < 0) focus = 14 // in the second half, where it repeats
    if (!reply) about.textContent = t("attention.loading")
    await look()
    if (asked && name !== asked) page.show(new Error(t("inside.unknown", { name: asked })))
  }

  const ofPictures = () => !!readers.find(r => r.name === select.value)?.pictures

  let asked = 0
  async function look() {
    const mine = ++asked
    const pictures = ofPictures()
    const waits = pictures && !file
    halves.hidden = layers.parentElement.hidden = waits
    note.replaceChildren(...(waits ? [t("attention.choose")] : readers.length === 1 ? fill : []))
    if (waits) return
    try {
      const r = pictures
        ? await page.post(`picture/${encodeURIComponent(select.value)}/${layer}`, file)
        : await page.post("look", { reader: select.value, text: field.value, layer })
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
      if (pictures) {
        seen.show(image, r.patches)
        focus = Math.min(Math.max(focus, 0), r.patches ** 2)
      } else {
        focus = Math.min(focus, r.tokens.length - 1)
        if (focus < 0) focus = r.tokens.length - 1
      }
      build()
      draw()
    } catch (error) {
      if (mine === asked) page.show(error)
    }
  }

  function build() {
    tokens.replaceChildren(
      ...(reply.tokens ?? []).map((token, i) =>
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
    if (heads.length && thumbs.children.length !== heads.length) {
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

  const count = () => reply.tokens?.length ?? reply.patches ** 2 + 1
  const row = (i, of = head) => heads[of].subarray(i * count(), (i + 1) * count())

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
    if (reply.patches) return drawPicture()
    const size = reply.tokens.length
    map.hidden = !size
    if (!size) {
      about.textContent = t("attention.empty")
      return
    }
    const weights = row(focus)
    const most = Math.max(...weights) || 1
    tokenHint.textContent = t("attention.hover", { percent: n(100 * most, 2) })
    mapHint.textContent = t("attention.axes", { percent: n(100 * heads[head].reduce((a, b) => Math.max(a, b), 0), 2) })
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
              percent: n(100 * weights[i], 2),
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

  function drawPicture() {
    const weights = row(focus)
    let to = 0
    weights.forEach((w, i) => {
      if (w > weights[to]) to = i
    })
    const list = reply.answers.map(a => `${a.name} ${(100 * a.probability).toFixed(0)}%`).join(t("attention.comma"))
    const text = t("attention.sees", {
      head: head + 1,
      from: seen.nameOf(focus),
      to: seen.nameOf(to),
      percent: (100 * weights[to]).toFixed(1),
    })
    about.replaceChildren(text, h("br"), t("attention.answers", { list }))
    seen.draw(weights, focus, text)
    heads.forEach((_, i) => {
      const part = thumbs.children[i]
      seen.thumb(part.querySelector("canvas"), row(focus, i))
      part.querySelector("input").checked = i === head
      part.classList.toggle("chosen", i === head)
    })
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
    if (!reply?.tokens?.length) return
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
    if (!reply || !count()) return
    held = true
    focus = Math.min(Math.max(focus + step, 0), count() - 1)
    draw()
  }
  onTheme(() => draw(), page.signal)
  const watch = new ResizeObserver(() => page.frame(draw))
  watch.observe(map.parentElement)
  page.signal.addEventListener("abort", () => {
    watch.disconnect()
    clearTimeout(field.timer)
  })
  await start()
  return { state }
}
