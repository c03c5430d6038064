// SPDX-License-Identifier: GPL-2.0-only

/** iproute2 and ethtool: what shows and changes the host's interfaces, routes and queues. */
import { expect } from 'vitest';
import { prints, type ProgramCase } from '../case.js';
import { addresses, hostInterface } from '../network.js';

const { library, router } = addresses;
const eth = hostInterface;

const ip: readonly ProgramCase[] = [
  prints('ip', 'link: show', `ip -d -s link show ${eth}`, [
    /<BROADCAST,MULTICAST,UP,LOWER_UP>/,
    /RX:/,
  ]),
  prints(
    'ip',
    'link: add, change and delete a veth pair',
    'ip link add va type veth peer name vb && ip link set va mtu 1400 up && ip link show va && ip link del va',
    /mtu 1400/,
  ),
  prints(
    'ip',
    'link: a VLAN, a VXLAN, a tunnel',
    `ip link add link ${eth} name vl type vlan id 7 && ip link add vx type vxlan id 9 dstport 4789 dev ${eth} && ip link add gre7 type gre local ${library.ipv4} remote ${router.ipv4} && ip -br -d link && ip link del vl && ip link del vx && ip link del gre7`,
    [/vl@/, /vx /, /gre7@/],
  ),
  prints(
    'ip',
    'addr: add, show and delete',
    'ip addr add 10.1.1.1/24 dev lo && ip -4 addr show lo && ip addr del 10.1.1.1/24 dev lo',
    /inet 10\.1\.1\.1\/24/,
  ),
  prints('ip', 'addr: as JSON', `ip -j addr show ${eth}`, /"local":"192\.0\.2\.2"/),
  prints(
    'ip',
    'route: show and get',
    `ip route && ip route get 198.51.100.1 && ip -6 route get 2001:db8:2::1`,
    [
      /default via 192\.0\.2\.1/,
      /198\.51\.100\.1 via 192\.0\.2\.1 dev eth0 src 192\.0\.2\.2/,
      /from :: via 2001:db8:1::1/,
    ],
  ),
  prints(
    'ip',
    'route: add, replace and delete',
    `ip route add 10.2.0.0/16 via ${router.ipv4} && ip route replace 10.2.0.0/16 via ${router.ipv4} metric 5 && ip route add blackhole 10.3.0.0/16 && ip route && ip route del 10.2.0.0/16 metric 5 && ip route del 10.2.0.0/16 && ip route del blackhole 10.3.0.0/16`,
    [/10\.2\.0\.0\/16 via 192\.0\.2\.1 .*metric 5/, /blackhole 10\.3\.0\.0\/16/],
  ),
  prints(
    'ip',
    'rule: add, show and delete',
    'ip rule add from 10.9.0.0/16 table 77 priority 100 && ip rule && ip rule del priority 100',
    /100:\s+from 10\.9\.0\.0\/16 lookup 77/,
  ),
  prints(
    'ip',
    'neigh: show, add and delete',
    `ping -c 1 ${router.ipv4} >/dev/null; ip neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 dev ${eth} && ip neigh && ip neigh del 192.0.2.50 dev ${eth}`,
    [/192\.0\.2\.1 dev eth0 lladdr/, /192\.0\.2\.50 dev eth0 lladdr 02:00:00:00:00:50 PERMANENT/],
  ),
  prints(
    'ip',
    'maddr, mroute, tunnel, token, ntable',
    'ip maddr show && ip mroute show && ip tunnel show && ip token list && ip ntable show',
    /arp_cache/,
  ),
  prints(
    'ip',
    'xfrm: a state and a policy',
    'ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x100 mode tunnel aead "rfc4106(gcm(aes))" 0x0102030405060708090a0b0c0d0e0f1011121314 128 && ip xfrm policy add src 10.5.0.0/16 dst 10.6.0.0/16 dir out tmpl src 10.0.0.1 dst 10.0.0.2 proto esp mode tunnel && ip xfrm state && ip xfrm policy && ip xfrm state flush && ip xfrm policy flush',
    [/proto esp spi 0x00000100/, /src 10\.5\.0\.0\/16 dst 10\.6\.0\.0\/16/],
  ),
  prints(
    'ip',
    'mptcp: an endpoint and limits',
    `ip mptcp endpoint add ${library.ipv4} dev ${eth} subflow && ip mptcp limits set subflow 2 && ip mptcp endpoint && ip mptcp limits && ip mptcp endpoint flush`,
    [/192\.0\.2\.2 id 1 subflow/, /subflows 2/],
  ),
  prints(
    'ip',
    'netns: add, run in it and delete',
    'ip netns add blue && ip netns exec blue ip -br link; ip netns; ip netns del blue',
    [/^lo +DOWN/m, /^blue/m],
  ),
  prints(
    'ip',
    'netns: an interface moved to another',
    'ip netns add red && ip link add v1 type veth peer name v2 netns red && ip netns exec red ip -br link; ip link del v1; ip netns del red',
    /^v2@/m,
  ),
  prints(
    'ip',
    'sr, fou, l2tp and macsec over generic netlink',
    'ip sr tunsrc set fc00::1 && ip sr tunsrc show && ip fou add port 5555 ipproto 4 && ip fou show && ip fou del port 5555 && ip l2tp show tunnel',
    [/tunsrc addr fc00::1/, /port 5555 ipproto 4/],
  ),
  {
    program: 'ip',
    does: 'monitor',
    async run(stage) {
      const monitor = stage.start(['ip', '-ts', 'monitor', 'address', 'route']);
      // It says nothing when it listens: change something until it tells.
      const change =
        'for i in $(seq 50); do ip addr add 10.7.7.7/32 dev lo; ip addr del 10.7.7.7/32 dev lo; sleep 0.05; done';
      const changes = stage.start(['sh', '-c', change]);
      await monitor.until(/Deleted[^]*10\.7\.7\.7/);
      await changes.stop();
      await monitor.stop();
      await stage.run(['ip', 'addr', 'del', '10.7.7.7/32', 'dev', 'lo']);
    },
  },
];

