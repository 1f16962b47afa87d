/* SPDX-License-Identifier: GPL-2.0 */
/*
 * max_broken_pct: the count of a rule's BROKEN breakers, kmod/limit.c, that its
 * breakers share without a common lock: the machine takes a place if there is
 * one, kmod/breaker.c, an administrator takes one in any case, and whoever leaves
 * BROKEN gives it back, as does who removes a breaker, kmod/dest.c.
 *
 * A mutation, -DNO_CAS, -DNO_DEAD, -DNO_LOCK, -DNO_FLOOR, -DNO_PUT, must fail.
 */
#ifndef BREAKERS
#define BREAKERS 3
#endif
#ifndef CALLS
#define CALLS 2
#endif
#ifndef PCT
#define PCT 67
#endif

mtype = { PASSING, BROKEN };

mtype state[BREAKERS];
bool dead[BREAKERS];
bool locked[BREAKERS];
byte broken;			/* cbreak_peers.broken */
byte live;			/* cbreak_peers.live */
byte places;			/* what it should be: taken and not given back */

#ifdef NO_LOCK
#define LOCK(b) skip
#define UNLOCK(b) skip
#else
#define LOCK(b) d_step { !locked[b]; locked[b] = true }
#define UNLOCK(b) locked[b] = false
#endif
#ifdef NO_DEAD
#define IS_DEAD(b) false
#else
#define IS_DEAD(b) dead[b]
#endif

/* atomic_inc() */
inline take_anyway()
{
	d_step { broken++; places++; assert(broken == places) }
}

/* cbreak_limit_put() */
inline put()
{
	d_step { assert(broken > 0); broken--; places--; assert(broken == places) }
}

/* trip(): withheld_by(), and enter() if there was a place. */
inline trip(b)
{
	d_step {				/* cbreak_limit_broken() */
		most = live * PCT / 100;
#ifndef NO_FLOOR
		if
		:: most == 0 -> most = 1
		:: else
		fi
#endif
	}
	old = broken;				/* atomic_read() */
	do
	:: old >= most ->
		/* One that fails while no other is BROKEN trips. */
		assert(old > 0);
		break
	:: else ->
		d_step {			/* atomic_try_cmpxchg() */
			taken = false;
			if
#ifdef NO_CAS
			:: true ->
#else
			:: broken == old ->
#endif
				taken = true;
				broken = old + 1;
				places++;
				assert(broken == places && broken <= most)
#ifndef NO_CAS
			:: else -> old = broken
#endif
			fi
		}
		if
		:: taken -> state[b] = BROKEN; break
		:: else
		fi
	od
}

/* What happens to one breaker, each under its lock. */
proctype breaker(byte b)
{
	byte i, old, most;
	bool taken;

	for (i : 1 .. CALLS) {
		LOCK(b);
		if
		:: !IS_DEAD(b) && state[b] == PASSING -> trip(b)
		:: !IS_DEAD(b) && state[b] == BROKEN ->
#ifndef NO_PUT
			put();
#endif
			state[b] = PASSING
		:: !IS_DEAD(b) ->		/* cbreak_breaker_force() */
			take_anyway();
			if
			:: state[b] == BROKEN -> put()
			:: else
			fi;
			state[b] = BROKEN
		:: dead[b]
		fi;
		UNLOCK(b)
	}
}

/* cbreak_dest_unlink_locked(), whose lock is one for all: a breaker at a time. */
proctype remove()
{
	byte b;
	bool was_broken;

	for (b : 0 .. BREAKERS - 1) {
		LOCK(b);			/* cbreak_breaker_kill() */
		dead[b] = true;
		was_broken = state[b] == BROKEN;
		UNLOCK(b);
		if
		:: was_broken -> put()
		:: else
		fi;
		live--
	}
}

init {
	byte b;

	atomic {
		for (b : 0 .. BREAKERS - 1) {
			state[b] = PASSING;
			run breaker(b)
		}
		live = BREAKERS;
		run remove()
	}
	/* All are removed, and nothing is left. */
	_nr_pr == 1;
	assert(broken == 0 && live == 0)
}
