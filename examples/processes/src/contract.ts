/** What the parts of this program say to each other. */
export interface Work {
  'primes.count': { payload: { below: number }; reply: number };
  'primes.wanted': { payload: { below: number } };
  'primes.counted': { payload: { below: number; count: number } };
}
