import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { VERSION } from '../../core/version.ts'

/** Who measures. */
export function resourceOf({ replicaName }: { readonly replicaName: string }): Resource {
  return resourceFromAttributes({
    'service.name': 'weir',
    'service.version': VERSION,
    ...(replicaName === '' ? {} : { 'service.instance.id': replicaName }),
  })
}
