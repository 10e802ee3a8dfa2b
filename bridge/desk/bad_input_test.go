package desk

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// startDesk makes a desk of one site on a database of its own, and returns that file.
func startDesk(tb testing.TB) (*Desk, *config.Site, string) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "anteroom.db")
	s, err := store.Open(tb.Context(), store.Options{Type: "sqlite3", URI: path})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	cfg := config.Default()
	cfg.Homeserver.Domain, cfg.Gateway.DataDir = "example.org", tb.TempDir()
	site := config.DefaultSite("shop")
	site.Name, site.Operators, site.Bot.Enabled = "Shop", []id.UserID{"@ann:example.org"}, true
	site.Canned = map[string]config.Text{"hello": {"": "Hello {{ name }}, {{ plan }}"}}
	cfg.Sites[site.ID] = site
	service, err := dialog.New(cfg, s, zerolog.Nop())
	if err != nil {
		tb.Fatal(err)
	}
	d, err := New(cfg, s, service, zerolog.Nop())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(d.Close)
	return d, site, path
}

// hostile are arguments that nobody means well.
func hostile() []string {
	arguments := []string{
		"", " ", "x", "=", "a=", "=b", "a=b", "#", "#0", "-1", "0", "1", "2", "99999999999999999999", "1e9", "address", "on", "off", "off 1m",
		"@room", "@ann:example.org", "@ann", "<b>bold</b><script>alert(1)</script>", `"quotes" & 'more'`, "**strong** `code` {name} <<name: x>> [a](b)",
		"{{ name }}", "%d %s %n", "'; DROP TABLE visitor; --", "\u202Eevil\u202C", "\u200B\u2060\uFEFF", "a\x00b", "a\x1b[31mred", "line\nbreak\r\nmore",
		"\xff\xfe", "👩‍👩‍👧‍👦🇩🇪", "שלום עולם", "ёлка ЁЛКА", "!close", "!!", "plan=<b>@room</b>", "plan={{ name }}", "a\u0301\u0301\u0301", "../../etc/passwd",
	}
	for _, n := range []int{49, 50, 51, 100, 101, 255, 1001, 10_000} {
		arguments = append(arguments, strings.Repeat("я", n), "k="+strings.Repeat("<", n), strings.Repeat("a ", n))
	}
	return arguments
}

// Whatever stands behind a command, it is carried out or answered with what is
// wrong and how it is used; the answer shows it as text and stays short.
func TestCommandsTakeAnyArgument(t *testing.T) {
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site, _ := startDesk(t)
		site.Language = language
		in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.dialog.Say(t.Context(), in, dialog.Message{Client: "client-0000000001", Text: "Hello"}); err != nil {
			t.Fatal(err)
		}
		room, err := d.dialog.DeskOf(t.Context(), site.ID)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, known := range append(commands(), command{name: "help", where: inDialog}, command{name: "help", where: inDesk}, command{name: "nothing", where: inDesk}) {
			visitor := in.Visitor
			if known.where == inDesk {
				visitor = room.ID
			}
			for _, argument := range hostile() {
				if known.name == "forget" && argument == "1" {
					continue // that is the visitor's number, and does it
				}
				n++
				who, err := d.store.Visitor(t.Context(), visitor)
				if err != nil {
					t.Fatalf("!%s %.40q lost the visitor: %v", known.name, argument, err)
				}
				said := run(t, d, dialog.Command{
					Site: site, Visitor: who, Sender: "@ann:example.org", Name: "Ann", Allowed: true,
					Text: "!" + known.name + " " + argument, Event: id.EventID(fmt.Sprintf("$%d", n)),
				})
				if said.Plain == "" && known.name != "note" && known.name != "canned" {
					t.Errorf("!%s %.40q has no answer", known.name, argument)
				}
				check(t, known.name, argument, said)
			}
		}
	}
}

// run carries a command out as the core does, in one transaction.
func run(t *testing.T, d *Desk, c dialog.Command) (said markup.Text) {
	t.Helper()
	made, err := d.Prepare(t.Context(), c)
	if err != nil {
		t.Errorf("%.60q: %v", c.Text, err)
	}
	c.Answer = made.Answer
	if err := d.store.Write(t.Context(), func(ctx context.Context) (err error) {
		said, err = d.Command(ctx, c)
		return err
	}); err != nil {
		t.Errorf("%.60q: %v", c.Text, err)
	}
	return said
}

// check asks an answer to be text, whatever was commanded.
func check(t *testing.T, name, argument string, said markup.Text) {
	t.Helper()
	const most = 30_000 // a Matrix event has room for both bodies
	if len(said.Plain)+len(said.HTML) > most {
		t.Errorf("!%s %.40q is answered with %d bytes", name, argument, len(said.Plain)+len(said.HTML))
	}
	if !utf8.ValidString(said.Plain) || !utf8.ValidString(said.HTML) {
		t.Errorf("!%s %.40q is answered with broken text", name, argument)
	}
	for _, bad := range []string{"<b>", "<script", "\x00", "\x1b", "\u202E", "<<", ">>"} {
		if strings.Contains(said.HTML, bad) {
			t.Errorf("!%s %.40q is answered with %q in\n%s", name, argument, bad, said.HTML)
		}
	}
	for _, bad := range []string{"\x00", "\x1b", "\u202E", "\r"} {
		if strings.Contains(said.Plain, bad) {
			t.Errorf("!%s %.40q is answered with %q in\n%s", name, argument, bad, said.Plain)
		}
	}
}
