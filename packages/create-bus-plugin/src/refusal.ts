/** What was asked for cannot be done; the message says what was wrong and what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
