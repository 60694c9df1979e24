// `npx weir` in this checkout. A `bin` entry in package.json would make npm 11 install the checkout into its cache first,
// which takes seconds and fails for a private package; a link among the commands of the dependencies is found at once.

import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const link = join(root, 'node_modules', '.bin', 'weir')
const target = join(root, 'dist', 'src', 'cli', 'weir.js')

mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true })
chmodSync(target, 0o755)
rmSync(link, { force: true })
symlinkSync(join('..', '..', 'dist', 'src', 'cli', 'weir.js'), link)
