// SPDX-License-Identifier: GPL-2.0-only
/* Frames in a kernel's memory: see frame.h, and src/native/binding/frames.ts. */
#include <errno.h>
#include <string.h>

#include <linux/if_ether.h>

#include "frame.h"

#define VLAN_TAG_BYTES 4
#define IPV6_HEADER_BYTES 40
#define TCP_HEADER_BYTES 20
#define UDP_HEADER_BYTES 8

struct libos_region libos_region(const struct libos_call *call, size_t index)
{
	struct libos_bytes bytes = libos_bytes(call, index);

	return (struct libos_region){ bytes.start, (uint64_t)libos_integer(call, index + 1),
				      bytes.length };
}

static void *in_region(struct libos_region region, uint64_t address, uint64_t length)
{
	uint64_t offset = address - region.base;

	if (address < region.base || offset > region.length || length > region.length - offset)
		return NULL;
	return region.start + offset;
}

struct lib_frame *libos_frame(struct libos_region region, uint64_t address)
{
	return in_region(region, address, sizeof(struct lib_frame));
}

int libos_frame_pieces(struct libos_region region, const struct lib_frame *frame,
		       struct iovec *pieces, int room)
{
	int behind = (int)frame->segment_count - 1;
	const struct lib_segment *segments;
	int i;

	if (behind < 0 || behind >= room)
		return -1;
	pieces[0].iov_base = in_region(region, frame->head, frame->head_length);
	pieces[0].iov_len = frame->head_length;
	if (!pieces[0].iov_base)
		return -1;
	if (!behind)
		return 1;
	segments = in_region(region, frame->segments, (uint64_t)behind * sizeof(*segments));
	if (!segments)
		return -1;
	for (i = 0; i < behind; i++) {
		pieces[i + 1].iov_base = in_region(region, segments[i].address, segments[i].length);
		pieces[i + 1].iov_len = segments[i].length;
		if (!pieces[i + 1].iov_base)
			return -1;
	}
	return behind + 1;
}

void libos_frame_header(const struct lib_frame *frame, struct virtio_net_hdr *header)
{
	*header = (struct virtio_net_hdr){
		.flags = frame->flags,
		.gso_type = frame->gso_type,
		.hdr_len = frame->header_length,
		.gso_size = frame->gso_size,
		.csum_start = frame->csum_start,
		.csum_offset = frame->csum_offset,
	};
}

static uint16_t big16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Where the header behind that of IP begins; 0: it is not found. */
static size_t transport_start(const uint8_t *frame, size_t length)
{
	size_t at = 2 * ETH_ALEN;

	while (at + 2 <= length && (big16(frame + at) == ETH_P_8021Q || big16(frame + at) == ETH_P_8021AD))
		at += VLAN_TAG_BYTES;
	if (at + 2 + IPV6_HEADER_BYTES > length)
		return 0;
	switch (big16(frame + at)) {
	case ETH_P_IP:
		return at + 2 + (size_t)(frame[at + 2] & 0x0f) * 4;
	case ETH_P_IPV6:
		return at + 2 + IPV6_HEADER_BYTES;
	default:
		return 0;
	}
}

bool libos_header_check(struct virtio_net_hdr *header, const uint8_t *frame, size_t length)
{
	size_t transport = header->csum_start;
	size_t end;

	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((size_t)header->csum_start + header->csum_offset + 2 > length)
			return false;
	} else {
		header->csum_start = 0;
		header->csum_offset = 0;
		transport = 0;
	}
	header->flags &= LIB_FRAME_NEEDS_CSUM | LIB_FRAME_DATA_VALID;
	if (header->gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		header->gso_size = 0;
		header->hdr_len = 0;
		return true;
	}
	if (!transport)
		transport = transport_start(frame, length);
	if (!transport || !header->gso_size)
		return false;
	switch (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		if (transport + TCP_HEADER_BYTES > length)
			return false;
		end = transport + (size_t)(frame[transport + 12] >> 4) * 4;
		break;
	case LIB_GSO_UDP_L4:
		end = transport + UDP_HEADER_BYTES;
		break;
	default:
		return false;
	}
	if (end >= length)
		return false;
	header->hdr_len = (uint16_t)end;
	return true;
}

double *libos_doubles(const struct libos_call *call, size_t index, size_t count)
{
	struct libos_bytes bytes = libos_bytes(call, index);

	if (bytes.length / sizeof(double) < count) {
		napi_throw_range_error(call->env, NULL, "libos: an array of numbers is too short");
		return NULL;
	}
	return (double *)(void *)bytes.start;
}

uint32_t *libos_words(const struct libos_call *call, size_t index, size_t count)
{
	struct libos_bytes bytes = libos_bytes(call, index);

	if (bytes.length / sizeof(uint32_t) < count) {
		napi_throw_range_error(call->env, NULL, "libos: an array of words is too short");
		return NULL;
	}
	return (uint32_t *)(void *)bytes.start;
}

/* frameFill(memory, base, frame, bytes, offset, length, withHeader): a received frame into a kernel's. */
static napi_value frame_fill(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_region region = libos_region(&call, 0);
	struct lib_frame *frame = libos_frame(region, (uint64_t)libos_integer(&call, 2));
	struct libos_bytes from = libos_range(&call, 3);
	struct iovec pieces[LIBOS_PIECES_MAX];
	const uint8_t *at = from.start;
	size_t left = from.length;
	int count;
	int i;

	if (!frame || frame->length != from.length)
		return libos_number(env, -EINVAL);
	count = libos_frame_pieces(region, frame, pieces, LIBOS_PIECES_MAX);
	for (i = 0; i < count; i++) {
		size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;

		memcpy(pieces[i].iov_base, at, part);
		at += part;
		left -= part;
	}
	if (count < 0 || left)
		return libos_number(env, -EINVAL);
	if (libos_integer(&call, 6) && libos_integer(&call, 4) >= (int64_t)sizeof(struct virtio_net_hdr)) {
		struct virtio_net_hdr header;

		memcpy(&header, from.start - sizeof(header), sizeof(header));
		frame->flags = header.flags;
		frame->gso_type = header.gso_type;
		frame->header_length = header.hdr_len;
		frame->gso_size = header.gso_size;
		frame->csum_start = header.csum_start;
		frame->csum_offset = header.csum_offset;
	}
	return libos_number(env, 0);
}

void libos_init_frame(napi_env env, napi_value exports)
{
	libos_function(env, exports, "frameFill", frame_fill);
}
