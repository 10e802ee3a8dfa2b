package dialog

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mailCore is a core whose site mails what is unread, as soon as it is said.
func mailCore(t *testing.T) *core {
	t.Helper()
	c := newCore(t)
	c.mails = true
	c.cfg.Sites["shop"].MailVisitors = config.MailVisitors{Transcript: true, Answers: true, MostADay: 3, LinkFor: config.Duration(time.Hour)}
	_, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	return c
}

func (c *core) wants(t *testing.T, on bool, to string) {
	t.Helper()
	must(t, c.WishMails(t.Context(), c.in, MailWish{Answers: &on, To: to}))
}

// due looks after who is due, and takes what was queued by it.
func (c *core) due(t *testing.T) []store.Delivery {
	t.Helper()
	_, err := c.mailDue(t.Context())
	must(t, err)
	taken, err := c.store.TakeDeliveries(t.Context(), store.Mail, now(), time.Hour, 10, nil)
	must(t, err)
	return taken
}

// letter is what a mail tells, or why it is not sent.
func (c *core) letter(t *testing.T, d store.Delivery) (messages int, wanted bool) {
	t.Helper()
	order, ok := ReadMailOrder(d)
	if !ok {
		t.Fatalf("%+v is no mail to a visitor", d)
	}
	l, wanted, err := c.Letter(t.Context(), d, order)
	must(t, err)
	return len(l.Messages), wanted
}

// Who gives an address after it was answered is mailed what it has not read, in one mail.
func TestAnAddressThatComesLaterIsMailedWhatIsUnread(t *testing.T) {
	for name, give := range map[string]func(*core, *testing.T) error{
		"by its wish": func(c *core, t *testing.T) error {
			on := true
			return c.WishMails(t.Context(), c.in, MailWish{Answers: &on, To: "ann@example.com"})
		},
		"in a form or a chain": func(c *core, t *testing.T) error {
			_, err := c.setByBot(t.Context(), store.Visitor{ID: c.in.Visitor}, emailVariable, "ann@example.com")
			return err
		},
		"to an operator": func(c *core, t *testing.T) error {
			return c.Set(t.Context(), c.in.Visitor, emailVariable, "ann@example.com")
		},
		"by the page": func(c *core, t *testing.T) error {
			_, err := c.Identify(t.Context(), "shop", secret(), Person{Variables: []store.Variable{{Name: emailVariable, Value: "ann@example.com"}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := mailCore(t)
			c.replies(t, c.in.Visitor, "$1")
			c.replies(t, c.in.Visitor, "$2")
			if queued := c.due(t); len(queued) != 0 {
				t.Fatalf("without an address: %+v", queued)
			}
			must(t, give(c, t))
			queued := c.due(t)
			if len(queued) != 1 || queued[0].Target != "ann@example.com" {
				t.Fatalf("queued: %+v", queued)
			}
			if n, wanted := c.letter(t, queued[0]); n != 2 || !wanted {
				t.Errorf("it tells %d messages (%t)", n, wanted)
			}
			must(t, give(c, t)) // the same once more
			if again := c.due(t); len(again) != 0 {
				t.Errorf("told twice: %+v", again)
			}
		})
	}
}

// Who is given an address long after the last word, as by an import of contacts, is mailed
// nothing of it; what comes after that goes on as usual.
func TestAnAddressThatComesLongAfterIsMailedNoOldNews(t *testing.T) {
	c := mailCore(t)
	c.replies(t, c.in.Visitor, "$1")
	if queued := c.due(t); len(queued) != 0 {
		t.Fatalf("without an address: %+v", queued)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(c.cfg.Gateway.DataDir), "anteroom.db")+"?_busy_timeout=5000")
	must(t, err)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), `UPDATE entry SET at = ? WHERE party <> 'visitor'`, now().Add(-oldNews-time.Minute).UnixMilli())
	must(t, err)
	must(t, c.Set(t.Context(), c.in.Visitor, emailVariable, "ann@example.com"))
	if queued := c.due(t); len(queued) != 0 {
		t.Fatalf("queued: %+v", queued)
	}
	c.replies(t, c.in.Visitor, "$2")
	if queued := c.due(t); len(queued) != 1 {
		t.Fatalf("of what is new: %+v", queued)
	}
}

