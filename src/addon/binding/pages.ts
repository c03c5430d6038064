// SPDX-License-Identifier: GPL-2.0-only

/** Opaque; let go of when nobody has it any more or its thread ends, whatever has been laid over memories. */
export type PagesHandle = object;

/** native/addon/pages.c, which src/kernel/shared-pages.ts wraps: nobody else calls it. Failures are -errno. */
export interface PagesBinding {
  /** A file in memory (memfd_create(2)); EMFILE when a process has 64. */
  pagesCreate(): PagesHandle | number;
  /** Puts bytes at an address of the file: 0 or -errno. */
  pagesWrite(pages: PagesHandle, bytes: Uint8Array, address: number): number;
  /** Makes the file so long, and as it is for ever: 0 or -errno. */
  pagesSeal(pages: PagesHandle, lengthBytes: number): number;
  /**
   * Lays the file over the beginning of a memory of WebAssembly (mmap(2), MAP_PRIVATE): what is written there does
   * not reach the file. 0 or -errno.
   */
  pagesLayOver(pages: PagesHandle, memory: Uint8Array, lengthBytes: number): number;
  /**
   * mincore(2): where in `bytes`, whole pages, there are pages of the machine: offset, length, offset, length … into
   * `ranges`, as many as fit. How many there are, or -errno.
   */
  residentRanges(bytes: Uint8Array, ranges: Float64Array): number;
  /** madvise(2) with MADV_POPULATE_WRITE, which Linux has since 5.14: gives whole pages at once what writes would. */
  populate(bytes: Uint8Array, offset: number, lengthBytes: number): number;
}
