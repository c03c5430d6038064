// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames from a packet socket, each behind a virtio_net_hdr. Linux takes VLAN tags out before a packet socket sees
 * a frame and says them beside it: here they are put back. See src/native/binding/frames.ts.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "frame.h"

#define TAG_BYTES 4
#define MACS_BYTES (2 * ETH_ALEN)

/* The tag that belongs into a frame; false: none. */
static bool vlan_tag(struct msghdr *message, uint8_t *tag)
{
	for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each)) {
		struct tpacket_auxdata data;
		uint16_t type = ETH_P_8021Q;

		if (each->cmsg_level != SOL_PACKET || each->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&data, CMSG_DATA(each), sizeof(data));
		if (!(data.tp_status & TP_STATUS_VLAN_VALID))
			return false;
		if (data.tp_status & TP_STATUS_VLAN_TPID_VALID)
			type = data.tp_vlan_tpid;
		tag[0] = (uint8_t)(type >> 8);
		tag[1] = (uint8_t)type;
		tag[2] = (uint8_t)(data.tp_vlan_tci >> 8);
		tag[3] = (uint8_t)data.tp_vlan_tci;
		return true;
	}
	return false;
}

/*
 * packetReceive(fd, buffer, entries, max): as tapReceive. A frame that Linux cannot describe with a header is left
 * out.
 */
static napi_value packet_receive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int fd = (int)libos_integer(&call, 0);
	struct libos_bytes buffer = libos_bytes(&call, 1);
	int64_t max = libos_integer(&call, 3);
	uint32_t *entries = libos_words(&call, 2, 2 * (size_t)max);
	const size_t header_bytes = sizeof(struct virtio_net_hdr);
	/* A tag has room between two frames: 8 is its length, and keeps what is aligned. */
	const size_t gap = 8;
	int refused = 0;
	size_t at = 0;
	int64_t count = 0;

	if (!entries)
		return NULL;
	while (count < max && buffer.length - at >= gap + header_bytes + LIBOS_FRAME_BYTES_MAX) {
		union {
			struct cmsghdr header;
			char space[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		} control;
		struct virtio_net_hdr header;
		uint8_t *frame = buffer.start + at + gap + header_bytes;
		struct iovec pieces[] = {
			{ &header, header_bytes },
			{ frame, LIBOS_FRAME_BYTES_MAX },
		};
		struct msghdr message = {
			.msg_iov = pieces,
			.msg_iovlen = 2,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
		uint8_t tag[TAG_BYTES];
		size_t length;

		if (got < 0 && (errno == EINTR || (errno == EINVAL && ++refused < 64)))
			continue;
		if (got < 0 && errno != EAGAIN && !count)
			return libos_result(env, -1);
		if (got < 0)
			break;
		if ((size_t)got < header_bytes + ETH_HLEN)
			continue;
		length = (size_t)got - header_bytes;
		if (vlan_tag(&message, tag)) {
			memmove(frame - TAG_BYTES, frame, MACS_BYTES);
			frame -= TAG_BYTES;
			memcpy(frame + MACS_BYTES, tag, TAG_BYTES);
			length += TAG_BYTES;
			header.csum_start = (uint16_t)(header.csum_start + TAG_BYTES);
		}
		if (!libos_header_check(&header, frame, length))
			continue;
		memcpy(frame - header_bytes, &header, header_bytes);
		entries[2 * count] = (uint32_t)(frame - buffer.start);
		entries[2 * count + 1] = (uint32_t)length;
		count++;
		at = ((size_t)(frame - buffer.start) + length + 7) & ~(size_t)7;
	}
	return libos_number(env, (double)count);
}

void libos_init_packet(napi_env env, napi_value exports)
{
	libos_function(env, exports, "packetReceive", packet_receive);
}
