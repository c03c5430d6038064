// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_XDP: a queue of one of the machine's interfaces, past its network stack. The memory that frames lie in (UMEM)
 * is shared with Linux; four rings say whose each piece is. A BPF program of five instructions, made here, sends
 * what comes on the queue to our socket. See src/native/binding/xdp.ts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>

#include "frame.h"

#define PIECE_BYTES 4096
#define RING_ENTRIES 2048
/* The first half of the pieces is for what comes, the second for what goes. */
#define PIECES (2 * RING_ENTRIES)
#define UMEM_BYTES ((size_t)PIECES * PIECE_BYTES)
#define QUEUES_MAX 1024

/* Where opening failed; mirrored in binding/xdp.ts. */
enum stage { STAGE_SOCKET, STAGE_MEMORY, STAGE_BIND, STAGE_PROGRAM, STAGE_ATTACH };

struct ring {
	uint32_t *producer, *consumer, *flags;
	void *entries;
	void *map;
	size_t map_bytes;
};

struct xdp {
	int fd, map_fd, program_fd, link_fd;
	uint8_t *memory;
	struct ring fill, completion, rx, tx;
	/* Pieces that JavaScript looks at until the next receive. */
	uint64_t lent[RING_ENTRIES];
	uint32_t lent_count;
	uint64_t free[RING_ENTRIES];
	uint32_t free_count;
	/* In the tx ring, as far as is known. */
	uint32_t in_flight;
};

static int bpf(int command, union bpf_attr *attr, size_t size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

static uint64_t *address_of(struct ring *ring, uint32_t index)
{
	return (uint64_t *)ring->entries + (index & (RING_ENTRIES - 1));
}

static struct xdp_desc *descriptor_of(struct ring *ring, uint32_t index)
{
	return (struct xdp_desc *)ring->entries + (index & (RING_ENTRIES - 1));
}

static uint32_t load(const uint32_t *place)
{
	return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *place, uint32_t value)
{
	__atomic_store_n(place, value, __ATOMIC_RELEASE);
}

static bool map_ring(int fd, struct ring *ring, const struct xdp_ring_offset *offset, size_t entry_bytes,
		     off_t page)
{
	uint8_t *start;

	ring->map_bytes = offset->desc + RING_ENTRIES * entry_bytes;
	start = mmap(NULL, ring->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
	if (start == MAP_FAILED)
		return false;
	ring->map = start;
	ring->producer = (uint32_t *)(void *)(start + offset->producer);
	ring->consumer = (uint32_t *)(void *)(start + offset->consumer);
	ring->flags = (uint32_t *)(void *)(start + offset->flags);
	ring->entries = start + offset->desc;
	return true;
}

static bool set_ring(int fd, int option)
{
	int entries = RING_ENTRIES;

	return setsockopt(fd, SOL_XDP, option, &entries, sizeof(entries)) == 0;
}

/* UMEM and rings; what comes may use the first half of the pieces at once. */
static bool share_memory(struct xdp *xdp)
{
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)xdp->memory,
		.len = UMEM_BYTES,
		.chunk_size = PIECE_BYTES,
	};
	struct xdp_mmap_offsets offsets;
	socklen_t length = sizeof(offsets);
	uint32_t i;

	if (setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) ||
	    !set_ring(xdp->fd, XDP_UMEM_FILL_RING) || !set_ring(xdp->fd, XDP_UMEM_COMPLETION_RING) ||
	    !set_ring(xdp->fd, XDP_RX_RING) || !set_ring(xdp->fd, XDP_TX_RING) ||
	    getsockopt(xdp->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length))
		return false;
	if (!map_ring(xdp->fd, &xdp->fill, &offsets.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING) ||
	    !map_ring(xdp->fd, &xdp->completion, &offsets.cr, sizeof(uint64_t),
		      XDP_UMEM_PGOFF_COMPLETION_RING) ||
	    !map_ring(xdp->fd, &xdp->rx, &offsets.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING) ||
	    !map_ring(xdp->fd, &xdp->tx, &offsets.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING))
		return false;
	for (i = 0; i < RING_ENTRIES; i++) {
		*address_of(&xdp->fill, i) = (uint64_t)i * PIECE_BYTES;
		xdp->free[i] = (uint64_t)(RING_ENTRIES + i) * PIECE_BYTES;
	}
	xdp->free_count = RING_ENTRIES;
	store(xdp->fill.producer, RING_ENTRIES);
	return true;
}

/*
 * A map with our socket at the queue's number, and a program that looks the queue of each frame up in it:
 * what has no socket goes on to the machine.
 */
