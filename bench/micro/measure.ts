const WARM_UP_MS = 500
const RUN_MS = 2000

/** Runs `step`, which returns how many it did, for two seconds, and prints how many that is a second of CPU time. */
export function measure(name: string, unit: string, step: () => number): void {
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end; ) step()
  const before = process.cpuUsage()
  let done = 0
  for (const end = performance.now() + RUN_MS; performance.now() < end; ) done += step()
  const { user, system } = process.cpuUsage(before)
  print(name, unit, done / ((user + system) / 1e6))
}

export function print(name: string, unit: string, perSecond: number): void {
  const shown = perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M` : perSecond.toFixed(0)
  process.stdout.write(`${name.padEnd(44)} ${shown} ${unit}/s\n`)
}
