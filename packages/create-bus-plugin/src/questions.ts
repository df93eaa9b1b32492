import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Refusal } from './refusal.ts';

/** Asks whoever starts the program, line by line. */
export class Questions {
  readonly #output: Writable;
  readonly #lines: AsyncIterator<string>;
  readonly #close: () => void;

  constructor(input: Readable, output: Writable) {
    const reader = createInterface({ input, output });
    this.#output = output;
    this.#lines = reader[Symbol.asyncIterator]();
    this.#close = () => reader.close();
  }

  /**
   * Asks until the answer can be read. An empty one is the default.
   * @param read - throws a {@link Refusal} of an answer that will not do.
   * @throws Refusal where no answer comes any more: the input has ended, or Ctrl-C was pressed.
   */
  async ask<T>(question: string, byDefault: string, read: (answer: string) => T): Promise<T> {
    for (;;) {
      this.#output.write(`${question} (${byDefault}) `);
      const { done, value } = await this.#lines.next();
      if (done === true) {
        throw new Refusal('\nno answer, so nothing was written; --yes takes the defaults');
      }
      try {
        return read(value.trim() || byDefault);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.#output.write(`${error.message}\n`);
      }
    }
  }

  close(): void {
    this.#close();
  }
}

/** Takes every default. */
export const noQuestions: Pick<Questions, 'ask' | 'close'> = {
  ask: async (_question, byDefault, read) => read(byDefault),
  close: () => undefined,
};
