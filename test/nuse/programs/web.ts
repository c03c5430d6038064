// SPDX-License-Identifier: GPL-2.0-only

/** Web clients on the library's host, and web servers there with clients on both sides. */
import { createHash } from 'node:crypto';
import process from 'node:process';
import { expect } from 'vitest';
import { prints, refuses, type ProgramCase } from '../case.js';
import { addresses, nginxConfig } from '../network.js';
import type { Stage } from '../stage.js';

const { name, far, library, router } = addresses;
const hello = /^hello from nginx$/m;
const bigMd5 = createHash('md5')
  .update(new Uint8Array(1 << 20).fill(0x61))
  .digest('hex');

/** A case against the far host's web server. */
function withWeb(entry: ProgramCase): ProgramCase {
  return {
    ...entry,
    async run(stage) {
      await stage.network.serveWeb();
      await entry.run(stage);
    },
  };
}

/** Fetches the root from the host's own web server at `port`: on the host, and from the router. */
async function fetchBothWays(stage: Stage, port: number, wanted: RegExp): Promise<void> {
  const fetch = ['curl', '-sS', '--max-time', '5'];
  expect(await stage.check([...fetch, `http://127.0.0.1:${port}/`])).toMatch(wanted);
  expect(await stage.check([...fetch, `http://[::1]:${port}/`])).toMatch(wanted);
  const { world } = stage.network;
  expect(await world.check([...fetch, `http://${library.ipv4}:${port}/`])).toMatch(wanted);
  expect(await world.check([...fetch, `http://[${library.ipv6}]:${port}/`])).toMatch(wanted);
}

const nodeServer = `
  import http from 'node:http';
  const server = http.createServer((request, response) => {
    let length = 0;
    request.on('data', (data) => (length += data.length));
    request.on('end', () => response.end('node read ' + length + '\\n'));
  });
  server.listen(8081, '::', () => console.log('ready'));
`;
const nodeClient = `
  const get = await fetch('http://${name}/');
  console.log(await get.text());
  const posts = Array.from({ length: 20 }, () =>
    fetch('http://127.0.0.1:8081/', { method: 'POST', body: 'x'.repeat(100000) }));
  const answers = await Promise.all(posts.map(async (post) => (await post).text()));
  console.log(new Set(answers));
`;

const clients: readonly ProgramCase[] = [
  prints('curl', 'http', `curl -sS http://${name}/`, hello),
  prints('curl', 'https', `curl -sS --cacert $HOME/ca.pem https://${name}/`, hello),
  prints('curl', 'IPv6', `curl -sS -6 http://${name}/`, hello),
  prints('curl', 'a mebibyte', `curl -sS http://${name}/big | md5sum`, new RegExp(bigMd5)),
  prints(
    'curl',
    'one connection for many requests',
    `curl -sS -v 'http://${name}/[1-3]' -o /dev/null`,
    /Re-using existing connection/,
  ),
  prints(
    'curl',
    'many transfers at once',
    `curl -sS -Z --no-progress-meter ${`http://${name}/big -o /dev/null `.repeat(10)} -w '%{size_download}\\n'`,
    /^(1048576\n){10}$/m,
  ),
  refuses(
    'curl',
    'a refused connection',
    `curl -sS http://${router.ipv4}:9/`,
    7,
    /refused|connect/,
  ),
  refuses('curl', 'a time limit', 'curl -sS -m 0.3 http://192.0.2.99/', 28, /timed out/i),
  prints('wget', 'http', `wget -q -O - http://${name}/`, hello),
  prints('wget', 'https', `wget -q -O - --ca-certificate $HOME/ca.pem https://${name}/`, hello),
].map(withWeb);

const servers: readonly ProgramCase[] = [
  {
    program: 'python3',
    does: 'http.server',
    async run(stage) {
      const page = stage.network.file('page.html', 'hello from python\n');
      const server = stage.start([
        'python3',
        '-u',
        '-m',
        'http.server',
        '8000',
        '--bind',
        '::',
        '-d',
        stage.network.path(''),
      ]);
      await server.until(/Serving HTTP/);
      const url = `http://127.0.0.1:8000/${page.split('/').at(-1)!}`;
      expect(await stage.check(['curl', '-sS', url])).toContain('hello from python');
      await fetchBothWays(stage, 8000, /page\.html|hello/);
      await server.stop('SIGINT');
    },
  },
  {
    program: 'nginx',
    does: 'two workers, fetched from both sides',
    async run(stage) {
      const { network } = stage;
      network.file('index.html', 'hello from nginx\n');
      const conf = nginxConfig(network.path(''), 2, false).replace(/nginx\.pid/, 'host.pid');
      const config = network.file(
        'host.conf',
        `daemon off;\n${conf.replaceAll(':80;', ':8080;').replaceAll(' 80;', ' 8080;')}`,
      );
      const server = stage.start(['nginx', '-c', config, '-e', 'stderr']);
      await stage.check([
        'curl',
        '-sS',
        '--retry',
        '5',
        '--retry-connrefused',
        'http://127.0.0.1:8080/',
      ]);
      await fetchBothWays(stage, 8080, hello);
      const workers = await network.world.check(['pgrep', '-c', '-f', 'nginx: worker']);
      expect(Number(workers)).toBeGreaterThanOrEqual(2);
      expect(
        await loadOf(
          network.world.check(['wrk', '-t1', '-c20', '-d1s', `http://${library.ipv4}:8080/`]),
        ),
      ).toBeGreaterThan(100);
      await stage.check(['nginx', '-c', config, '-e', 'stderr', '-s', 'reload']);
      await fetchBothWays(stage, 8080, hello);
      await server.stop('SIGTERM');
    },
  },
  {
    program: 'wrk',
    does: 'load on the far host',
    async run(stage) {
      await stage.network.serveWeb();
      expect(
        await loadOf(stage.check(['wrk', '-t2', '-c20', '-d1s', `http://${far.ipv4}/`])),
      ).toBeGreaterThan(100);
    },
  },
  {
    program: 'node',
    does: 'http server and client',
    async run(stage) {
      await stage.network.serveWeb();
      const node = [process.execPath, '--input-type=module', '-e'];
      const server = stage.start([...node, nodeServer]);
      await server.until(/ready/);
      await fetchBothWays(stage, 8081, /node read 0/);
      const out = await stage.check([...node, nodeClient]);
      expect(out).toMatch(hello);
      expect(out).toMatch(/Set\(1\) \{ 'node read 100000\\n' \}/);
      await server.stop();
    },
  },
];

/** Requests a second, where none failed. */
async function loadOf(report: Promise<string>): Promise<number> {
  const text = await report;
  expect(text).not.toMatch(/Non-2xx|Socket errors/);
  return Number(/Requests\/sec: +([\d.]+)/.exec(text)![1]);
}

export const cases: readonly ProgramCase[] = [...clients, ...servers];
