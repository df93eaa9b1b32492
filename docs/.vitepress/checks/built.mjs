import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { filesUnder } from '../../../tooling/doc-snippets/files.mjs';

/**
 * @typedef {object} BuiltPage
 * @property {string} address on the site, from `/`
 * @property {Set<string>} anchors
 * @property {string[]} links   to pages and files of the site; absolute, with their anchors
 * @property {string[]} outside what the page would load from elsewhere
 */

const tag = /<(a|link|script|img|source|iframe)\b([^>]*)>/g;
const attribute = /\s(href|src|id)="([^"]*)"/g;

/**
 * The pages of a built site.
 * @param {string} folder
 * @returns {BuiltPage[]}
 */
export function builtPages(folder) {
  return filesUnder(folder, '.', '.html').map((file) => {
    const html = readFileSync(`${folder}/${file}`, 'utf8').replace(/<!--[\s\S]*?-->/g, '');
    const address = `/${file}`;
    const links = [];
    const outside = [];
    for (const [, name, attributes] of html.matchAll(tag)) {
      for (const [, key, value] of attributes.matchAll(attribute)) {
        if (key === 'id') continue;
        const target = decodeURI(value.replaceAll('&amp;', '&'));
        if (/^([a-z]+:|\/\/)/i.test(target)) {
          if (name !== 'a' && !target.startsWith('data:')) outside.push(target);
        } else links.push(resolved(target, address));
      }
    }
    const anchors = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
    return { address, anchors, links, outside };
  });
}

function resolved(target, address) {
  if (target.startsWith('#')) return address + target;
  return posix.resolve(posix.dirname(address), target) + (/[^/]\/$/.test(target) ? '/' : '');
}
