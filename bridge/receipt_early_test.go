package bridge_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// An operator's receipt overtakes the event that it is for, a command, which is no entry: the
// visitor is told all the same how far operators have read.
func TestAReceiptForACommandThatIsNotHeardYet(t *testing.T) {
	t.Parallel()
	shown := make(chan struct{})
	show := sync.OnceFunc(func() { close(shown) })
	t.Cleanup(show)
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, forward http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/sync") {
			return false
		}
		got := httptest.NewRecorder()
		forward.ServeHTTP(got, r)
		for key, values := range got.Header() {
			w.Header()[key] = values
		}
		w.WriteHeader(got.Code)
		_, _ = w.Write(got.Body.Bytes())
		if bytes.Contains(got.Body.Bytes(), []byte("m.receipt")) && bytes.Contains(got.Body.Bytes(), []byte("@anna:")) {
			show()
		}
		return true
	}}
	inward := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) bool {
		if bytes.Contains(body, []byte("!visitor")) {
			select {
			case <-shown:
			case <-r.Context().Done():
			}
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t), Inward: inward.Through(t)})
	asked := k.visitor.Acked(t, k.visitor.Say("Is anybody there?"))
	k.anna.Sees(t, k.room, "Is anybody there?")
	if err := k.anna.MarkRead(t.Context(), k.room, k.anna.Says(t, k.room, "!visitor")); err != nil {
		t.Fatal(err)
	}
	bridgetest.Await(t, "operators have read", func() bool { return k.visitor.Seen() >= asked.Seq })
}
