/** Closes a client of Kafka by force: what it was doing is given up; an error of the close would help nobody. */
export function closeClient(client: {
  close(force: boolean, callback: (error?: Error | null) => void): void
}): Promise<void> {
  return new Promise((resolve) => client.close(true, () => resolve()))
}
