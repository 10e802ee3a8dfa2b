package gateway

import (
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/hours"
)

func TestAwayIsSaidOutsideOfTheHours(t *testing.T) {
	site := config.DefaultSite("shop")
	monday := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	if told := away(site, config.English, monday); told != nil {
		t.Errorf("a site that is always open says %+v", told)
	}
	var node yaml.Node
	must(t, yaml.Unmarshal([]byte("mon-fri: 09:00-18:00"), &node))
	rules, problems := hours.Parse(node.Content[0])
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	site.Hours, site.Widget.Away = rules, config.Notice{config.English: "Gone", config.Russian: "Нас нет"}
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
