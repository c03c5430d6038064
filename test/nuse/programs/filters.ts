// SPDX-License-Identifier: GPL-2.0-only

/**
 * Netfilter's programs and WireGuard's. The iptables of Debian speak nftables; the `-legacy` ones exchange xtables'
 * structures with pointers in them, which differ between 32 and 64 bits.
 */
import { expect } from 'vitest';
import { prints, type ProgramCase } from '../case.js';
import { addresses } from '../network.js';

const { far, router } = addresses;
const targets = { iptables: router.ipv4, ip6tables: router.ipv6 } as const;
const icmp = {
  iptables: '-p icmp --icmp-type echo-reply',
  ip6tables: '-p icmpv6 --icmpv6-type echo-reply',
} as const;

/**
 * Rules of a match that lets the first few echo replies in, and none after them: that they do is seen in a ping.
 */
const matches = {
  limit: '-m limit --limit 1/min --limit-burst 3',
  hashlimit:
    '-m hashlimit --hashlimit-upto 1/min --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name echoes',
} as const;

type Tables = keyof typeof targets;

function rateCase(
  tables: Tables,
  form: 'nft' | 'legacy',
  match: keyof typeof matches,
): ProgramCase {
  const program = `${tables}-${form}`;
  return {
    program: tables,
    does: `-m ${match} (${form})`,
    async run(stage) {
      const rule = `${icmp[tables]} ${matches[match]} -j ACCEPT`;
      await stage.script([
        `${program} -F`,
        `${program} -A INPUT ${rule}`,
        `${program} -A INPUT ${icmp[tables]} -j DROP`,
      ]);
      try {
        expect(await stage.check([program, '-S'])).toContain(`-m ${match}`);
        const { out } = await stage.run([
          'ping',
          '-c',
          '6',
          '-i',
          '0.05',
          '-W',
          '0.3',
          targets[tables],
        ]);
        expect(out).toMatch(/6 packets transmitted, 3 received/);
        expect(await stage.check([program, '-nvxL', 'INPUT'])).toMatch(/^ +3 +\d+ ACCEPT/m);
      } finally {
        await stage.run([program, '-F']);
      }
    },
  };
}

function recentCase(form: 'nft' | 'legacy'): ProgramCase {
  const program = `iptables-${form}`;
  return {
    program: 'iptables',
    does: `-m recent (${form})`,
    async run(stage) {
      const recent = `${icmp.iptables} -m recent --name seen --rsource`;
      await stage.script([
        `${program} -F`,
        `${program} -A INPUT ${recent} --update --seconds 60 --hitcount 3 -j DROP`,
        `${program} -A INPUT ${recent} --set -j ACCEPT`,
      ]);
      try {
        const { out } = await stage.run([
          'ping',
          '-c',
          '6',
          '-i',
          '0.05',
          '-W',
          '0.3',
          router.ipv4,
        ]);
        expect(out).toMatch(/6 packets transmitted, 3 received/);
        expect(await stage.check(['cat', '/proc/net/xt_recent/seen'])).toContain(
          `src=${router.ipv4}`,
        );
      } finally {
        await stage.run([program, '-F']);
      }
    },
  };
}

function natCase(form: 'nft' | 'legacy'): ProgramCase {
  const program = `iptables-${form}`;
  return prints(
    'iptables',
    `nat: a connection redirected (${form})`,
    [
      `${program} -t nat -A OUTPUT -p tcp -d 203.0.113.80 --dport 80 -j DNAT --to-destination ${far.ipv4}:80`,
      'curl -sS -m 5 http://203.0.113.80/',
      `${program} -t nat -F`,
    ].join(' && '),
    /hello from nginx/,
  );
}

const tables: readonly ProgramCase[] = [
  rateCase('iptables', 'nft', 'limit'),
  rateCase('iptables', 'legacy', 'limit'),
  rateCase('iptables', 'nft', 'hashlimit'),
  rateCase('iptables', 'legacy', 'hashlimit'),
  recentCase('nft'),
  recentCase('legacy'),
  natCase('nft'),
  natCase('legacy'),
  rateCase('ip6tables', 'nft', 'limit'),
  rateCase('ip6tables', 'legacy', 'limit'),
  rateCase('ip6tables', 'legacy', 'hashlimit'),
  prints(
    'iptables',
    'saved and restored (legacy)',
    'iptables-legacy -A INPUT -p tcp --dport 99 -m comment --comment "a rule" -j REJECT --reject-with tcp-reset && iptables-legacy-save > $HOME/rules && iptables-legacy -F && iptables-legacy-restore < $HOME/rules && iptables-legacy -S && iptables-legacy -F',
    /-A INPUT -p tcp -m tcp --dport 99 -m comment --comment "a rule" -j REJECT/,
  ),
];

