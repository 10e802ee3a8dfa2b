package answer

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// typedLocation are two decimals with a comma or a space between, also as a geo
// URI (RFC 5870), or two with decimal commas and a semicolon or a space between.
var typedLocation = regexp.MustCompile(
	`^(?:geo:)?([+-]?\d{1,3}(?:\.\d{1,20})?)°?(?: ?[,;] ?| )([+-]?\d{1,3}(?:\.\d{1,20})?)°?$` +
		`|^([+-]?\d{1,3},\d{1,20})(?: ?; ?|,? )([+-]?\d{1,3},\d{1,20})$`)

func readLocation(_ Question, e talk.Event, _ Situation) (Answer, *Fault) {
	where := e.Location
	if where == nil {
		said, fault := short(e.Text)
		if fault != nil {
			return Answer{}, fault
		}
		parts := typedLocation.FindStringSubmatch(figures(said))
		if parts == nil {
			return Answer{}, fail(NotALocation)
		}
		where = &talk.Location{Latitude: degrees(parts[1] + parts[3]), Longitude: degrees(parts[2] + parts[4])}
	}
	// NaN is in no range.
	if !(math.Abs(where.Latitude) <= 90 && math.Abs(where.Longitude) <= 180) {
		return Answer{}, fail(NotALocation)
	}
	north, east := coordinate(where.Latitude), coordinate(where.Longitude)
	return Answer{Value: north + "," + east, Text: north + ", " + east}, nil
}

func degrees(s string) float64 {
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// coordinate has six decimals at most, which is a hand's breadth.
func coordinate(v float64) string {
	const precision = 1e6
	return decimal(math.Round(v*precision)/precision + 0) // + 0: never minus zero
}
