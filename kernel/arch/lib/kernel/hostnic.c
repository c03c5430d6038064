// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network device whose wire is the host's (mirrored by src/host/hostnic.ts).
 *
 * Out: a frame stays in its sk_buff until the host has copied it and says so with
 * tx_done; that is the completion, so TCP's small queues and byte queue limits
 * see the true time in flight. In: the host asks for a buffer, fills it and hands
 * it over; NAPI takes the batch at the next run.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/xarray.h>

#include "lib.h"

/* Received bytes that lie in the head; the rest goes into pages of this order. */
#define RX_HEAD_BYTES	2048
#define RX_PAGE_ORDER	3

struct hostnic {
	struct net_device *dev;
	struct napi_struct napi;
	struct sk_buff_head received;
	u32 number;
	u32 tx_queue_frames;
	u32 in_flight;
	u64 tx_frames, tx_bytes, rx_frames, rx_bytes, rx_dropped;
};

static DEFINE_XARRAY_ALLOC(nics);
/* The first of them, which are all that most hosts have: a frame looks up its NIC up to three times. */
static struct hostnic *first_nics[8];

static struct hostnic *nic_of(u32 number)
{
	return number < ARRAY_SIZE(first_nics) ? first_nics[number] : xa_load(&nics, number);
}

static void set_first(u32 number, struct hostnic *nic)
{
	if (number < ARRAY_SIZE(first_nics))
		first_nics[number] = nic;
}

static_assert(sizeof(struct lib_frame) <= sizeof_field(struct sk_buff, cb));

static struct lib_frame *frame_of(struct sk_buff *skb)
{
	return (struct lib_frame *)skb->cb;
}

static struct sk_buff *skb_of(unsigned long frame)
{
	return container_of((void *)frame, struct sk_buff, cb);
}

/* The pieces behind the head, as addresses. */
static int describe_pieces(struct sk_buff *skb, struct lib_frame *frame, gfp_t gfp)
{
	struct skb_shared_info *shared = skb_shinfo(skb);
	struct lib_segment *segments;
	int i;

	frame->segment_count = 1 + shared->nr_frags;
	frame->segments = 0;
	if (!shared->nr_frags)
		return 0;
	segments = kmalloc_array(shared->nr_frags, sizeof(*segments), gfp);
	if (!segments)
		return -ENOMEM;
	for (i = 0; i < shared->nr_frags; i++)
		segments[i] = (struct lib_segment) {
			.address = (unsigned long)skb_frag_address(&shared->frags[i]),
			.length = skb_frag_size(&shared->frags[i]),
		};
	frame->segments = (unsigned long)segments;
	return 0;
}

static int describe(struct hostnic *nic, struct sk_buff *skb)
{
	struct skb_shared_info *shared = skb_shinfo(skb);
	struct lib_frame *frame = frame_of(skb);

	*frame = (struct lib_frame) {
		.length = skb->len,
		.head = (unsigned long)skb->data,
		.head_length = skb_headlen(skb),
		.nic = nic->number,
	};
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		frame->flags |= LIB_FRAME_NEEDS_CSUM;
		frame->csum_start = skb_checksum_start_offset(skb);
		frame->csum_offset = skb->csum_offset;
	}
	if (skb_is_gso(skb)) {
		frame->gso_size = shared->gso_size;
		frame->gso_type = shared->gso_type & SKB_GSO_TCPV4 ? LIB_GSO_TCPV4 :
				  shared->gso_type & SKB_GSO_TCPV6 ? LIB_GSO_TCPV6 :
				  shared->gso_type & SKB_GSO_UDP_L4 ? LIB_GSO_UDP_L4 : LIB_GSO_NONE;
		if (shared->gso_type & SKB_GSO_TCP_ECN)
			frame->gso_type |= LIB_GSO_ECN;
		frame->header_length = shared->gso_type & SKB_GSO_UDP_L4 ?
			skb_transport_offset(skb) + sizeof(struct udphdr) :
			skb_tcp_all_headers(skb);
	}
	return describe_pieces(skb, frame, GFP_ATOMIC);
}

