// SPDX-License-Identifier: GPL-2.0-only

/**
 * A form is what the objects are made for and joined to: a WebAssembly module or a native object. Everything in
 * the build that differs between them is behind this interface.
 */
import type { FormName, Manifest } from '../manifest.js';

export interface LinkOptions {
  /** Kbuild's O=. */
  readonly objects: string;
  /** The objects to link, relative to it, in order. */
  readonly paths: readonly string[];
  /** An empty folder for whatever the link leaves in the making. */
  readonly scratch: string;
}

/** A linked kernel, in memory so that its manifest can still go in. */
export interface Linked {
  /** Identifies the code and data, debugging information and manifest aside. */
  readonly contentHash: string;
  /** What only this form's manifest says. */
  readonly manifest: Partial<Manifest>;
  /** Writes the kernel's files into a folder. */
  write(folder: string, manifest: string): Promise<void> | void;
}

export interface Form {
  readonly name: FormName;
  /** The fragment of kernel/config that chooses the form. */
  readonly fragment: string;
  /** The kernel's file in its folder of the cache. */
  readonly kernelFile: string;
  /** The file with debugging information. */
  readonly debugFile: string;
  /** Programs that only this form's link runs. */
  readonly tools: readonly string[];
  /** Variables for Kbuild. */
  readonly makeVariables: readonly string[];
  /** The linker's options, a part of the kernel's key. */
  readonly linkOptions: readonly string[];
  link(options: LinkOptions): Promise<Linked>;
}
