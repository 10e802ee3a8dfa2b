package dialog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func refused(t *testing.T, err error, code chat.Code) {
	t.Helper()
	if !errors.Is(err, &chat.Error{Code: code}) {
		t.Fatalf("got %v, not %s", err, code)
	}
}

// A required form comes before any message; its answers are the visitor's own words, which
// never take the place of an operator's.
func TestFormComesFirstAndOverwritesNoOperator(t *testing.T) {
	d, db, cfg := serviceWith(t)
	cfg.Sites["shop"].Widget.Forms.Start = &config.Form{Fields: []config.FormField{
		{Type: config.FieldName, Required: true}, {Type: config.FieldEmail}, {Type: config.FieldPhone, Required: true},
	}}
	in, err := d.Enter(t.Context(), "shop", strings.Repeat("f", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	say := func(client chat.ClientID) error {
		_, err := d.Say(t.Context(), in, dialog.Message{Client: client, Text: "hello"})
		return err
	}
	refused(t, say("message-1"), chat.CodeFormNeeded)
	if err := d.Set(t.Context(), in.Visitor, "email", "operator@example.com"); err != nil {
		t.Fatal(err)
	}
	flow, err := d.Flow(t.Context(), in)
	if err != nil || flow.Form == nil || len(flow.Form.Fields) != 2 {
		t.Fatalf("what an operator knows is asked: %+v (%v)", flow.Form, err)
	}
	_, err = d.Fill(t.Context(), in, "form-0001", "start", map[string]string{"name": "Ann"})
	refused(t, err, chat.CodeBadForm)
	values := map[string]string{"name": " Ann\n Raw ", "email": "visitor@example.com", "phone": "+44 20 7946 0000"}
	first, err := d.Fill(t.Context(), in, "form-0002", "start", values)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Fill(t.Context(), in, "form-0002", "start", map[string]string{"name": "Eve", "phone": "+442079460001"})
	if err != nil || again.ID != first.ID {
		t.Fatalf("the same form again is %s, not %s (%v)", again.ID, first.ID, err)
	}
	if err := say("message-1"); err != nil {
		t.Fatal(err)
	}
	p, err := d.Profile(t.Context(), in.Visitor)
	if err != nil {
		t.Fatal(err)
	}
	if p.Visitor.Name != "Ann Raw" || p.Contact(dialog.ContactEmail) != "operator@example.com" || p.Contact(dialog.ContactPhone) != "+442079460000" {
		t.Errorf("kept: %q, %+v", p.Visitor.Name, p.Variables)
	}
	// The form was filled in before there was a room, and goes there before the message.
	if unsent, err := db.Unsent(t.Context(), in.Visitor, 10); err != nil || len(unsent) != 2 || unsent[0].ID != first.ID {
		t.Errorf("on its way: %+v (%v)", unsent, err)
	}
}

// Keyboards of many languages write digits of their own: a number in them is one, also
// where nobody knows of which country.
func TestPhoneNumberIsTakenInTheDigitsOfAnyScript(t *testing.T) {
	d, _, cfg := serviceWith(t)
	cfg.Sites["shop"].Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldPhone, Required: true}}}
	for i, c := range []struct{ country, said, kept string }{
		{"EG", "+٢٠١٠٠١٢٣٤٥٦٧", "+201001234567"},
		{"EG", "٠١٠٠١٢٣٤٥٦٧", "+201001234567"},
		{"IR", "۰۹۱۲۳۴۵۶۷۸۹", "+989123456789"},
		{"", "٠١٠٠١٢٣٤٥٦٧", "٠١٠٠١٢٣٤٥٦٧"},
		{"", "+44 20 7946 0000 ext 12", "+442079460000"},
		{"", "call ٠١٠٠١٢٣٤٥٦٧", ""},
		{"", "٠١٠٠", ""},
	} {
		in, err := d.Enter(t.Context(), "shop", strings.Repeat(string(rune('a'+i)), 43), store.Device{CountryCode: c.country})
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Fill(t.Context(), in, "form-0001", "start", map[string]string{"phone": c.said})
		if c.kept == "" {
			refused(t, err, chat.CodeBadForm)
			continue
		}
		p, of := d.Profile(t.Context(), in.Visitor)
		if err != nil || of != nil || p.Contact(dialog.ContactPhone) != c.kept {
			t.Errorf("of %q in %q %q is kept, want %q (%v, %v)", c.said, c.country, p.Contact(dialog.ContactPhone), c.kept, err, of)
		}
	}
}

