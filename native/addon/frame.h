/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_ADDON_FRAME_H
#define LIBOS_ADDON_FRAME_H
/*
 * Frames between a kernel's memory and the machine. A frame is a lib_frame, by its address in the kernel; a
 * virtio_net_hdr says of one outside what the lib_frame's offload fields say of one inside.
 */
#include <sys/uio.h>

#include <linux/virtio_net.h>

#include "api.h"
#include "host_interface.h"

/* Pieces of a frame: the head and MAX_SKB_FRAGS at its largest. */
#define LIBOS_PIECES_MAX 46
/* The longest frame that a kernel takes or makes: 64 KiB of packet, an Ethernet header, VLAN tags. */
#define LIBOS_FRAME_BYTES_MAX 65568

/* A kernel's memory: the byte at address `base` of the kernel is at `start`. */
struct libos_region {
	uint8_t *start;
	uint64_t base;
	size_t length;
};

/* From the bytes at argument `index` and the base in the next one. */
struct libos_region libos_region(const struct libos_call *call, size_t index);

/* The frame at an address; NULL when it does not lie in the region. */
struct lib_frame *libos_frame(struct libos_region region, uint64_t address);

/* Its pieces, `room` at most: how many, or -1 when they do not fit or lie outside. */
int libos_frame_pieces(struct libos_region region, const struct lib_frame *frame,
		       struct iovec *pieces, int room);

void libos_frame_header(const struct lib_frame *frame, struct virtio_net_hdr *header);

/*
 * Whether a header makes sense for a frame that came with it. What senders only hint at, the length of the
 * headers, is exact afterwards.
 */
bool libos_header_check(struct virtio_net_hdr *header, const uint8_t *frame, size_t length);

/* What a call that sends frames has done, added to an array of JavaScript's (see binding/frames.ts). */
struct libos_sent {
	double frames, bytes, dropped, error;
};

/* The numbers at argument `index`; NULL, and an error waits, when there are too few. */
double *libos_doubles(const struct libos_call *call, size_t index, size_t count);
uint32_t *libos_words(const struct libos_call *call, size_t index, size_t count);

#endif
