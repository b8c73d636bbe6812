import { refuse } from './refusal.ts';

/** A VM with an owner of its own. */
export interface OwnedVm {
  readonly name: string;
  readonly owner: string;
}

const FORMAT = 'doas.conf(5)';

/**
 * doas.conf(5): an owner may kill the hung vmd(8) process of his own VM, and nothing else. The command must
 * be typed exactly so: `doas pkill -9 -xf 'vmd: web\.1'`.
 *
 * @throws OperatorError FILE_REFUSED for what doas(1) would refuse
 */
export function renderDoasConf(vms: readonly OwnedVm[]): string {
  return vms.map((vm) => `${renderRule(vm)}\n`).join('');
}

function renderRule({ name, owner }: OwnedVm): string {
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(owner)) throw refuse(FORMAT, 'it is no login', owner);
  if (!/^[A-Za-z0-9._-]{1,63}$/.test(name)) throw refuse(FORMAT, 'it is no name of a VM', name);
  const args = ['-9', '-xf', processPattern(name)].map(quote).join(' ');
  return `permit nopass ${quote(owner)} as root cmd pkill args ${args}`;
}

/**
 * The process of a VM as pkill(1) -x -f finds it by its title. In an extended regular expression a dot would
 * fit any character, and `web.1` the process of `webx1`.
 */
export function processPattern(name: string): string {
  return `vmd: ${name.replaceAll('.', '\\.')}`;
}

/** Quoted words are never keywords; a backslash quotes inside of quotes too. */
function quote(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw refuse(FORMAT, 'a word is printable characters', text);
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
