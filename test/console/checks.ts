// What the console has to do, in a real browser: each check is a test of the suite, and a line of
// `npm run console:check`.

import { expect } from 'vitest'
import { accessibilityFaults, type ConsoleWorld, MARKUP, PATIENCE_MS } from './console-world.ts'
import { PAGES } from './pages.ts'

export interface Check {
  readonly name: string
  run(world: ConsoleWorld): Promise<void>
}

const accessible: readonly Check[] = PAGES.flatMap(([hash, text]) =>
  (['light', 'dark'] as const).map((scheme) => ({
    name: `${hash} is accessible, ${scheme}`,
    async run(world) {
      const page = await world.browser.page(hash, scheme)
      await page.getByText(text).first().waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      await page.context().close()
    },
  })),
)

const narrow: readonly Check[] = PAGES.map(([hash, text]) => ({
  name: `${hash} fits a narrow window`,
  async run(world) {
    const page = await world.browser.page(hash)
    await page.setViewportSize({ width: 380, height: 700 })
    await page.getByText(text).first().waitFor()
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(tooWide).toBeLessThanOrEqual(0)
    await page.context().close()
  },
}))

const working: readonly Check[] = [
  {
    name: 'a query shows its plan, its chart and its results, and they go on by themselves',
    async run(world) {
      const page = await world.browser.page('#/queries')
      await page.getByRole('link', { name: 'per_region' }).click()
      await page.getByText('window-aggregate-1').waitFor()
      expect(await page.locator('.edge').count()).toBeGreaterThanOrEqual(3)
      await page.locator('.chart canvas').waitFor()
      const rows = page.getByRole('region', { name: 'Results of per_region' }).locator('tbody tr')
      await expect.poll(() => rows.count(), { timeout: PATIENCE_MS }).toBeGreaterThan(0)
      const before = await rows.count()
      await world.orders(60)
      await expect.poll(() => rows.count(), { timeout: PATIENCE_MS }).toBeGreaterThan(before)
      await page.context().close()
    },
  },
  {
    name: 'a query is paused and resumed',
    async run(world) {
      const page = await world.browser.page('#/queries/parts')
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('paused', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.getByText('running', { exact: true }).waitFor()
      await page.context().close()
    },
  },
  {
    name: 'the editor marks what is wrong where it is, and completes words, functions and names',
    async run(world) {
      const page = await world.browser.page('#/editor')
      await page.getByRole('textbox', { name: 'SQL' }).click()
      await page.keyboard.press('Control+a')
      await page.keyboard.type('SELECT amont FROM orders')
      await expect
        .poll(() => page.locator('.cm-lintRange-error').first().textContent(), { timeout: PATIENCE_MS })
        .toBe('amont')
      await page.keyboard.type(' WHERE upp')
      await page.locator('.cm-tooltip-autocomplete').getByText('UPPER').waitFor()
      await page.context().close()
    },
  },
  {
    name: 'the editor works by keyboard alone',
    async run(world) {
      const page = await world.browser.page('#/queries')
      await page.keyboard.press('Tab')
      await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('Skip')
      await page.keyboard.press('Tab')
      for (let i = 0; i < 2; i++) await page.keyboard.press('Tab')
      await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Editor')
      await page.keyboard.press('Enter')
      await page.getByRole('textbox', { name: 'SQL' }).waitFor()
      for (let i = 0; i < 10; i++) {
        if (await page.evaluate("document.activeElement.classList.contains('cm-content')")) break
        await page.keyboard.press('Tab')
      }
      await page.keyboard.press('Control+a')
      await page.keyboard.type('SHOW TABLES')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+Enter')
      await page.getByText('None.').waitFor()
      await page.context().close()
    },
  },
  {
    name: 'the editor runs statements and queries, and says what a statement did wrong',
    async run(world) {
      const page = await world.browser.page('#/editor')
      const run = async (sql: string) => {
        await page.getByRole('textbox', { name: 'SQL' }).fill(sql)
        await page.getByRole('button', { name: 'Run' }).click()
      }
      await run('CREATE VIEW northern AS SELECT * FROM orders;')
      await page.locator('.done').waitFor()
      await run('CREATE VIEW northern AS SELECT 1 AS one;')
      await page.getByRole('alert').getByText('northern').waitFor()
      await run('SELECT region, n FROM per_region;')
      await page.getByRole('region', { name: 'Rows of the result' }).getByText('south').first().waitFor()
      await run('DROP VIEW northern;')
      await page.locator('.done').waitFor()
      await page.context().close()
    },
  },
  {
    name: 'what is in rows is text, whatever it looks like',
    async run(world) {
      const page = await world.browser.page('#/streams/orders')
      await page.getByRole('cell', { name: MARKUP }).first().waitFor()
      expect(await page.locator('main img').count()).toBe(0)
      await page.context().close()
    },
  },
  {
    name: 'a dead letter shows its reason',
    async run(world) {
      const page = await world.browser.page('#/dead-letters')
      await page
        .getByRole('cell', { name: /division by zero/ })
        .first()
        .waitFor()
      await page.context().close()
    },
  },
  {
    name: 'a server that goes away is said, and the page goes on when it is back',
    async run(world) {
      const page = await world.browser.page('#/queries')
      await page.getByText('per_region').waitFor()
      await world.stop()
      await page.getByText('The server does not answer.').waitFor()
      await world.start()
      await page.getByText('The server does not answer.').waitFor({ state: 'detached' })
      await page.getByText('per_region').waitFor()
      await page.context().close()
    },
  },
]

const last: Check = {
  name: 'no page has broken its own policy, failed, or asked another server for anything',
  async run({ browser }) {
    expect(browser.complaints).toEqual([])
  },
}

export const CHECKS: readonly Check[] = [...working, ...accessible, ...narrow, last]
