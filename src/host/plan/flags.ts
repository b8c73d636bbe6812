import { ownedBlock, ownedPart, replaceOwned } from '../owned-block.ts';
import { confBlocks } from './vm-conf-blocks.ts';

/**
 * A vm.conf(5) in whose puffboot's part each of these VMs is `enable`d or `disable`d; nothing else of it changes.
 * vmd(8) need not be told: only the host's next boot and a reload look at it.
 *
 * @param enabled by the VM's name; others stay as they are
 * @returns null where there is nothing to change, and where somebody else changed that part
 * @throws OperatorError MARKERS_DAMAGED
 */
export function withFlags(text: string, path: string, enabled: ReadonlyMap<string, boolean>): string | null {
  const part = ownedPart(text, path);
  if (part === null || part.edited) return null;
  let { body } = part;
  for (const { kind, name, text: block, enabled: is } of confBlocks(body)) {
    const wanted = enabled.get(name);
    if (kind !== 'vm' || wanted === undefined || wanted === is) continue;
    const [from, to] = wanted ? [/^(\s*)disable$/m, 'enable'] : [/^(\s*)enable$/m, 'disable'];
    body = body.replace(block, () => block.replace(from, (_, blank) => `${blank}${to}`));
  }
  return body === part.body ? null : replaceOwned(text, ownedBlock(body), path);
}
