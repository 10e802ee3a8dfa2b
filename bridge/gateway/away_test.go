package gateway

import (
	"os"
	"path/filepath"
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
		{8 * time.Hour, wire.Away{Text: "Gone", Back: monday.Add(9 * time.Hour).UnixMilli(), For: hour}},
		{9 * time.Hour, wire.Away{Text: "Gone", In: 9 * hour, Back: monday.Add(33 * time.Hour).UnixMilli(), For: 24 * hour}},
		{18 * time.Hour, wire.Away{Text: "Gone", Back: monday.Add(33 * time.Hour).UnixMilli(), For: 15 * hour}},
		{(4*24 + 20) * time.Hour, wire.Away{Text: "Gone", Back: monday.Add((7*24 + 9) * time.Hour).UnixMilli(), For: 61 * hour}},
	} {
		if told := away(site, config.English, monday.Add(c.at)); told == nil || *told != c.want {
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

// withHours is a site whose opening hours stand in a file.
func withHours(t *testing.T, hours string) *config.Site {
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
