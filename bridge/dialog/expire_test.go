package dialog

import (
	"fmt"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The first run after closed.erase_after was set meets years of dialogs.
func TestDialogsAreErasedForTheirAgeAFewAtATime(t *testing.T) {
	c := newCore(t)
	site, err := c.Site("shop")
	must(t, err)
	site.Closed.EraseAfter = config.Duration(24 * time.Hour)
	for i := range eraseBatch + 1 {
		v, err := c.store.EnterVisitor(t.Context(), site.ID, fmt.Sprint("closed ", i), store.Device{}, time.Now())
		must(t, err)
		_, err = c.store.OpenDialog(t.Context(), v.ID, time.Now().Add(-72*time.Hour))
		must(t, err)
		_, err = c.store.CloseDialog(t.Context(), v.ID, time.Now().Add(-48*time.Hour))
		must(t, err)
	}
	for run, want := range []int{eraseBatch, eraseBatch + 1, eraseBatch + 1} {
		more, err := c.Expire(t.Context())
		must(t, err)
		gone, err := c.store.Erasures(t.Context())
		if err != nil || len(gone) != want || more != (run == 0) {
			t.Errorf("after run %d %d are erased, more %t (%v)", run+1, len(gone), more, err)
		}
	}
}
