// `npx weir` in this checkout: npm links the commands of dependencies, but not those of the package itself.

import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const link = join(root, 'node_modules', '.bin', 'weir')
const target = join(root, 'dist', 'src', 'cli', 'weir.js')

mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true })
chmodSync(target, 0o755)
rmSync(link, { force: true })
symlinkSync(join('..', '..', 'dist', 'src', 'cli', 'weir.js'), link)
