package convert

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// location reads m.location, with the extensible form of MSC3488 as well.
func location(content object) Incoming {
	ext := content.object("m.location")
	if ext == nil {
		ext = content.object("org.matrix.msc3488.location")
	}
	uri := content.string("geo_uri")
	if uri == "" {
		uri = ext.string("uri")
	}
	point, ok := parseGeo(uri)
	if !ok {
		return refuse(ReasonBadLocation)
	}
	text := plain.Clean(ext.string("description"))
	if body := plain.Clean(content.string("body")); plain.Blank(text) && !strings.Contains(body, "geo:") {
		// Clients without a description write "Location geo:… as of …" as body.
		text = body
	}
	return Incoming{Verdict: Deliver, Content: chat.Content{Text: strings.TrimSpace(text), Location: &point}}
}

var geoURI = regexp.MustCompile(`^(?i:geo):(-?\d{1,3}(?:\.\d{1,20})?),(-?\d{1,3}(?:\.\d{1,20})?)(?:,-?\d+(?:\.\d+)?)?((?:;[^;]*)*)$`)

// parseGeo reads a geo URI (RFC 5870) of the only reference system in use, WGS 84.
func parseGeo(uri string) (chat.Location, bool) {
	m := geoURI.FindStringSubmatch(strings.TrimSpace(uri))
	if m == nil {
		return chat.Location{}, false
	}
	for param := range strings.SplitSeq(m[3], ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(name, "crs") && !strings.EqualFold(value, "wgs84") {
			return chat.Location{}, false
		}
	}
	lat, errLat := strconv.ParseFloat(m[1], 64)
	long, errLong := strconv.ParseFloat(m[2], 64)
	if errLat != nil || errLong != nil || lat < -90 || lat > 90 || long < -180 || long > 180 {
		return chat.Location{}, false
	}
	return chat.Location{Latitude: lat, Longitude: long}, true
}

// geo is the inverse of parseGeo.
func geo(l chat.Location) string {
	return "geo:" + strconv.FormatFloat(l.Latitude, 'f', -1, 64) + "," + strconv.FormatFloat(l.Longitude, 'f', -1, 64)
}
