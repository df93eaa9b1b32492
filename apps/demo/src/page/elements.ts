/** An element of the page by its id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no element '${id}'`);
  return element;
}

export function show(id: string, text: string): void {
  const element = byId(id);
  // What has not changed is not announced to screen readers again.
  if (element.textContent !== text) element.textContent = text;
}

export function made<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
