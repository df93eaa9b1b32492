/** How much is not healthy. Where nothing is, a message costs one look at the count. */
export interface Trouble {
  /** Breakers that are not closed, and peers that are suspect. */
  count: number;
}