static bool make_program(struct xdp *xdp, uint32_t queue)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_XSKMAP,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(int),
		.max_entries = QUEUES_MAX,
	};
	struct bpf_insn instructions[] = {
		/* r2 = context->rx_queue_index */
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = 16 },
		/* r1 = the map, an instruction of two */
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD },
		{ .code = 0 },
		/* r3 = what happens without a socket */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const char license[] = "GPL";
	union bpf_attr program = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)instructions,
		.insn_cnt = sizeof(instructions) / sizeof(instructions[0]),
		.license = (uintptr_t)license,
		.prog_name = "libos",
	};
	union bpf_attr entry;

	xdp->map_fd = bpf(BPF_MAP_CREATE, &map, sizeof(map));
	if (xdp->map_fd < 0)
		return false;
	memset(&entry, 0, sizeof(entry));
	entry.map_fd = (uint32_t)xdp->map_fd;
	entry.key = (uintptr_t)&queue;
	entry.value = (uintptr_t)&xdp->fd;
	if (bpf(BPF_MAP_UPDATE_ELEM, &entry, sizeof(entry)) < 0)
		return false;
	instructions[1].imm = xdp->map_fd;
	xdp->program_fd = bpf(BPF_PROG_LOAD, &program, sizeof(program));
	return xdp->program_fd >= 0;
}

static void unmap(struct ring *ring)
{
	if (ring->map)
		munmap(ring->map, ring->map_bytes);
	ring->map = NULL;
}

