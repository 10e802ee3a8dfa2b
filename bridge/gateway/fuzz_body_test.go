package gateway

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	fuzzedSecret = "q3Jv0sXb1k9mYw5eTfU8ZrLhNc2PdGa7iKo4uVtRjEs"
	// bystander is a visitor whom nobody names.
	bystander = "bystander-bystander-bystander-bystander-bys"
)

// hasty is a door that holds nobody back.
func hasty(f *testing.F) *door {
	f.Helper()
	d := openDoor(f, func(cfg *config.Config, p *pacing) {
		p.poll, p.away = time.Millisecond, 0
		const many = math.MaxInt32
		l := &cfg.Gateway.Limits
		l.SocketsPerVisitor, l.SocketsPerAddress, l.MessagesPerMinute, l.MessagesBurst = many, many/2, many, many
		l.SessionsPerMinute, l.DialogsPerHour, l.SiteDialogsPerHour, l.UploadsPerHour, l.FilesWaiting = many, many, many, many, many
		cfg.Sites["shop"].MailVisitors.Transcript = true
	})
	d.gateway.limits.frames = quota.NewBuckets[chat.VisitorID](math.MaxInt32, math.MaxInt32)
	d.gateway.limits.events = quota.NewBuckets[chat.VisitorID](math.MaxInt32, math.MaxInt32)
	d.gateway.limits.transcripts = quota.NewBuckets[chat.VisitorID](math.MaxInt32, math.MaxInt32)
	d.gateway.limits.mails = quota.NewAddresses(math.MaxInt32, math.MaxInt32)
	for _, secret := range []string{fuzzedSecret, bystander} {
		d.exchange(secret, nil, 0, &wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"})
	}
	return d
}

// posts a body as a page of the shop does.
func (d *door) posts(t *testing.T, to string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path.Join("/v1/shop", to), bytes.NewReader(body))
	r.Header.Set("Origin", shop)
	answer := httptest.NewRecorder()
	d.gateway.Handler().ServeHTTP(answer, r)
	return answer
}

// refusedWell fails unless an answer that is no success says why, in words and by a code,
// and that the fault is not ours.
func refusedWell(t *testing.T, body []byte, answer *httptest.ResponseRecorder) {
	t.Helper()
	var why errorBody
	err := json.Unmarshal(answer.Body.Bytes(), &why)
	if err != nil || why.Code == "" || why.Code == chat.CodeInternal || why.Text == "" || answer.Code < 400 || answer.Code >= 500 || !utf8.ValidString(answer.Body.String()) {
		t.Fatalf("%q is answered with %d %s", body, answer.Code, answer.Body)
	}
}

// untouched fails if the bystander's dialog holds more than its first message.
func (d *door) untouched(t *testing.T, body []byte) {
	t.Helper()
	in, err := d.dialog.Enter(t.Context(), "shop", bystander, store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := d.dialog.After(t.Context(), in.Visitor, 0, 3); err != nil || len(entries) != 1 || entries[0].Content.Text != "Hello" || entries[0].Redacted {
		t.Fatalf("after %q another visitor's dialog holds %+v (%v)", body, entries, err)
	}
}

// FuzzExchange: whatever an exchange brings is answered with a welcome and whole frames,
// none of which says that we are at fault, or is refused by a code; nobody else's dialog
// has anything of it.
func FuzzExchange(f *testing.F) {
	const hello = `{"hello":{"t":"hello","secret":"` + fuzzedSecret + `"`
	for _, g := range widgetExamples(f) {
		f.Add([]byte(hello + `},"frames":[` + g + `]}`))
	}
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `{"hello":null}`, `{"hello":{"t":"hello","secret":"short"}}`, hello + `}}`, hello + `},"frames":null,"wait":-1}`,
		hello + `,"resume":{"seq":9223372036854775807,"id":"x"}},"wait":99999999999}`, hello + `,"resume":{"seq":-1,"id":""}},"wait":25}`,
		hello + `,"page":{"url":"javascript:xss(1)","title":"\u202e\u0000","referrer":"//"},"language":"xx-\ud800","time_zone":"../../etc/passwd"},"frames":[null,1,"a",[],{}]}`,
		hello + `},"frames":[{"t":"message","cid":"message-2","text":"\ud800\u0000<b>"},{"t":"message","cid":"message-2","text":"other"},{"t":"history","before":-1,"limit":-1}]}`,
		hello + `},"frames":[{"t":"hello","secret":"` + fuzzedSecret + `"},{"t":"typing","on":1},{"t":"read","seq":-9223372036854775808},{"t":"delivered","seq":1e300}]}`,
		hello + `},"frames":[{"t":"edit","cid":"edit-0001","target":"","text":"x"},{"t":"event","cid":"event-001","name":"a","data":{"a":{"b":[1e999]}}},{"t":"upload","cid":"upload-01","name":"..","size":-1}]} {}`,
		hello + `},"frames":[` + strings.Repeat(`{"t":"ping"},`, 100) + `{"t":"ping"}]}`, "\xff" + hello + "}}",
	} {
		f.Add([]byte(seed))
	}
	d := hasty(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		answer := d.posts(t, "frames", body)
		defer d.untouched(t, body)
		if answer.Code != http.StatusOK {
			refusedWell(t, body, answer)
			return
		}
		var got batch
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || len(got.Frames) == 0 || !utf8.ValidString(answer.Body.String()) {
			t.Fatalf("%q is answered with %s: %v", body, answer.Body, err)
		}
		seq := int64(0)
		for i, data := range got.Frames {
			switch kind := typeOf(t, data); {
			case (kind == wire.TypeWelcome) != (i == 0):
				t.Fatalf("%q: frame %d is %s", body, i, data)
			case kind == wire.TypeError:
				if refused := decode[wire.Error](t, data); refused.Code == "" || refused.Code == chat.CodeInternal {
					t.Fatalf("%q is answered with %s", body, data)
				}
			case kind == wire.TypeEntry:
				entry := decode[wire.NewEntry](t, data)
				if entry.Entry.Seq <= seq {
					t.Fatalf("%q: entry %d stands behind %d", body, entry.Entry.Seq, seq)
				}
				seq = entry.Entry.Seq
			}
		}
	})
}

