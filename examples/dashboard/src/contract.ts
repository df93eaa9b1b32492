/** What the program and its page say to each other. */
export interface Dashboard {
  'figures.memory': { payload: { megabytes: number } };
  'figures.loop': { payload: { lateMs: number } };
  'process.about': { payload: { detail: 'short' | 'full' }; reply: string };
  'process.exit': { payload: undefined };
}

/** Topics of the program that the page may call. */
export const callable = ['process.about'];

/** Topics the page may listen to. */
export const audible = ['figures.*'];
