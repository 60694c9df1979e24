// A real browser, where the machine has one; playwright-core brings none.

import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATH = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

export const HAS_CHROMIUM = PATH !== undefined

/** The title of specs that are skipped without one: it says what to install. */
export function withChromium(title: string): string {
  return HAS_CHROMIUM ? title : `${title} (needs a Chromium: apt install chromium)`
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH ?? '', args: ['--no-sandbox'] })
}
