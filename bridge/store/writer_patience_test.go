package store

import (
	"context"
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
		write(Patient(t.Context()), func(context.Context) error { order = append(order, "patient"); return nil })
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
