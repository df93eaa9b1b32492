/**
 * How many messages a publisher sends before it waits for what the last of them returned, where that
 * is a promise. The same for everyone: a promise a message costs about as much as sending one.
 */
export const BATCH = 64;
