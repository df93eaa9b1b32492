import { optionInvalid } from '@bus/core';

/** Whether a host name or IP address is this machine's own. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}

/** What may be shown of a URL: no credentials and no query, where people put tokens. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function parsed(text: unknown): URL | undefined {
  try {
    return new URL(text as string);
  } catch {
    return undefined;
  }
}

/** @throws BUS_OPTION_INVALID */
export function linkUrl(connect: unknown): URL {
  const wanted = "a URL such as 'wss://example.com/bus', without '#'";
  const url = parsed(connect);
  if (url === undefined) throw optionInvalid('connect', 'no URL', wanted);
  if ((url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hash !== '')
    throw optionInvalid('connect', shownUrl(url), wanted);
  return url;
}
