package bridge_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// mailing is a site that mails its visitors by a real server.
func mailing(t *testing.T, post *mailtest.Server) bridgetest.Options {
	t.Helper()
	return bridgetest.Options{
		Gateway: fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, security: none, from: \"Chat <chat@example.com>\"}\n", post.Port),
		Site:    "    mail_visitors: {transcript: true, answers: true, after: 10s}\n" + bridgetest.WithIdentity,
	}
}

// mailed waits for so many mails, and returns the last.
func mailed(t *testing.T, post *mailtest.Server, n int) mailtest.Received {
	t.Helper()
	bridgetest.AwaitFor(t, 90*time.Second, fmt.Sprintf("%d mails", n), func() bool { return len(post.Mails()) >= n })
	all := post.Mails()
	if len(all) != n {
		t.Fatalf("%d mails came, not %d", len(all), n)
	}
	return all[n-1]
}

// bodiesOf are the plain and the formatted body of a mail.
func bodiesOf(t *testing.T, m mailtest.Received) (text, page string) {
	t.Helper()
	read, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(read.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			return text, page
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			page = strings.ReplaceAll(string(body), "\r\n", "\n")
		} else {
			text = strings.ReplaceAll(string(body), "\r\n", "\n")
		}
	}
}

var linkBack = regexp.MustCompile(`/v1/shop/back\?l=en#([A-Za-z0-9_-]{43})`)

func wishes(t *testing.T, v *bridgetest.Visitor, body wire.Mails) (int, wire.MailsAre, string) {
	t.Helper()
	body.Secret = v.Secret
	var answer struct {
		wire.MailsAre
		Code string `json:"code"`
	}
	status := v.Post(t, "mails", body, &answer)
	return status, answer.MailsAre, answer.Code
}

