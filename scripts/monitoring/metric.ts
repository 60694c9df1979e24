// Names of metrics as Prometheus has them. Who asks for one by its name in the table of instruments can't ask for one
// that nobody exports.

import { QUERY_INSTRUMENTS, type QueryInstrument } from '../../src/server/telemetry/query-metrics.ts'

/** As the exporter for Prometheus writes it. */
export function prometheusName(instrument: QueryInstrument): string {
  const { kind } = QUERY_INSTRUMENTS[instrument]
  return `${instrument.replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`
}
