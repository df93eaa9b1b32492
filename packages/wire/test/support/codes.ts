/** The code of what a promise rejects with. */
export async function codeOf(promise: PromiseLike<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return shown(error);
  }
}

/** The code of what a call throws. */
export function codeOfCall(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (error) {
    return shown(error);
  }
}

function shown(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? error);
}
