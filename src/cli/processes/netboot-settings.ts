import type { Ipv4 } from '../../common/address.ts';
import type { Config } from '../../config/schema.ts';

/** All that the netboot process is told before its first catalog. */
export type NetbootSettings = Config['netboot'] & {
  /** The boot addresses of all subnets. */
  readonly addresses: readonly Ipv4[];
  /** Those over IPv6, of TFTP and boot HTTP. */
  readonly addresses6: readonly string[];
  /** Does a subnet have a pool, so that there are leases to keep? */
  readonly keepsLeases: boolean;
};
