import type { Finding } from './check.ts';
import { type DoctorScene, type Facts, sysctlOf, textOf } from './facts.ts';
import { FINE, fault, lines, setSysctl, warning } from './findings.ts';

const ARP_QUEUE = 512;

export function arpQueue(facts: Facts): readonly Finding[] {
  const name = 'net.inet.ip.arpq.maxlen';
  const value = sysctlOf(facts, name);
  if (value === null || Number(value) >= ARP_QUEUE) return FINE;
  return warning(
    `${name} is ${value}: packets are lost when many VMs start together`,
    `sysctl ${name}=${ARP_QUEUE}, and the same in /etc/sysctl.conf`,
    setSysctl(name, String(ARP_QUEUE)),
  );
}

export function ipv6(facts: Facts, { hasIpv6 }: DoctorScene): readonly Finding[] {
  const name = 'net.inet6.ip6.forwarding';
  if (!hasIpv6 || sysctlOf(facts, name) !== '0') return FINE;
  return fault(
    `${name} is 0: no VM reaches anything by IPv6`,
    `sysctl ${name}=1, and the same in /etc/sysctl.conf`,
    setSysctl(name, '1'),
  );
}

/** Who has port 67, by what rc(8) started. */
export function dhcp(facts: Facts, { dhcp: server }: DoctorScene): readonly Finding[] {
  const started = new Set(lines(facts, 'services'));
  if (server === 'own' && started.has('dhcpd')) {
    return fault(
      'dhcpd(8) runs and has port 67, which puffboot needs',
      'rcctl stop dhcpd && rcctl disable dhcpd, or dhcp = "dhcpd" for this host',
    );
  }
  if (server === 'dhcpd' && !started.has('dhcpd')) {
    return fault(
      'dhcpd(8) does not run, and this host has dhcp = "dhcpd"',
      'rcctl enable dhcpd && rcctl start dhcpd',
    );
  }
  if (server === 'relay' && started.has('dhcpd')) {
    return warning(
      'dhcpd(8) runs beside the relay and may answer VMs before puffboot does',
      'rcctl stop dhcpd && rcctl disable dhcpd',
    );
  }
  return FINE;
}

export function pf(facts: Facts): readonly Finding[] {
  const rules = lines(facts, 'pfRules');
  if (!/^Status: Enabled/m.test(textOf(facts, 'pf')) || rules.some((rule) => rule.includes('<puffboot_vms>')))
    return FINE;
  const blocking = rules.find(
    (rule) => /^block (?!.*<)/.test(rule) && !/block return in on ! lo0 proto tcp .* port 6000/.test(rule),
  );
  return blocking === undefined
    ? FINE
    : warning(
        `pf has \`${blocking}\` and none of puffboot's rules: it may stop DHCP, TFTP and HTTP of the VMs`,
        'puffboot render pf.conf --into /etc/pf.conf, look at it, then pfctl -f',
      );
}
