package matrix

import (
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// now is cut to what the store keeps.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }

// visitorName is what operators call a visitor of whom nothing better is
// known: the place that the browser's time zone names, then when it came, in
// the site's time zone.
func visitorName(site *config.Site, v store.Visitor) string {
	place, format := "Visitor", "Jan 2, 15:04"
	if site.Language == config.Russian {
		place, format = "Посетитель", "02.01, 15:04"
	}
	// "America/Argentina/Buenos_Aires" → "Buenos Aires"; zones like "UTC" and
	// "Etc/GMT+3" name no place. The zone is a browser's word: only real ones count.
	if _, err := time.LoadLocation(v.TimeZone); err == nil && !strings.HasPrefix(v.TimeZone, "Etc/") {
		if i := strings.LastIndexByte(v.TimeZone, '/'); i >= 0 {
			place = strings.ReplaceAll(v.TimeZone[i+1:], "_", " ")
		}
	}
	return place + " " + v.CreatedAt.In(site.Location()).Format(format)
}
