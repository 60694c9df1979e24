// What the modules inject, by name: interfaces leave no trace at run time, and no decorator metadata is emitted.

/** ServerConfig. */
export const CONFIG = Symbol('CONFIG')
/** Logger. */
export const LOGGER = Symbol('LOGGER')
/** Telemetry. */
export const TELEMETRY = Symbol('TELEMETRY')
/** Runtime. */
export const RUNTIME = Symbol('RUNTIME')
