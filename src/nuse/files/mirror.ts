// SPDX-License-Identifier: GPL-2.0-only

/**
 * Folders of the library's, as folders of the machine's that a program can list: their entries stand for the
 * library's and are empty. What a program opens relative to one is found again by the folder's path.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Process } from '../../posix/index.js';

/** A tmpfs lists `.` and `..` first, as procfs does: sysctl(8) counts on that. */
const memoryFolder = '/dev/shm';
const DT_DIR = 4;
const DT_LNK = 10;

export class Mirror {
  readonly #root: string;

  /** Owner-only, and removed by `close`. */
  constructor() {
    const parent = existsSync(memoryFolder) ? memoryFolder : tmpdir();
    this.#root = mkdtempSync(join(parent, 'libos-files-'));
  }

  /** Makes the folder as it is now in the library, and returns where. */
  folder(service: Process, path: string): string {
    const place = join(this.#root, path);
    mkdirSync(place, { recursive: true });
    const wanted = new Map(
      service
        .readDirectory(path)
        .map(({ name, type }) => [name, type === DT_DIR || type === DT_LNK]),
    );
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      if (wanted.get(entry.name) === entry.isDirectory()) wanted.delete(entry.name);
      else rmSync(join(place, entry.name), { recursive: true });
    }
    for (const [name, isFolder] of wanted) {
      if (isFolder) mkdirSync(join(place, name));
      else writeFileSync(join(place, name), '', { mode: 0o444 });
    }
    chmodSync(place, 0o755);
    return place;
  }

  /** The library's path for a path of the machine's: undefined outside of the mirror. */
  pathOf(path: string): string | undefined {
    return path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length) : undefined;
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
