package desk

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func testDesk(language config.Language) (*Desk, *config.Site) {
	cfg := config.Default()
	cfg.Homeserver.Domain = "example.org"
	site := config.DefaultSite("shop")
	site.Name, site.Language, site.TimeZone = "Tea Shop", language, "Europe/Berlin"
	return &Desk{cfg: cfg}, site
}

// golden compares both bodies with a file; ANTEROOM_GOLDEN=write rewrites it.
func golden(t *testing.T, name string, text markup.Text) {
	t.Helper()
	got := text.Plain + "\n\n" + text.HTML + "\n"
	path := filepath.Join("testdata", name+".golden")
	if os.Getenv("ANTEROOM_GOLDEN") == "write" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s (%v):\ngot\n%s\nwant\n%s", name, err, got, want)
	}
}

func TestHelpReadsWell(t *testing.T) {
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site := testDesk(language)
		golden(t, "help_dialog_"+string(language), d.help(site, inDialog, ""))
		golden(t, "help_desk_"+string(language), d.help(site, inDesk, ""))
		site.Bot.Enabled, site.Bot.Chains = true, "/chains"
		site.Assistants["assistant"] = config.DefaultAssistant("assistant", "")
		golden(t, "help_bot_"+string(language), d.help(site, inDialog, ""))
	}
}

func TestTheCardReadsWell(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 26, hour, 5, 0, 0, time.UTC) }
	full := dialog.Profile{
		Visitor: store.Visitor{
			ID: "abcdefgh234567ab", Site: "shop", CreatedAt: at(8), SeenAt: at(12), Number: 12, Name: `Ann <b>"Tea"</b>`,
			Device:   store.Device{Language: "de-DE", TimeZone: "Europe/Berlin", System: "Chrome 156, Windows 11", Place: "Berlin", Country: "Germany"},
			FirstURL: "https://shop.example/?utm_source=news&utm_campaign=autumn",
			Page: store.Page{
				URL: "https://shop.example/tea", Title: "Green tea @room `now`",
				Referrer: "https://search.example/",
			},
		},
		Dialog: store.Dialog{
			Status: store.StatusOpen, OpenedAt: at(8), Assignee: "@anna:example.org", WaitingSince: at(11),
			Rating: store.Rating{Score: 4, Of: 5}, RatingWord: "Quick & <kind>,\nthank you",
		},
		Mails: dialog.MailsOn, MailsTo: "ann@example.org", MailedAt: at(10), Mailed: store.DeliveryDone,
		Tags: []string{"lead", "VIP"}, Variables: []store.Variable{{Name: "plan", Value: "team & more"}},
		Subject: "user 4711", Before: []store.Visitor{{ID: "abcdefgh234567ac", Number: 9, Name: "Berlin Nov 26, 08:01"}},
		Online: true, Connections: 2, Answer: dialog.Delivered,
	}
	bare := dialog.Profile{
		Visitor: store.Visitor{ID: "abcdefgh234567ab", Site: "shop", CreatedAt: at(8), SeenAt: at(12), Number: 3, Name: "Visitor Nov 26, 09:05"},
		Dialog:  store.Dialog{Status: store.StatusClosed, Blocked: true},
		After:   []store.Visitor{{ID: "abcdefgh234567ad", Number: 4, Name: "Ann [x](y)"}},
	}
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site := testDesk(language)
		golden(t, "card_full_"+string(language), d.card(site, full))
		golden(t, "card_bare_"+string(language), d.card(site, bare))
	}
}

func TestTheHistoryReadsWell(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	p := dialog.Profile{
		Visitor: store.Visitor{ID: "abcdefgh234567ab", Site: "shop", CreatedAt: at(3, 8, 5), Number: 12, Name: `Ann <b>"Tea"</b>`},
		Dialog:  store.Dialog{Status: store.StatusOpen, OpenedAt: at(26, 12, 1), ClosedAt: at(5, 9, 0)},
	}
	views := []store.View{
		{At: at(26, 12, 0), URL: "https://shop.example/cart", Title: "Your cart"},
		{At: at(26, 11, 31), URL: "https://shop.example/" + strings.Repeat("x", 200), Title: "**Green** tea @room `now` <i>{url}</i>"},
		{At: at(26, 11, 1), URL: "https://shop.example/"},
	}
	long := slices.Clone(views)
	for i := range 40 {
		long = append(long, store.View{At: at(5, 9, 0).Add(-time.Duration(i) * time.Second), URL: "https://shop.example/tea", Title: "Tea"})
	}
	closed := p
	closed.Dialog = store.Dialog{Status: store.StatusClosed, OpenedAt: at(3, 8, 6), ClosedAt: at(5, 9, 0)}
	for _, language := range []config.Language{config.English, config.Russian} {
		d, site := testDesk(language)
		golden(t, "history_"+string(language), d.pages(site, p, views))
		golden(t, "history_long_"+string(language), d.pages(site, closed, long))
		golden(t, "history_none_"+string(language), d.pages(site, dialog.Profile{Visitor: p.Visitor}, nil))
	}
}

var optionalPart = regexp.MustCompile(`<<\w+: `)

var namedValue = regexp.MustCompile(`\{(\w+)\}`)

// Every text exists in both languages, names the same values, and leaves no mark behind.
func TestEveryTextHasBothLanguages(t *testing.T) {
	en, ru := english(), russian()
	for k, text := range en {
		words := namedValue.ReplaceAllString(optionalPart.ReplaceAllString(text, ""), "")
		if strings.Contains(words, " ") && strings.ContainsFunc(words, unicode.IsLetter) && !strings.ContainsFunc(ru[k], func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
			t.Errorf("%s has no Russian text: %q", k, ru[k])
		}
		for _, v := range namedValue.FindAllString(text, -1) {
			if !strings.Contains(ru[k], v) {
				t.Errorf("%s: the Russian text does not say %s", k, v)
			}
		}
		for _, source := range []string{text, ru[k]} {
			values := markup.Values{}
			for _, m := range namedValue.FindAllStringSubmatch(source, -1) {
				values[m[1]] = "x"
			}
			for _, v := range []markup.Values{values, nil} {
				r := markup.Render(source, v)
				if strings.ContainsAny(r.Plain, "{}*`") || strings.Contains(r.Plain, "<<") || strings.Contains(r.Plain, ">>") || strings.Contains(r.HTML, "**") {
					t.Errorf("%s: a mark is left in %q", k, r.Plain)
				}
			}
		}
	}
	for k := range ru {
		if _, ok := en[k]; !ok {
			t.Errorf("%s has no English text", k)
		}
	}
	for _, c := range commands() {
		if en[helpOf(c)] == "" {
			t.Errorf("!%s is not explained", c.name)
		}
	}
}

func TestMistypedCommandsAreGuessed(t *testing.T) {
	for typed, meant := range map[string]string{
		"clsoe": "close", "close": "close", "colse": "close", "tagg": "tag", "blok": "block", "visiter": "visitor",
		"hello": "", "привет": "", "x": "", "": "",
	} {
		if found := typo.Meant(typed, namesIn(inDialog)); found != meant {
			t.Errorf("%q is taken for %q", typed, found)
		}
	}
}