// widgetExamples are the frames of the widget, from the files that its own tests read too.
func widgetExamples(f *testing.F) (all []string) {
	f.Helper()
	for _, frame := range []any{
		&wire.Message{T: wire.TypeMessage, Client: "message-2", Text: "Is the green tea <fresh>?"},
		&wire.Message{T: wire.TypeMessage, Client: "message-3", ReplyTo: "x", File: "y", Answer: &chat.Answer{Entry: "z", Value: "2026-11-26"}, Location: &chat.Location{Latitude: 91}},
		&wire.Edit{T: wire.TypeEdit, Client: "edit-0001", Target: "x", Text: "y"}, &wire.Redact{T: wire.TypeRedact, Client: "redact-01", Target: "x"},
		&wire.Reaction{T: wire.TypeReaction, Client: "react-001", Target: "x", Key: "👍"},
		&wire.Upload{T: wire.TypeUpload, Client: "upload-01", Name: "tea pot.png", Type: "image/png", Size: 68123, Voice: &chat.Recording{Duration: -1, Waveform: []int{-1, 1 << 40}}},
		&wire.FileLink{T: wire.TypeFile, File: "x"}, &wire.History{T: wire.TypeHistory, Before: 120, Limit: 50}, &wire.Typing{T: wire.TypeTyping, On: true},
		&wire.Read{T: wire.TypeRead, Seq: 7}, &wire.Delivered{T: wire.TypeDelivered, Seq: 7}, &wire.Opened{T: wire.TypeOpened},
		&wire.PageView{T: wire.TypePage, Page: wire.Page{URL: "https://shop.example.com/tea?id=7", Title: "Tea", Referrer: "x"}},
		&wire.Visited{T: wire.TypeVisited, Client: "visit-001", Trigger: "welcome-0"}, &wire.Proactive{T: wire.TypeProactive, Client: "proact-01", Name: "cart"},
		&wire.Event{T: wire.TypeEvent, Client: "event-001", Name: "cart", Data: map[string]any{"price": 12.5, "vip": true}},
		&wire.Form{T: wire.TypeForm, Client: "form-0001", ID: "start", Values: map[string]string{"email": "a@example.org"}},
		&wire.Rate{T: wire.TypeRate, Client: "rate-0001", Closing: 1, Score: -1, Text: "x"}, &wire.Ping{T: wire.TypePing},
	} {
		data, err := json.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, string(data))
	}
	return all
}

// FuzzPost: the same of the small bodies that pages post beside the talk; what succeeds is
// answered with JSON, with a page or with nothing.
func FuzzPost(f *testing.F) {
	paths := []string{"identity", "sign-out", "transcript", "mails", "return", "dismissed", "unsubscribe", "look"}
	const mine = `"secret":"` + fuzzedSecret + `"`
	for i := range paths {
		for _, seed := range []string{``, `null`, `[]`, `{}`, `{` + mine + `}`, "\xff", `{` + mine + `} {}`} {
			f.Add(byte(i), []byte(seed))
		}
	}
	for i, seeds := range [][]string{
		{`{` + mine + `,"person":{"name":"Ann\u202e","email":"a@b","phone":"+1","locale":"xx","variables":{"a":1e400,"b":null,"c":[{}],"":"x"}}}`, `{"token":"a.b.c"}`, `{"token":"` + strings.Repeat("e", 9000) + `",` + mine + `}`, `{` + mine + `,"person":[],"consent":"x"}`},
		{`{"session":"x"}`},
		{`{` + mine + `,"format":"text"}`, `{` + mine + `,"format":"pdf"}`},
		{`{` + mine + `,"cid":"mail-0001","transcript":true,"to":"a@example.org\r\nBcc: b@example.org"}`, `{` + mine + `,"answers":true,"cid":"x"}`},
		{`{"link":"x"}`, `{"link":"` + strings.Repeat("A", 60) + `",` + mine + `}`},
		{`{"name":"welcome"}`, `{"name":"\u0000"}`},
		{`a=x`},
		{`{"widget":{"color":"#a2481f","title":"<b>"}}`, `{"color":7}`},
	} {
		for _, seed := range seeds {
			f.Add(byte(i), []byte(seed))
		}
	}
	d := hasty(f)
	f.Fuzz(func(t *testing.T, to byte, body []byte) {
		answer := d.posts(t, paths[int(to)%len(paths)], body)
		defer d.untouched(t, body)
		if answer.Code >= 300 {
			if paths[int(to)%len(paths)] == "unsubscribe" && answer.Code < 500 {
				return // a page for people
			}
			refusedWell(t, body, answer)
			return
		}
		if strings.HasPrefix(answer.Header().Get("Content-Type"), "application/json") && !json.Valid(answer.Body.Bytes()) {
			t.Fatalf("%q is answered with %s", body, answer.Body)
		}
	})
}
