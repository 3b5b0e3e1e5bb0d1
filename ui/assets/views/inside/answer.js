// The answer: a sentence, and a bar for each class.
import { h, t, n } from "../../page.js"

const MOST_BARS = 12
const vowel = /^([aeiou]|8|11$|18$)/i // of names that take "an"

// percent writes a probability.
export const percent = p => (p >= 0.9995 ? "100" : p < 0.0005 ? "0" : (100 * p).toFixed(1))

// answerPanel returns {root, draw(network, seen, waiting)}. open is called with the class of a bar that is clicked; opens
// tells whether it then opens a neuron.
export function answerPanel(page, open, opens) {
  const answer = h("p", { class: "answer" })
  const bars = h("div", { class: "bars number" })
  const title = h("h2", {}, t("inside.answer"))
  const root = h("section", { class: "panel output", "aria-label": t("inside.answer") }, title, answer, bars)
  let said = ""
  let timer = 0
  page.signal.addEventListener("abort", () => clearTimeout(timer))

  // say tells a screen reader the answer when it has not changed for a moment.
  const say = text => {
    if (said === text) return
    said = text
    clearTimeout(timer)
    timer = setTimeout(() => page.say(text), 600)
  }

  const newBar = () => {
    const bar = h(
      "button",
      { class: "class", onclick: () => open(bar.class) },
      h("span", { class: "name" }),
      h("span", { class: "track" }, h("span", { class: "fill" })),
      h("span", { class: "percent" }),
    )
    return bar
  }

  function draw(network, seen, waiting) {
    const p = seen.probabilities ?? []
    root.hidden = !p.length && !seen.number
    if (seen.number) {
      const text = t("inside.says.number", { name: seen.number.name, value: n(seen.number.value, 4) })
      answer.textContent = waiting ? "…" : text
      bars.replaceChildren()
      if (!waiting) say(text)
    }
    if (!p.length) return
    const best = p.indexOf(Math.max(...p))
    const name = network.classes[best]
    const sentence = !network.draw ? "inside.says" : vowel.test(name) ? "inside.readsAn" : "inside.reads"
    const text = t(sentence, { name, percent: percent(p[best]) })
    answer.textContent = waiting ? "…" : text
    if (!waiting) say(text)
    bars.classList.toggle("long", network.classes.some(c => c.length > 10))
    let order = [...p.keys()]
    if (p.length > MOST_BARS) order = order.sort((a, b) => p[b] - p[a]).slice(0, MOST_BARS)
    while (bars.children.length > order.length) bars.lastChild.remove()
    while (bars.children.length < order.length) bars.append(newBar())
    order.forEach((i, at) => {
      const bar = bars.children[at]
      bar.class = i
      bar.disabled = !opens()
      bar.title = bar.disabled ? network.classes[i] : t("inside.bar", { name: network.classes[i] })
      bar.querySelector(".name").textContent = network.classes[i]
      bar.querySelector(".fill").style.width = waiting ? "0" : `${100 * p[i]}%`
      bar.querySelector(".percent").textContent = waiting ? "" : `${percent(p[i])}%`
      bar.classList.toggle("best", i === best && !waiting)
      bar.classList.toggle("right", i === seen.label)
    })
  }
  return { root, draw }
}
