// A small file that may change while the server runs: a certificate, a list of tokens, a set of keys. It is read again
// every few seconds and compared, since notices of file systems get lost where a file is put there by a link that is
// moved, as Kubernetes does.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import { flagName, type ServerConfig, type SettingName } from '../config/config.ts'

export type FileSetting = Exclude<Extract<SettingName, `${string}File`>, 'auditFile'>

/** Far more than certificates or ten thousand tokens need. */
const FILE_BYTES_MAX = 16 * 1024 * 1024

export class WatchedFiles implements Disposable {
  readonly #names: readonly FileSetting[]
  readonly #config: ServerConfig
  #texts: readonly string[]
  #timer: NodeJS.Timeout | undefined
  #reading = false

  /** The files of these settings, which belong together. Throws INVALID_ARGUMENT where one can't be read. */
  constructor(names: readonly FileSetting[], config: ServerConfig) {
    this.#names = names
    this.#config = config
    this.#texts = names.map((name) => readText(name, config))
  }

  /**
   * From now on `onChange` hears of the texts when one has changed. Texts that it throws for are not given again until
   * they change again; `onFault` hears why, and of files that can't be read.
   */
  watch(onChange: (texts: readonly string[]) => void, onFault: (error: unknown) => void): void {
    this.#timer = setInterval(() => void this.#look(onChange).catch(onFault), this.#config.credentialReloadMs)
    this.#timer.unref()
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(onChange: (texts: readonly string[]) => void): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    try {
      const texts = await Promise.all(this.#names.map((name) => readFile(this.#config[name], 'utf8')))
      if (texts.every((text, i) => text === this.#texts[i])) return
      this.#texts = texts
      onChange(texts)
    } finally {
      this.#reading = false
    }
  }
}

/** The text of the file that a setting names; its fault says which, and nothing of what is in it. */
function readText(name: FileSetting, config: ServerConfig): string {
  const path = config[name]
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw settingFault(name, `can't be read: "${path}"`, 'Give the path of a file that the server may read.', cause)
  }
  if (text.length <= FILE_BYTES_MAX) return text
  throw settingFault(name, `is too large: "${path}"`, `At most ${FILE_BYTES_MAX} bytes are read.`)
}

export function settingFault(name: SettingName, what: string, hint: string, cause?: unknown): AppError {
  return new AppError('INVALID_ARGUMENT', `--${flagName(name)} ${what}`, { hint, cause })
}
