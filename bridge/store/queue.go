package store

import (
	"net/netip"
	"sync"
	"time"
)

// groupSize is the most jobs that share one commit. More would make the first
// of them wait for the last without saving another fsync.
const groupSize = 128

const (
	// patientFew patient jobs join a commit of others, or one for patientShare of those if
	// that is more: who does not wait patiently then waits for the commit under way and its
	// own, and both are short.
	patientFew   = 2
	patientShare = 8
	// patientFor is how long they go on joining one while nobody else waits: who comes
	// meanwhile waits for its end, and those who then go on all at once are few.
	patientFor = 2 * time.Millisecond
	// lately is how long somebody who talks may want to go on: for so long patient jobs have
	// half of the time, see Store.Talks.
	lately = time.Minute
	// patientRest is the longest rest of patient jobs: a disk that stalled has held them up enough.
	patientRest = 20 * time.Millisecond
)

// queue is what waits to be written.
type queue struct {
	// some has a token while something may wait.
	some chan struct{}

	mu   sync.Mutex
	jobs []*job
	// patient are those of Patient, by customer, and next the order in which these come.
	patient map[netip.Addr][]*job
	next    []netip.Addr
	// talked is when a job of InTalk came last, and rest until when no patient one is taken.
	talked, rest time.Time
}

func newQueue() *queue {
	return &queue{some: make(chan struct{}, 1), patient: map[netip.Addr][]*job{}}
}

func (q *queue) add(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !j.patient:
		if j.talks {
			q.talked = time.Now()
		}
		q.jobs = append(q.jobs, j)
	default:
		if len(q.patient[j.customer]) == 0 {
			q.next = append(q.next, j.customer)
		}
		q.patient[j.customer] = append(q.patient[j.customer], j)
	}
	q.tell()
}

func (q *queue) tell() {
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// group is what shares a commit.
type group struct {
	jobs []*job
	// patient are how many of jobs are.
	patient int
	// closed groups are joined by nobody.
	closed bool
	// began is when their transaction did.
	began time.Time
}

// group takes all that waits and is not patient, or one that is. It may be empty: nobody
// waits any more then, or somebody does who is told of anew, or when patient jobs have rested.
func (q *queue) group() *group {
	q.mu.Lock()
	defer q.mu.Unlock()
	g := new(group)
	for len(q.jobs) > 0 && len(g.jobs) < groupSize {
		if j := pop(&q.jobs); j != nil {
			g.jobs = append(g.jobs, j)
		}
	}
	rested := !time.Now().Before(q.rest)
	if len(g.jobs) == 0 && rested {
		q.joinsLocked(g)
	}
	if len(q.jobs) > 0 || len(q.next) > 0 && rested {
		q.tell()
	}
	return g
}

// talks reports whether somebody is in the middle of a talk.
func (q *queue) talks() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.talksLocked(time.Now())
}

func (q *queue) talksLocked(now time.Time) bool { return now.Sub(q.talked) < lately }

// ended notes that a group is written. While somebody talks, its patient part is followed by
// a rest as long as that took.
func (q *queue) ended(g *group) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if g.patient == 0 || !q.talksLocked(now) {
		return
	}
	rest := min(now.Sub(g.began)*time.Duration(g.patient)/time.Duration(len(g.jobs)), patientRest)
	q.rest = now.Add(rest)
	time.AfterFunc(rest, q.tell)
}

// joins has one patient job more join a commit under way, if one waits and may.
func (q *queue) joins(g *group) bool {
	others := len(g.jobs) - g.patient
	if g.closed || len(g.jobs) >= groupSize {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Now().Before(q.rest) {
		return false
	}
	alone := others == 0 && len(q.jobs) == 0 && time.Since(g.began) < patientFor
	return (alone || g.patient < max(patientFew, others/patientShare)) && q.joinsLocked(g)
}

func (q *queue) joinsLocked(g *group) bool {
	for len(q.next) > 0 {
		customer := q.next[0]
		of := q.patient[customer]
		j := pop(&of)
		switch {
		case len(of) == 0:
			delete(q.patient, customer)
			q.next = q.next[1:]
		case j != nil:
			q.patient[customer], q.next = of, append(q.next[1:], customer)
		default: // its next one has the place
			q.patient[customer] = of
		}
		if j != nil {
			g.jobs, g.patient = append(g.jobs, j), g.patient+1
			return true
		}
	}
	return false
}

// pop takes the first job, or nil if its caller does not wait any longer.
func pop(jobs *[]*job) *job {
	j := (*jobs)[0]
	(*jobs)[0] = nil
	*jobs = (*jobs)[1:]
	if !j.taken.CompareAndSwap(false, true) {
		return nil
	}
	return j
}

// waiting is how many wait who are not patient.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}
