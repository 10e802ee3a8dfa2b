package matrix

import "testing"

// Invariant 7: only what fails while other things get through counts against an entry.
func TestInvariant07AHomeserverThatFailsForAllCountsAgainstNoEntry(t *testing.T) {
	d := newDoubts()
	for range 100 {
		if n := d.fault("entry"); n != 0 {
			t.Fatalf("%d failures count although nothing got through", n)
		}
	}
	for i := range serverErrors {
		d.gotThrough()
		if n := d.fault("entry"); n != i+1 {
			t.Fatalf("%d failures count, want %d", n, i+1)
		}
	}
	d.clear("entry")
	if n := d.fault("entry"); n != 0 {
		t.Errorf("%d failures are left after the end", n)
	}
}
