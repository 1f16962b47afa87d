// SPDX-License-Identifier: GPL-2.0
/* An inspector: a port that says with ICMP that it is closed is no dead host. */
#include <linux/bpf.h>
#include <linux/cbreak.h>

#define COUNTED	1
#define IGNORED	0

__attribute__((section("socket"), used))
int port_unreach(struct __sk_buff *skb)
{
	if (skb->cb[CBREAK_INSPECTOR_CB_KIND] != CBREAK_KIND_UNREACHABLE)
		return COUNTED;
	switch (skb->cb[CBREAK_INSPECTOR_CB_ICMP]) {
	case 3 << 8 | 3:	/* of IPv4 */
	case 1 << 8 | 4:	/* of IPv6 */
		return IGNORED;
	}
	return COUNTED;
}

char _license[] __attribute__((section("license"), used)) = "GPL";
