import { type Html, markup } from '../html.ts';
import { sortVms, summary, vmRow } from '../view.ts';
import { byId, elementOf, fill, onAction, patch } from './dom.ts';
import { logOut } from './logout.ts';
import { followVms, type Vms } from './vms.ts';

/** Rows by VM, with the markup that each shows: only a row whose markup changes is touched. */
const rows = new Map<string, { readonly row: Element; shown: string }>();
const table = byId('vms');
const body = table.querySelector('tbody');
for (const row of body?.querySelectorAll('tr') ?? []) rows.set(row.dataset.vm ?? '', { row, shown: '' });

onAction({ logout: () => void logOut() });
followVms(null, show);

function show({ byName, now }: Vms): void {
  const vms = sortVms([...byName.values()]);
  fill(byId('summary'), summary(vms));
  table.hidden = vms.length === 0;
  byId('empty').hidden = vms.length > 0;
  for (const [name, { row }] of rows) {
    if (!byName.has(name)) {
      row.remove();
      rows.delete(name);
    }
  }
  for (const [index, vm] of vms.entries()) {
    const row = renew(vm.name, vmRow(vm, now()));
    if (body?.children[index] !== row) body?.insertBefore(row, body.children[index] ?? null);
  }
}

function renew(name: string, value: Html): Element {
  const text = markup(value);
  const known = rows.get(name);
  if (known === undefined) {
    const row = elementOf(value);
    rows.set(name, { row, shown: text });
    return row;
  }
  if (known.shown !== text) {
    patch(known.row, elementOf(value));
    known.shown = text;
  }
  return known.row;
}
