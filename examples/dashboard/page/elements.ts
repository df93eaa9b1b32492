/** The element with an id. @throws Error where the page has none of that kind. */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} '${id}'`);
}

/** Writes text into an element. */
export function show(id: string, text: string | number): void {
  byId(id, HTMLElement).textContent = String(text);
}
