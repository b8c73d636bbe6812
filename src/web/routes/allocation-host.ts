import type { HostConfig } from '../../config/schema.ts';
import type { AllocationHost } from '../../inventory/allocate.ts';

/** A host of the configuration as the inventory sees it. */
export function allocationHost(host: HostConfig): AllocationHost {
  const { memory, disks, format, disklabel = null, ...defaults } = host.vmDefaults;
  return {
    name: host.name,
    capacity: host.capacity,
    lladdrPrefix: host.lladdrPrefix,
    firstIpv4: host.ipv4Range.first,
    lastIpv4: host.ipv4Range.last,
    ipv6Prefix: host.ipv6Prefix ?? null,
    vmDefaults: { ...defaults, disklabel, memoryMiB: memory, diskSizesMiB: disks, diskFormat: format },
  };
}
