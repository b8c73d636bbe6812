/**
 * A process of its own that adds VMs, one after another, and prints the id of each once it is acknowledged.
 * Arguments: the state directory, how many, a VM as JSON to make them from.
 */
import { openStore } from '../../../dist/src/io/store/store.js';

const [directory, count, sample] = process.argv.slice(2);
const ignore = () => undefined;
const store = await openStore(directory, {
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});
for (let added = 0; added < Number(count); added++) {
  const vm = await store.addVm((existing) => {
    const id = 1 + Math.max(0, ...existing.map((other) => other.id));
    const [high, low] = [id >> 8, id & 255];
    const hex = [high, low].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
    const place = { id, lladdr: `fe:e1:bb:d1:${hex}`, ipv4: `10.0.${high}.${low}`, ipv6: null };
    return { ...JSON.parse(sample), name: `vm${id}`, ...place };
  });
  process.stdout.write(`${vm.id}\n`);
}
await store.close();
