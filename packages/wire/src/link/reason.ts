import { shown } from '../frames/shown.ts';

/** Why a connection has failed or a link has ended, for people; what a transport tells may be anything. */
export function reasonOf(error: unknown): string {
  const { message, code, errors } = (error ?? {}) as {
    readonly message?: unknown;
    readonly code?: unknown;
    readonly errors?: unknown;
  };
  if (typeof message === 'string' && message !== '') return shown(message, 1000);
  // Node tries all addresses of a host name, and tells of each, but sums up nothing.
  if (Array.isArray(errors) && errors.length > 0) return errors.map(reasonOf).join('; ');
  return typeof code === 'string' ? shown(code, 1000) : 'closed';
}
