/**
 * Why a broker does not let us in, told from the errors of the client. It wraps what happened several times over, once
 * for each attempt and broker, and what it says itself is that it could not connect. Texts of the broker about a login
 * are not repeated: they may quote what was sent.
 */
export interface AccessFault {
  readonly message: string
  readonly hint: string
  /** The broker has said so, and would say so again: it is not that it is about to restart. */
  readonly certain: boolean
}

/** An error of the client, or of Node. */
export interface ClientError {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly apiId?: string
  readonly response?: object
  readonly errors?: readonly unknown[]
  readonly cause?: unknown
}

/** A tree of errors in the order in which it is told; bounded, since each attempt adds to it. */
const ERRORS_MAX = 1_000

export function errorsIn(error: unknown): readonly ClientError[] {
  const all: ClientError[] = []
  const open: unknown[] = [error]
  while (open.length > 0 && all.length < ERRORS_MAX) {
    const next = open.shift()
    if (typeof next !== 'object' || next === null) continue
    const one = next as ClientError
    all.push(one)
    open.unshift(...(one.errors ?? []), ...(one.cause === undefined ? [] : [one.cause]))
  }
  return all
}

/** True for an error that says something by itself, and not only that others happened. */
export function isLeaf({ errors = [], cause }: ClientError): boolean {
  return errors.length === 0 && cause === undefined
}

/** Undefined where the trouble is another one. */
export function accessFault(error: unknown): AccessFault | undefined {
  const all = errorsIn(error)
  const fault = certificateFault(all) ?? loginFault(all) ?? tlsFault(all) ?? permissionFault(all)
  if (fault !== undefined) return { ...fault, certain: true }
  const leaves = all.filter(isLeaf)
  if (leaves.length === 0 || !leaves.every(({ message }) => message === 'Connection closed')) return undefined
  return {
    message: 'the broker closes the connection',
    hint: 'If it is up, it wants more: --kafka-tls true, --kafka-sasl-mechanism, or a certificate (--kafka-cert-file).',
    certain: false,
  }
}

type Fault = Pick<AccessFault, 'message' | 'hint'> | undefined
type Errors = readonly ClientError[]

/** As Node names what is wrong with a certificate. */
const CERTIFICATE_CODES = /CERT|UNABLE_TO_|SELF_SIGNED|INVALID_CA|PATH_LENGTH_EXCEEDED/
const NO_MECHANISM = 'Cannot find a suitable SASL mechanism'
/** The second where the client goes on after a refused token. */
const LOGIN_IDS: ReadonlySet<string> = new Set(['SASL_AUTHENTICATION_FAILED', 'ILLEGAL_SASL_STATE'])

const PERMISSION_HINTS: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'Allow the user to read, write and describe the topic.',
  GROUP_AUTHORIZATION_FAILED: 'Allow the user to read and describe the group.',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'Allow the user to write and describe transactional ids with the prefix.',
  CLUSTER_AUTHORIZATION_FAILED: 'Allow the user to create topics.',
}

function certificateFault(all: Errors): Fault {
  const found = all.find(({ code = '' }) => CERTIFICATE_CODES.test(code))
  if (found === undefined) return undefined
  if (found.code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      message: 'the certificate of the broker is for another host',
      hint: 'Connect to a name that is in it, or give the broker one with its address.',
    }
  }
  return {
    message: `the certificate of the broker is not trusted: ${found.message?.split(';')[0]}`,
    hint: 'Give the certificates of its authorities with --kafka-ca-file.',
  }
}

function loginFault(all: Errors): Fault {
  if (all.some(({ message }) => message?.startsWith(NO_MECHANISM))) {
    const response = all.find(({ response }) => response !== undefined && 'mechanisms' in response)?.response
    const { mechanisms = [] } = (response ?? {}) as { readonly mechanisms?: readonly string[] }
    const known = mechanisms.length === 0 ? '' : `: it takes ${mechanisms.join(', ')}`
    return {
      message: 'the broker does not take this mechanism of login',
      hint: `Give another --kafka-sasl-mechanism${known}.`,
    }
  }
  if (!all.some(({ code, apiId }) => code === 'PLT_KFK_AUTHENTICATION' || LOGIN_IDS.has(apiId ?? ''))) return undefined
  return {
    message: 'the broker refuses the login',
    hint: 'Check user and password, or the token and its time: their files are read again at each login.',
  }
}

function tlsFault(all: Errors): Fault {
  if (all.some(({ message }) => message === 'Broker requires TLS.')) {
    return {
      message: 'the broker wants TLS',
      hint: 'Start with --kafka-tls true, or give the address of a listener without TLS.',
    }
  }
  if (!all.some(({ message }) => message?.startsWith('TLS handshake failed'))) return undefined
  return {
    message: 'the broker does not answer with TLS',
    hint: 'Give the address of a listener with TLS, or start without --kafka-tls.',
  }
}

function permissionFault(all: Errors): Fault {
  const id = all.find(({ apiId }) => apiId?.endsWith('_AUTHORIZATION_FAILED'))?.apiId
  if (id === undefined) return undefined
  return {
    message: `the broker does not allow it to this user (${id})`,
    hint: PERMISSION_HINTS[id] ?? 'Give the user the permissions that docs/kafka.md lists.',
  }
}
