package desk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The day until which a mail's link opens the dialog is counted since the mail was queued,
// when the link was made, and not since it could be sent; in no language does a full stop
// stand behind another.
func TestALinkIsNotGoodForLongerBecauseItsMailWaited(t *testing.T) {
	for language, want := range map[string]string{"en": "until 11 March 2026. ", "ru": "До 11 марта 2026 г. ссылка ", "ar": "حتى 11 مارس 2026. "} {
		t.Run(language, func(t *testing.T) {
			d, site, v, _, _ := hooked(t)
			site.MailVisitors = config.MailVisitors{Answers: true, LinkFor: config.Duration(7 * 24 * time.Hour)}
			in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{Language: language})
			if err != nil {
				t.Fatal(err)
			}
			on := true
			if err := d.dialog.WishMails(t.Context(), in, dialog.MailWish{Answers: &on, To: "ann@example.com"}); err != nil {
				t.Fatal(err)
			}
			if err := d.dialog.Reply(t.Context(), v, chat.Author{Party: chat.Operator, ID: "@ann:example.org"}, "$1", chat.Content{Text: "We do!"}); err != nil {
				t.Fatal(err)
			}
			order, err := json.Marshal(dialog.MailOrder{About: dialog.MailUnread, Last: 9, Link: strings.Repeat("l", 43)})
			if err != nil {
				t.Fatal(err)
			}
			letter, ours, err := d.composeMail(t.Context(), store.Delivery{
				Site: site.ID, Visitor: v, Kind: store.Mail, Target: "ann@example.com", Origin: "to visitor unread:1", Payload: string(order),
				Created: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), // long ago
			})
			if err != nil || !ours || letter == nil {
				t.Fatalf("there is no mail (%v)", err)
			}
			if !strings.Contains(letter.Text, want) || strings.Contains(letter.Text, "..") {
				t.Errorf("it says %s", letter.Text)
			}
		})
	}
}

// Each mail is told to the room, also one about the same messages as the one before, which
// went to an address that was a slip; none is told twice.
func TestEachMailIsToldToTheRoomOnce(t *testing.T) {
	d, site, v, _, _ := hooked(t)
	told := func() (n int) {
		all, err := d.store.AllEntriesAfter(t.Context(), v, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.Content.Text == "What the visitor has not read goes on by e-mail." {
				n++
			}
		}
		return n
	}
	for i, c := range []struct {
		key   string
		about dialog.MailAbout
		want  int
	}{{"2:1000", dialog.MailUnread, 1}, {"2:2000", dialog.MailUnread, 2}, {"2:1000", dialog.MailUnread, 2}, {"wish-0001", dialog.MailTranscript, 2}} {
		if err := d.Mailing(t.Context(), site, store.Visitor{ID: v}, c.key, dialog.MailOrder{About: c.about, Last: 2}); err != nil {
			t.Fatal(err)
		}
		if n := told(); n != c.want {
			t.Errorf("after mail %d: told %d times", i, n)
		}
	}
}
