// Package place says where a visitor seems to be. Three things know, and the
// first that does wins:
//
//  1. the headers of a CDN that looked the address up ("CF-IPCountry"), if the
//     caller trusts the peer that sent them;
//  2. a database of addresses: a City or Country file of MaxMind or DB-IP;
//  3. the browser's time zone, which names a country and its zone's main city.
//
// What the first leaves open, the others may add as long as they mean the same
// country. All of it is a guess: a VPN, a mobile provider's exit or a clock set
// to home places a visitor elsewhere, and a zone's city is only the biggest of
// its zone. Nothing may be allowed or refused by it.
//
// The names of cities and countries are in the tables zones.tsv and
// countries.tsv, made from Unicode CLDR (licence: LICENSE-unicode.txt) and the
// public domain's tzdata (2025b). To make them anew, in this folder:
//
//	npm install --prefix /tmp/cldr cldr-bcp47@48.2.0 cldr-dates-full@48.2.0 cldr-localenames-full@48.2.0
//	go run ./generate -cldr /tmp/cldr/node_modules
//
// golang.org/x/text/language/display is not used for the countries: it adds
// 2.4 MB to the program and still has CLDR 32, of 2017 (Swaziland, Macedonia).
package place

// Source is what told the country of a place.
type Source string

// The sources.
const (
	FromHeader   Source = "header"
	FromDatabase Source = "database"
	FromTimeZone Source = "time_zone"
	Nowhere      Source = "none"
)

// Place is where a visitor seems to be. What is not known is empty; if nothing
// is, Source is Nowhere.
type Place struct {
	// City, Region (a state, a county) and Country are names in the language
	// asked for, or in English where no other name is known; each is one clean
	// line of at most 80 characters.
	City, Region, Country string
	// CountryCode is ISO 3166-1 alpha-2 in capitals, or XK for Kosovo.
	CountryCode string
	Source      Source
}

// Short is the place as it goes into a contact's name: the city, else the
// country, else "".
func (p Place) Short() string {
	if p.City != "" {
		return p.City
	}
	return p.Country
}
