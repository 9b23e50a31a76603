/// <reference lib="dom" />

/** An element of the page by its id. @throws when it is not there: the page and its script are not of one version. */
export function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`Cannot find ${kind.name} "${id}" in the page`);
}

/** What an element is given when it is built; `text` is never markup. */
export type Attributes = Readonly<Record<string, string>>;

/** Builds an element; every text from outside comes in as text. */
export function build<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Gives an element attributes, none of which may be a handler: the page's policy would refuse it. */
export function mark<Kind extends HTMLElement>(made: Kind, attributes: Attributes): Kind {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** A button that does something. */
export function button(className: string, onClick: () => void, ...children: readonly (Node | string)[]) {
  const made = build("button", className, ...children);
  made.type = "button";
  made.onclick = onClick;
  return made;
}

/** Says something, once: a live region is read out again whenever its text is set. */
export function say(where: HTMLElement, words: string): void {
  if (where.textContent !== words) where.textContent = words;
}