const others: readonly ProgramCase[] = [
  prints(
    'ss',
    'listeners',
    '(nc -l 7100 & nc_pid=$!; for i in $(seq 50); do ss -Hltn "sport = :7100" | grep . && break; sleep 0.02; done; kill $nc_pid)',
    /LISTEN.*:7100/,
  ),
  prints(
    'ss',
    'the state of connections, with tcp_info',
    `(nc -l 7101 >/dev/null & sleep 0.2; (sleep 1 | nc 127.0.0.1 7101) & sleep 0.3; ss -tinm '( sport = :7101 or dport = :7101 )'; kill %1 2>/dev/null; true)`,
    [/ESTAB/, /cubic|bbr/, /rtt:/, /skmem:/],
  ),
  prints(
    'ss',
    'which process has a socket',
    '(nc -l 7103 & nc_pid=$!; for i in $(seq 50); do ss -Hltn "sport = :7103" | grep -q . && break; sleep 0.02; done; ss -Hltnp "sport = :7103"; kill $nc_pid)',
    /users:\(\("nc",pid=\d+,fd=3\)\)/,
  ),
  prints('ss', 'sums', 'ss -s', /TCP:\s+\d+/),
  prints(
    'ss',
    'UDP, raw and packet sockets, and the machine’s unix ones',
    'ss -uan && ss -wan && ss -0an && ss -xan',
    /Local Address/,
  ),
  prints(
    'ss',
    'kills a connection',
    '(nc -l 7102 >/dev/null & sleep 0.2; (sleep 5 | nc 127.0.0.1 7102) & sleep 0.3; ss -K dst 127.0.0.1 dport = 7102; sleep 0.1; ss -Htn state established "( dport = :7102 )" | wc -l)',
    /^0$/m,
  ),
  prints(
    'tc',
    'qdiscs',
    `tc qdisc replace dev ${eth} root handle 1: netem delay 1ms limit 100 && tc -s qdisc show dev ${eth} && tc qdisc replace dev ${eth} root fq_codel && tc qdisc show dev ${eth} && tc qdisc del dev ${eth} root`,
    [/netem 1: .*delay 1ms/, /fq_codel/],
  ),
  prints(
    'tc',
    'classes and filters',
    `tc qdisc add dev ${eth} root handle 1: htb default 10 && tc class add dev ${eth} parent 1: classid 1:10 htb rate 100mbit && tc filter add dev ${eth} parent 1: protocol ip u32 match ip dport 80 0xffff flowid 1:10 && tc filter add dev ${eth} parent 1: protocol ip flower ip_proto tcp dst_port 443 classid 1:10 && tc class show dev ${eth} && tc filter show dev ${eth}; tc qdisc del dev ${eth} root`,
    [/class htb 1:10 root .*rate 100Mbit/, /match 00000050\/0000ffff at 20/, /dst_port 443/],
  ),
  prints(
    'tc',
    'an action at ingress',
    `tc qdisc add dev ${eth} clsact && tc filter add dev ${eth} ingress protocol ip matchall action gact ok && tc -s filter show dev ${eth} ingress; tc qdisc del dev ${eth} clsact`,
    /action order 1: gact action pass/,
  ),
  {
    program: 'tc',
    does: 'a delay that ping sees',
    async run(stage) {
      await stage.check(['tc', 'qdisc', 'add', 'dev', eth, 'root', 'netem', 'delay', '30ms']);
      try {
        const out = await stage.check(['ping', '-c', '3', '-i', '0.1', router.ipv4]);
        expect(Number(/min\/avg\/max\/mdev = ([\d.]+)/.exec(out)![1])).toBeGreaterThanOrEqual(30);
      } finally {
        await stage.check(['tc', 'qdisc', 'del', 'dev', eth, 'root']);
      }
    },
  },
  prints(
    'bridge',
    'ports, addresses and VLANs',
    'ip link add br7 type bridge vlan_filtering 1 && ip link add p7 type veth peer name q7 && ip link set p7 master br7 && ip link set br7 up && ip link set p7 up && bridge link && bridge fdb add 02:00:00:00:00:77 dev p7 master static && bridge fdb show br br7 && bridge vlan add dev p7 vid 20 && bridge vlan show; ip link del p7; ip link del br7',
    [/p7@.*master br7/, /02:00:00:00:00:77 dev p7 .*master br7/, /p7 .*\n? *20|^ +20$/m],
  ),
  prints('ethtool', 'features', `ethtool -k ${eth}`, /tcp-segmentation-offload: (on|off)/),
  prints('ethtool', 'the driver and the link', `ethtool -i ${eth} && ethtool ${eth}`, [
    /driver: \w+/,
    /Link detected: yes/,
  ]),
  prints(
    'ethtool',
    'a feature turned off and on',
    `ethtool -K ${eth} gro off && ethtool -k ${eth} | grep generic-receive && ethtool -K ${eth} gro on`,
    /generic-receive-offload: off/,
  ),
  prints('ethtool', 'the permanent address over netlink', `ethtool -P ${eth}`, /Permanent address/),
  prints('sysctl', 'reads', 'sysctl net.ipv4.tcp_congestion_control net.ipv6.conf.all.forwarding', [
    /tcp_congestion_control = (cubic|bbr)/,
    /forwarding = 0/,
  ]),
  prints(
    'sysctl',
    'writes, for all programs of the host',
    "sysctl -w net.ipv4.tcp_fin_timeout=33 && sh -c 'cat /proc/sys/net/ipv4/tcp_fin_timeout'",
    /^33$/m,
  ),
  prints('sysctl', 'the whole tree', 'sysctl -a --pattern "^net\\." | wc -l', /^[1-9]\d{2,}$/m),
  prints('cat', '/proc/net', 'cat /proc/net/dev /proc/net/route /proc/net/tcp', [
    new RegExp(`${eth}:`),
    /local_address/,
  ]),
];

export const cases: readonly ProgramCase[] = [...ip, ...others];