/* Lets go of the interface; the memory is JavaScript's. */
static void let_go(struct xdp *xdp)
{
	int *fds[] = { &xdp->link_fd, &xdp->program_fd, &xdp->map_fd, &xdp->fd };

	unmap(&xdp->fill);
	unmap(&xdp->completion);
	unmap(&xdp->rx);
	unmap(&xdp->tx);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static void release(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	let_go(data);
	free(data);
}

static void release_memory(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	munmap(data, UMEM_BYTES);
}

static bool open_at(struct xdp *xdp, const struct sockaddr_xdp *address, uint32_t attach_flags, enum stage *stage)
{
	union bpf_attr link;

	*stage = STAGE_SOCKET;
	xdp->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (xdp->fd < 0)
		return false;
	*stage = STAGE_MEMORY;
	if (!share_memory(xdp))
		return false;
	*stage = STAGE_BIND;
	if (bind(xdp->fd, (const struct sockaddr *)(const void *)address, sizeof(*address)))
		return false;
	*stage = STAGE_PROGRAM;
	if (!make_program(xdp, address->sxdp_queue_id))
		return false;
	*stage = STAGE_ATTACH;
	memset(&link, 0, sizeof(link));
	link.link_create.prog_fd = (uint32_t)xdp->program_fd;
	link.link_create.target_ifindex = address->sxdp_ifindex;
	link.link_create.attach_type = BPF_XDP;
	link.link_create.flags = attach_flags;
	xdp->link_fd = bpf(BPF_LINK_CREATE, &link, sizeof(link));
	return xdp->link_fd >= 0;
}

/*
 * xdpOpen(interface, queue, bindFlags, attachFlags, info): a handle, or -errno. `info` gets the stage that failed,
 * the descriptor, and whether frames are not copied.
 */
static napi_value xdp_open(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_ifindex = (uint32_t)libos_integer(&call, 0),
		.sxdp_queue_id = (uint32_t)libos_integer(&call, 1),
		.sxdp_flags = (uint16_t)libos_integer(&call, 2),
	};
	uint32_t *told = libos_words(&call, 4, 3);
	struct xdp *xdp = calloc(1, sizeof(*xdp));
	struct xdp_options options = { 0 };
	socklen_t length = sizeof(options);
	enum stage stage = STAGE_MEMORY;
	napi_value handle;

	if (!told || !xdp) {
		free(xdp);
		return NULL;
	}
	xdp->fd = xdp->map_fd = xdp->program_fd = xdp->link_fd = -1;
	xdp->memory = mmap(NULL, UMEM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (xdp->memory == MAP_FAILED ||
	    !open_at(xdp, &address, (uint32_t)libos_integer(&call, 3), &stage)) {
		int error = errno;

		told[0] = stage;
		let_go(xdp);
		if (xdp->memory != MAP_FAILED)
			munmap(xdp->memory, UMEM_BYTES);
		free(xdp);
		return libos_number(env, -error);
	}
	getsockopt(xdp->fd, SOL_XDP, XDP_OPTIONS, &options, &length);
	told[1] = (uint32_t)xdp->fd;
	told[2] = !!(options.flags & XDP_OPTIONS_ZEROCOPY);
	napi_create_external(env, xdp, release, NULL, &handle);
	return handle;
}

static struct xdp *xdp_of(const struct libos_call *call)
{
	return libos_handle(call, 0, "libos: an XDP handle is needed");
}

/* xdpMemory(handle): where received frames lie, as an ArrayBuffer. Once. */
static napi_value xdp_memory(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct xdp *xdp = xdp_of(&call);
	napi_value memory;

	if (!xdp)
		return NULL;
	napi_create_external_arraybuffer(env, xdp->memory, UMEM_BYTES, release_memory, NULL, &memory);
	return memory;
}

/* Pieces that have been sent are free again. */
static void reap(struct xdp *xdp)
{
	uint32_t consumer = *xdp->completion.consumer;
	uint32_t producer = load(xdp->completion.producer);

	for (; consumer != producer; consumer++) {
		xdp->free[xdp->free_count++] =
			*address_of(&xdp->completion, consumer) & ~(uint64_t)(PIECE_BYTES - 1);
		xdp->in_flight--;
	}
	store(xdp->completion.consumer, consumer);
}

/* Makes Linux look at the tx ring; it takes a few frames a call where it copies. */
static int kick(struct xdp *xdp)
{
	int tries;

	for (tries = 0; tries < RING_ENTRIES / 16; tries++) {
		if (!(load(xdp->tx.flags) & XDP_RING_NEED_WAKEUP) ||
		    sendto(xdp->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
			return 0;
		if (errno == EBUSY || errno == ENOBUFS)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return 0;
}

/* xdpSend(handle, memory, base, frames, count, sent): as tapSend; -errno when the interface is of no use any more. */
static napi_value xdp_send(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct xdp *xdp = xdp_of(&call);
	struct libos_region region = libos_region(&call, 1);
	int64_t count = libos_integer(&call, 4);
	const double *frames = libos_doubles(&call, 3, (size_t)count);
	struct libos_sent *sent = (struct libos_sent *)(void *)libos_doubles(&call, 5, 4);
	uint32_t producer;
	int64_t done;
	int error;

	if (!xdp || !frames || !sent)
		return NULL;
	reap(xdp);
	producer = *xdp->tx.producer;
	for (done = 0; done < count; done++) {
		const struct lib_frame *frame = libos_frame(region, (uint64_t)frames[done]);
		struct iovec pieces[LIBOS_PIECES_MAX];
		int piece_count = frame ? libos_frame_pieces(region, frame, pieces, LIBOS_PIECES_MAX) : -1;
		uint64_t address;
		uint32_t at = 0;
		int i;

		if (piece_count < 0 || frame->length > PIECE_BYTES) {
			sent->dropped++;
			sent->error = piece_count < 0 ? EFAULT : EMSGSIZE;
			continue;
		}
		if (!xdp->free_count)
			break;
		address = xdp->free[--xdp->free_count];
		for (i = 0; i < piece_count; i++) {
			memcpy(xdp->memory + address + at, pieces[i].iov_base, pieces[i].iov_len);
			at += (uint32_t)pieces[i].iov_len;
		}
		*descriptor_of(&xdp->tx, producer++) = (struct xdp_desc){ .addr = address, .len = at };
		xdp->in_flight++;
		sent->frames++;
		sent->bytes += at;
	}
	store(xdp->tx.producer, producer);
	error = kick(xdp);
	reap(xdp);
	return libos_number(env, error ? error : (double)done);
}

/* xdpUnsent(handle): frames that Linux has not taken from the ring yet. */
static napi_value xdp_unsent(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct xdp *xdp = xdp_of(&call);

	return xdp ? libos_number(env, *xdp->tx.producer - load(xdp->tx.consumer)) : NULL;
}

/*
 * xdpReceive(handle, entries, max): how many frames have come. Of each the entries say its offset in the memory and
 * its length; it lies there until the next call, which gives all of them back to Linux.
 */
static napi_value xdp_receive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct xdp *xdp = xdp_of(&call);
	int64_t max = libos_integer(&call, 2);
	uint32_t *entries = libos_words(&call, 1, 2 * (size_t)max);
	uint32_t filled, consumer, producer, i;
	int64_t count = 0;

	if (!xdp || !entries)
		return NULL;
	filled = *xdp->fill.producer;
	for (i = 0; i < xdp->lent_count; i++)
		*address_of(&xdp->fill, filled++) = xdp->lent[i];
	store(xdp->fill.producer, filled);
	xdp->lent_count = 0;
	if (load(xdp->fill.flags) & XDP_RING_NEED_WAKEUP)
		recvfrom(xdp->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	consumer = *xdp->rx.consumer;
	producer = load(xdp->rx.producer);
	for (; consumer != producer && count < max; consumer++, count++) {
		const struct xdp_desc *desc = descriptor_of(&xdp->rx, consumer);

		entries[2 * count] = (uint32_t)desc->addr;
		entries[2 * count + 1] = desc->len;
		xdp->lent[xdp->lent_count++] = desc->addr & ~(uint64_t)(PIECE_BYTES - 1);
	}
	store(xdp->rx.consumer, consumer);
	return libos_number(env, (double)count);
}

static napi_value xdp_close(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct xdp *xdp = xdp_of(&call);

	if (xdp)
		let_go(xdp);
	return NULL;
}

void libos_init_xdp(napi_env env, napi_value exports)
{
	libos_function(env, exports, "xdpOpen", xdp_open);
	libos_function(env, exports, "xdpMemory", xdp_memory);
	libos_function(env, exports, "xdpSend", xdp_send);
	libos_function(env, exports, "xdpUnsent", xdp_unsent);
	libos_function(env, exports, "xdpReceive", xdp_receive);
	libos_function(env, exports, "xdpClose", xdp_close);
}
