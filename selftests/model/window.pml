/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lock-free window of kmod/window.c: CPUs that count with clocks out of
 * step, a transition that clears, and a clock that steps over the borders of
 * buckets. The ring has two buckets instead of ten, a word is
 * gen * 64 + epoch * 8 + total.
 *
 * A mutation, -DPLAIN_WRITE, -DNO_LATER, -DNO_GEN, -DNO_REPLACE, must fail.
 */
#ifndef CPUS
#define CPUS 2
#endif
#ifndef CALLS
#define CALLS 2
#endif
#define RING 2
#define LAST 4			/* the last epoch */
#define W_GEN(w) ((w) / 64)
#define W_EPOCH(w) (((w) / 8) % 8)
#define W_TOTAL(w) ((w) % 8)
#ifdef NO_GEN
#define SAME_TAG(w, g, e) (W_TOTAL(w) && W_EPOCH(w) == (e))
#else
#define SAME_TAG(w, g, e) (W_TOTAL(w) && W_EPOCH(w) == (e) && W_GEN(w) == (g))
#endif

byte now;			/* the true time, in buckets */
byte gen;			/* cbreak_breaker.word */
short bucket[RING];
byte ghost[RING];		/* outcomes that the word should hold */

/* cbreak_window_add(); e is a clock that was read at any time before. */
inline add(g, e)
{
	old = bucket[e % RING];				/* atomic64_read() */
	do
	:: true ->
		d_step {
			counted = true;
			same = false;
			if
			:: SAME_TAG(old, g, e) -> same = true; new = old + 1
#ifdef NO_REPLACE
			:: !SAME_TAG(old, g, e) ->
				new = g * 64 + e * 8 + W_TOTAL(old) + 1
#else
			:: !SAME_TAG(old, g, e) -> new = g * 64 + e * 8 + 1
#endif
			fi;
#ifndef NO_LATER
			/* word_is_later() */
			if
			:: !same && W_TOTAL(old) &&
			   (W_EPOCH(old) > e ||
			    (W_EPOCH(old) == e && W_GEN(old) > g)) ->
				counted = false
			:: else
			fi
#endif
		}
		if
		:: !counted -> break
		:: else
		fi;
		d_step {				/* try_cmpxchg() */
			done = false;
			seen = bucket[e % RING];
			if
#ifdef PLAIN_WRITE
			:: true ->
#else
			:: seen == old ->
#endif
				done = true;
				bucket[e % RING] = new;
				if
				:: SAME_TAG(seen, g, e) -> ghost[e % RING]++
				:: else -> ghost[e % RING] = 1
				fi;
				/* No count is lost, none counts twice. */
				assert(W_TOTAL(new) == ghost[e % RING]);
				/* It counts in its own generation. */
				assert(W_GEN(new) == g && W_EPOCH(new) == e);
				/* It displaces nothing that is newer. */
				assert(!W_TOTAL(seen) || W_EPOCH(seen) < e ||
				       (W_EPOCH(seen) == e && W_GEN(seen) <= g))
#ifndef PLAIN_WRITE
			:: else -> old = seen
#endif
			fi;
			seen = 0
		}
		if
		:: done -> break
		:: else
		fi
	od
}

proctype cpu()
{
	short old, new, seen;
	bool counted, same, done;
	byte g, e, i;

	for (i : 1 .. CALLS) {
		e = now;				/* ktime_get_ns() */
		g = gen;				/* read_word() */
		add(g, e)
	}
}

/* enter(): cbreak_window_clear(), and then the next generation begins. */
proctype transition()
{
	byte i;

	for (i : 0 .. RING - 1) {
		d_step { bucket[i] = 0; ghost[i] = 0 }
	}
	gen++
}

proctype clock()
{
	do
	:: now < LAST -> now++
	:: break
	od
}

init {
	byte i;

	atomic {
		now = 1;
		for (i : 1 .. CPUS) { run cpu() }
		run transition();
		run clock()
	}
}
