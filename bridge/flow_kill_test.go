package bridge_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

const agreement = "We keep what you write."

// besides is a site that asks for all that stands beside a talk.
func besides(post *mailtest.Server) bridgetest.Options {
	return bridgetest.Options{
		Gateway: fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, security: none, from: \"Chat <chat@example.com>\"}\n", post.Port),
		Site: `    mail_visitors: {transcript: true, answers: true, after: 1h}
    widget:
      consent: ` + agreement + `
      rating: stars
      forms: {start: {fields: [{type: name, required: true}, {type: text, name: order, label: Order}]}}
`,
	}
}

// counted is what a query finds in the bridge's database.
func counted(t *testing.T, s *bridgetest.Stack, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.Database()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// diesAt starts the bridge so that it dies at a point, has something done that leads
// there, and waits for that.
func diesAt(t *testing.T, s *bridgetest.Stack, point killpoint.Point, do func()) {
	t.Helper()
	s.StopBridge(t)
	s.StartBridge(t, "", killpoint.Env+"="+string(point))
	do()
	bridgetest.AwaitFor(t, time.Minute, "the bridge dies at "+string(point), func() bool { return !s.Alive() })
}

// What a visitor agrees to, fills in, rates and wants of mails is there once, and told of
// once, wherever the bridge dies. The browser says again what was not acknowledged.
func TestWhatStandsBesideTheTalkIsNotDoubledByKills(t *testing.T) {
	t.Parallel() // it waits for most of its time
	post := mailtest.Start(t, mailtest.Options{})
	s := bridgetest.Start(t, besides(post))
	anna := s.Operator(t)
	v := s.Visitor()
	v.Agreed = config.ConsentHash(agreement)
	connect := func() { _ = v.Connect(t.Context()) }

	for _, point := range []killpoint.Point{killpoint.BeforeEnter, killpoint.AfterEnter} {
		diesAt(t, s, point, connect)
	}
	s.StartBridge(t, "")
	v.MustConnect(t)
	if visitors, consents := counted(t, s, "SELECT count(*) FROM visitor WHERE NOT desk"), counted(t, s, "SELECT count(*) FROM consent"); visitors != 1 || consents != 1 {
		t.Errorf("%d visitors have agreed %d times", visitors, consents)
	}

	v.Close()
	form := v.Send(&wire.Form{T: wire.TypeForm, ID: "start", Values: map[string]string{"name": "Maria", "order": "12"}})
	for _, point := range []killpoint.Point{killpoint.BeforeAppend, killpoint.AfterAppend} {
		diesAt(t, s, point, connect)
	}
	s.StartBridge(t, "")
	v.MustConnect(t)
	v.Acked(t, form)
	v.Acked(t, v.Say("Where is it?"))
	room := anna.Room(t, 0)
	anna.Sees(t, room, "Where is it?")
	if forms, told := counted(t, s, "SELECT count(*) FROM form"), noticed(anna, room, "filled in the form"); forms != 1 || told != 1 {
		t.Errorf("%d forms, told %d times", forms, told)
	}
	wants(t, answers(t, anna, room, "!visitor"), "Maria", "order = 12", "Agreed to")

	anna.Says(t, room, "It is on its way")
	v.Hears(t, "It is on its way")
	answers(t, anna, room, "!close")
	closing := bridgetest.Frame(t, v, wire.TypeFlow, func(f wire.Flow) bool { return f.Rate != nil }).Rate.Closing
	v.Close()
	rating := v.Send(&wire.Rate{T: wire.TypeRate, Closing: closing, Score: 4, Text: "Quick & kind"})
	for _, point := range []killpoint.Point{killpoint.BeforeAppend, killpoint.AfterAppend, killpoint.BeforeSend, killpoint.AfterSend, killpoint.AfterSettle} {
		diesAt(t, s, point, connect)
	}
	s.StartBridge(t, "")
	v.MustConnect(t)
	v.Acked(t, rating)
	wants(t, answers(t, anna, room, "!visitor"), "Rated the dialog: 4 of 5, “Quick & kind”")
	if kept, told := counted(t, s, "SELECT count(*) FROM rating"), noticed(anna, room, "the rating:")+noticed(anna, room, "rated the dialog:"); kept != 1 || told != 1 {
		t.Errorf("%d ratings, told %d times", kept, told)
	}

	on := true
	wish, err := json.Marshal(wire.Mails{Secret: v.Secret, Client: "wish-0001", Transcript: true, Answers: &on, To: "maria@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (status int) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/shop/mails", bytes.NewReader(wish))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", bridgetest.Origin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, point := range []killpoint.Point{killpoint.BeforeMailWish, killpoint.AfterMailWish} {
		diesAt(t, s, point, func() {
			if status := ask(); status != 0 {
				t.Errorf("at %s it is answered with %d", point, status)
			}
		})
	}
	s.StartBridge(t, "")
	if status := ask(); status != http.StatusOK {
		t.Errorf("after all it is answered with %d", status)
	}
	if m := mailed(t, post, 1); !strings.Contains(m.Header("Subject"), "your conversation") {
		t.Errorf("the mail is about %s", m.Header("Subject"))
	}
	if queued, chosen := counted(t, s, "SELECT count(*) FROM delivery WHERE kind = 'mail'"), counted(t, s, "SELECT count(*) FROM mail_choice WHERE NOT off"); queued != 1 || chosen != 1 {
		t.Errorf("%d mails were queued, %d wishes kept", queued, chosen)
	}
	wants(t, answers(t, anna, room, "!visitor"), "goes on by e-mail to maria@example.org", "Last e-mail to the visitor")
}
