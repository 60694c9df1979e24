// Who may call which method: one line each. A method without a line is refused to everybody, and a test fails.

import type { Need, Right } from '../../runtime/access.ts'

export type MethodRule =
  /** For anybody, known or not. */
  | { readonly kind: 'open' }
  /** For whoever is known. */
  | { readonly kind: 'known' }
  /** For other replicas. */
  | { readonly kind: 'peer' }
  /** For whoever has the rights that the request needs. */
  | { readonly kind: 'named'; readonly needs: (request: { readonly name: string }) => readonly Need[] }
  /** The handler asks for each statement or message, and shows in lists what is seen. */
  | { readonly kind: 'handler' }

const OPEN: MethodRule = { kind: 'open' }
const KNOWN: MethodRule = { kind: 'known' }
const PEER: MethodRule = { kind: 'peer' }
const HANDLER: MethodRule = { kind: 'handler' }

function named(right: Right | 'any'): MethodRule {
  return { kind: 'named', needs: ({ name }) => [{ right, resource: 'relation', name }] }
}

export const RULES: Readonly<Record<string, MethodRule>> = {
  '/weir.v1.QueryService/Execute': HANDLER,
  '/weir.v1.QueryService/Validate': HANDLER,
  '/weir.v1.QueryService/Explain': HANDLER,
  '/weir.v1.QueryService/Query': HANDLER,
  '/weir.v1.QueryService/ListQueries': HANDLER,
  '/weir.v1.QueryService/DescribeQuery': named('any'),
  '/weir.v1.QueryService/AnalyzeQuery': named('any'),
  '/weir.v1.QueryService/ListObjectives': HANDLER,
  '/weir.v1.QueryService/PauseQuery': named('manage'),
  '/weir.v1.QueryService/ResumeQuery': named('manage'),
  '/weir.v1.QueryService/DropQuery': named('manage'),
  '/weir.v1.SubscriptionService/Subscribe': named('read'),
  '/weir.v1.CatalogService/ListObjects': HANDLER,
  '/weir.v1.CatalogService/DescribeObject': named('any'),
  '/weir.v1.IngestService/Ingest': HANDLER,
  '/weir.v1.IngestService/IngestBatch': HANDLER,
  '/weir.internal.v1.PeerService/ReadTable': PEER,
  '/weir.internal.v1.PeerService/DescribeTasks': PEER,
  // Probes of orchestrators and load balancers bring no token, and learn nothing but whether it serves.
  '/grpc.health.v1.Health/Check': OPEN,
  '/grpc.health.v1.Health/Watch': OPEN,
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': KNOWN,
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': KNOWN,
}
