package matrix

import (
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Invariant 3: a turn that waited while the homeserver went away sends nothing before that is
// compared with what is known of it: it may be back from a backup, without the file that is to go.
func TestInvariant03NothingIsSentBeforeTheComparison(t *testing.T) {
	hs, err := newHomeserver(config.Default(), nil, newMetrics(nil), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	hs.gate.closed = func() {}
	hs.gate.close(errGarbage)
	m := &Matrix{hs: hs, doubts: newDoubts()} // whoever goes on asks the store, which there is none
	for _, kind := range []chat.Kind{chat.Message, chat.Redaction} {
		if err := m.send(t.Context(), taskSend, &conversation{}, chat.Entry{ID: "entry", Kind: kind}); !errors.Is(err, errShut) {
			t.Errorf("a %s: %v", kind, err)
		}
	}
}
