// SPDX-License-Identifier: GPL-2.0
/*
 * Inspectors for inspector.sh. One for a beginning is in port_unreach.bpf.c.
 */
#include <linux/bpf.h>
#include <linux/cbreak.h>

#define SEC(name)	__attribute__((section(name), used))
#define COUNTED		1
#define IGNORED		0

static long (*load_bytes)(const struct __sk_buff *skb, __u32 offset, void *to,
			  __u32 len) = (void *)BPF_FUNC_skb_load_bytes;
static void *(*map_lookup)(void *map, const void *key) =
	(void *)BPF_FUNC_map_lookup_elem;

SEC("socket")
int all_count(struct __sk_buff *skb)
{
	return COUNTED;
}

SEC("socket")
int excuse_all(struct __sk_buff *skb)
{
	return IGNORED;
}

/* Excuses the first three attempts, and what took more than half a minute. */
SEC("socket")
int first_three(struct __sk_buff *skb)
{
	if (skb->cb[CBREAK_INSPECTOR_CB_LATENCY_US] > 30000000)
		return IGNORED;
	return skb->cb[CBREAK_INSPECTOR_CB_ATTEMPT] > 3 ? COUNTED : IGNORED;
}

/* What the last packet was, for a look from outside; see inspector.sh. */
struct {
	int (*type)[BPF_MAP_TYPE_ARRAY];
	int (*max_entries)[1];
	__u32 *key;
	struct seen {
		__u32 kind;
		__u32 icmp;
		__u32 protocol;
		__u32 asked;
		__u8 bytes[64];
	} *value;
} seen SEC(".maps");

/* The verifier wants offsets from skb itself, and clang would rather not. */
#define SPOIL(n)							\
	asm volatile("*(u32 *)(%0 + %1) = %2" : :			\
		     "r"(skb),						\
		     "i"(__builtin_offsetof(struct __sk_buff, cb[n])),	\
		     "r"(0xffffffffu) : "memory")

/* The packet from its IP header on, and then it spoils its own cb[]. */
SEC("socket")
int look(struct __sk_buff *skb)
{
	struct seen *s;
	__u32 zero = 0;

	s = map_lookup(&seen, &zero);
	if (!s)
		return COUNTED;
	s->asked++;
	s->kind = skb->cb[CBREAK_INSPECTOR_CB_KIND];
	s->icmp = skb->cb[CBREAK_INSPECTOR_CB_ICMP];
	s->protocol = __builtin_bswap16(skb->protocol);
	if (s->protocol == 0x0800)
		load_bytes(skb, 0, s->bytes, 20 + 20);
	else
		load_bytes(skb, 0, s->bytes, 40 + 20);
	SPOIL(0);
	SPOIL(1);
	SPOIL(2);
	SPOIL(3);
	SPOIL(4);
	return IGNORED;
}

char _license[] SEC("license") = "GPL";