static netdev_tx_t hostnic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct hostnic *nic = netdev_priv(dev);

	skb_tx_timestamp(skb);
	/* What tracked the socket's memory goes on doing so until tx_done. */
	if (describe(nic, skb)) {
		dev_core_stats_tx_dropped_inc(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	nic->tx_frames += max_t(u32, skb_shinfo(skb)->gso_segs, 1);
	nic->tx_bytes += skb->len;
	nic->in_flight++;
	if (nic->tx_queue_frames && nic->in_flight >= nic->tx_queue_frames)
		netif_stop_queue(dev);
	host_transmit(nic->number, (unsigned long)frame_of(skb));
	return NETDEV_TX_OK;
}

void lib_tx_done(unsigned long handle)
{
	struct sk_buff *skb = skb_of(handle);
	struct lib_frame *frame = frame_of(skb);
	struct hostnic *nic = nic_of(frame->nic);

	if (frame->segments)
		kfree((void *)(unsigned long)frame->segments);
	if (nic && nic->dev == skb->dev) {
		nic->in_flight--;
		if (netif_queue_stopped(nic->dev) && nic->in_flight < nic->tx_queue_frames)
			netif_wake_queue(nic->dev);
	}
	lib_current = &init_task;
	/* As a driver's completion does it: the next frame that is received gets the sk_buff, still in caches. */
	napi_consume_skb(skb, 1);
	lib_state.runnable = lib_pending();
}

/*
 * Pages for the next piece, no more than it fills: a socket is charged for all of them, and how much of what it is
 * charged for is data decides how large a window it offers.
 */
static struct page *alloc_piece(u32 length)
{
	u32 order = min_t(u32, ilog2(DIV_ROUND_UP(length, PAGE_SIZE)), RX_PAGE_ORDER);
	struct page *page = dev_alloc_pages(order);

	return page || !order ? page : dev_alloc_pages(0);
}

static struct sk_buff *alloc_received(struct hostnic *nic, u32 length)
{
	u32 head = min_t(u32, length, RX_HEAD_BYTES);
	struct sk_buff *skb;

	if (length > RX_HEAD_BYTES)
		head = 256;	/* headers; the payload lies in pages */
	skb = napi_alloc_skb(&nic->napi, head);
	if (!skb)
		return NULL;
	skb_put(skb, head);
	length -= head;
	while (length) {
		struct page *page = alloc_piece(length);
		u32 size = page ? PAGE_SIZE << compound_order(page) : 0;
		u32 part = min(length, size);

		if (!page || skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS) {
			if (page)
				put_page(page);
			kfree_skb(skb);
			return NULL;
		}
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, part, size);
		length -= part;
	}
	return skb;
}

unsigned long lib_rx_alloc(u32 number, u32 length)
{
	struct hostnic *nic = nic_of(number);
	struct lib_frame *frame;
	struct sk_buff *skb;

	if (!nic || !length || length > 65550)
		return 0;
	lib_current = &init_task;
	skb = netif_running(nic->dev) && netif_carrier_ok(nic->dev) ?
		alloc_received(nic, length) : NULL;
	if (!skb) {
		nic->rx_dropped++;
		return 0;
	}
	frame = frame_of(skb);
	*frame = (struct lib_frame) {
		.length = length,
		.head = (unsigned long)skb->data,
		.head_length = skb_headlen(skb),
		.nic = number,
	};
	if (describe_pieces(skb, frame, GFP_ATOMIC)) {
		nic->rx_dropped++;
		kfree_skb(skb);
		return 0;
	}
	return (unsigned long)frame;
}

/* The offload fields, as virtio-net's receive path reads its header. */
static int apply_offloads(struct sk_buff *skb, const struct lib_frame *frame)
{
	if (frame->flags & LIB_FRAME_NEEDS_CSUM) {
		if (!skb_partial_csum_set(skb, frame->csum_start, frame->csum_offset))
			return -EINVAL;
	} else if (frame->flags & LIB_FRAME_DATA_VALID) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
	if (frame->gso_size) {
		u32 type;

		switch (frame->gso_type & ~LIB_GSO_ECN) {
		case LIB_GSO_TCPV4:
			type = SKB_GSO_TCPV4;
			break;
		case LIB_GSO_TCPV6:
			type = SKB_GSO_TCPV6;
			break;
		case LIB_GSO_UDP_L4:
			type = SKB_GSO_UDP_L4;
			break;
		default:
			return -EINVAL;
		}
		if (frame->header_length >= skb->len)
			return -EINVAL;
		if (frame->gso_type & LIB_GSO_ECN)
			type |= SKB_GSO_TCP_ECN;
		skb_shinfo(skb)->gso_size = frame->gso_size;
		skb_shinfo(skb)->gso_segs =
			DIV_ROUND_UP(skb->len - frame->header_length, frame->gso_size);
		skb_shinfo(skb)->gso_type = type | SKB_GSO_DODGY;
	}
	return 0;
}

void lib_rx(unsigned long handle)
{
	struct sk_buff *skb = skb_of(handle);
	struct lib_frame frame = *frame_of(skb);
	struct hostnic *nic = nic_of(frame.nic);

	if (frame.segments)
		kfree((void *)(unsigned long)frame.segments);
	memset(skb->cb, 0, sizeof(skb->cb));
	lib_current = &init_task;
	if (!nic || !netif_running(nic->dev) || apply_offloads(skb, &frame)) {
		if (nic)
			nic->rx_dropped++;
		kfree_skb(skb);
		return;
	}
	__skb_queue_tail(&nic->received, skb);
	napi_schedule(&nic->napi);
}

