/** A pattern on which a backtracking engine takes seconds or longer, and what makes it do so. */
export interface Attack {
  readonly source: string;
  readonly pump: string;
}

const attack = (source: string, pump = 'a'): Attack => ({ source, pump });

/** Known shapes of ReDoS, exponential first, then polynomial. */
export const attacks: readonly Attack[] = [
  attack('^(a+)+$'),
  attack('^(a*)*$'),
  attack('^(a|a)*$'),
  attack('^(a|aa)+$'),
  attack('^(a|a?)+$'),
  attack('^(.*a){20}$'),
  attack('^(.*a){90}$'),
  attack('^([a-zA-Z]+)*$'),
  attack('^(([a-z])+.)+[A-Z]([a-z])+$'),
  attack('(x+x+)+y', 'x'),
  attack('^(?:.|.)+x$'),
  attack('^(?:\\w|a)+\\.$'),
  attack('^(?:a|b|ab)*c$', 'ab'),
  attack('^(?:[a-z]+\\.?)+x$', 'a.'),
  attack('^(?:[a-z]{1,10}){1,10}\\.x$'),
  attack('^(?:(?:a+)+)+$'),
  attack('^(?:(?:(?:a*)*)*)*$'),
  attack('^(?:a?){50}a{50}$'),
  attack('^(?:a*){90}b$'),
  attack('^(?:\\d+)+\\.$', '1'),
  attack('^(?:\\s|\\u2003)+x$', ' '),
  attack('^(?:[\\w.-]+)+@x$', 'a-'),
  attack('^([a-z0-9]+[-.]?)*\\.com$', 'a-'),
  attack('^(?:[^.]+\\.?)*!$'),
  attack('(?:a+a+)+b'),
  attack('(?:(?:ab)+)+c', 'ab'),
  attack('^(?:a|a|a|a)+$'),
  attack('^(?:.*?,){11}P', '1,'),
  attack('(?:.*\\..*)*x', 'a.'),
  attack('^(?:\\b\\w*\\b\\W*)*$', 'a.'),
  attack('a*a*a*a*a*a*b'),
  attack('^a*a*a*a*a*a*a*a*a*$'),
  attack('.*.*.*.*=.*'),
  attack('^\\w*\\w*\\w*\\w*\\.$'),
  attack('\\s+$', ' '),
  attack('^[a-z]+[a-z0-9]+[a-z0-9.]+x$'),
  attack('(?:a|b)*a(?:a|b){20}c', 'ab'),
  attack('a.{80}b'),
  attack('(?:a|aa|aaa|aaaa)*b'),
  attack('^(?:orders\\.)*(?:orders\\..*)*x$', 'orders.'),
  attack('([^.]*\\.?)*[^.]*\\.?$', 'a.'),
  attack('^(?:(?:[a-z])|(?:[a-z]\\.))*x$', 'a.'),
  attack('[\\w.]*[\\w.]*[\\w.]*[\\w.]*[\\w.]*-x', 'a.'),
  attack('^(?:(a|b)?(a|b)?(a|b)?)*c$', 'ab'),
];

// As a literal it would need a newer target than the other tests.
const setsFlag = 'v';

/** What the linear engine must not be given, or cannot take, and the word that says why. */
export const refused: readonly (readonly [pattern: RegExp, reason: RegExp])[] = [
  [/^(a)\1$/, /refers back/],
  [/^(?<n>a)\k<n>$/, /refers back/],
  [/^(a+)+\1$/, /refers back/],
  [/^(?=a)a/, /ahead/],
  [/^(?!a)b/, /ahead/],
  [/^(?=(a+))a*b\1/, /ahead/],
  [/(?<=a)b/, /behind/],
  [/(?<!a)b/, /behind/],
  // biome-ignore lint/complexity/noUselessEscapeInRegex: the escape is the test
  [/\Aorders/, /escape \\A/],
  // biome-ignore lint/complexity/noUselessEscapeInRegex: the escape is the test
  [/orders\z/, /escape \\z/],
  [/a{101}/, /repeats/],
  [/a{2,1000}/, /repeats/],
  [/a{1000,}/, /repeats/],
  [/^(?:a{100}){100}$/, /steps/],
  [/^(?:(?:a{50}){50}){50}$/, /steps/],
  [/^[\p{L}\p{N}]{1000}$/u, /repeats/],
  [/^[\p{L}\p{N}]{100}$/u, /steps/],
  [/\p{Script=Greek}/u, /escape \\p/],
  [/é/i, /ASCII/],
  [/\Ba/u, /escape \\B/],
  [/a/iu, /flags i and u/],
  [new RegExp('[a--b]', setsFlag), /flag v/],
  [/a{,5}/, /lone \{/],
  [/[\w-a]/, /range/],
  [new RegExp('a'.repeat(257)), /longer than 256/],
];
