package gateway

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

func TestAwayIsSaidOutsideOfTheHours(t *testing.T) {
	site := config.DefaultSite("shop")
	monday := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	if told := away(site, config.English, monday); told != nil {
		t.Errorf("a site that is always open says %+v", told)
	}
	site = withHours(t, "mon-fri: 09:00-18:00")
	site.Widget.Away = config.Notice{config.English: "Gone", config.Russian: "Нас нет"}
	hour := time.Hour.Milliseconds()
	for _, c := range []struct {
		at   time.Duration
		want wire.Away
	}{
		{8 * time.Hour, wire.Away{Text: "Gone", Back: monday.Add(9 * time.Hour).UnixMilli(), Span: wire.Span{For: hour}}},
		{9 * time.Hour, wire.Away{Text: "Gone", Back: monday.Add(33 * time.Hour).UnixMilli(), Span: wire.Span{In: 9 * hour, For: 24 * hour}}},
		{18 * time.Hour, wire.Away{Text: "Gone", Back: monday.Add(33 * time.Hour).UnixMilli(), Span: wire.Span{For: 15 * hour}}},
		{(4*24 + 20) * time.Hour, wire.Away{Text: "Gone", Back: monday.Add((7*24 + 9) * time.Hour).UnixMilli(), Span: wire.Span{For: 61 * hour}}},
	} {
		told := away(site, config.English, monday.Add(c.at))
		if told == nil {
			t.Errorf("%s after monday nothing is said", c.at)
			continue
		}
		told.Later = nil
		if !reflect.DeepEqual(*told, c.want) {
			t.Errorf("%s after monday: %+v, want %+v", c.at, told, c.want)
		}
	}
	if told := away(site, config.Russian, monday); told.Text != "Нас нет" {
		t.Errorf("in Russian %+v", told)
	}
	site.Widget.Away = config.Notice{}
	if told := away(site, config.English, monday); told != nil {
		t.Errorf("switched off it says %+v", told)
	}
}

// As the preview shows it, whenever its owner looks.
func TestClosedIsAsIfItWereSoNow(t *testing.T) {
	site := withHours(t, "mon-fri: 09:00-18:00")
	site.Widget.Away = config.Notice{config.English: "Gone"}
	monday := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for at, back := range map[time.Duration]time.Duration{
		8 * time.Hour:                         9 * time.Hour,
		12*time.Hour + 123456*time.Nanosecond: 33 * time.Hour,
		18 * time.Hour:                        33 * time.Hour,
	} {
		told := closed(site, config.English, monday.Add(at))
		if told == nil || told.In != 0 || told.Back != monday.Add(back).UnixMilli() {
			t.Errorf("%s after monday: %+v, want the time %s after it", at, told, back)
		}
	}
	if told := closed(config.DefaultSite("shop"), config.English, monday); told != nil {
		t.Errorf("a site that never closes says %+v", told)
	}
}

// A link may last for days, and what was said with its welcome is all that is said on it.
func TestAwayIsSaidAsLongAsALinkLasts(t *testing.T) {
	for _, hours := range []string{"mon-fri: 09:00-18:00", "mon-fri: [\"09:00-13:00\", \"14:00-18:00\"]", "mon-thu: 00:00-24:00"} {
		site := withHours(t, hours)
		site.Widget.Away = config.Notice{config.English: "Gone"}
		schedule := site.Hours.In(site.Location())
		for _, at := range []int{10, 20, 5 * 24} {
			came := time.Date(2026, 11, 30, at, 0, 0, 0, time.UTC)
			told := away(site, config.English, came)
			if told == nil {
				t.Errorf("%s: nothing is said to who comes at %s", hours, came)
				continue
			}
			if back, _ := schedule.NextOpening(came.Add(time.Duration(told.In) * time.Millisecond)); told.Back != back.UnixMilli() {
				t.Errorf("%s: who comes at %s is told of %s, want %s", hours, came, time.UnixMilli(told.Back).UTC(), back)
			}
			for after := time.Minute; after < awayAhead; after += 30 * time.Minute {
				ms, said := after.Milliseconds(), false
				for _, s := range append([]wire.Span{told.Span}, told.Later...) {
					said = said || s.In <= ms && ms < s.For
				}
				if now := came.Add(after); said == schedule.Open(now) {
					t.Fatalf("%s: to who came at %s it is said at %s that nobody is there: %v", hours, came, now, said)
				}
			}
		}
	}
}

func BenchmarkAway(b *testing.B) {
	site := withHours(b, "mon-fri: [\"09:00-13:00\", \"14:00-18:00\"]")
	for b.Loop() {
		away(site, config.English, time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC))
	}
}

// withHours is a site whose opening hours stand in a file.
func withHours(t testing.TB, hours string) *config.Site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(path, []byte(`homeserver: {address: "http://127.0.0.1:8008", domain: example.com}
appservice: {as_token: as-0123456789abcdef0123456789abcdef, hs_token: hs-0123456789abcdef0123456789abcdef}
gateway: {public_url: "https://chat.example.com"}
sites:
  shop:
    name: Shop
    origins: [https://shop.example.com]
    operators: ["@ann:example.com"]
    opening_hours: {`+hours+`}
`), 0o600))
	cfg, err := config.Load(path)
	must(t, err)
	return cfg.Sites["shop"]
}
