import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskPiece, maskSecrets, secretsOf } from '../../console/mask.ts';

it('takes passwords whole, and of ssh keys what stands behind the key', () => {
  const secrets = secretsOf([
    { key: 'Password for root account', value: 'hunter22', secret: true },
    {
      key: 'Public ssh key for root account',
      value: 'ssh-ed25519 AAAAC3Nza root first-password',
      secret: true,
    },
    { key: 'Public ssh key for user x', value: 'ssh-ed25519 AAAAC3Nza', secret: true },
    { key: 'Password for user x', value: 'abc', secret: true },
    { key: 'System hostname', value: 'puffy' },
  ]);
  expect(secrets).toEqual(['root first-password', 'hunter22']);
});

it('masks a secret wherever the pieces cut it, and holds nothing else back for long', () => {
  const secrets = ['hunter22', 'hunt'];
  const text = fc
    .array(fc.constantFrom('hunter22', 'hunt', 'hun', 'ter', '22', 'x', '\r\n', 'h'), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.nat({ max: 40 }), (whole, cut) => {
      const first = maskPiece('', whole.slice(0, cut), ['hunter22']);
      const second = maskPiece(first.held, whole.slice(cut), ['hunter22']);
      expect(first.text + second.text + second.held).toBe(maskSecrets(whole, ['hunter22']));
      expect(second.held.length).toBeLessThan(8);
    }),
  );
  expect(maskSecrets('hunter22 hunt', secrets)).toBe('*** ***');
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFB1ZmZ5';

it.each([
  ['a comment that nobody listed', `${KEY} root:x puffy:y\r\n`, `${KEY} ***\r\n`],
  [
    'another type',
    `sk-ssh-ed25519@openssh.com ${'A'.repeat(68)}== a b`,
    `sk-ssh-ed25519@openssh.com ${'A'.repeat(68)}== ***`,
  ],
  ['a key without a comment', `${KEY}\r\nnext`, `${KEY}\r\nnext`],
  [
    'what only begins like a key',
    'ssh-keygen: generating new host keys: RSA ECDSA\n',
    'ssh-keygen: generating new host keys: RSA ECDSA\n',
  ],
])('masks behind a key: %s', (_, text, expected) => {
  expect(maskSecrets(text, [])).toBe(expected);
});

it('masks behind a key wherever the pieces cut it', () => {
  const whole = `user puffy? [none] ${KEY} root:abc puffy:def\r\nAllow root ssh login? `;
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const first = maskPiece('', whole.slice(0, cut), []);
    const second = maskPiece(first.held, whole.slice(cut), []);
    expect(first.text + second.text + second.held).toBe(maskSecrets(whole, []));
  }
  const each = [...whole].reduce(
    (sum, char) => {
      const { text, held } = maskPiece(sum.held, char, []);
      return { text: sum.text + text, held };
    },
    { text: '', held: '' },
  );
  expect(each.text + each.held).toBe(maskSecrets(whole, []));
});

it.each(['$2b$10$Q5m0Yxv1kq3n2aXb9cTtHeO1uJ6WcH0pJm', '$6$saltsalt$9cTtHeO1uJ6WcH0pJmQ5m0Yxv1kq3n2aXb'])(
  'masks a hash that nobody listed wherever the pieces cut it: %s',
  (hash) => {
    const whole = `# grep puffy /etc/master.passwd\r\npuffy:${hash}:1000:1000\r\n# costs $2 and 5$ `;
    const clean = maskSecrets(whole, []);
    expect(clean).not.toContain(hash.slice(4, 12));
    expect(clean).toContain(`puffy:${hash.slice(0, hash.indexOf('$', 1) + 1)}***:1000`);
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const first = maskPiece('', whole.slice(0, cut), ['hunter$2']);
      const second = maskPiece(first.held, whole.slice(cut), ['hunter$2']);
      expect(first.text + second.text + second.held).toBe(clean);
    }
    const each = [...whole].reduce(
      (sum, char) => {
        const { text, held } = maskPiece(sum.held, char, []);
        return { text: sum.text + text, held };
      },
      { text: '', held: '' },
    );
    expect(each.text + each.held).toBe(clean);
  },
);

it('masks a listed secret that is cut where a hash might begin', () => {
  const first = maskPiece('', 'is hunter$2', ['hunter$2b']);
  expect(first.text).toBe('is ');
  expect(maskPiece(first.held, 'b\r\n', ['hunter$2b']).text).toBe('is ***\r\n'.slice(3));
});