// A form is filled in once: who sends it for ever fills no journal, and is told that it was taken.
func TestFormIsFilledInOnce(t *testing.T) {
	d, db, cfg := serviceWith(t)
	cfg.Sites["shop"].Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldName}}}
	in, err := d.Enter(t.Context(), "shop", strings.Repeat("f", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []chat.ClientID{"form-0001", "form-0002", "form-0003"} {
		e, err := d.Fill(t.Context(), in, client, "start", map[string]string{"name": "Ann " + string(client)})
		if err != nil || e.Seq != 1 || e.ID == "" {
			t.Errorf("%s is acknowledged as %d %q (%v)", client, e.Seq, e.ID, err)
		}
	}
	if all, err := db.AllEntriesAfter(t.Context(), in.Visitor, 0, 10); err != nil || len(all) != 1 {
		t.Errorf("the journal has %+v (%v)", all, err)
	}
	if v, err := db.Visitor(t.Context(), in.Visitor); err != nil || v.Name != "Ann form-0001" {
		t.Errorf("the visitor is %q (%v)", v.Name, err)
	}
}

// A closing is rated once, as it was said last; another one, or an open dialog, is refused.
func TestClosingIsRatedOnce(t *testing.T) {
	d, db, cfg := serviceWith(t)
	cfg.Sites["shop"].Widget.Rating = config.RateStars
	in, err := d.Enter(t.Context(), "shop", strings.Repeat("r", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Say(t.Context(), in, dialog.Message{Client: "message-1", Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	rate := func(client chat.ClientID, closed time.Time, score int64, word string) error {
		_, err := d.Rate(t.Context(), in, client, closed, score, word)
		return err
	}
	refused(t, rate("rate-0001", time.Now(), 5, ""), chat.CodeUnknownTarget)
	if _, err := d.Close(t.Context(), in.Visitor); err != nil {
		t.Fatal(err)
	}
	flow, err := d.Flow(t.Context(), in)
	if err != nil || flow.Rate == nil || flow.Rate.Given {
		t.Fatalf("after the closing: %+v (%v)", flow.Rate, err)
	}
	closed := flow.Rate.Closed
	refused(t, rate("rate-0002", closed.Add(-time.Second), 5, ""), chat.CodeUnknownTarget)
	for _, score := range []int64{-1, 0, 6} {
		refused(t, rate("rate-0003", closed, score, ""), chat.CodeBadFrame)
	}
	refused(t, rate("rate-0004", closed, 5, strings.Repeat("ж", 501)), chat.CodeTooLong)
	for _, r := range []struct {
		client chat.ClientID
		score  int64
		word   string
	}{{"rate-0005", 2, "slow"}, {"rate-0006", 4, ""}, {"rate-0005", 2, "slow"}} {
		if err := rate(r.client, closed, r.score, r.word); err != nil {
			t.Fatal(err)
		}
	}
	ratings, err := db.RatingsOf(t.Context(), in.Visitor)
	if err != nil || len(ratings) != 1 || ratings[0].Score != 4 {
		t.Errorf("kept: %+v (%v)", ratings, err)
	}
	if flow, err = d.Flow(t.Context(), in); err != nil || !flow.Rate.Given || flow.Rate.Score != 4 || flow.Rate.Word != "" {
		t.Errorf("told: %+v (%v)", flow.Rate, err)
	}
	if _, err := d.Say(t.Context(), in, dialog.Message{Client: "message-2", Text: "one more thing"}); err != nil {
		t.Fatal(err)
	}
	refused(t, rate("rate-0007", closed, 1, ""), chat.CodeUnknownTarget)
}
