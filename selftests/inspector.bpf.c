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

#define CB_AT(n)	(__builtin_offsetof(struct __sk_buff, cb[n]))

/* The verifier wants offsets from skb itself, and clang would rather not. */
static inline void spoil(struct __sk_buff *skb)
{
	asm volatile("*(u32 *)(%0 + %2) = %1\n"
		     "*(u32 *)(%0 + %3) = %1\n"
		     "*(u32 *)(%0 + %4) = %1\n"
		     "*(u32 *)(%0 + %5) = %1\n"
		     "*(u32 *)(%0 + %6) = %1\n" : :
		     "r"(skb), "r"(0xffffffffu), "i"(CB_AT(0)), "i"(CB_AT(1)),
		     "i"(CB_AT(2)), "i"(CB_AT(3)), "i"(CB_AT(4)) : "memory");
}

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
	spoil(skb);
	return IGNORED;
}

char _license[] SEC("license") = "GPL";