// A mail that had nothing to say is none: it counts against no limit, and what of it is
// unread goes on when it can.
func TestAMailWithNothingToSayIsNotCounted(t *testing.T) {
	c := mailCore(t)
	c.wants(t, true, "slip@example.com")
	c.replies(t, c.in.Visitor, "$1")
	queued := c.due(t)
	if len(queued) != 1 {
		t.Fatalf("queued: %+v", queued)
	}
	c.wants(t, false, "")
	if n, wanted := c.letter(t, queued[0]); wanted {
		t.Fatalf("who wants none is told %d", n)
	}
	must(t, c.DropMail(t.Context(), queued[0]))
	must(t, c.DropMail(t.Context(), queued[0])) // a worker that comes late
	sent, _, err := c.store.MailsTo(t.Context(), "shop", c.in.Visitor, "", mailOrigin(MailUnread), time.Time{})
	must(t, err)
	if mailed, err := c.Mailed(t.Context(), c.in.Visitor, 10); err != nil || sent != 0 || len(mailed) != 0 {
		t.Errorf("counted: %d, %+v (%v)", sent, mailed, err)
	}
	if queued := c.due(t); len(queued) != 0 {
		t.Fatalf("who wants none: %+v", queued)
	}
	c.wants(t, true, "slip@example.com")
	queued = c.due(t)
	if len(queued) != 1 {
		t.Fatalf("after it was wanted again: %+v", queued)
	}
	must(t, c.Set(t.Context(), c.in.Visitor, emailVariable, "known@example.com")) // of no weight beside the visitor's word
	if _, wanted := c.letter(t, queued[0]); !wanted {
		t.Error("the visitor's own address is not mailed")
	}
	must(t, c.Read(t.Context(), c.in.Visitor, 2))
	if _, wanted := c.letter(t, queued[0]); wanted {
		t.Error("what was read is mailed")
	}
	must(t, c.DropMail(t.Context(), queued[0]))
	if queued := c.due(t); len(queued) != 0 {
		t.Errorf("what was read is queued: %+v", queued)
	}
}

// An address that was a slip has told the visitor nothing: the right one is told all.
func TestACorrectedAddressIsToldAll(t *testing.T) {
	c := mailCore(t)
	c.wants(t, true, "slip@example.com")
	c.replies(t, c.in.Visitor, "$1")
	sent := c.due(t)
	if len(sent) != 1 {
		t.Fatalf("queued: %+v", sent)
	}
	must(t, c.store.FinishDelivery(t.Context(), sent[0], now()))
	c.replies(t, c.in.Visitor, "$2")
	c.wants(t, true, "ann@example.com")
	queued := c.due(t)
	if len(queued) != 1 || queued[0].Target != "ann@example.com" {
		t.Fatalf("queued: %+v", queued)
	}
	if n, _ := c.letter(t, queued[0]); n != 2 {
		t.Errorf("it tells %d messages", n)
	}
}

// Two wishes at once are both kept, or neither; the same again sends nothing twice.
func TestWishesOfMailsAreOne(t *testing.T) {
	c := mailCore(t)
	on := true
	both := MailWish{Client: "wish-0001", Transcript: true, Answers: &on, To: "ann@example.com"}
	// Nobody has answered, so the transcript is refused.
	if err := c.WishMails(t.Context(), c.in, both); !errors.Is(err, &chat.Error{Code: chat.CodeUnanswered}) {
		t.Fatalf("got %v", err)
	}
	if _, err := c.store.MailChoice(t.Context(), c.in.Visitor); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half of it was kept (%v)", err)
	}
	c.replies(t, c.in.Visitor, "$1")
	must(t, c.Read(t.Context(), c.in.Visitor, 2))
	for range 5 { // more often than a visitor is mailed in a day
		must(t, c.WishMails(t.Context(), c.in, both))
	}
	if queued := c.due(t); len(queued) != 1 {
		t.Errorf("queued: %+v", queued)
	}
	if state, to, err := c.Mails(t.Context(), c.in.Site, c.in.Visitor); err != nil || state != MailsOn || to != "ann@example.com" {
		t.Errorf("%s to %s (%v)", state, to, err)
	}
}

// Who unsubscribed and asks for mails is told that none come to that address, and how they
// do again; to say that none are wanted is right as ever.
func TestWhoUnsubscribedIsNotPromisedMails(t *testing.T) {
	c := mailCore(t)
	c.replies(t, c.in.Visitor, "$1")
	hash, err := c.AddressHash(t.Context(), "shop", "ann@example.com")
	must(t, err)
	token, err := c.stopToken(t.Context(), "shop", hash)
	must(t, err)
	must(t, c.StopMails(t.Context(), "shop", token, false))
	must(t, c.Set(t.Context(), c.in.Visitor, emailVariable, "Ann@example.com"))
	on := true
	for i, wish := range []MailWish{{Answers: &on, To: "ann@example.com"}, {Answers: &on}, {Transcript: true, To: "ann@example.com"}, {Transcript: true}} {
		if err := c.WishMails(t.Context(), c.in, wish); !errors.Is(err, &chat.Error{Code: chat.CodeUnsubscribed}) {
			t.Errorf("%d: got %v", i, err)
		}
	}
	c.wants(t, false, "ann@example.com")
	if queued := c.due(t); len(queued) != 0 {
		t.Fatalf("queued: %+v", queued)
	}
	must(t, c.StopMails(t.Context(), "shop", token, true))
	c.wants(t, true, "ann@example.com")
	if queued := c.due(t); len(queued) != 1 {
		t.Errorf("once they are allowed again: %+v", queued)
	}
}

