// page.mjs ADDRESS takes the pictures of the page that README.md and ui.md show: page.png, playground.png, descent.png,
// training.png and tuning.png, and in Chinese page.zh.png and so on. Names after the address choose some of them. It
// needs chromium, and a folder LAMINA_NODE whose node_modules has playwright-core (testdata/clients/setup):
//
//	lamina train mnist --out runs/mnist-001
//	lamina tune mnist --trials 16 --epochs 9 --search optimizer.lr=log:1e-4..3e-2 --search "model.hidden=[32],[64],[128],[64,32]" \
//		--search training.batch=log:32..512
//	lamina ui --addr localhost:6006 --no-browser &
//	LAMINA_NODE=/tmp/clients node docs/pictures/page.mjs http://localhost:6006
//
// The committed files are reduced to 256 colors.
import { createRequire } from "node:module"

const require = createRequire(process.env.LAMINA_NODE + "/")
const { chromium } = require("playwright-core")
const folder = new URL(".", import.meta.url).pathname
const wanted = process.argv.slice(3)
const takes = name => wanted.length === 0 || wanted.includes(name)
const browser = await chromium.launch({ executablePath: process.env.LAMINA_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] })

// A 6, in parts of the pad's width and height.
const six = [[0.62, 0.16], [0.5, 0.22], [0.4, 0.36], [0.34, 0.54], [0.36, 0.72], [0.47, 0.82], [0.6, 0.78], [0.66, 0.66], [0.58, 0.56], [0.46, 0.58], [0.37, 0.68]]

for (const [lang, suffix] of [["en-US", ""], ["zh-CN", ".zh"]]) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: lang, deviceScaleFactor: 1 })
  const page = await context.newPage()

  if (takes("descent")) {
    await page.goto(process.argv[2] + "/#/descent")
    await page.waitForTimeout(1500)
    await page.locator("button").filter({ hasText: "▶" }).first().click()
    await page.waitForTimeout(2500)
    await page.screenshot({ path: `${folder}descent${suffix}.png` })
  }

  if (takes("training")) {
    await page.setViewportSize({ width: 1280, height: 1450 })
    await page.goto(process.argv[2] + "/#/training?run=mnist-001")
    await page.waitForTimeout(2500)
    await page.locator("table.confusion button").filter({ hasText: /^10$/ }).first().click()
    await page.waitForTimeout(1500)
    await page.screenshot({ path: `${folder}training${suffix}.png` })
    await page.setViewportSize({ width: 1280, height: 800 })
  }

  if (!takes("page")) {
    await context.close()
    continue
  }
  await page.goto(process.argv[2] + "/#/inside")
  await page.waitForTimeout(2000)
  await page.locator("select").first().selectOption({ index: 1 }) // the convolutional network
  await page.waitForTimeout(1000)
  const pad = await page.locator("canvas").first().boundingBox()
  const at = ([x, y]) => [pad.x + x * pad.width, pad.y + y * pad.height]
  await page.mouse.move(...at(six[0]))
  await page.mouse.down()
  for (const p of six.slice(1)) await page.mouse.move(...at(p), { steps: 4 })
  await page.mouse.up()
  await page.waitForTimeout(1500)
  await page.screenshot({ path: `${folder}page${suffix}.png` })

  await page.goto(process.argv[2] + "/#/playground")
  await page.reload()
  await page.waitForTimeout(1500)
  await page.locator("button").filter({ hasText: "▶" }).first().click()
  await page.waitForTimeout(4000)
  await page.locator("body").press("Space")
  await page.waitForTimeout(500)
  await page.screenshot({ path: `${folder}playground${suffix}.png` })

  await page.goto(process.argv[2] + "/#/tuning")
  await page.locator(".board").waitFor()
  await page.waitForTimeout(500)
  await page.screenshot({ path: `${folder}tuning${suffix}.png` })
  await context.close()
}
await browser.close()
