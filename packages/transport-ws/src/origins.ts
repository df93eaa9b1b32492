import { optionInvalid } from '@bus/core';
import { isLoopback } from './address.ts';

/** Whether a page of `origin` may connect to what it calls `host`, the request's `Host` header. */
export type OriginRule = (origin: string, host: string | undefined) => boolean;

/**
 * A page of this very host and port. Only on a loopback name: under any other, a name server under
 * somebody's control could make their page look like ours.
 */
function ownPage(origin: string, host: string | undefined): boolean {
  if (host === undefined || !isLoopback(host.replace(/:\d+$/, ''))) return false;
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** An origin as browsers write it: only that can ever be equal to what they send. */
function isOrigin(text: unknown): text is string {
  if (typeof text !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/.test(text)) return false;
  if (!/^https?:/.test(text)) return true;
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}

/**
 * The rule of a listener: equal to a listed origin in every character, or refused.
 * @throws BUS_OPTION_INVALID where an entry could match nothing.
 */
export function originRule(origins: readonly string[] | undefined): OriginRule {
  if (origins === undefined) return ownPage;
  const wanted =
    "origins as browsers write them, such as 'https://app.example.com': lower case, no path, no wildcard, no default port";
  if (!Array.isArray(origins))
    throw optionInvalid('listen.origins', origins, `a list of ${wanted}`);
  const wrong = origins.find((origin) => !isOrigin(origin));
  if (wrong !== undefined) throw optionInvalid('listen.origins', wrong, wanted);
  const listed = new Set(origins);
  return (origin) => listed.has(origin);
}
