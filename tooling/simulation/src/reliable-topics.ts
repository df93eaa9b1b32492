export const reliableTopics = ['r.a', 'r.b'] as const;

/** Runs of a listener before its message is a dead letter. */
export const runsAtMost = 3;

/** How long a lost subscriber is waited for: longer than any fault lasts. */
export const redeliverMs = 1500;

/** Whether messages on it are published reliably. */
export function isReliable(topic: string): boolean {
  return topic.startsWith('r.');
}