// What stands behind a "+" is the same mailbox: it has one say and one limit.
func TestSubaddressesAreOneMailbox(t *testing.T) {
	c := mailCore(t)
	c.replies(t, c.in.Visitor, "$1")
	wish := func(client, to string) error {
		return c.WishMails(t.Context(), c.in, MailWish{Client: chat.ClientID("wish-" + client), Transcript: true, To: to})
	}
	for i, address := range []string{"ann_b@example.com", "Ann_B+0@example.com", "annxb+1@example.com", "ann_b+1+2@example.com"} {
		in, err := c.Enter(t.Context(), "shop", fmt.Sprintf("%043d", i), store.Device{})
		must(t, err)
		_, err = c.Say(t.Context(), in, Message{Client: "message-1", Text: "Hi"})
		must(t, err)
		c.replies(t, in.Visitor, fmt.Sprintf("$a%d", i))
		must(t, c.WishMails(t.Context(), in, MailWish{Client: "wish-0000", Transcript: true, To: address}))
	}
	for _, to := range []string{"ann_b+9@example.com", "ann_b@example.com"} {
		if err := wish("0001", to); !errors.Is(err, &chat.Error{Code: chat.CodeTooFast}) {
			t.Errorf("to %s, the fourth of a mailbox: %v", to, err)
		}
	}
	must(t, wish("0002", "annxb@example.com"))
	queued := c.due(t)
	if len(queued) != 5 || !slices.ContainsFunc(queued, func(d store.Delivery) bool { return d.Target == "Ann_B+0@example.com" }) {
		t.Fatalf("queued: %+v", queued)
	}

	// One link stops them all.
	hash, err := c.AddressHash(t.Context(), "shop", "ANN_B+0@example.com")
	must(t, err)
	token, err := c.stopToken(t.Context(), "shop", hash)
	must(t, err)
	must(t, c.StopMails(t.Context(), "shop", token, false))
	for _, d := range queued {
		if _, wanted := c.letter(t, d); wanted != strings.HasPrefix(d.Target, "annxb") {
			t.Errorf("a mail to %s goes: %t", d.Target, wanted)
		}
	}
}

// An answer that is lost on its way has not shut the dialog: the same browser asks again
// and is let in; nobody else is.
func TestALinkWhoseAnswerWasLostOpensOnceMore(t *testing.T) {
	c := mailCore(t)
	c.wants(t, true, "ann@example.com")
	c.replies(t, c.in.Visitor, "$1")
	order, _ := ReadMailOrder(c.due(t)[0])
	fresh := strings.Repeat("f", 43)
	first, err := c.ComeBack(t.Context(), "shop", order.Link, "", fresh)
	must(t, err)
	again, err := c.ComeBack(t.Context(), "shop", order.Link, strings.Repeat("o", 43), fresh)
	if err != nil || again != first || again.Secret != fresh {
		t.Errorf("asked again: %+v after %+v (%v)", again, first, err)
	}
	in, err := c.Enter(t.Context(), "shop", again.Secret, store.Device{})
	if err != nil || in.Visitor != c.in.Visitor {
		t.Errorf("it lets into %s (%v)", in.Visitor, err)
	}
	expired := &chat.Error{Code: chat.CodeLinkExpired}
	for _, other := range []string{"", strings.Repeat("o", 43), "short"} {
		if pass, err := c.ComeBack(t.Context(), "shop", order.Link, "", other); !errors.Is(err, expired) {
			t.Errorf("another browser with %q: %+v %v", other, pass, err)
		}
	}
	// Who has signed out there is let in by it no more.
	must(t, c.SignOut(t.Context(), "shop", fresh, ""))
	if pass, err := c.ComeBack(t.Context(), "shop", order.Link, "", fresh); !errors.Is(err, expired) {
		t.Errorf("after signing out: %+v %v", pass, err)
	}
}

// Who wanted no mails wants none after signing in, unless it said otherwise there since.
func TestNoMailsGoAlongWithSigningIn(t *testing.T) {
	c := mailCore(t)
	c.wants(t, true, "shared@example.com")
	signIn := func() Session {
		pass, err := c.Identify(t.Context(), "shop", secret(), Person{Subject: "4711", Variables: []store.Variable{{Name: emailVariable, Value: "user@example.com"}}})
		must(t, err)
		in, err := c.Enter(t.Context(), "shop", pass.Secret, store.Device{})
		must(t, err)
		return in
	}
	state := func(in Session, want MailState) {
		t.Helper()
		if is, to, err := c.Mails(t.Context(), in.Site, in.Visitor); err != nil || is != want || to != "user@example.com" {
			t.Errorf("%q to %s, want %q (%v)", is, to, want, err)
		}
	}
	state(signIn(), MailsOn) // and not to the address of who sat there before
	c.wants(t, false, "")
	in := signIn()
	state(in, MailsOff)
	on := true
	must(t, c.WishMails(t.Context(), in, MailWish{Answers: &on}))
	state(signIn(), MailsOn)
}
