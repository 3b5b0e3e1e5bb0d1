// Inside: a seven is drawn and recognized, and every layer responds within 50 ms; a neuron opens; the signal walks; the address restores it.
export default async function ({ page, theme, narrow, look, text, assert }) {
  const answer = page.locator(".answer")
  await page.locator(".column canvas").first().waitFor()
  await look("first")

  // Draw a seven with the mouse.
  const pad = page.locator(".pad")
  const draw = async points => {
    await pad.scrollIntoViewIfNeeded()
    const box = await pad.boundingBox()
    const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height]
    await page.mouse.move(...at(points[0]))
    await page.mouse.down()
    for (const p of points.slice(1)) await page.mouse.move(...at(p), { steps: 8 })
    await page.mouse.up()
  }
  await draw([
    [0.28, 0.25],
    [0.72, 0.25],
    [0.45, 0.8],
  ])
  await page.waitForFunction(() => document.querySelector(".answer").textContent.includes("7"))
  assert.match(await answer.textContent(), await text("inside.reads"))
  await page.waitForFunction(() => lamina.lags.length > 5)
  const lags = (await page.evaluate(() => lamina.lags)).sort((a, b) => a - b)
  console.log(
    `    pad: median ${lags[lags.length >> 1].toFixed(0)} ms, largest ${lags.at(-1).toFixed(0)} ms of ${lags.length}`,
  )
  assert.ok(lags[lags.length >> 2] <= 50, `the pad answers in ${lags[lags.length >> 2]} ms`) // the quarter that other programs disturb least
  assert.match(page.url(), /ink=/)
  await look("seven")

  // One neuron of the first layer, by the keyboard.
  await page.locator(".column:not(.first) canvas").first().focus()
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("ArrowRight")
  await page.keyboard.press("Enter")
  await page.locator(".neuron .formula").first().waitFor()
  assert.equal(await page.locator(".neuron .terms tbody tr").count(), 8)
  assert.match(await page.locator(".neuron .formula").first().textContent(), /a₀ω₀ \+ a₁ω₁ \+ … \+ a₇₈₃ω₇₈₃ \+ b = z/)
  await look("neuron")

  // The same address shows the same drawing and the same neuron.
  const url = page.url(),
    title = await page.locator(".neuron h2").textContent()
  await page.goto("about:blank")
  await page.goto(url)
  await page.locator(".neuron .formula").first().waitFor()
  assert.equal(await page.locator(".neuron h2").textContent(), title)
  assert.match(await answer.textContent(), /7/)

  // The signal reaches no layer, then all.
  await page.locator("body").press("Escape")
  await page.locator(".neuron").waitFor({ state: "hidden" })
  const slider = page.locator("#inside-signal")
  await slider.focus()
  await page.keyboard.press("Home")
  await page.waitForFunction(() => document.querySelectorAll(".column.waiting").length === 4)
  assert.equal(
    await page.locator(".caption").textContent(),
    (await page.evaluate(async () => (await (await fetch("words.json")).json())["inside.atInput"]))[
      (await page.evaluate(() => document.documentElement.lang)) === "en" ? 0 : 1
    ],
  )
  await look("start")
  await page.keyboard.press("End")
  await page.waitForFunction(() => !document.querySelector(".column.waiting"))

  // The other network, a test digit, and what its answer depends on.
  await page.locator("#inside-network").selectOption("maps")
  await page.locator("input[value=sample]").check()
  await page.locator("#inside-number").fill("18")
  await page.locator("#inside-number").press("Enter")
  await page.waitForFunction(() => document.querySelectorAll(".column").length === 6)
  await page.locator("#inside-overlay").selectOption("occlusion")
  await page.locator(".heat").waitFor()
  assert.match(page.url(), /network=maps/)
  assert.match(page.url(), /sample=18/)
  await page.locator(".class.best").click()
  await page.locator(".neuron .formula").first().waitFor()
  await look("maps")

  // A run's network.
  await page.locator("#inside-network").selectOption("mnist-001")
  await page.waitForFunction(() => document.querySelectorAll(".column").length === 3)
  await look("run")
  const { temperature } = await page.evaluate(() => lamina.get("network/mnist-001"))
  assert.notEqual(temperature, 1)
  await page.locator(".class.best").click()
  await page.locator(".neuron .formula sup").first().waitFor()
  const formula = await page.locator(".neuron .formula").last().textContent()
  assert.ok(formula.endsWith(`T = ${temperature.toPrecision(4)}`), formula)

  // Drawing by the keyboard.
  await page.locator("input[value=pad]").check()
  await pad.focus()
  for (const key of [" ", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", " "])
    await page.keyboard.press(key)
  await page.waitForFunction(() => /ink=/.test(location.hash))
  assert.equal(await page.locator(".problem").isVisible(), false)
}
