import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AnyInput as _google_protobuf_AnyInput, Any as _google_protobuf_Any } from './google/protobuf/Any.ts';
import type { StatusInput as _google_rpc_StatusInput, Status as _google_rpc_Status } from './google/rpc/Status.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Any: MessageTypeDefinition<_google_protobuf_AnyInput, _google_protobuf_Any>
    }
    rpc: {
      Status: MessageTypeDefinition<_google_rpc_StatusInput, _google_rpc_Status>
    }
  }
}

