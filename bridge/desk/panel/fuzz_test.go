package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/quota"
)

// FuzzLive: whatever a panel says first and after that, it is told of its own site alone, or
// let go with a code of ours. SESSION stands for a session of the shop, ANN for a contact of
// it, OTHER for one of another site.
func FuzzLive(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"session":"SESSION","site":"shop"}`, `{"watch":"ANN"}`},
		{`{"session":"SESSION","site":"shop","contact":"ANN"}`, `{"watch":null}`},
		{`{"session":"SESSION","site":"shop","contact":"OTHER"}`, `{"watch":"OTHER"}`},
		{`{"session":"SESSION","site":"blog"}`, ``},
		{``, ``},
		{`null`, `null`},
		{`[]`, `[]`},
		{`{}`, `{}`},
		{`{"session":7}`, `{"watch":7}`},
		{`{"session":"","site":""}`, `{"watch":{}}`},
		{`{"session":"SESSION","site":"shop\u0000"}`, ``},
		{"\xff", "\xff"},
		{`{"session":"SESSION","site":"shop","contact":"\ud800'; DROP TABLE visitor"}`, `{"watch":"\u0000%"}`},
		{`{"session":"SESSION","site":"shop"}`, `{"watch":"` + strings.Repeat("A", 5000) + `"}`},
		{`{"session":"SESSION","site":"shop"} {}`, `{"watch":"ANN"} {}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	h := open(f, built(f), nil)
	h.panel.hellos = quota.NewAddresses(math.MaxInt32, math.MaxInt32)
	_, ann := h.visitor("shop", "Ann")
	_, other := h.visitor("blog", "Other")
	names := strings.NewReplacer("SESSION", h.signIn("shop", "@ann:example.org"), "ANN", string(ann), "OTHER", string(other))
	f.Fuzz(func(t *testing.T, hello, next []byte) {
		dialer := websocket.Dialer{}
		conn, response, err := dialer.DialContext(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/panel/v1/live", http.Header{"Origin": {h.url}})
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		defer func() { _ = conn.Close() }()
		must(t, conn.SetReadDeadline(time.Now().Add(patience)))
		for _, said := range [][]byte{hello, next} {
			// What it is refused for may have closed it already.
			_ = conn.WriteMessage(websocket.TextMessage, []byte(names.Replace(string(said))))
		}
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		for {
			_, data, err := conn.ReadMessage()
			if over, closed := errors.AsType[*websocket.CloseError](err); closed {
				switch over.Code {
				case websocket.CloseNormalClosure, websocket.ClosePolicyViolation, websocket.CloseTryAgainLater, websocket.CloseMessageTooBig, websocket.CloseInvalidFramePayloadData, websocket.CloseAbnormalClosure:
				default:
					t.Fatalf("%q, %q: it ends with %v", hello, next, over)
				}
				return
			}
			if err != nil {
				if strings.Contains(err.Error(), "timeout") {
					t.Fatalf("%q, %q: %v", hello, next, err)
				}
				return
			}
			var told frame
			if err := json.Unmarshal(data, &told); err != nil || told.Type == "" || !utf8.Valid(data) || told.Code == "internal" || told.name() == "Other" {
				t.Fatalf("%q, %q: it is told %s", hello, next, data)
			}
		}
	})
}

// FuzzSignIn: nobody is signed in by what was not given out, and what is refused says so by
// a code.
func FuzzSignIn(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `{"link":""}`, `{"link":"x"}`, `{"link":7}`, `{"link":"` + strings.Repeat("A", 5000) + `"}`, `{"link":"\u0000\ud800"}`, "\xff",
		`{"site":"shop","openid":{"access_token":"x","matrix_server_name":"example.org","token_type":"Bearer","expires_in":3600}}`,
		`{"site":"shop","openid":{"access_token":"x/../../y?z#","matrix_server_name":"127.0.0.1:1/","expires_in":1e400}}`, `{"site":"nowhere","openid":null}`, `{"link":"x"} {}`,
	} {
		f.Add([]byte(seed))
	}
	h := open(f, built(f), nil)
	h.panel.signIns = quota.NewAddresses(math.MaxInt32, math.MaxInt32)
	f.Fuzz(func(t *testing.T, body []byte) {
		answer := httptest.NewRecorder()
		h.panel.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, Prefix+"v1/session", bytes.NewReader(body)))
		var problem struct{ Code, Detail string }
		if err := json.Unmarshal(answer.Body.Bytes(), &problem); err != nil || answer.Code < 400 || problem.Code == "" || problem.Code == "internal" || problem.Detail == "" || !utf8.Valid(answer.Body.Bytes()) {
			t.Fatalf("%q is answered with %d %s", body, answer.Code, answer.Body)
		}
	})
}
