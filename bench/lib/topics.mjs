/**
 * A small seeded generator, so that every contender and every run sees the same data.
 *
 * @param {number} seed
 * @returns {() => number} in [0, 1)
 */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @template T
 * @param {T[]} items
 */
export function shuffled(items, random = seeded(1)) {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

/** @param {number} count */
export function exactTopics(count) {
  const topics = Array.from({ length: count }, (_, i) => `orders.region${i % 100}.item${i}`);
  return shuffled(topics);
}

const SITES = 100;
const DEVICES = 100;

/** Patterns, one for each device. */
export function devicePatterns(count = SITES * DEVICES) {
  return Array.from(
    { length: count },
    (_, i) => `site${i % SITES}.device${Math.floor(i / SITES)}.*`,
  );
}

/**
 * Makes topics that never come again, of which each matches one of `count` {@link devicePatterns}.
 *
 * @param {number} count
 */
export function newDeviceTopics(count) {
  const random = seeded(3);
  let made = 0;
  return () => {
    const device = Math.floor(random() * count);
    const segments = [`site${device % SITES}`, `device${Math.floor(device / SITES)}`, `s${made++}`];
    // Joined, the string is flat, as one from a socket is; put together it would be flattened first.
    return segments.join('.');
  };
}

/**
 * Topics of which each matches one of {@link devicePatterns}.
 *
 * @param {number} count
 */
export function deviceTopics(count) {
  const random = seeded(2);
  const topics = new Set();
  while (topics.size < count) {
    const site = Math.floor(random() * SITES);
    const device = Math.floor(random() * DEVICES);
    topics.add(`site${site}.device${device}.sensor${Math.floor(random() * 1000)}`);
  }
  return [...topics];
}