static int hostnic_poll(struct napi_struct *napi, int budget)
{
	struct hostnic *nic = container_of(napi, struct hostnic, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = __skb_dequeue(&nic->received))) {
		nic->rx_frames += max_t(u32, skb_shinfo(skb)->gso_segs, 1);
		nic->rx_bytes += skb->len;
		skb->protocol = eth_type_trans(skb, nic->dev);
		if (skb->ip_summed == CHECKSUM_PARTIAL || skb_is_gso(skb))
			skb_probe_transport_header(skb);
		napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static int hostnic_open(struct net_device *dev)
{
	struct hostnic *nic = netdev_priv(dev);

	napi_enable(&nic->napi);
	netif_start_queue(dev);
	return 0;
}

static int hostnic_stop(struct net_device *dev)
{
	struct hostnic *nic = netdev_priv(dev);

	netif_stop_queue(dev);
	napi_disable(&nic->napi);
	__skb_queue_purge(&nic->received);
	return 0;
}

static void hostnic_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct hostnic *nic = netdev_priv(dev);

	stats->tx_packets = nic->tx_frames;
	stats->tx_bytes = nic->tx_bytes;
	stats->rx_packets = nic->rx_frames;
	stats->rx_bytes = nic->rx_bytes;
	stats->rx_dropped = nic->rx_dropped;
}

static const struct net_device_ops netdev_ops = {
	.ndo_open		= hostnic_open,
	.ndo_stop		= hostnic_stop,
	.ndo_start_xmit		= hostnic_xmit,
	.ndo_get_stats64	= hostnic_stats,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void hostnic_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "hostnic", sizeof(info->driver));
	strscpy(info->bus_info, "host", sizeof(info->bus_info));
}

static const struct ethtool_ops ethtool_ops = {
	.get_drvinfo	= hostnic_drvinfo,
	.get_link	= ethtool_op_get_link,
	.get_ts_info	= ethtool_op_get_ts_info,
};

static netdev_features_t features_of(u32 offers)
{
	netdev_features_t features = 0;

	if (offers & LIB_NIC_SG)
		features |= NETIF_F_SG;
	if (offers & LIB_NIC_CSUM)
		features |= NETIF_F_HW_CSUM;
	if (offers & LIB_NIC_TSO)
		features |= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN;
	if (offers & LIB_NIC_USO)
		features |= NETIF_F_GSO_UDP_L4;
	return features;
}

static void setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &ethtool_ops;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	dev->lltx = true;
	dev->needs_free_netdev = true;	/* when nobody holds it any more: netdev_todo.c */
	netif_set_tso_max_size(dev, GSO_LEGACY_MAX_SIZE);
}

static int create(struct lib_nic_config *config)
{
	struct net_device *dev;
	struct hostnic *nic;
	int error;

	if (config->mtu < ETH_MIN_MTU || config->mtu > ETH_MAX_MTU ||
	    strnlen(config->name, sizeof(config->name)) == sizeof(config->name) ||
	    !is_valid_ether_addr(config->mac))
		return -EINVAL;
	dev = alloc_netdev(sizeof(struct hostnic), config->name, NET_NAME_USER, setup);
	if (!dev)
		return -ENOMEM;
	nic = netdev_priv(dev);
	nic->dev = dev;
	nic->tx_queue_frames = config->tx_queue_frames;
	skb_queue_head_init(&nic->received);
	dev->mtu = config->mtu;
	dev->hw_features = features_of(config->features);
	dev->features = dev->hw_features;
	dev->vlan_features = dev->hw_features;
	dev->hw_enc_features = dev->hw_features;
	eth_hw_addr_set(dev, config->mac);
	netif_napi_add(dev, &nic->napi, hostnic_poll);

	error = xa_alloc(&nics, &nic->number, nic, XA_LIMIT(0, U16_MAX), GFP_KERNEL);
	if (error < 0)
		goto free;
	netif_carrier_off(dev);
	error = register_netdev(dev);
	if (error)
		goto erase;
	if (!(config->features & LIB_NIC_GRO)) {
		rtnl_lock();
		dev->wanted_features &= ~NETIF_F_GRO;
		netdev_update_features(dev);
		rtnl_unlock();
	}
	set_first(nic->number, nic);
	config->ifindex = dev->ifindex;
	return nic->number;
erase:
	xa_erase(&nics, nic->number);
free:
	netif_napi_del(&nic->napi);
	free_netdev(dev);
	return error;
}

int lib_nic_create(unsigned long config)
{
	int result;

	lib_enter(lib_init);
	result = create((struct lib_nic_config *)config);
	lib_leave();
	return result;
}

int lib_nic_destroy(u32 number)
{
	struct hostnic *nic = xa_load(&nics, number);

	if (!nic)
		return -ENODEV;
	lib_enter(lib_init);
	xa_erase(&nics, number);
	set_first(number, NULL);
	unregister_netdev(nic->dev);
	lib_leave();
	return 0;
}

int lib_nic_carrier(u32 number, u32 up)
{
	struct hostnic *nic = xa_load(&nics, number);

	if (!nic)
		return -ENODEV;
	lib_enter(lib_init);
	if (up)
		netif_carrier_on(nic->dev);
	else
		netif_carrier_off(nic->dev);
	lib_leave();
	return 0;
}
