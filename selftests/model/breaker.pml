/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of kmod/breaker.c: clients that admit and record, a timer,
 * an administrator and a change of parameters, with the lock and the lock-free
 * reads as they are in the code.
 *
 * A mutation, -DNO_LOCK, -DSTALE_NOW, -DTORN, -DNO_GEN, -DEARLY, -DLATE,
 * -DBROKEN_ADMITS, -DNO_RETURN, must fail.
 */
#ifndef CLIENTS
#define CLIENTS 1
#endif
#ifndef CALLS
#define CALLS 1
#endif
#ifndef STEPS
#define STEPS 1
#endif
#define GENS 24
#define PASSING 0
#define BROKEN 1
#define RECOVERING 2
#define WORD(g, s) ((g) * 4 + (s))
#define GEN(w) ((w) / 4)
#define STATE(w) ((w) % 4)
#define ELAPSED(t) ((t) > since -> (t) - since : 0)

/* struct cbreak_breaker */
byte word = 0, since = 0;
bool locked;
byte total, failed;		/* the window, of one bucket */
byte window_gen;
/* struct cbreak_params */
byte broken_time = 1;
byte recovery_time = 1;
/* the true time, and what no code sees */
byte now;
byte since_of[GENS];		/* when each generation began */
byte inside;			/* processes in the critical section */
byte ended;

#ifdef NO_LOCK
#define LOCK inside++; assert(inside == 1)
#define UNLOCK inside--
#else
#define LOCK atomic { !locked -> locked = true; inside++; assert(inside == 1) }
#define UNLOCK atomic { inside--; locked = false }
#endif

/* enter(): the window, the time, and the word last */
inline enter(to, t)
{
#ifndef NO_CLEAR
	d_step { total = 0; failed = 0 }
#endif
	d_step {
		/* No state begins before the one that it follows. */
		assert(t >= since);
		assert(t <= now);
		since = t
	}
	d_step {
		word = WORD(GEN(word) + 1, to);
		assert(GEN(word) < GENS);
		since_of[GEN(word)] = since
	}
}

/* advance(), under the lock; p is what the caller read under RCU */
inline advance(t)
{
	/* latest() */
#ifdef STALE_NOW
	at = t;
#else
	at = (t > since -> t : since);
#endif
	if
	:: STATE(word) == PASSING && failed > 0 && window_gen == GEN(word) ->
		enter(BROKEN, at)
#ifdef EARLY
	:: STATE(word) == BROKEN ->
#elif defined(LATE)
	:: STATE(word) == BROKEN && ELAPSED(at) > p ->
#else
	:: STATE(word) == BROKEN && ELAPSED(at) >= p ->
#endif
		/* BROKEN lasts no less than it should. */
		assert(at - since_of[GEN(word)] >= p);
		enter(RECOVERING, at)
	:: STATE(word) == RECOVERING && failed > 0 &&
	   window_gen == GEN(word) ->
		enter(BROKEN, at)
#ifndef NO_RETURN
	:: STATE(word) == RECOVERING && failed == 0 && total > 0 &&
	   window_gen == GEN(word) && ELAPSED(at) >= recovery_time ->
		enter(PASSING, at)
#endif
	:: else
	fi;
	/* BROKEN lasts no more than it should, once somebody looks. */
	assert(STATE(word) != BROKEN || ELAPSED(at) < p ||
	       at - since < p)
}

/* cbreak_breaker_tick() */
inline tick(t)
{
	LOCK;
	advance(t);
	UNLOCK
}

/* cbreak_breaker_admit() */
inline admit(t)
{
	w = word;					/* read_word() */
	admitted = false;
	if
	:: STATE(w) == PASSING -> admitted = true
	:: else ->
#ifdef TORN
		d_step { w = word };
		s = since;
#else
		LOCK;
		advance(t);
		w = word;
		s = since;
		UNLOCK;
#endif
		/* The state and its time belong together. */
		assert(s == since_of[GEN(w)]);
		if
		:: STATE(w) == PASSING -> admitted = true
		:: STATE(w) == RECOVERING && t > s -> admitted = true
#ifdef BROKEN_ADMITS
		:: STATE(w) == BROKEN -> admitted = true
#endif
		:: else
		fi
	fi;
	assert(!admitted || STATE(w) != BROKEN);
	g = GEN(w)
}

/* cbreak_breaker_record() */
inline record(t, bad)
{
	w = word;
#ifdef NO_GEN
	if
	:: true ->
#else
	if
	:: GEN(w) == g ->
#endif
		d_step {				/* cbreak_window_add() */
#ifdef NO_GEN
			/* It counts in no later generation. */
			assert(GEN(w) == g);
#endif
			/* It sees the newer generation, and gives up. */
			if
			:: total > 0 && window_gen > g
			:: total > 0 && window_gen == g ->
				total++;
				failed = failed + bad
			:: else ->
				window_gen = g;
				total = 1;
				failed = bad
			fi
		};
		tick(t)
	:: else
	fi
}

proctype client()
{
	byte w, s, g, t, at, p, i;
	bool admitted;

	for (i : 1 .. CALLS) {
		t = now;
	p = broken_time;
		admit(t);
		if
		:: admitted ->
			t = now;
	p = broken_time;
			if
			:: record(t, 1)
			:: record(t, 0)
			fi
		:: else
		fi
	}
	ended++
}

proctype timer()
{
	byte t, at, p;

	t = now;
	p = broken_time;
	tick(t);
	ended++
}

/* cbreak_breaker_control() */
proctype administrator()
{
	byte t, at, p;

	t = now;
	p = broken_time;
	LOCK;
#ifdef STALE_NOW
	at = t;
#else
	at = (t > since -> t : since);
#endif
	if
	:: enter(BROKEN, at)
	:: enter(PASSING, at)
	fi;
	/* What a transition leaves is an empty window of its own. */
	assert(total == 0 || window_gen != GEN(word) || STATE(word) != BROKEN);
	UNLOCK;
	ended++
}

proctype parameters()
{
	broken_time = 2;
	ended++
}

/* Time and successes lead back to PASSING, whatever happened. */
proctype clock()
{
	byte w, s, g, t, at, p;
	bool admitted;

	do
	:: now < STEPS -> now++
	:: ended == CLIENTS + 3 -> break
	od;
	now = now + broken_time;
	t = now;
	p = broken_time;
	tick(t);
	assert(STATE(word) != BROKEN || failed > 0 || since == t);
	if
	:: STATE(word) == BROKEN ->
		now = now + broken_time;
		t = now;
	p = broken_time;
		tick(t)
	:: else
	fi;
	if
	:: STATE(word) == RECOVERING ->
		now = now + recovery_time;
		t = now;
	p = broken_time;
		admit(t);
		if
		:: admitted -> record(t, 0)
		:: else
		fi
	:: else
	fi;
	if
	:: STATE(word) == BROKEN ->
		/* It failed before it could recover: once more. */
		now = now + broken_time;
		t = now;
	p = broken_time;
		tick(t);
		now = now + recovery_time;
		t = now;
	p = broken_time;
		admit(t);
		assert(admitted);
		record(t, 0)
	:: else
	fi;
	assert(STATE(word) == PASSING)
}

init {
	byte i;

	atomic {
		for (i : 1 .. CLIENTS) { run client() }
		run timer();
		run administrator();
		run parameters();
		run clock()
	}
}
