/** The browser on this machine that checks drive, as the path of its program; undefined without one. */
export function findChromium(): string | undefined;
