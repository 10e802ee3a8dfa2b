package store

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

// Whoever is in the middle of a talk does not wait for a crowd; and the crowd comes on.
func TestPatientWritesLetOthersGoFirst(t *testing.T) {
	s := openCrowded(t, 1)
	begun, let := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	write := func(ctx context.Context, run func(context.Context) error) {
		all.Go(func() {
			if err := s.Write(ctx, run); err != nil {
				t.Error(err)
			}
		})
	}
	write(t.Context(), func(context.Context) error { close(begun); <-let; return nil })
	<-begun
	const crowd = 100 * patientFew
	var order []string // written by the writer alone
	for range crowd {
		write(Patient(t.Context(), netip.Addr{}), func(context.Context) error { order = append(order, "patient"); return nil })
	}
	write(t.Context(), func(context.Context) error { order = append(order, "talk"); return nil })
	for s.writer.queue.waiting() == 0 {
		<-time.After(time.Millisecond)
	}
	close(let)
	all.Wait()
	if at := slices.Index(order, "talk"); at > patientFew+1 || len(order) != crowd+1 {
		t.Errorf("of %d writes the talk's is the %dth", len(order), at+1)
	}
}

// While somebody talks, who is patient has half of the writer's time.
func TestPatientWritesRest(t *testing.T) {
	for _, c := range []struct {
		what   string
		talked time.Duration // ago
		of     int           // the jobs of a commit with a patient one
		took   time.Duration
		rests  time.Duration
	}{
		{"nobody talks", lately, 1, 10 * time.Millisecond, 0},
		{"somebody talks", 0, 1, 10 * time.Millisecond, 10 * time.Millisecond},
		{"somebody talks, in the same commit", 0, 4, 40 * time.Millisecond, 10 * time.Millisecond},
		{"somebody talks, and the disk stalled", 0, 1, time.Minute, patientRest},
	} {
		t.Run(c.what, func(t *testing.T) {
			q := newQueue()
			q.add(&job{patient: true})
			<-q.some
			q.talked = time.Now().Add(-c.talked)
			ended := time.Now()
			q.ended(&group{patient: 1, jobs: make([]*job, c.of), began: ended.Add(-c.took)})
			if rests := max(0, q.rest.Sub(ended)); rests < c.rests || rests > c.rests+time.Second {
				t.Fatalf("they rest for %v, and not for %v", rests, c.rests)
			}
			if c.rests > 0 {
				q.rest = q.rest.Add(time.Hour)
				if g := q.group(); len(g.jobs) != 0 || q.joins(&group{jobs: []*job{{}}, began: ended}) {
					t.Error("one is taken meanwhile")
				}
				q.rest = q.rest.Add(-time.Hour)
				<-q.some // it is told of again
			}
			if g := q.group(); len(g.jobs) != 1 || time.Since(ended) < c.rests {
				t.Errorf("%d are taken after %v", len(g.jobs), time.Since(ended))
			}
		})
	}
}

// Only what is said in the middle of a talk has others rest.
func TestWhoTalks(t *testing.T) {
	s := openCrowded(t, 1)
	for i, ctx := range []context.Context{t.Context(), Patient(InTalk(t.Context()), netip.Addr{}), InTalk(t.Context())} {
		if err := s.Write(ctx, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if talks := !s.writer.queue.talked.IsZero(); talks != (i == 2) {
			t.Errorf("after write %d somebody talks: %v", i, talks)
		}
	}
}

// Who has much to write waits for itself, and who leaves takes no place.
func TestPatientWritesGoFromOneCustomerToTheNext(t *testing.T) {
	q := newQueue()
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	var all []*job
	for _, of := range []netip.Addr{one, one, one, one, other, other} {
		j := &job{patient: true, customer: of}
		all = append(all, j)
		q.add(j)
	}
	all[0].taken.Store(true) // its caller has gone
	g := new(group)
	for g.patient < 5 {
		if !q.joinsLocked(g) {
			break
		}
	}
	var order []int
	for _, j := range g.jobs {
		order = append(order, slices.Index(all, j))
	}
	if want := []int{1, 4, 2, 5, 3}; !slices.Equal(order, want) || len(q.next) != 0 || len(q.patient) != 0 {
		t.Errorf("they come as %v, and %d are left", order, len(q.patient))
	}
}

// Who has as much read as there is leaves connections for those who write.
func TestPagesLeaveConnectionsForWrites(t *testing.T) {
	s := openCrowded(t, 1)
	if err := s.pages.Acquire(t.Context(), pagesAtOnce); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.EntriesBefore(ctx, "nobody", 1, 10); err == nil {
		t.Error("one page more is read")
	}
	if err := s.Write(t.Context(), func(ctx context.Context) error {
		_, err := s.EntriesAfter(ctx, "nobody", 0, 10) // in a write a page has its connection
		return err
	}); err != nil {
		t.Error(err)
	}
	s.pages.Release(pagesAtOnce)
	if _, err := s.EntriesBefore(t.Context(), "nobody", 1, 10); err != nil {
		t.Error(err)
	}
}
