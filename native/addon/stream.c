// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames through a stream socket with QEMU's framing: each behind its length, 32 bits in network order. Sockets cut
 * where they like: the rest of a frame that was begun waits outside of the kernel. See src/native/binding/frames.ts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "frame.h"

#define LENGTH_BYTES 4
#define FRAMES_A_CALL 32
#define FRAME_BYTES_MIN 14

/* Frames that go out in one call. */
struct gathered {
	struct iovec pieces[FRAMES_A_CALL * 4 + LIBOS_PIECES_MAX + 1];
	uint32_t lengths[FRAMES_A_CALL];
	int piece_count;
	int frame_count;
};

/* Bytes of a frame begun that have not been sent: between the two words of `ends` in `bytes`. */
struct rest {
	struct libos_bytes bytes;
	uint32_t *ends;
};

static ssize_t send_pieces(int fd, struct iovec *pieces, int count)
{
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = (size_t)count };
	ssize_t sent;

	do {
		sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

/* Whether nothing is left of it; false: errno says why. */
static bool send_rest(int fd, struct rest *rest)
{
	while (rest->ends[0] < rest->ends[1]) {
		struct iovec piece = { rest->bytes.start + rest->ends[0], rest->ends[1] - rest->ends[0] };
		ssize_t sent = send_pieces(fd, &piece, 1);

		if (sent < 0)
			return false;
		rest->ends[0] += (uint32_t)sent;
	}
	return true;
}

/* Adds a frame, if there is room for it; -1: it is no frame. */
static int gather(struct gathered *all, struct libos_region region, const struct lib_frame *frame)
{
	int room = (int)(sizeof(all->pieces) / sizeof(all->pieces[0])) - all->piece_count;
	uint32_t *length = &all->lengths[all->frame_count];
	int count;

	if (!frame)
		return -1;
	if (all->frame_count == FRAMES_A_CALL || room < (int)frame->segment_count + 1)
		return 0;
	count = libos_frame_pieces(region, frame, all->pieces + all->piece_count + 1, room - 1);
	if (count < 0)
		return -1;
	*length = htonl(frame->length);
	all->pieces[all->piece_count] = (struct iovec){ length, LENGTH_BYTES };
	all->piece_count += count + 1;
	all->frame_count++;
	return 1;
}

/* Keeps what is left of the frame in which byte `sent` of the gathered ones lies: how many are done with. */
static int keep_rest(const struct gathered *all, size_t sent, struct rest *rest)
{
	int piece = 0;
	int frame;

	rest->ends[0] = rest->ends[1] = 0;
	for (frame = 0; frame < all->frame_count; frame++) {
		size_t length = LENGTH_BYTES + ntohl(all->lengths[frame]);
		size_t left = length;

		if (sent == 0)
			return frame;
		if (sent < length) {
			for (; left > 0; piece++) {
				const struct iovec *each = &all->pieces[piece];
				size_t skip = sent < each->iov_len ? sent : each->iov_len;

				memcpy(rest->bytes.start + rest->ends[1], (uint8_t *)each->iov_base + skip,
				       each->iov_len - skip);
				rest->ends[1] += (uint32_t)(each->iov_len - skip);
				sent -= skip;
				left -= each->iov_len;
			}
			return frame + 1;
		}
		for (; left > 0; piece++)
			left -= all->pieces[piece].iov_len;
		sent -= length;
	}
	return frame;
}

/*
 * streamSend(fd, memory, base, frames, count, sent, rest, ends): how many frames are done with; -errno when the
 * other side is gone.
 */
static napi_value stream_send(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int fd = (int)libos_integer(&call, 0);
	struct libos_region region = libos_region(&call, 1);
	int64_t count = libos_integer(&call, 4);
	const double *frames = libos_doubles(&call, 3, (size_t)count);
	struct libos_sent *sent = (struct libos_sent *)(void *)libos_doubles(&call, 5, 4);
	struct rest rest = { libos_bytes(&call, 6), libos_words(&call, 7, 2) };
	int64_t done = 0;

	if (!frames || !sent || !rest.ends || rest.bytes.length < LENGTH_BYTES + LIBOS_FRAME_BYTES_MAX)
		return NULL;
	if (!send_rest(fd, &rest))
		return errno == EAGAIN ? libos_number(env, 0) : libos_result(env, -1);
	while (done < count) {
		struct gathered all = { .piece_count = 0, .frame_count = 0 };
		int64_t next = done;
		ssize_t written;
		int through;
		int i;

		for (; next < count; next++) {
			int added = gather(&all, region, libos_frame(region, (uint64_t)frames[next]));

			if (added > 0)
				continue;
			if (added < 0 && next == done) {
				sent->dropped++;
				sent->error = EFAULT;
				done++;
				continue;
			}
			break;
		}
		if (!all.frame_count)
			break;
		written = send_pieces(fd, all.pieces, all.piece_count);
		if (written < 0 && errno != EAGAIN)
			return libos_result(env, -1);
		if (written <= 0)
			break;
		through = keep_rest(&all, (size_t)written, &rest);
		for (i = 0; i < through; i++) {
			sent->frames++;
			sent->bytes += ntohl(all.lengths[i]);
		}
		done += through;
		if (through < all.frame_count || rest.ends[1] > 0)
			break;
	}
	return libos_number(env, (double)done);
}

/*
 * streamReceive(fd, buffer, ends, entries, max): as tapReceive, without headers. `ends`: where in the buffer the
 * bytes lie that are not part of a whole frame yet. -EPIPE: the other side has closed; -EPROTO: a length that
 * cannot be.
 */
static napi_value stream_receive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int fd = (int)libos_integer(&call, 0);
	struct libos_bytes buffer = libos_bytes(&call, 1);
	uint32_t *ends = libos_words(&call, 2, 2);
	int64_t max = libos_integer(&call, 4);
	uint32_t *entries = libos_words(&call, 3, 2 * (size_t)max);
	bool drained = false;
	int64_t count = 0;

	if (!ends || !entries || ends[0] > ends[1] || ends[1] > buffer.length)
		return NULL;
	memmove(buffer.start, buffer.start + ends[0], ends[1] - ends[0]);
	ends[1] -= ends[0];
	ends[0] = 0;
	while (true) {
		ssize_t got;

		while (count < max && ends[1] - ends[0] >= LENGTH_BYTES) {
			uint32_t length;

			memcpy(&length, buffer.start + ends[0], LENGTH_BYTES);
			length = ntohl(length);
			if (length < FRAME_BYTES_MIN || length > LIBOS_FRAME_BYTES_MAX)
				return libos_number(env, count ? (double)count : -EPROTO);
			if (ends[1] - ends[0] - LENGTH_BYTES < length)
				break;
			entries[2 * count] = ends[0] + LENGTH_BYTES;
			entries[2 * count + 1] = length;
			ends[0] += LENGTH_BYTES + length;
			count++;
		}
		if (count || drained)
			return libos_number(env, (double)count);
		got = recv(fd, buffer.start + ends[1], buffer.length - ends[1], MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN)
			return libos_result(env, -1);
		if (got == 0)
			return libos_number(env, -EPIPE);
		if (got < 0)
			drained = true;
		else
			ends[1] += (uint32_t)got;
	}
}

void libos_init_stream(napi_env env, napi_value exports)
{
	libos_function(env, exports, "streamSend", stream_send);
	libos_function(env, exports, "streamReceive", stream_receive);
}
