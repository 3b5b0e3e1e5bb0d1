// Runs: a card for each run; the curves of the chosen ones on one axis, and the settings in which they differ.
import { h, t, n, language, command } from "../page.js"
import { series, color, onTheme } from "../palette.js"
import { chart } from "../chart.js"
import { measureName, measureText } from "../measures.js"
import { verdict } from "../verdict.js"

const AXES = ["epoch", "step", "time"]
const TASKS = ["digits", "images", "table", "texts", "language"] // others have the name that the run says
const mostChosen = 8

export function open(root, page) {
  let cards = []
  let chosen = (page.params.get("runs") ?? "").split(",").filter(Boolean)
  let curves = [] // of the chosen runs, from the server
  let touched = chosen.length > 0
  const shown = new Map() // the card's element by the run's name
  const charts = []

  const list = h("ul", { class: "cards", "aria-label": t("runs.title") })
  const empty = h("div", { class: "panel empty", hidden: true })
  const axis = h(
    "select",
    {
      id: "runs-axis",
      onchange: () => {
        page.setParams({ x: axis.value === "epoch" ? null : axis.value })
        draw()
      },
    },
    AXES.map(a => h("option", { value: a }, t(`runs.axis.${a}`))),
  )
  axis.value = AXES.includes(page.params.get("x")) ? page.params.get("x") : "epoch"
  const log = h("input", {
    type: "checkbox",
    onchange: () => {
      page.setParams({ log: log.checked ? 1 : null })
      draw()
    },
  })
  log.checked = page.params.has("log")
  const smooth = h("input", {
    type: "range",
    min: 0,
    max: 0.98,
    step: 0.02,
    id: "runs-smooth",
    oninput: () => {
      page.setParams({ smooth: +smooth.value || null })
      draw()
    },
  })
  smooth.value = +(page.params.get("smooth") ?? 0) || 0
  const controls = h(
    "div",
    { class: "row controls" },
    h("div", { class: "field" }, h("label", { for: "runs-axis" }, t("runs.axis")), axis),
    h("div", { class: "field wide" }, h("label", { for: "runs-smooth" }, t("runs.smooth")), smooth),
    h("label", { class: "row" }, log, t("runs.log")),
  )
  const plots = h("div", { class: "plots" })
  const settings = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("runs.settings") })
  const only = h("input", { type: "checkbox", checked: true, onchange: () => drawSettings() })
  const side = h(
    "section",
    { class: "panel compare", hidden: true, "aria-label": t("runs.compare") },
    controls,
    plots,
    h(
      "div",
      { class: "row split" },
      h("h2", {}, t("runs.settings")),
      h("label", { class: "row" }, only, t("runs.only")),
    ),
    settings,
  )
  const hint = h("p", { class: "hint" }, t("runs.try"))
  root.append(hint, empty, h("div", { class: "halves" }, list, side))

  // Cards.

  const colorOf = name => series(chosen.indexOf(name))
  const stateText = c =>
    c.state !== "training"
      ? t(`runs.state.${c.state}`)
      : c.folds
        ? t("runs.folds", { fold: c.fold, folds: c.folds })
        : t("runs.epochs", { epoch: c.epoch, epochs: c.epochs })
  const measure = (name, value) => (name && value !== null ? `${measureName(name)} ${measureText(name, value)}` : "")

  function card(c) {
    let item = shown.get(c.name)
    if (!item) {
      const box = h("input", { type: "checkbox", onchange: () => choose(c.name, box.checked) })
      const spark = h("canvas", { "aria-hidden": "true" })
      item = { box, spark, root: h("li", { class: "card" }) }
      item.name = h("span", { class: "name" }, c.name)
      item.badge = h("span", { class: "badge" })
      item.best = h("p", { class: "best number" })
      item.more = h("p", { class: "hint" })
      const address = c.folds ? "#/runs" : `#/training?run=${encodeURIComponent(c.name)}`
      item.link = h("a", { href: address }, t(c.folds ? "runs.compareFolds" : "training.title"))
      item.links = h("p", { class: "links" }, item.link)
      item.root.append(
        h("label", { class: "head" }, box, h("span", { class: "swatch" }), item.name, item.badge),
        spark,
        item.best,
        item.more,
        item.links,
      )
      shown.set(c.name, item)
    }
    if (c.folds) {
      const folds = cards.map(x => x.name).filter(x => x.startsWith(c.name + "/") && !x.endsWith("/selection"))
      item.link.href = `#/runs?runs=${folds.slice(0, mostChosen).map(encodeURIComponent).join(",")}`
      item.link.hidden = !folds.length
      item.spark.hidden = true // the curves are those of the folds
      item.box.disabled = !chosen.includes(c.name)
    }
    item.badge.textContent = stateText(c)
    item.badge.className = `badge is-${c.state}`
    item.best.textContent = measure(c.monitor, c.bestEpoch ? c.best : null)
    const task = TASKS.includes(c.task) ? t(`runs.task.${c.task}`) : c.task
    item.more.textContent = [task, c.error || verdict(c.verdict), c.started ? when(c.started) : ""]
      .filter(Boolean)
      .join(" · ")
    item.curve = c.curve ?? []
    const at = chosen.indexOf(c.name)
    item.box.checked = at >= 0
    item.root.classList.toggle("chosen", at >= 0)
    item.root.querySelector(".swatch").style.background = at >= 0 ? colorOf(c.name) : "transparent"
    return item.root
  }

  function when(seconds) {
    return new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en", {
      dateStyle: "medium",
      timeStyle: "short",
    }).format(new Date(1000 * seconds))
  }

  function sparks() {
    for (const [name, item] of shown) {
      const { spark } = item
      const width = spark.clientWidth,
        height = 36,
        ratio = devicePixelRatio || 1
      if (!width) continue
      spark.width = width * ratio
      spark.height = height * ratio
      const context = spark.getContext("2d")
      context.scale(ratio, ratio)
      const values = item.curve.filter(v => v !== null)
      if (!values.length) continue
      const low = Math.min(...values),
        high = Math.max(...values)
      const x = i => 3 + (width - 6) * (values.length > 1 ? i / (values.length - 1) : 0.5)
      const y = v => height - 4 - (height - 8) * (high > low ? (v - low) / (high - low) : 0.5)
      context.strokeStyle = chosen.includes(name) ? colorOf(name) : color("--muted")
      context.fillStyle = context.strokeStyle
      context.lineWidth = 1.75
      context.beginPath()
      values.forEach((v, i) => (i ? context.lineTo(x(i), y(v)) : context.moveTo(x(i), y(v))))
      context.stroke()
      context.beginPath()
      context.arc(x(values.length - 1), y(values.at(-1)), 2.5, 0, 7)
      context.fill()
    }
  }

  function drawCards() {
    const items = cards.map(card)
    if (list.children.length !== items.length || items.some((e, i) => list.children[i] !== e))
      list.replaceChildren(...items)
    for (const name of shown.keys()) if (!cards.some(c => c.name === name)) shown.delete(name)
    page.frame(sparks)
  }

  function choose(name, on) {
    touched = true
    chosen = on ? [...chosen.filter(x => x !== name), name].slice(-mostChosen) : chosen.filter(x => x !== name)
    page.setParams({ runs: chosen.length ? chosen.join(",") : null })
    drawCards()
    load()
  }

  // Curves.

  let asked = 0
  async function load() {
    const mine = ++asked
    try {
      const reply = chosen.length ? (await page.post("curves", { runs: chosen })).runs : []
      if (mine !== asked) return
      curves = reply
      draw()
      drawSettings()
    } catch (error) {
      if (mine === asked) page.show(error)
    }
  }

  // smoothed returns the exponential moving average of ys without its bias to the first value.
  function smoothed(ys) {
    const beta = +smooth.value
    if (!beta) return ys
    let mean = 0,
      weight = 0
    return ys.map(y => {
      if (y === null) return null
      mean = beta * mean + (1 - beta) * y
      weight = beta * weight + 1 - beta
      return mean / weight
    })
  }

  // curve returns {xs, ys} of a measure of a run on the chosen axis; losses and rates come from the steps if they are asked for.
  function curve(run, name) {
    const kind = axis.value
    if (kind !== "epoch" && (name === "loss" || name === "lr") && run.steps.length) {
      const column = name === "loss" ? 2 : 3
      return { xs: run.steps.map(s => s[kind === "step" ? 0 : 1]), ys: run.steps.map(s => s[column]) }
    }
    const at = run.names?.indexOf(name) ?? -1
    if (at < 0) return null
    const epochs = run.rows.map(r => r[run.names.indexOf("epoch")])
    let xs = epochs
    if (kind === "time") {
      let sum = 0
      const seconds = run.names.indexOf("seconds")
      xs = run.rows.map(r => (sum += r[seconds] ?? 0))
    } else if (kind === "step") {
      const last = run.steps.at(-1)
      const perEpoch = last ? last[4] : 1
      xs = epochs.map(e => Math.round(e * perEpoch))
    }
    return { xs, ys: run.rows.map(r => r[at]) }
  }

  // panels returns [{title, curves: [{run, name, dash}]}]: losses, the other measures, the learning rate.
  function panels() {
    const names = new Set(curves.flatMap(r => r.names ?? []))
    const bases = [...names]
      .map(x => x.replace(/^(validation|average)_/, ""))
      .filter(x => !["epoch", "seconds", "loss", "lr"].includes(x))
    const of = base =>
      curves.flatMap((run, i) =>
        [base, `validation_${base}`, `average_${base}`]
          .map((name, kind) => ({ run, i, name, kind }))
          .filter(c => run.names?.includes(c.name) || (run.steps.length && ["loss", "lr"].includes(c.name))),
      )
    return ["loss", ...new Set(bases), "lr"].map(base => ({ base, curves: of(base) })).filter(p => p.curves.length)
  }

  function draw() {
    side.hidden = !curves.length
    root.querySelector(".halves").classList.toggle("one", !curves.length)
    if (!curves.length) return
    const list = panels()
    controls.hidden = !list.length
    while (charts.length > list.length) charts.pop().root.remove()
    list.forEach((panel, i) => {
      const parts = panel.curves.map(c => ({ ...c, ...curve(c.run, c.name) })).filter(c => c.xs)
      const xs = [...new Set(parts.flatMap(c => c.xs))].sort((a, b) => a - b)
      const at = new Map(xs.map((x, k) => [x, k]))
      const data = [
        xs,
        ...parts.map(c => {
          const ys = new Array(xs.length).fill(null)
          const values = panel.base === "lr" ? c.ys : smoothed(c.ys)
          c.xs.forEach((x, k) => {
            ys[at.get(x)] = values[k]
          })
          return ys
        }),
      ]
      const lines = parts.map(c => ({
        label: `${c.run.name}${c.kind ? ` · ${measureName(c.name)}` : ""}`,
        color: series(c.i),
        dash: [[], [6, 4], [2, 3]][c.kind],
        points: c.xs.length === 1 && { show: true, size: 6 },
      }))
      const logY = log.checked && parts.every(c => c.ys.every(y => y === null || y > 0))
      const options = {
        curves: lines,
        height: 190,
        x: t(`runs.axis.${axis.value}`),
        whole: axis.value !== "time",
        log: logY,
        page,
      }
      const key = JSON.stringify([panel.base, lines, options.x, logY])
      let drawn = charts[i]
      if (!drawn) {
        drawn = { root: h("section", { class: "plot" }), title: h("h3", {}), holder: h("div", {}) }
        drawn.root.append(drawn.title, drawn.holder)
        plots.append(drawn.root)
        drawn.chart = chart(drawn.holder, options)
        charts.push(drawn)
        drawn.chart.set(data)
      } else if (drawn.key !== key)
        drawn.chart.setCurves(lines, data, { x: options.x, whole: options.whole, log: logY })
      else drawn.chart.set(data)
      drawn.key = key
      drawn.title.textContent = measureName(panel.base)
      drawn.holder.setAttribute("role", "img")
      drawn.holder.setAttribute(
        "aria-label",
        `${measureName(panel.base)}: ${parts
          .map(
            c =>
              `${c.run.name} ${n(
                c.ys.findLast(y => y !== null),
                4,
              )}`,
          )
          .join("; ")}`,
      )
    })
  }

  function drawSettings() {
    const rows = new Map()
    curves.forEach((run, i) => {
      for (const s of run.settings ?? []) {
        if (!rows.has(s.path)) rows.set(s.path, { doc: s.doc, texts: [] })
        rows.get(s.path).texts[i] = s.text
      }
    })
    const known = [...curves.keys()].filter(i => curves[i].settings?.length)
    const differs = texts => new Set(known.map(i => texts[i])).size > 1
    const list = [...rows].filter(([, r]) => !only.checked || curves.length < 2 || differs(r.texts))
    const problems = curves.filter(r => r.problem).map(r => h("p", { class: "hint" }, `${r.name}: ${r.problem}`))
    only.closest("label").hidden = curves.length < 2
    settings.replaceChildren(
      ...problems,
      list.length
        ? h(
            "table",
            { class: "settings" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("th", { scope: "col" }, t("runs.setting")),
                curves.map((r, i) => {
                  const dot = h("span", { class: "swatch" })
                  dot.style.background = series(i)
                  return h("th", { scope: "col" }, dot, r.name)
                }),
              ),
            ),
            h(
              "tbody",
              {},
              list.map(([path, r]) =>
                h(
                  "tr",
                  { class: differs(r.texts) ? "differs" : "" },
                  h("th", { scope: "row", title: r.doc }, path),
                  curves.map((_, i) => h("td", {}, r.texts[i] ?? "–")),
                ),
              ),
            ),
          )
        : h("p", { class: "hint" }, curves.length > 1 && rows.size ? t("runs.same") : t("runs.noSettings")),
    )
  }

  // Following.

  page.events("follow", {
    cards(reply) {
      const before = new Map(cards.map(c => [c.name, JSON.stringify(c)]))
      cards = reply.cards
      const none = !cards.length
      empty.hidden = !none
      hint.hidden = none
      empty.replaceChildren(
        h("p", {}, t("runs.none", { folder: reply.folder })),
        command("lamina train mnist"),
        reply.searches ? h("p", {}, t("tuning.link"), " ", h("a", { href: "#/tuning" }, t("tuning.title"))) : "",
      )
      chosen = chosen.filter(name => cards.some(c => c.name === name))
      if (!touched && cards.length) chosen = [(cards.find(c => !c.folds) ?? cards[0]).name] // the newest that has curves
      drawCards()
      if (
        cards.some(c => chosen.includes(c.name) && before.get(c.name) !== JSON.stringify(c)) ||
        chosen.length !== curves.length
      )
        load()
    },
  })
  // A run under way reports its steps between epochs.
  const timer = setInterval(() => {
    if (
      !document.hidden &&
      axis.value !== "epoch" &&
      cards.some(c => c.state === "training" && chosen.includes(c.name))
    )
      load()
  }, 2000)
  page.signal.addEventListener("abort", () => clearInterval(timer))
  onTheme(() => {
    drawCards()
    draw()
  }, page.signal)
  const watch = new ResizeObserver(() => page.frame(sparks))
  watch.observe(list)
  page.signal.addEventListener("abort", () => watch.disconnect())
  return {
    state(params) {
      chosen = (params.get("runs") ?? "").split(",").filter(Boolean)
      drawCards()
      load()
    },
  }
}
