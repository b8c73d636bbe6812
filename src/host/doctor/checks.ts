import { clock, files, sensorsd } from './care-checks.ts';
import type { Check } from './check.ts';
import { arpQueue, dhcp, ipv6, pf } from './network-checks.ts';
import { directories, memory, ptys, space, taps } from './room-checks.ts';
import { firmware, groups, root, socket, vmd } from './vmd-checks.ts';

/** What doctor looks at, in the order in which it tells. */
export const CHECKS: readonly Check[] = [
  { name: 'vmd', fine: 'runs, and answers', find: vmd },
  { name: 'firmware', fine: 'vmm-bios is there', find: firmware },
  { name: 'root', fine: 'doas lets puffboot do what apply needs', find: root },
  { name: 'groups', fine: 'puffboot is a member of its groups', find: groups },
  { name: 'socket', fine: "vmd's socket belongs to socketGroup", find: socket },
  { name: 'directories', fine: 'puffboot may write to its own', find: directories },
  { name: 'taps', fine: 'one for each interface of a VM', find: taps },
  { name: 'ptys', fine: 'one for each console', find: ptys },
  { name: 'memory', fine: 'datasize of class vmd is enough for the largest VM', find: memory },
  { name: 'space', fine: 'the disk images can grow to their size', find: space },
  { name: 'arp', fine: 'net.inet.ip.arpq.maxlen holds what VMs start with', find: arpQueue },
  { name: 'ipv6', fine: 'packets of the VMs are forwarded', find: ipv6 },
  { name: 'dhcp', fine: 'nobody else is in the way', find: dhcp },
  { name: 'pf', fine: 'lets VMs boot', find: pf },
  { name: 'clock', fine: 'a good time counter', find: clock },
  { name: 'sensorsd', fine: 'its programs are there', find: sensorsd },
  { name: 'files', fine: "nobody changed puffboot's lines", find: files },
];
