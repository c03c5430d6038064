// SPDX-License-Identifier: GPL-2.0-only

/**
 * The test network: a router, behind it the host `www.google.com`, and a TAP at the router whose other side is the
 * library's host. The router answers names; the far host serves http, https and iperf3. Programs run in a network
 * namespace with nothing in it, where nothing but the library's host can give them an answer. Nothing leaves the
 * machine, and all of it goes when the test's process ends.
 */
import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { Namespaces, type Running } from '../../bench/nuse/namespaces.js';

/** Addresses of the test network, from the blocks for documentation. */
export const addresses = {
  name: 'www.google.com',
  router: { ipv4: '192.0.2.1', ipv6: '2001:db8:1::1' },
  library: { ipv4: '192.0.2.2', ipv6: '2001:db8:1::2', mac: '02:00:00:00:02:02' },
  far: { ipv4: '198.51.100.1', ipv6: '2001:db8:2::1' },
  routerFar: { ipv4: '198.51.100.254', ipv6: '2001:db8:2::fe' },
} as const;

/** Names of the network namespaces; the router's is the world's first, without a name. */
export const nets = { router: undefined, far: 'far', programs: 'programs' } as const;

/** The router's side of the TAP, and what the library calls its own. */
export const tapName = 'tap0';
export const hostInterface = 'eth0';

/** Where programs run: beside the TAP of a library's host, or on this machine's own Linux in the same place. */
export type Join = 'tap' | 'veth';

export class TestNetwork implements AsyncDisposable {
  readonly world: Namespaces;
  #servesWeb = false;

  private constructor(world: Namespaces) {
    this.world = world;
  }

  static async create(join: Join = 'tap'): Promise<TestNetwork> {
    const network = new TestNetwork(await Namespaces.create());
    try {
      await network.#connect(join);
      if (join === 'veth') await network.#connectPrograms();
      await network.#serveNames();
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** Writes a file of the test's folder and returns its path. */
  file(name: string, text: string | Uint8Array, mode = 0o644): string {
    const path = this.path(name);
    writeFileSync(path, text, { mode });
    return path;
  }

  path(name: string): string {
    return joinPath(this.world.folder, name);
  }

  /**
   * The far host's web server: http and https (of an authority of its own, `ca.pem`), `/` is `hello from nginx`,
   * `/big` is a mebibyte.
   */
  async serveWeb(): Promise<void> {
    if (this.#servesWeb) return;
    this.#servesWeb = true;
    await this.#certificate();
    this.file('index.html', 'hello from nginx\n');
    this.file('big', new Uint8Array(1 << 20).fill(0x61));
    const config = this.file('web.conf', nginxConfig(this.world.folder, 1));
    await this.world.check(['nginx', '-c', config, '-e', 'stderr'], { net: nets.far });
  }

  async serveIperf(): Promise<Running> {
    const running = this.world.start(['iperf3', '-s', '--forceflush'], { net: nets.far });
    await running.until(/Server listening/);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }

  async #connect(join: Join): Promise<void> {
    const { router, far, routerFar } = addresses;
    await this.world.addNetwork(nets.far);
    await this.world.addNetwork(nets.programs);
    // Without looking for duplicates of addresses, which takes a second, and with ICMP errors for every trace.
    const quick = [
      'sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0',
      'sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0',
    ];
    await this.world.script(quick, { net: nets.far });
    await this.world.script([
      ...quick,
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
      `ip link add far0 type veth peer name eth0 netns ${this.path('net-far')}`,
      'ip link set far0 up',
      `ip addr add ${routerFar.ipv4}/24 dev far0`,
      `ip addr add ${routerFar.ipv6}/64 dev far0 nodad`,
      // Persistent, so that it keeps its addresses while no host is up.
      join === 'tap'
        ? `ip tuntap add dev ${tapName} mode tap`
        : `ip link add ${tapName} type veth peer name ${hostInterface} netns ${this.path('net-programs')}`,
      `ip link set ${tapName} up`,
      `ip addr add ${router.ipv4}/24 dev ${tapName}`,
      `ip addr add ${router.ipv6}/64 dev ${tapName} nodad`,
    ]);
    await this.world.script(
      [
        'ip link set lo up',
        'ip link set eth0 up',
        `ip addr add ${far.ipv4}/24 dev eth0`,
        `ip addr add ${far.ipv6}/64 dev eth0 nodad`,
        `ip route add default via ${routerFar.ipv4}`,
        `ip route add default via ${routerFar.ipv6}`,
      ],
      { net: nets.far },
    );
  }

  /** Gives the machine's own Linux the addresses, routes and names that the library's host would have. */
  async #connectPrograms(): Promise<void> {
    const { library, router } = addresses;
    this.file('resolv.conf', `nameserver ${router.ipv4}\n`);
    await this.world.script([`mount --bind ${this.path('resolv.conf')} /etc/resolv.conf`]);
    await this.world.script(
      [
        'sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0',
        'sysctl -qw "net.ipv4.ping_group_range=0 2147483647"',
        'ip link set lo up',
        `ip link set ${hostInterface} up`,
        `ip addr add ${library.ipv4}/24 dev ${hostInterface}`,
        `ip addr add ${library.ipv6}/64 dev ${hostInterface} nodad`,
        `ip route add default via ${router.ipv4}`,
        `ip route add default via ${router.ipv6}`,
      ],
      { net: nets.programs },
    );
  }

  async #serveNames(): Promise<void> {
    const { name, far, router } = addresses;
    await this.world.check([
      ...['dnsmasq', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=root'],
      `--pid-file=${this.path('dnsmasq.pid')}`,
      '--local=/google.com/',
      `--host-record=${name},${far.ipv4},${far.ipv6}`,
      `--listen-address=${router.ipv4},${router.ipv6},127.0.0.1`,
      '--bind-dynamic',
    ]);
  }

  async #certificate(): Promise<void> {
    const { name, far } = addresses;
    const extensions = this.file(
      'extensions',
      `subjectAltName=DNS:${name},IP:${far.ipv4},IP:${far.ipv6},DNS:localhost\n`,
    );
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await this.world.check([
      ...['openssl', 'req', '-x509', ...curve, '-days', '2', '-subj', '/CN=test authority'],
      ...['-keyout', this.path('ca.key'), '-out', this.path('ca.pem')],
    ]);
    await this.world.check([
      ...['openssl', 'req', ...curve, '-subj', `/CN=${name}`],
      ...['-keyout', this.path('web.key'), '-out', this.path('web.csr')],
    ]);
    await this.world.check([
      ...['openssl', 'x509', '-req', '-days', '2', '-in', this.path('web.csr')],
      ...['-CA', this.path('ca.pem'), '-CAkey', this.path('ca.key'), '-CAcreateserial'],
      ...['-extfile', extensions, '-out', this.path('web.pem')],
    ]);
  }
}

/** nginx as a daemon with all its files in `folder`, from where it serves. */
export function nginxConfig(folder: string, workers: number, tls = true): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n  ');
  const secure = `listen 443 ssl; listen [::]:443 ssl;
    ssl_certificate ${folder}/web.pem; ssl_certificate_key ${folder}/web.key;`;
  return `
user root;
worker_processes ${workers};
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events { worker_connections 512; }
http {
  access_log off;
  ${paths}
  server {
    listen 80; listen [::]:80;
    ${tls ? secure : ''}
    root ${folder};
  }
}
`;
}
