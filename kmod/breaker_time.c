// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: how long, and how much: the arithmetic of the state machine
 *
 * Pure functions in fixed point. Any context.
 */
#include <linux/hash.h>
#include <linux/math64.h>

#include "breaker.h"

/* ln(2)^k / k! for k = 1..8, in units of 2^-32 */
static const u32 exp2_coeff[] = {
	2977044472U, 1031764991U, 238388332U, 41309550U,
	5726720U, 661577U, 65510U, 5676U,
};

/**
 * cbreak_breaker_share - share of SYNs admitted while RECOVERING
 * @elapsed_ns: time since RECOVERING was entered
 * @recovery_ns: its length, not zero
 *
 * p(t) = 2^(t / recovery_time) - 1, the curve of the reference: 0 at the
 * start, 1 at the end. Taylor series of e^(x ln 2) - 1 up to the eighth
 * power by Horner's scheme, which is off by less than 2^-22 at its far end.
 *
 * Return: p in units of 2^-32; U32_MAX stands for 1.
 */
u32 cbreak_breaker_share(u64 elapsed_ns, u64 recovery_ns)
{
	u64 rem, x, sum = 0;
	int k;

	if (elapsed_ns >= recovery_ns)
		return U32_MAX;
	/* At most a day of ns, 47 bits: 16 bits of quotient, then 16 more. */
	x = div64_u64_rem(elapsed_ns << 16, recovery_ns, &rem) << 16;
	x |= div64_u64(rem << 16, recovery_ns);
	for (k = ARRAY_SIZE(exp2_coeff) - 1; k >= 0; k--)
		sum = (sum + exp2_coeff[k]) * x >> 32;
	return min_t(u64, sum, U32_MAX);
}

/**
 * cbreak_breaker_broken_ns - time to spend in BROKEN
 * @p: the parameters
 * @trips: times that BROKEN was entered since PASSING
 * @gen: the breaker's generation
 *
 * broken_time, times backoff for each trip after the first, at most
 * broken_time_max; and then up to a share of jitter more, for which the
 * generation is hashed: its first value was random.
 *
 * Return: the time, ns.
 */
u64 cbreak_breaker_broken_ns(const struct cbreak_params *p, u8 trips, u32 gen)
{
	u64 most = cbreak_broken_max_ms(p);
	u64 ns = cbreak_broken_ms(p) * (u64)NSEC_PER_MSEC;

	most = max_t(u64, most, cbreak_broken_ms(p)) * NSEC_PER_MSEC;
	for (; trips > 1 && p->backoff > CBREAK_RATIO_ONE && ns < most; trips--)
		ns = mul_u64_u32_div(ns, p->backoff, CBREAK_RATIO_ONE);
	ns = min(ns, most);
	if (p->jitter)
		ns += mul_u64_u32_shr(mul_u64_u32_div(ns, p->jitter,
						      CBREAK_RATIO_ONE),
				      hash_32(gen, 32), 32);
	return ns;
}
