/** Streaming SQL over gRPC: send a query to a Weir server, get its results as they change. Begin with {@link WeirClient}. */
package dev.weir.client;
