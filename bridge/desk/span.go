package desk

import (
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// span writes how long something takes, with its two largest units: "2 h 10 min".
func span(site *config.Site, length time.Duration) string {
	names := [...]string{"d", "h", "min", "s"}
	if site.Language == config.Russian {
		names = [...]string{"дн.", "ч", "мин", "с"}
	}
	const most = 2
	var parts []string
	for i, unit := range [...]time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n := length / unit
		length -= n * unit
		if n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+"\u00A0"+names[i])
		}
		if len(parts) == most || len(parts) == 1 && n == 0 {
			break
		}
	}
	if len(parts) == 0 {
		return "0\u00A0" + names[3]
	}
	return strings.Join(parts, " ")
}
