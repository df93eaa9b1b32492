/** What ends a run that nobody has interrupted. */
export const byTime = 'time';

/** The run's time, Ctrl-C or a kill, whichever comes first; a second Ctrl-C ends it on the spot. */
export class RunEnd {
  end: (reason: string) => void = () => undefined;
  readonly #ended = new Promise<string>((resolve) => {
    this.end = resolve;
  });
  #force: () => void = () => undefined;
  #interrupted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    process.on('SIGINT', this.#interrupt).on('SIGTERM', this.#interrupt);
  }

  onForce(action: () => void): void {
    this.#force = action;
  }

  after(runMs: number): Promise<string> {
    // Without a timer of its own the program lives on by what the modules do.
    if (Number.isFinite(runMs)) this.#timer = setTimeout(() => this.end(byTime), runMs);
    return this.#ended;
  }

  release(): void {
    clearTimeout(this.#timer);
    process.off('SIGINT', this.#interrupt).off('SIGTERM', this.#interrupt);
  }

  readonly #interrupt = (signal: NodeJS.Signals): void => {
    if (this.#interrupted) {
      this.#force();
      process.exit(130);
    }
    this.#interrupted = true;
    this.end(signal);
  };
}
