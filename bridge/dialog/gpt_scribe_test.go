package dialog

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The parts of a dialog are its last lines, whole and in order, each part small
// enough to be summed up; of what is left out there is only a beginning.
func TestADialogIsSummedUpInParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 900), 0, 200).Draw(t, "sizes")
		lines := make([]gpt.Line, len(sizes))
		for i, n := range sizes {
			lines[i] = gpt.Line{By: gpt.ByVisitor, Text: strings.Repeat("tea ", n)}
		}
		parts, left := inParts(lines)
		if all := slices.Concat(parts...); !slices.Equal(all, lines[left:]) {
			t.Fatalf("%d lines became %d behind %d", len(lines), len(all), left)
		}
		if len(parts) > sumParts || left > 0 && len(parts) < sumParts {
			t.Fatalf("%d parts, and %d lines left out", len(parts), left)
		}
		for _, part := range parts {
			cost := 0
			for _, l := range part {
				cost += perSummed + tokens.Estimate(l.Text)
			}
			if len(part) == 0 || cost > sumPart && len(part) > 1 {
				t.Fatalf("a part has %d lines and %d tokens", len(part), cost)
			}
		}
	})
}

// What operators wanted and the bridge called off says nothing of the endpoint, and
// is counted; what took longer than it may was too slow.
func TestACalledOffWishIsNoFaultOfTheEndpoint(t *testing.T) {
	for name, c := range map[string]struct {
		ends func(context.Context) (context.Context, context.CancelFunc)
		why  []string
	}{
		"called off": {ends: context.WithCancel},
		"slow": {ends: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, why: []string{tooSlow}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, nil)
			h.server.Always(gpttest.Says("Grüner Tee").Hold(0))
			t.Cleanup(h.server.Release)
			site, who := h.cfg.Sites["shop"], store.Visitor{ID: h.in.Visitor, Site: "shop"}
			ctx, end := c.ends(t.Context())
			defer end()
			made := make(chan Writing, 1)
			go func() { made <- h.errands.scribe.Translate(ctx, site, who, "Green tea", "en", "de") }()
			until(t, "it is asked, or ends", func() bool { return h.server.Held() == 1 || ctx.Err() != nil })
			if len(c.why) == 0 {
				end()
			}
			if w := <-made; w.Failed != FailedEndpoint {
				t.Errorf("it wrote %+v", w)
			}
			var why []string
			for _, f := range h.told.faults {
				why = append(why, f.Why)
			}
			if !slices.Equal(why, c.why) {
				t.Errorf("the desk was told %q, not %q", why, c.why)
			}
			if used := h.used(t); len(h.server.Requests()) == 1 && used.Visitor.Requests != 1 {
				t.Errorf("used is %+v", used)
			}
		})
	}
}
