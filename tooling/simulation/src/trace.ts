/** What happened, as one number: two runs of a seed that differ anywhere differ here. */
export class Trace {
  #hash = 0x811c9dc5;
  #events = 0;
  readonly #print: ((line: string) => void) | undefined;

  /** @param print - gets every event as a line, for whoever replays a seed. */
  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  get hash(): string {
    return `${this.#events}:${this.#hash.toString(16).padStart(8, '0')}`;
  }

  add(now: number, bus: string, what: string): void {
    this.#events++;
    this.#mix(bus);
    this.#mix(what);
    this.#hash = Math.imul(this.#hash ^ Math.round(now * 1000), 0x01000193) >>> 0;
    this.#print?.(`${now.toFixed(3).padStart(10)} ${bus} ${what}`);
  }

  #mix(text: string): void {
    let hash = this.#hash;
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    this.#hash = hash >>> 0;
  }
}
