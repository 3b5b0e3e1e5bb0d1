// The playground: it learns the circle; neurons, layers, data and settings change; the step mode shows its numbers;
// the address holds the state; a frame takes the script at most 8 ms.
export default async function ({ page, base, theme, narrow, look, text, assert }) {
  const counter = page.locator(".counter")
  const step = async () => Number((await counter.textContent()).replace(/\s/g, "").match(/\d+/)?.[0] ?? -1)
  const until = async f => {
    for (let i = 0; i < 200; i++) {
      if (await f()) return
      await page.waitForTimeout(50)
    }
    throw new Error(`not after 10 seconds: ${f}`)
  }
  const button = async key => page.getByRole("button", { name: await text(key), exact: false }).first()
  await until(async () => (await step()) === 0)
  await look("start")

  // Train, and measure the frames.
  await (await button("playground.play")).click()
  await until(async () => (await step()) > 500)
  const client = await page.context().newCDPSession(page)
  await client.send("Performance.enable", { timeDomain: "threadTicks" }) // what other processes take does not count
  const script = async () =>
    (await client.send("Performance.getMetrics")).metrics.find(m => m.name === "ScriptDuration").value * 1000
  const frames = () => page.evaluate(() => lamina.frames)
  const [script0, frames0] = [await script(), await frames()]
  await until(async () => (await frames()) >= frames0 + 20)
  const each = ((await script()) - script0) / ((await frames()) - frames0)
  assert.ok(each > 0 && each <= 8, `the script takes ${each.toFixed(1)} ms a frame`)
  console.log(`    the script takes ${each.toFixed(2)} ms a frame`)
  await look("trained")
  await (await button("playground.pause")).click()
  await page.waitForFunction(() => !lamina.view.frame.playing) // the last frame of the training
  const at = await page.evaluate(() => lamina.view.frame.step)
  await page.locator("body").press("s")
  await until(async () => (await page.evaluate(() => lamina.view.frame.step)) === at + 1)

  // Neurons, layers, inputs, data.
  const neurons = () => page.locator(".neuron:not(.input):not(.output)").count()
  const before = await neurons()
  await page
    .getByRole("button", { name: await text("playground.moreNeurons") })
    .first()
    .click()
  assert.equal(await neurons(), before + 1)
  await until(async () => (await step()) === 0)
  await page.getByRole("button", { name: await text("playground.moreLayers") }).click()
  await page
    .getByRole("button", { name: await text("playground.lessNeurons") })
    .nth(1)
    .click()
  await page.locator(".neuron.input").nth(2).click()
  await page.locator(".thumb input[value=xor]").check()
  await page.getByLabel(await text("playground.optimizer")).selectOption("adam")
  await page.getByLabel(await text("playground.rate")).selectOption("0.01")
  assert.match(page.url(), /data=xor/)
  const query = new URL(page.url().replace("#/playground?", "?")).searchParams
  assert.deepEqual(
    [query.get("hidden"), query.get("inputs"), query.get("optimizer"), query.get("rate")],
    ["5,1,2", "x,y,x2", "adam", "0.01"],
  )

  // The address restores it.
  const url = page.url()
  await page.goto("about:blank")
  await page.goto(url)
  await until(async () => (await page.locator(".neuron:not(.input):not(.output)").count()) === 8)
  assert.ok(await page.locator(".thumb input[value=xor]").isChecked())

  // A neuron by keyboard.
  await until(async () => (await step()) === 0)
  await page.locator(".neuron.input").first().focus()
  await page.keyboard.press("ArrowRight")
  await page.locator(".detail .formula").waitFor()
  assert.match(await page.locator(".detail .formula").textContent(), /z = a₀ω₀ \+ a₁ω₁ \+ a₂ω₂ \+ b/)
  await look("neuron")
  await page.keyboard.press("Enter")

  // One step, part by part: input, four layers forward, loss, four layers back, update.
  await (await button("playground.explain")).click()
  const title = page.locator(".stepper h2")
  assert.match(await title.textContent(), await text("playground.part.input"))
  const seen = []
  for (let i = 0; i < 10; i++) {
    await page.locator("body").press("n")
    seen.push(await title.textContent())
    if (i === 0) {
      assert.match(await page.locator(".stepper .formula").textContent(), /z = a₀ω₀/)
      await page.waitForTimeout(theme === "dark" ? 50 : 1000)
      await look("forward")
    }
    if (i === 6) {
      assert.match(await page.locator(".stepper .formula").textContent(), /∂L\/∂z/)
      await page.waitForTimeout(theme === "dark" ? 50 : 1000)
      await look("backward")
    }
  }
  assert.equal(new Set(seen).size, 10, seen.join("; "))
  assert.match(seen[4], await text("playground.part.loss"))
  assert.match(seen[9], await text("playground.part.update"))
  await look("update")
  await (await button("playground.endStep")).click()

  // A regression has other losses.
  await page.locator(".thumb input[value=hills]").check()
  assert.deepEqual(
    await page
      .getByLabel(await text("playground.loss"))
      .locator("option")
      .evaluateAll(o => o.map(x => x.value)),
    ["mse", "l1"],
  )
  assert.equal(await page.locator(".problem").isVisible(), false)

  // Steps that are too long.
  await page.goto("about:blank")
  await page.goto(`${base}/#/playground?data=hills&activation=relu&rate=3&speed=0&inputs=x2,y2`)
  await until(async () => (await step()) === 0)
  await (await button("playground.play")).click()
  await page.locator(".problem").waitFor()
  assert.match(await page.locator(".problem").textContent(), await text("playground.diverged"))
  await (await button("playground.reset")).click()
  await page.locator(".problem").waitFor({ state: "hidden" })
}
