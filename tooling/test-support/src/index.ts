export { collectGarbage } from './garbage.ts';

/** The counts of a bus; it depends on no package, so that the kernel can use this one. */
interface Counted {
  inspect(): {
    readonly outcomes: {
      readonly accepted: number;
      readonly inFlight: number;
      readonly ended: { readonly dropped: Readonly<Record<string, number>> };
    };
  };
}

/** A logger for what goes wrong on purpose. */
export const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Accepted less what ended and what is in flight: 0, or something is lost. */
export function unaccounted(bus: Counted): number {
  const { accepted, inFlight, ended } = bus.inspect().outcomes;
  const { dropped, ...counts } = ended;
  const numbers = [...Object.values<number>(counts), ...Object.values(dropped)];
  const sum = numbers.reduce((a, b) => a + b, 0);
  return accepted - inFlight - sum;
}

/** A promise and what settles it. */
export function deferred<T = unknown>(): {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((ok, no) => {
    resolve = ok;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A handler that does not end. */
export const never = (): Promise<never> => new Promise(() => {});
