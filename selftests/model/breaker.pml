/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of kmod/breaker.c: clients that admit and record, a timer,
 * an administrator and a change of parameters, with the lock and the lock-free
 * reads as they are in the code. A step is one access to what others may see;
 * taking the lock goes with the first access under it, and giving it back with
 * the last one, which hides no interleaving. Memory is sequentially consistent.
 *
 * The window is one bucket, which one failure is enough to fill, and its tag
 * tells TAGS generations apart, not 256.
 *
 * A mutation, -DNO_LOCK, -DSTALE_NOW, -DTORN, -DWORD_FIRST, -DNO_GEN,
 * -DNO_CLEAR, -DEARLY, -DLATE, -DBROKEN_ADMITS, -DNO_TRIP, -DNO_RETURN, must
 * fail.
 */
#ifndef CLIENTS
#define CLIENTS 1
#endif
#ifndef CALLS
#define CALLS 1
#endif
#ifndef STEPS			/* of the clock, while the others run */
#define STEPS 2
#endif
#ifndef START			/* the first state */
#define START PASSING
#endif
#ifndef TIMERS
#define TIMERS 1
#endif
#ifndef ADMINS
#define ADMINS 1
#endif
#ifndef CHANGES			/* of parameters */
#define CHANGES 1
#endif
#ifndef TAGS			/* more than transitions during one record() */
#define TAGS 16
#endif

#define PASSING 0
#define BROKEN 1
#define RECOVERING 2
#define NONE 3

#define WORD(g, s) ((g) * 4 + (s))
#define GEN(w) ((w) / 4)
#define STATE(w) ((w) % 4)
#define TAG(g) ((g) % TAGS)
#define ELAPSED(t) ((t) > since -> (t) - since : 0)
/* Does the window's word count in the present generation? */
#define MINE (total > 0 && window_gen == TAG(GEN(word)))

/* struct cbreak_breaker */
byte word = START, since;
bool locked;
byte total, failed, window_gen;
/* struct cbreak_params */
byte broken_time = 1;
byte recovery_time = 1;
/* the true time, and what no code sees */
byte now;
byte begun;			/* when the present generation began */
byte outcomes;			/* what was counted for it */
byte inside;			/* processes in the critical section */
byte ended;

#ifdef NO_LOCK
#define LOCK inside++; assert(inside == 1)
#define UNLOCK inside--
#else
#define LOCK !locked -> locked = true; inside++; assert(inside == 1)
#define UNLOCK inside--; locked = false
#endif

#ifdef STALE_NOW
#define LATEST(t) (t)
#else
#define LATEST(t) ((t) > since -> (t) : since)
#endif

/* What a caller brings: the parameters, and then the present. */
#if CHANGES
#define READ p = broken_time; t = now
#else
#define READ d_step { p = broken_time; t = now }
#endif

/* The last access under the lock: what admit() goes by. */
inline leave()
{
	w = word;
	s = since;
	/* BROKEN lasts no more than it should, once somebody looks. */
	assert(STATE(word) != BROKEN || at - since < p);
	UNLOCK;
	at = 0
}

inline set_word()
{
	word = WORD(GEN(word) + 1, to);
	begun = at;
	outcomes = 0
}

inline set_since()
{
	/* No state begins before the one that it follows. */
	assert(at >= since && at <= now);
	since = at
}

/* enter(): the window, the time, and the word last */
inline enter()
{
#ifndef NO_CLEAR
	d_step { total = 0; failed = 0; window_gen = 0 }
#endif
#ifdef WORD_FIRST
	d_step { set_word() }
	d_step { set_since(); to = NONE; leave() }
#else
	d_step { set_since() }
	d_step { set_word(); to = NONE; leave() }
#endif
}

/*
 * advance(), and the lock around it. Admission, to which only timed transitions
 * are of interest, leaves the others to those whom they concern.
 */
inline advance(timed)
{
	d_step {
		LOCK;
		at = LATEST(t);
		/* None is lost, none counts twice or in a later generation. */
		assert((MINE -> total : 0) == outcomes);
		to = NONE;
		if
		:: STATE(word) == PASSING && MINE && failed > 0 && !timed ->
			to = BROKEN
#ifdef EARLY
		:: STATE(word) == BROKEN ->
#elif defined(LATE)
		:: STATE(word) == BROKEN && ELAPSED(at) > p ->
#else
		:: STATE(word) == BROKEN && ELAPSED(at) >= p ->
#endif
			/* BROKEN lasts no less than it should. */
			assert(at - begun >= p);
			to = RECOVERING
		:: STATE(word) == RECOVERING && MINE && failed > 0 &&
		   (!timed || ELAPSED(at) >= recovery_time) ->
			to = BROKEN
#ifndef NO_RETURN
		:: STATE(word) == RECOVERING && MINE && failed == 0 &&
		   ELAPSED(at) >= recovery_time ->
			to = PASSING
#endif
		:: else
		fi;
		if
		:: to == NONE -> leave()
		:: else
		fi
	}
	if
	:: to != NONE -> enter()
	:: else
	fi
}

