package bridge_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Invariant 3: what is taken back was said when it was said, and is no news to mails,
// webhooks and operators' room; what is said from then on is.
func TestInvariant03NoNewsAfterTheBackup(t *testing.T) {
	t.Parallel() // it waits for most of its time
	post, hook := mailtest.Start(t, mailtest.Options{}), startHook(t)
	o := mailing(t, post)
	o.Gateway += "outward: [127.0.0.1]\n"
	o.Site += fmt.Sprintf("    webhooks: [{name: crm, url: %q, secret: %q, events: [message.created, dialog.opened]}]\n", hook.url, hookSecret)
	k := startTalk(t, o)
	on := true
	if status, _, code := wishes(t, k.visitor, wire.Mails{Answers: &on, To: "maria@example.org"}); status != http.StatusOK {
		t.Fatal(status, code)
	}
	k.anna.Says(t, k.room, "Before the backup")
	k.visitor.Hears(t, "Before the backup")
	answers(t, k.anna, k.room, "!close")
	k.query(t, "nothing is on its way to the hook", `SELECT count(*) = 0 FROM delivery WHERE state = 'pending'`)
	saved := k.backup(t)

	k.visitor.Acked(t, k.visitor.Say("Since the backup"))
	k.anna.Sees(t, k.room, "Since the backup")
	desk := k.anna.Desk(t)
	says(t, k.anna, desk, "Since the backup")
	k.anna.Says(t, k.room, "Answered since")
	last := k.visitor.Hears(t, "Answered since")
	k.visitor.Write(&wire.Read{T: wire.TypeRead, Seq: last.Seq})
	k.query(t, "the visitor has read all", `SELECT read_seq >= $1 FROM dialog WHERE read_seq > 0`, last.Seq)
	told := []string{"dialog.opened", "dialog.opened", "message.created", "message.created", "message.created", "message.created"}
	kinds := func() []string { return slices.Sorted(slices.Values(hook.kinds())) }
	bridgetest.Await(t, "the hook is told of it", func() bool { return slices.Equal(kinds(), told) })
	k.query(t, "what is unread at the copy is due", `SELECT MIN(at) < CAST(unixepoch('subsec') * 1000 AS INTEGER) - 12000 FROM entry`)
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	restored := time.Now()
	k.StartBridge(t, "")

	again := k.visitor.Tab().MustConnect(t)
	for _, text := range []string{"Since the backup", "Answered since"} {
		if said := again.Hears(t, text); said.At >= restored.UnixMilli() {
			t.Errorf("%q was said after the restore", text)
		}
	}
	again.Close()
	k.anna.Says(t, k.room, "News")
	text, _ := bodiesOf(t, mailed(t, post, 1))
	if !strings.Contains(text, "News") || strings.Contains(text, "backup") || strings.Contains(text, "since") {
		t.Errorf("the visitor is mailed\n%s", text)
	}
	told = append(told, "message.created")
	bridgetest.Await(t, "the hook is told of the news", func() bool { return slices.Equal(kinds(), told) })
	n := 0
	for _, e := range k.anna.Timeline(desk) {
		if strings.Contains(bridgetest.Body(e), "Since the backup") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("operators were told %d times that the visitor wrote again", n)
	}
	for _, e := range again.Entries() {
		if e.Author.Party == chat.Bot {
			t.Errorf("the visitor is told %q", e.Text)
		}
	}
}

// Invariant 3: a dialog that was closed by a kick since the backup is closed again, which is no
// news to webhooks.
func TestInvariant03AKickSinceTheBackupIsNoNews(t *testing.T) {
	t.Parallel()
	hook := startHook(t)
	k := startTalk(t, bridgetest.Options{
		Gateway: "outward: [127.0.0.1]\n",
		Site:    fmt.Sprintf("    webhooks: [{name: crm, url: %q, secret: %q, events: [dialog.closed, dialog.opened]}]\n", hook.url, hookSecret),
	})
	bridgetest.Await(t, "the hook is told of the beginning", func() bool { return slices.Equal(hook.kinds(), []string{"dialog.opened"}) })
	k.query(t, "nothing is on its way to it", `SELECT count(*) = 0 FROM delivery WHERE state = 'pending'`)
	saved := k.backup(t)
	if _, err := k.anna.KickUser(t.Context(), k.room, &mautrix.ReqKickUser{UserID: k.asked.Sender}); err != nil {
		t.Fatal(err)
	}
	bridgetest.Await(t, "the hook is told of the end", func() bool { return slices.Equal(hook.kinds(), []string{"dialog.opened", "dialog.closed"}) })
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.StartBridge(t, "")
	k.query(t, "the dialog is closed again", `SELECT status = 'closed' FROM dialog WHERE number = 1`)
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("One more thing"))
	bridgetest.Await(t, "the hook is told that it goes on", func() bool { return len(hook.kinds()) >= 3 })
	if kinds := hook.kinds(); !slices.Equal(kinds, []string{"dialog.opened", "dialog.closed", "dialog.opened"}) {
		t.Errorf("the hook is told %q", kinds)
	}
}

// Invariant 3: a dialog that the copy has as closed for long enough to be erased is not, if it
// went on since.
func TestInvariant03ReopenedSinceTheBackup(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: "    closed: {erase_after: 30d}\n"})
	answers(t, k.anna, k.room, "!close")
	saved := k.backup(t)
	k.visitor.Acked(t, k.visitor.Say("Since the backup"))
	k.anna.Sees(t, k.room, "Since the backup")
	k.StopBridge(t)
	k.restoreDatabase(t, saved)
	k.age(t, 31*24*time.Hour, 1)
	k.StartBridge(t, "", atOnce)

	again := k.visitor.Tab().MustConnect(t)
	reads(t, again, "visitor: Do you have green tea?", "visitor: Since the backup")
	again.Acked(t, again.Say("And today"))
	k.anna.Sees(t, k.room, "And today")
}