const others: readonly ProgramCase[] = [
  prints(
    'nft',
    'a table with a set, a counter and a limit',
    [
      `nft -f - <<'END'
table inet test {
  set blocked { type ipv4_addr; flags interval; elements = { 203.0.113.0/24, 198.18.0.1 } }
  chain in { type filter hook input priority 0; policy accept;
    ip saddr @blocked counter drop
    tcp dport 81 limit rate over 5/second burst 3 packets drop
    ip protocol icmp counter packets 0 bytes 0 accept
  }
}
END`,
      `ping -c 2 -i 0.05 ${router.ipv4} >/dev/null`,
      'nft list ruleset',
      'nft -j list tables',
      'nft delete table inet test',
    ].join('\n'),
    [/ip protocol icmp counter packets 2 bytes/, /203\.0\.113\.0\/24/, /"name": ?"test"/],
  ),
  prints(
    'nft',
    'masquerade',
    'nft add table ip t && nft add chain ip t post "{ type nat hook postrouting priority 100; }" && nft add rule ip t post masquerade && nft list table ip t && nft delete table ip t',
    /masquerade/,
  ),
  prints(
    'conntrack',
    'lists connections',
    `iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT && curl -sS -o /dev/null http://${far.ipv4}/ && ping -c 1 ${far.ipv4} >/dev/null && conntrack -L; conntrack -C; iptables-nft -F`,
    [/tcp +6 .*dport=80.*\[ASSURED\]/, /icmp +1 .*type=8/],
  ),
  {
    program: 'conntrack',
    does: 'tells of events, and deletes',
    async run(stage) {
      await stage.check([
        'iptables-nft',
        '-A',
        'INPUT',
        '-m',
        'conntrack',
        '--ctstate',
        'ESTABLISHED',
        '-j',
        'ACCEPT',
      ]);
      const events = stage.start(['conntrack', '-E', '-p', 'icmp']);
      // It says nothing when it listens: ping until it tells.
      const pings = stage.start([
        'sh',
        '-c',
        `for i in $(seq 50); do ping -c 1 ${far.ipv4}; sleep 0.05; done`,
      ]);
      await events.until(/\[NEW\] icmp/);
      await pings.stop();
      await events.stop('SIGINT');
      expect((await stage.run(['conntrack', '-D', '-p', 'icmp'])).err).toMatch(
        /[1-9]\d* flow entries have been deleted/,
      );
      await stage.check(['iptables-nft', '-F']);
    },
  },
  prints(
    'ipset',
    'a set that iptables asks',
    [
      'ipset create blocked hash:ip counters timeout 100',
      `ipset add blocked ${router.ipv4}`,
      'ipset test blocked 192.0.2.1',
      'iptables-legacy -A INPUT -m set --match-set blocked src -p icmp -j DROP',
      `ping -c 2 -i 0.05 -W 0.2 ${router.ipv4} || true`,
      'ipset list blocked',
      'iptables-legacy -F',
      'ipset destroy blocked',
    ].join(' && '),
    [
      /is in set blocked/,
      /2 packets transmitted, 0 received/,
      /192\.0\.2\.1 timeout \d+ packets 2/,
    ],
  ),
  prints(
    'ipset',
    'networks and pairs',
    'ipset create nets hash:net,port && ipset add nets 10.0.0.0/8,tcp:80 && ipset save && ipset destroy nets',
    /add nets 10\.0\.0\.0\/8,tcp:80/,
  ),
  {
    program: 'wg',
    does: 'two interfaces that shake hands',
    async run(stage) {
      const lines = ['a', 'b'].map(
        (side) =>
          `wg genkey > $HOME/${side}.key; wg pubkey < $HOME/${side}.key > $HOME/${side}.pub`,
      );
      const out = await stage.script([
        ...lines,
        'ip link add wga type wireguard; ip link add wgb type wireguard',
        'wg set wga listen-port 51820 private-key $HOME/a.key peer $(cat $HOME/b.pub) allowed-ips 10.44.0.2/32 endpoint 127.0.0.1:51821',
        'wg set wgb listen-port 51821 private-key $HOME/b.key peer $(cat $HOME/a.pub) allowed-ips 10.44.0.1/32',
        'ip link set wga up; ip link set wgb up',
        'ip addr add 10.44.0.1/32 dev wga; ip route add 10.44.0.2/32 dev wga',
        // Nobody answers it, but the two interfaces shake hands over loopback to carry it.
        'ping -c 1 -W 0.5 10.44.0.2 >/dev/null || true',
        'wg show wga',
        'wg show wga latest-handshakes',
        'ip link del wga; ip link del wgb',
      ]);
      expect(out).toMatch(/listening port: 51820/);
      expect(out).toMatch(/^\S+=\s+[1-9]\d+$/m);
    },
  },
];

export const cases: readonly ProgramCase[] = [...tables, ...others].map((entry) => ({
  ...entry,
  async run(stage: Parameters<typeof entry.run>[0]) {
    await stage.network.serveWeb();
    await entry.run(stage);
  },
}));
