import { type Html, markup } from '../html.ts';

/** The element of a page that is sure to have it. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`this page has no element ${id}`);
  return element;
}

/** Calls what a button's `data-do` names; buttons may come and go. */
export function onAction(actions: Readonly<Record<string, () => void>>): void {
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('[data-do]') : null;
    if (button instanceof HTMLElement) actions[button.dataset.do ?? '']?.();
  });
}

/** Markup of one element, as an element. */
export function elementOf(value: Html): Element {
  const template = document.createElement('template');
  template.innerHTML = markup(value);
  const element = template.content.firstElementChild;
  if (element === null) throw new Error('markup without an element');
  return element;
}

/** Makes the content of `element` what `value` says, changing only what differs. */
export function fill(element: Element, value: Html): void {
  const template = document.createElement('template');
  template.innerHTML = markup(value);
  patchChildren(element, template.content);
}

/**
 * Makes `from` equal to `to`, changing only what differs: focus, selection and running transitions stay.
 * Children are compared by place.
 */
export function patch(from: Element, to: Element): void {
  for (const { name } of [...from.attributes]) {
    // Whether a reader has opened it is the reader's.
    if (!to.hasAttribute(name) && name !== 'open') from.removeAttribute(name);
  }
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  patchChildren(from, to);
}

function patchChildren(from: Element, to: ParentNode): void {
  const wanted = [...to.childNodes];
  for (const [index, node] of wanted.entries()) {
    const present = from.childNodes[index];
    if (present === undefined) from.append(node);
    else patchNode(present, node);
  }
  while (from.childNodes.length > wanted.length) from.lastChild?.remove();
}

function patchNode(present: ChildNode, wanted: ChildNode): void {
  if (present instanceof Element && wanted instanceof Element && present.tagName === wanted.tagName) {
    patch(present, wanted);
  } else if (present instanceof Text && wanted instanceof Text) {
    if (present.data !== wanted.data) present.data = wanted.data;
  } else {
    present.replaceWith(wanted);
  }
}