// post sends a form to one of the gateway's addresses.
func submit(t *testing.T, address string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// What is said while the visitor is away goes on by one mail, whose link opens the
// dialog in another browser, once.
func TestUnreadAnswersGoOnByMail(t *testing.T) {
	t.Parallel() // it waits for most of its time
	post := mailtest.Start(t, mailtest.Options{})
	s := bridgetest.Start(t, mailing(t, post))
	anna := s.Operator(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Is green tea in stock?"))
	room := anna.Room(t, 0)
	wants(t, answers(t, anna, room, "!visitor"), "No e-mails: the address is not known")
	on := true
	if status, are, code := wishes(t, v, wire.Mails{Answers: &on, To: "maria@example.org"}); status != http.StatusOK || !are.Answers || are.Known != "m…@example.org" {
		t.Fatalf("%d %+v %s", status, are, code)
	}
	wants(t, answers(t, anna, room, "!visitor"), "goes on by e-mail to maria@example.org", "email = maria@example.org")
	v.Close()
	anna.Says(t, room, "Yes, <it> is.")
	gone := anna.Says(t, room, "And coffee?")
	anna.Says(t, room, "Shall I put some aside?")
	if _, err := anna.RedactEvent(t.Context(), room, gone); err != nil {
		t.Fatal(err)
	}
	m := mailed(t, post, 1)
	text, page := bodiesOf(t, m)
	for about, got := range map[string]string{"text": text, "page": page} {
		for _, want := range []string{"Shall I put some aside?", "anna", "Continue the conversation", "unsubscribe"} {
			if !strings.Contains(got, want) {
				t.Errorf("the %s has no %q:\n%s", about, want, got)
			}
		}
		if strings.Contains(got, "coffee") || strings.Contains(got, "in stock") {
			t.Errorf("the %s tells what was removed, or the visitor's own words:\n%s", about, got)
		}
	}
	if !strings.Contains(page, "&lt;it&gt;") || m.To[0] != "maria@example.org" || m.Header("Subject") != "Shop: you have an answer" ||
		!strings.HasPrefix(m.Header("From"), `"Shop" <`) || m.Header("Auto-Submitted") != "auto-generated" || m.Header("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("the mail is\n%s", m.Raw)
	}
	seesNotice(t, anna, room, "goes on by e-mail.")
	if noticed(anna, room, "goes on by e-mail.") != 1 {
		t.Error("the room was not told once, quietly")
	}

	link := linkBack.FindStringSubmatch(text)
	if link == nil || !strings.Contains(page, link[1]) {
		t.Fatalf("there is no link back in\n%s", text)
	}
	other := v.Tab() // whose keys are others
	var pass wire.Identified
	if status := other.Post(t, "return", wire.Return{Link: link[1]}, &pass); status != http.StatusOK || pass.Secret == "" {
		t.Fatalf("the link is answered with %d %+v", status, pass)
	}
	third := s.Visitor()
	var refused struct{ Code string }
	if status := third.Post(t, "return", wire.Return{Link: link[1]}, &refused); status != http.StatusForbidden || refused.Code != "link_expired" {
		t.Errorf("a link that was used is answered with %d %s", status, refused.Code)
	}
	var again wire.Identified
	if status := other.Post(t, "return", wire.Return{Link: link[1], Secret: pass.Secret}, &again); status != http.StatusOK || again.Secret != "" {
		t.Errorf("the browser that used it is answered with %d %+v", status, again)
	}
	other.Secret = pass.Secret
	other.MustConnect(t)
	other.Hears(t, "Shall I put some aside?")
	last := other.Hears(t, "Is green tea in stock?")
	other.Acked(t, other.Say("Yes please"))
	anna.Sees(t, room, "Yes please")
	if last.Seq == 0 {
		t.Error("the dialog is another one")
	}

	// Who has the address wants no more of them, whoever the visitor is then.
	stop := strings.Trim(m.Header("List-Unsubscribe"), "<>")
	resp, err := http.Get(stop) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the page is answered with %d", resp.StatusCode)
	}
	wants(t, answers(t, anna, room, "!visitor"), "goes on by e-mail to maria@example.org") // looking changes nothing
	if status, body := submit(t, stop, url.Values{"List-Unsubscribe": {"One-Click"}}); status != http.StatusOK || !strings.Contains(body, "no more mails") {
		t.Errorf("unsubscribing is answered with %d %s", status, body)
	}
	wants(t, answers(t, anna, room, "!visitor"), "Unsubscribed from e-mails")
	anna.Says(t, room, "!forget 1")
	bridgetest.Await(t, "the erasure is through", func() bool { return s.Logged("Nothing is left of an erased visitor") })
	fresh := s.Visitor().MustConnect(t)
	fresh.Acked(t, fresh.Say("Hello again"))
	room = anna.Room(t, 1)
	anna.Says(t, room, "Welcome")
	fresh.Hears(t, "Welcome")
	if status, _, code := wishes(t, fresh, wire.Mails{Transcript: true, To: "Maria@Example.org"}); status != http.StatusConflict || code != "unsubscribed" {
		t.Errorf("after unsubscribing a conversation is answered with %d %s", status, code)
	}
	if status, body := submit(t, stop, url.Values{"again": {"1"}}); status != http.StatusOK || !strings.Contains(body, "again") {
		t.Errorf("taking it back is answered with %d %s", status, body)
	}
	if status, _, code := wishes(t, fresh, wire.Mails{Transcript: true, To: "maria@example.org"}); status != http.StatusOK {
		t.Errorf("%d %s", status, code)
	}
	if text, _ := bodiesOf(t, mailed(t, post, 2)); !strings.Contains(text, "Hello again") || !strings.Contains(text, "Welcome") {
		t.Errorf("the conversation is\n%s", text)
	}
}

// What was read in time, or by who signed in elsewhere, is not mailed; who signs in is led
// to where that is done, by no link that opens anything.
func TestSignedInVisitorsAreLedToTheSite(t *testing.T) {
	t.Parallel() // it waits for most of its time
	post := mailtest.Start(t, mailtest.Options{})
	s := bridgetest.Start(t, mailing(t, post))
	anna := s.Operator(t)
	v := s.Visitor()
	v.SignIn(t, bridgetest.Token(t, "user 4711", map[string]any{"name": "Ann", "email": "ann@example.com"}))
	v.MustConnect(t)
	v.Acked(t, v.Say("Hello"))
	room := anna.Room(t, 0)
	reader := s.Visitor().MustConnect(t)
	reader.Acked(t, reader.Say("I am here"))
	on := true
	wishes(t, reader, wire.Mails{Answers: &on, To: "reader@example.com"})
	anna.Says(t, anna.Room(t, 1), "Read at once")
	e := reader.Hears(t, "Read at once")
	reader.Write(&wire.Read{T: wire.TypeRead, Seq: e.Seq})
	v.Close()
	reader.Close()
	anna.Says(t, room, "For Ann")
	m := mailed(t, post, 1)
	text, _ := bodiesOf(t, m)
	if m.To[0] != "ann@example.com" || linkBack.MatchString(text) || !strings.Contains(text, bridgetest.Origin) {
		t.Errorf("the mail is to %v:\n%s", m.To, text)
	}
	// Both were due by then.
	wants(t, answers(t, anna, anna.Room(t, 1), "!visitor"), "goes on by e-mail to reader@example.com")
	mailed(t, post, 1)
}

// A form that mails conversations is of no use to who wants others to get mails.
func TestMailingConversationsIsLimited(t *testing.T) {
	t.Parallel()
	post := mailtest.Start(t, mailtest.Options{})
	s := bridgetest.Start(t, mailing(t, post))
	anna := s.Operator(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Buy at https://evil.example/ now"))
	if status, _, code := wishes(t, v, wire.Mails{Transcript: true, To: "victim@example.org"}); status != http.StatusConflict || code != "unanswered" {
		t.Errorf("before anybody answered: %d %s", status, code)
	}
	anna.Says(t, anna.Room(t, 0), "No.")
	v.Hears(t, "No.")
	for _, to := range []string{"", "none", "a@b@c", "victim@example.org\r\nBcc: other@example.org", "a@example.org, b@example.org"} {
		if status, _, code := wishes(t, v, wire.Mails{Transcript: true, To: to}); status != http.StatusBadRequest || code != "bad_address" {
			t.Errorf("%q: %d %s", to, status, code)
		}
	}
	for range 3 {
		if status, _, code := wishes(t, v, wire.Mails{Transcript: true, To: "victim@example.org"}); status != http.StatusOK {
			t.Errorf("%d %s", status, code)
		}
	}
	if status, _, code := wishes(t, v, wire.Mails{Transcript: true, To: "another@example.org"}); status != http.StatusTooManyRequests || code != "too_fast" {
		t.Errorf("a visitor's fourth: %d %s", status, code)
	}
	w := s.Visitor().MustConnect(t)
	w.Acked(t, w.Say("Me too"))
	anna.Says(t, anna.Room(t, 1), "You too.")
	w.Hears(t, "You too.")
	if status, _, code := wishes(t, w, wire.Mails{Transcript: true, To: "victim@example.org"}); status != http.StatusTooManyRequests || code != "too_fast" {
		t.Errorf("an address's fourth: %d %s", status, code)
	}
	m := mailed(t, post, 3)
	if _, page := bodiesOf(t, m); strings.Contains(page, `href="https://evil.example`) || strings.Contains(m.Header("Subject"), "evil") {
		t.Errorf("the visitor's word is a link:\n%s", page)
	}
}

// Wherever the bridge dies, what is unread is mailed under one id, and told of once. Only
// where the mail server's word is lost with the bridge the mail goes again: the same one.
func TestMailsAreNotDoubledByKills(t *testing.T) {
	t.Parallel() // it waits for most of its time
	post := mailtest.Start(t, mailtest.Options{})
	s := bridgetest.Start(t, mailing(t, post))
	anna := s.Operator(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hello"))
	room := anna.Room(t, 0)
	on := true
	wishes(t, v, wire.Mails{Answers: &on, To: "maria@example.org"})
	v.Close()
	anna.Says(t, room, "One answer")
	anna.Says(t, room, "Another answer")
	for _, point := range killpoint.Mails() {
		s.StopBridge(t)
		s.StartBridge(t, "", killpoint.Env+"="+string(point))
		bridgetest.AwaitFor(t, 60*time.Second, "the bridge dies at "+string(point), func() bool { return !s.Alive() })
	}
	s.StartBridge(t, "")
	// Who dies has it for as long as its lease, see desk/notify.
	bridgetest.AwaitFor(t, notify.DefaultLease+time.Minute, "the mail, again", func() bool { return len(post.Mails()) > 1 })
	seesNotice(t, anna, room, "goes on by e-mail.")
	ids := map[string]bool{}
	for _, m := range post.Mails() {
		ids[m.Header("Message-ID")] = true
		if text, _ := bodiesOf(t, m); !strings.Contains(text, "One answer") || !strings.Contains(text, "Another answer") {
			t.Errorf("a mail tells only a part:\n%s", text)
		}
	}
	if len(ids) != 1 || len(post.Mails()) != 2 || noticed(anna, room, "goes on by e-mail.") != 1 {
		t.Errorf("%d mails under %d ids, %d notices", len(post.Mails()), len(ids), noticed(anna, room, "goes on by e-mail."))
	}
}
