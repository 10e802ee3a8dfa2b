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

// While others write now and then, who is patient has half of the writer's time.
func TestPatientWritesRest(t *testing.T) {
	const took = 50 * time.Millisecond
	for _, c := range []struct {
		what   string
		others time.Duration // since they wrote
		rests  bool
	}{
		{"others write now and then", 0, true},
		{"nobody else writes", lately, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			q := newQueue()
			q.add(&job{patient: true})
			<-q.some
			q.last = time.Now().Add(-c.others)
			ended := time.Now()
			q.ended(&group{patient: 1, began: ended.Add(-took)})
			other := &group{jobs: []*job{{}}, began: ended}
			if c.rests {
				if g := q.group(); len(g.jobs) != 0 || q.joins(other) {
					t.Error("it does not rest")
				}
				<-q.some // it is told of again
			}
			if g := q.group(); len(g.jobs) != 1 || c.rests && time.Since(ended) < took {
				t.Errorf("%d jobs are taken after %v", len(g.jobs), time.Since(ended))
			}
		})
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
