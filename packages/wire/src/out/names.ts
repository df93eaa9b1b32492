/** Names kept per direction of a link; see docs/wire-protocol.md. */
export const nameSlots = 1024;

/** A text that messages refer to by its slot: a topic, a bus, the prefix of an id. */
export interface Name {
  readonly slot: number;
  readonly text: string;
  /** A list of just this one, for the many messages that need no other. */
  readonly alone: readonly Name[];
}

/**
 * The names that one transport sends, the same for all its links, so that a message is encoded once
 * however many links it leaves by. A full table gives the slot of its oldest name away.
 */
export class SentNames {
  readonly #bySlot: Name[] = [];
  readonly #byText = new Map<string, Name>();
  #next = 0;
  /** Messages come in bursts: the name before saves the look-up. */
  #last: Name | undefined;

  of(text: string): Name {
    const last = this.#last;
    if (last !== undefined && last.text === text) return last;
    const name = this.#byText.get(text) ?? this.#add(text);
    this.#last = name;
    return name;
  }

  /**
   * The names of one message. Adding one may give the slot of another away, which then gets the next:
   * what was just added is the last to go.
   */
  together(topic: string, source: string, idPrefix: string): readonly Name[] {
    const names = [this.of(topic), this.of(source), this.of(idPrefix)];
    return this.hasAll(names) ? names : this.together(topic, source, idPrefix);
  }

  /** Whether all these names still have their slots. */
  hasAll(names: readonly Name[]): boolean {
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as Name;
      if (this.#bySlot[name.slot] !== name) return false;
    }
    return true;
  }

  #add(text: string): Name {
    const slot = this.#next;
    this.#next = (slot + 1) % nameSlots;
    const oldest = this.#bySlot[slot];
    if (oldest !== undefined) this.#byText.delete(oldest.text);
    const alone: Name[] = [];
    const name = { slot, text, alone };
    alone.push(name);
    this.#bySlot[slot] = name;
    this.#byText.set(text, name);
    return name;
  }
}
