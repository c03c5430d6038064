// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames through a descriptor that takes and gives one a call, each behind a virtio_net_hdr: a TAP interface, and
 * what AF_PACKET sends. One call moves a batch; no frame is copied on its way out. See src/native/binding/frames.ts.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"

static ssize_t write_frame(int fd, struct libos_region region, const struct lib_frame *frame)
{
	struct iovec pieces[1 + LIBOS_PIECES_MAX];
	struct virtio_net_hdr header;
	ssize_t written;
	int count;

	libos_frame_header(frame, &header);
	pieces[0] = (struct iovec){ &header, sizeof(header) };
	count = libos_frame_pieces(region, frame, pieces + 1, LIBOS_PIECES_MAX);
	if (count < 0) {
		errno = EFAULT;
		return -1;
	}
	do {
		written = writev(fd, pieces, count + 1);
	} while (written < 0 && errno == EINTR);
	return written;
}

/* tapSend(fd, memory, base, frames, count, sent): how many are done with, sent or dropped. */
static napi_value tap_send(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int fd = (int)libos_integer(&call, 0);
	struct libos_region region = libos_region(&call, 1);
	int64_t count = libos_integer(&call, 4);
	const double *frames = libos_doubles(&call, 3, (size_t)count);
	struct libos_sent *sent = (struct libos_sent *)(void *)libos_doubles(&call, 5, 4);
	int64_t done;

	if (!frames || !sent)
		return NULL;
	for (done = 0; done < count; done++) {
		const struct lib_frame *frame = libos_frame(region, (uint64_t)frames[done]);

		if (frame && write_frame(fd, region, frame) >= 0) {
			sent->frames++;
			sent->bytes += frame->length;
			continue;
		}
		if (frame && errno == EAGAIN)
			break;
		sent->dropped++;
		sent->error = frame ? errno : EFAULT;
	}
	return libos_number(env, (double)done);
}

/*
 * tapReceive(fd, buffer, entries, max): how many frames have come, or -errno. Of each the entries say its offset
 * and its length; its header is right before it.
 */
static napi_value tap_receive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int fd = (int)libos_integer(&call, 0);
	struct libos_bytes buffer = libos_bytes(&call, 1);
	int64_t max = libos_integer(&call, 3);
	uint32_t *entries = libos_words(&call, 2, 2 * (size_t)max);
	const size_t header_bytes = sizeof(struct virtio_net_hdr);
	size_t at = 0;
	int64_t count = 0;

	if (!entries)
		return NULL;
	while (count < max && buffer.length - at >= header_bytes + LIBOS_FRAME_BYTES_MAX) {
		struct virtio_net_hdr header;
		ssize_t got = read(fd, buffer.start + at, header_bytes + LIBOS_FRAME_BYTES_MAX);
		size_t length = got < 0 ? 0 : (size_t)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN && !count)
			return libos_result(env, -1);
		if (got < 0)
			break;
		if (length < header_bytes + 14)
			continue;
		length -= header_bytes;
		memcpy(&header, buffer.start + at, header_bytes);
		if (!libos_header_check(&header, buffer.start + at + header_bytes, length))
			continue;
		memcpy(buffer.start + at, &header, header_bytes);
		entries[2 * count] = (uint32_t)(at + header_bytes);
		entries[2 * count + 1] = (uint32_t)length;
		count++;
		/* So that IP headers are aligned: a frame begins 10 bytes behind such a place. */
		at = (at + header_bytes + length + 7) & ~(size_t)7;
	}
	return libos_number(env, (double)count);
}

void libos_init_tap(napi_env env, napi_value exports)
{
	libos_function(env, exports, "tapSend", tap_send);
	libos_function(env, exports, "tapReceive", tap_receive);
}
