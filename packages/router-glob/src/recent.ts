/** A bounded memory of what was made lately: two generations, so that nothing is ever swept. */
export class Recent<V extends object> {
  readonly #capacity: number;
  readonly #make: (key: string) => V;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(capacity: number, make: (key: string) => V) {
    this.#capacity = capacity;
    this.#make = make;
  }

  get(key: string): V {
    let value = this.#young.get(key);
    if (value === undefined) {
      value = this.#old.get(key) ?? this.#make(key);
      if (this.#young.size >= this.#capacity) {
        this.#old = this.#young;
        this.#young = new Map();
      }
      this.#young.set(key, value);
    }
    return value;
  }
}
