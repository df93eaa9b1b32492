interface PlatformProcess {
  getActiveResourcesInfo?(): string[];
  on?(event: string, listener: (reason: unknown) => void): unknown;
  off?(event: string, listener: (reason: unknown) => void): unknown;
}

/** Found at run time, so that the kit runs in browsers too. */
function platformProcess(): PlatformProcess | undefined {
  return (globalThis as { process?: PlatformProcess }).process;
}

/** How many of each kind of resource keep the process alive; empty where nobody can say. */
export function activeResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of platformProcess()?.getActiveResourcesInfo?.() ?? []) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

/** Gathers rejections that nobody handles, until it is ended. */
export function watchRejections(): { readonly seen: readonly unknown[]; end(): void } {
  const seen: unknown[] = [];
  const note = (reason: unknown): void => void seen.push(reason);
  const process = platformProcess();
  process?.on?.('unhandledRejection', note);
  return { seen, end: () => void process?.off?.('unhandledRejection', note) };
}
