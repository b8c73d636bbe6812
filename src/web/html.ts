/** Only `html` makes these: a symbol can't come out of JSON, so no VM can pass text off as markup. */
const MARKUP = Symbol('markup');

export interface Html {
  readonly [MARKUP]: string;
}

export type Part = Html | string | number | null | readonly Part[];

/** Markup from a template; every part that isn't markup itself is escaped, `null` is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const rest = parts.map((part, index) => textOf(part) + (strings[index + 1] ?? ''));
  return { [MARKUP]: (strings[0] ?? '') + rest.join('') };
}

/** The text of markup, to be sent or parsed. */
export function markup(value: Html): string {
  return value[MARKUP];
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  if (typeof part === 'number') return String(part);
  return MARKUP in part ? part[MARKUP] : part.map(textOf).join('');
}