/* cbreak_breaker_tick() */
inline tick()
{
	advance(false);
	d_step { w = 0; s = 0 }
}

/* cbreak_breaker_admit(); g is 0 if the attempt may not go, or 1 + its gen */
inline admit()
{
	w = word;					/* read_word() */
	if
	:: STATE(w) == PASSING -> g = 1 + GEN(w)
	:: else ->
		d_step {				/* is_due() */
			s = since;
			assert(s >= begun || GEN(word) != GEN(w));
			to = (STATE(w) == BROKEN && (t > s -> t - s : 0) < p ->
			      NONE : 0)
		}
		if
		:: to == NONE
		:: else ->
#ifdef TORN
			w = word;
			s = since;
#else
			advance(true);
#endif
			d_step {
				/* The state and its time belong together. */
				assert(s == begun || GEN(word) != GEN(w));
				if
				:: STATE(w) == PASSING ||
				   (STATE(w) == RECOVERING && t > s) ->
					g = 1 + GEN(w)
#ifdef BROKEN_ADMITS
				:: STATE(w) == BROKEN -> g = 1 + GEN(w)
#endif
				:: else
				fi
			}
		fi
	fi;
	d_step { assert(!g || STATE(w) != BROKEN); w = 0; s = 0; to = NONE }
}

#ifdef NO_GEN
#define COUNTS_FOR GEN(w)
#else
#define COUNTS_FOR (g - 1)
#endif

/* cbreak_window_add(), which is one compare-and-exchange of one bucket */
inline add(bad)
{
	if
	/* A later generation's word is left alone. */
	:: total > 0 && window_gen != TAG(COUNTS_FOR) &&
	   (window_gen + TAGS - TAG(COUNTS_FOR)) % TAGS < TAGS / 2 ->
		w = WORD(GEN(w), NONE)
	:: total > 0 && window_gen == TAG(COUNTS_FOR) ->
		total++;
		failed = failed + bad
	:: else ->
		window_gen = TAG(COUNTS_FOR);
		total = 1;
		failed = bad
	fi;
	if
	:: STATE(w) != NONE && GEN(word) == g - 1 -> outcomes++
	:: else
	fi
}

/* cbreak_breaker_record() */
inline record(bad)
{
	w = word;					/* read_word() */
	if
#ifdef NO_GEN
	:: true ->
#else
	:: GEN(w) == g - 1 ->
#endif
		d_step { add(bad) }
#ifndef NO_TRIP
		if
		/* Without a transition that may be due, no lock. */
		:: STATE(w) == NONE
		:: STATE(w) == PASSING && !(total > 0 && failed > 0 &&
					    window_gen == TAG(g - 1))
		:: else -> tick()
		fi
#endif
	:: else
	fi;
	d_step { w = 0; g = 0 }
}

active [CLIENTS] proctype client()
{
	byte w, s, g, t, at, p, i, to = NONE;

	for (i : 1 .. CALLS) {
		READ;
		admit();
		if
		:: g ->
			READ;
			if
			:: record(1)
			:: record(0)
			fi
		:: else
		fi;
		d_step { p = 0; t = 0 }
	}
	ended++
}

#if TIMERS
active [TIMERS] proctype timer()
{
	byte w, s, t, at, p, to = NONE;

	READ;
	tick();
	d_step { p = 0; t = 0; ended++ }
}
#endif

#if ADMINS
/* cbreak_breaker_control() */
active [ADMINS] proctype administrator()
{
	byte w, s, t, at, p = 1, to = NONE;

	t = now;
	if
	:: to = BROKEN
	:: to = PASSING
	fi;
	d_step { LOCK; at = LATEST(t); t = 0 }
	enter();
	d_step { w = 0; s = 0; ended++ }
}
#endif

#if CHANGES
active [CHANGES] proctype parameters()
{
	broken_time = 2;
	ended++
}
#endif

/* Time and a success lead back to PASSING, whatever happened. */
active proctype clock()
{
	byte w, s, g, t, at, p, to = NONE;

	do
	:: now < STEPS -> now++
	:: ended == CLIENTS + TIMERS + ADMINS + CHANGES -> break
	od;
	/* No trip was missed. */
	assert(STATE(word) == BROKEN || !MINE || !failed);
	p = broken_time;
	now = now + p;
	t = now;
	tick();
	assert(STATE(word) != BROKEN);
	if
	:: STATE(word) == RECOVERING ->
		now = now + recovery_time;
		t = now;
		admit();
		if
		/* A success that had come before. */
		:: STATE(word) == PASSING
		:: else ->
			assert(g);
			record(0)
		fi
	:: else
	fi;
	assert(STATE(word) == PASSING)
}
