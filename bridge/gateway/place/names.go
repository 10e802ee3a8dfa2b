package place

import (
	_ "embed"
	"strings"
	"unicode"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// maxName is the longest name of a city or region, in characters.
const maxName = 80

//go:embed zones.tsv
var zonesTable string

//go:embed countries.tsv
var countriesTable string

// name is a name in the languages of the product; the Russian one may be empty.
type name struct{ english, russian string }

func (n name) in(language config.Language) string {
	if language == config.Russian && n.russian != "" {
		return n.russian
	}
	return n.english
}

// clean makes what others wrote fit to be shown. What has no letter names nothing.
func (n name) clean() name {
	return name{cleanName(n.english), cleanName(n.russian)}
}

// zone is what a time zone's name tells.
type zone struct {
	country string
	city    name
}

// known is a city of a country, by the name that databases and CDNs give it.
type known struct{ country, english string }

// atlas is what the embedded tables say.
type atlas struct {
	countries map[string]name // by code
	zones     map[string]zone // by IANA name, those of older tzdata too
	russian   map[known]string
}

func readAtlas() atlas {
	a := atlas{countries: make(map[string]name), zones: make(map[string]zone), russian: make(map[known]string)}
	for line := range strings.Lines(countriesTable) {
		column := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		a.countries[column[0]] = name{column[1], column[2]}
	}
	for line := range strings.Lines(zonesTable) {
		column := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		z := zone{column[0], name{column[1], column[2]}}
		for id := range strings.FieldsSeq(column[3]) {
			a.zones[id] = z
		}
		a.russian[known{z.country, z.city.english}] = z.city.russian
	}
	return a
}

// place puts a finding into words. Free databases and CDNs name cities in
// English only; the main city of a time zone has a Russian name all the same.
func (a atlas) place(f finding, language config.Language) Place {
	if f.city.russian == "" {
		f.city.russian = a.russian[known{f.country, f.city.english}]
	}
	return Place{
		City:        f.city.in(language),
		Region:      f.region.in(language),
		Country:     a.countries[f.country].in(language),
		CountryCode: f.country,
		Source:      f.source,
	}
}

// countryCode is the code if it is one of a country: "XX", "T1" (Tor), "EU" and
// the like are not.
func (a atlas) countryCode(s string) string {
	code := strings.ToUpper(strings.TrimSpace(s))
	if _, ok := a.countries[code]; !ok {
		return ""
	}
	return code
}

func (a atlas) fromZone(id string) finding {
	z, ok := a.zones[id]
	if !ok {
		return finding{}
	}
	return finding{country: z.country, city: z.city, source: FromTimeZone}
}

func cleanName(s string) string {
	s = strings.TrimSpace(plain.Line(s, maxName)) // the cut may leave a space
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return ""
	}
	return s
}
