// SPDX-License-Identifier: GPL-2.0-only

/** nf_tables over netlink (include/uapi/linux/netfilter/nf_tables.h): as much as the fuzzed host's rules need. */
import { netlink, NetlinkSocket, type Process } from '../../../src/posix/index.js';

const { be32, binary, list, nested, policy, text, u8 } = netlink;
const { NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST } = netlink.constants;

const netfilter = 12;
const subsystem = 10;
const batch = { begin: 0x10, end: 0x11 } as const;
const messages = { newTable: 0, newChain: 3, newRule: 6 } as const;
const inet = 1;

const table = policy({ name: [1, text] });
const hook = policy({ number: [1, be32], priority: [2, be32] });
const chain = policy({
  table: [1, text],
  name: [3, text],
  hook: [4, nested(hook)],
  type: [7, text],
});
const expression = policy({ name: [1, text], data: [2, binary] });
const rule = policy({
  table: [1, text],
  chain: [2, text],
  expressions: [4, list(1, nested(expression))],
});
const conntrackExpression = policy({ register: [1, be32], key: [2, be32] });
const headerExpression = policy({
  register: [1, be32],
  type: [2, u8],
  offset: [3, be32],
  length: [4, be32],
  flags: [5, be32],
  operation: [6, be32],
});

type Expression = { readonly name: string; readonly data?: Uint8Array };

/** Loads a field of conntrack's entry: looking at it is what makes every packet go through conntrack. */
const conntrack = (key: number): Expression => ({
  name: 'ct',
  data: conntrackExpression.encode({ register: 1, key }),
});
/** Loads a byte of an IPv6 extension header (0), a TCP option (1), an IPv4 option (2), an SCTP chunk (3); whether a DCCP option (4) is there. */
const header = (operation: number, type: number): Expression => ({
  name: 'exthdr',
  data: headerExpression.encode({
    register: 1,
    type,
    offset: 0,
    length: 1,
    flags: operation === 4 ? 1 : 0,
    operation,
  }),
});

const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** Rules that look deep, conntrack with its defragmentation, and masquerading of what is forwarded. */
export function setUpNetfilter(process: Process): void {
  using socket = NetlinkSocket.open(process, { protocol: netfilter });
  const requests: [type: number, attributes: Uint8Array][] = [
    [messages.newTable, table.encode({ name: 't' })],
  ];
  const addChain = (
    name: keyof typeof hooks,
    type: string,
    expressions: readonly Expression[],
  ): void => {
    requests.push([
      messages.newChain,
      chain.encode({
        table: 't',
        name,
        hook: { number: hooks[name], priority: type === 'nat' ? 100 : 0 },
        type,
      }),
    ]);
    for (const given of expressions) {
      const expressions = [
        given.data === undefined ? { name: given.name } : { name: given.name, data: given.data },
      ];
      requests.push([messages.newRule, rule.encode({ table: 't', chain: name, expressions })]);
    }
  };
  addChain('prerouting', 'filter', [
    header(0, 43),
    header(0, 60),
    header(1, 2),
    header(1, 30),
    header(2, 7),
    header(3, 1),
    header(4, 1),
  ]);
  addChain('input', 'filter', [conntrack(0), conntrack(3)]);
  addChain('forward', 'filter', [conntrack(0)]);
  addChain('postrouting', 'nat', [{ name: 'masq' }]);
  let sequence = 1;
  const encode = (type: number, flags: number, attributes: Uint8Array, resource = 0): Uint8Array =>
    netlink.encodeMessage(
      { type, flags: flags | NLM_F_REQUEST, sequence: sequence++ },
      Uint8Array.of(resource === 0 ? inet : 0, 0, 0, resource),
      attributes,
    );
  const nothing = new Uint8Array(0);
  const datagram = [
    encode(batch.begin, 0, nothing, subsystem),
    ...requests.map(([type, attributes]) =>
      encode((subsystem << 8) | type, NLM_F_CREATE | NLM_F_ACK, attributes),
    ),
    encode(batch.end, 0, nothing, subsystem),
  ];
  process.send(socket.fd, Buffer.concat(datagram));
  const answer = new Uint8Array(65_536);
  for (let left = requests.length; left > 0;) {
    const length = process.recv(socket.fd, answer);
    for (const message of netlink.parseMessages(answer.subarray(0, length))) {
      const error = netlink.parseAcknowledgement(message);
      if (error !== undefined && error.error !== 0) throw new netlink.NetlinkError(error, 'nft');
      left--;
    }
  }
}
