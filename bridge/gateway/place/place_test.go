package place

import (
	"bytes"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

const within = 10 * time.Second // for anything that has to happen

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never came to be: %s", what)
		}
	}
}

// entry is what a database says of a network; names are "English/Russian".
type entry struct{ network, code, region, city string }

func names(both string) mmdbtype.Map {
	english, russian, _ := strings.Cut(both, "/")
	m := mmdbtype.Map{"en": mmdbtype.String(english), "de": mmdbtype.String("Nicht gefragt")}
	if russian != "" {
		m["ru"] = mmdbtype.String(russian)
	}
	return mmdbtype.Map{"names": m}
}

// file is a real .mmdb file of that kind, for IPv6 and IPv4.
func file(t testing.TB, kind string, entries ...entry) []byte {
	t.Helper()
	return fileFor(t, 6, kind, entries...)
}

func fileFor(t testing.TB, protocol int, kind string, entries ...entry) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: kind, Languages: []string{"en", "ru", "de"}, IncludeReservedNetworks: true, RecordSize: 24, IPVersion: protocol,
	})
	must(t, err)
	for _, e := range entries {
		_, network, err := net.ParseCIDR(e.network)
		must(t, err)
		record := mmdbtype.Map{"location": mmdbtype.Map{"latitude": mmdbtype.Float64(1)}}
		if e.code != "" {
			record["country"] = mmdbtype.Map{"iso_code": mmdbtype.String(e.code), "geoname_id": mmdbtype.Uint32(7)}
		}
		if e.region != "" {
			record["subdivisions"] = mmdbtype.Slice{names(e.region), names("Smaller")}
		}
		if e.city != "" {
			record["city"] = names(e.city)
		}
		must(t, tree.Insert(network, record))
	}
	var b bytes.Buffer
	_, err = tree.WriteTo(&b)
	must(t, err)
	return b.Bytes()
}

// cities is a file that puts one address into one city.
func cities(t testing.TB, city string) []byte {
	t.Helper()
	return file(t, "GeoLite2-City", entry{"81.2.69.0/24", "GB", "England/Англия", city})
}

// journal is a log that tests read while it is written.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, string(p))
	return len(p), nil
}

func (j *journal) count(what string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, line := range j.lines {
		if strings.Contains(line, what) {
			n++
		}
	}
	return n
}

const (
	warning = `"level":"warn"`
	taken   = "Visitors are placed by a database"
	tried   = "still not to be had"
)

// quick follows a file by the folder's signs alone.
var quick = pace{quiet: 20 * time.Millisecond, look: time.Hour} //nolint:gochecknoglobals // a constant that the language cannot write

// start opens a Finder for the file and closes it when the test ends.
func start(t *testing.T, database string, p pace) (*Finder, *journal) {
	t.Helper()
	j := &journal{}
	f := open(Options{
		Database: database, Scratch: t.TempDir(), Log: zerolog.New(j),
		CountryHeader: "CF-IPCountry", CityHeader: "CF-IPCity",
	}, p)
	t.Cleanup(f.Close)
	return f, j
}

func city(f *Finder) string {
	return f.Find(Clues{Address: netip.MustParseAddr("81.2.69.142")}, config.English).City
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(path, data, 0o600))
}

// replace does what geoipupdate does: writes beside, then renames.
func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	write(t, path+".new", data)
	must(t, os.Rename(path+".new", path))
}

func TestFind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, file(t, "GeoLite2-City",
		entry{"81.2.69.0/24", "GB", "England/Англия", "London/Лондон"},
		entry{"81.2.70.0/24", "GB", "", ""},
		entry{"81.2.71.0/24", "RU", "Moscow", "Moscow"},
		entry{"81.2.72.0/24", "RU", "", "Tver\u202E\x07"},
		entry{"81.2.73.0/24", "", "", "Nowhere"},
		entry{"81.2.74.0/24", "EU", "", ""},
		entry{"81.2.75.0/24", "DE", "", "?"},
		entry{"2a02:6b8::/32", "RU", "", "Kazan/Казань"},
		entry{"10.0.0.0/8", "US", "", "Secret"},
		entry{"127.0.0.0/8", "US", "", "Home"},
		entry{"fe80::/10", "US", "", "Link"},
		entry{"fc00::/7", "US", "", "Local"},
		entry{"224.0.0.0/4", "US", "", "Many"},
	))
	f, _ := start(t, path, quick)
	cdn := func(country, city string) http.Header {
		h := http.Header{}
		h.Set("CF-IPCountry", country)
		if city != "" {
			h.Set("CF-IPCity", city)
		}
		return h
	}
	nowhere := Place{Source: Nowhere}
	for _, test := range []struct {
		name     string
		address  string
		header   http.Header
		zone     string
		language config.Language
		want     Place
	}{
		{"nothing is known", "", nil, "", "en", nowhere},
		{"the database knows all", "81.2.69.142", nil, "", "en", Place{"London", "England", "United Kingdom", "GB", FromDatabase}},
		{"in Russian", "81.2.69.142", nil, "", "ru", Place{"Лондон", "Англия", "Великобритания", "GB", FromDatabase}},
		{"any other language is English", "81.2.69.142", nil, "", "auto", Place{"London", "England", "United Kingdom", "GB", FromDatabase}},
		{"IPv4 in IPv6", "::ffff:81.2.69.142", nil, "", "en", Place{"London", "England", "United Kingdom", "GB", FromDatabase}},
		{"IPv6, first address of the network", "2a02:6b8:1:2::", nil, "", "ru", Place{"Казань", "", "Россия", "RU", FromDatabase}},
		{"the database has no Russian name, the time zones do", "81.2.71.1", nil, "", "ru", Place{"Москва", "Moscow", "Россия", "RU", FromDatabase}},
		{"names are cleaned", "81.2.72.1", nil, "", "ru", Place{"Tver", "", "Россия", "RU", FromDatabase}},
		{"a name without a letter is none", "81.2.75.1", nil, "", "en", Place{"", "", "Germany", "DE", FromDatabase}},
		{"a city of no country is nowhere", "81.2.73.1", nil, "", "en", nowhere},
		{"what is no country is nowhere", "81.2.74.1", nil, "", "en", nowhere},
		{"the database outdoes the time zone", "81.2.69.142", nil, "Europe/Moscow", "en", Place{"London", "England", "United Kingdom", "GB", FromDatabase}},
		{"no city, but the time zone of the same country", "81.2.70.1", nil, "Europe/London", "ru", Place{"Лондон", "", "Великобритания", "GB", FromDatabase}},
		{"no city, and the time zone of another country", "81.2.70.1", nil, "Europe/Moscow", "ru", Place{"", "", "Великобритания", "GB", FromDatabase}},
		{"an unknown address", "81.2.80.1", nil, "Europe/Kiev", "ru", Place{"Киев", "", "Украина", "UA", FromTimeZone}},

		{"a private address", "10.1.2.3", nil, "", "en", nowhere},
		{"a private address in IPv6", "::ffff:10.1.2.3", nil, "", "en", nowhere},
		{"loopback", "127.0.0.1", nil, "", "en", nowhere},
		{"link-local", "fe80::", nil, "", "en", nowhere},
		{"unique local", "fd00::1", nil, "", "en", nowhere},
		{"multicast", "224.0.0.1", nil, "", "en", nowhere},

		{"the header outdoes the database", "81.2.69.142", cdn("FR", "Paris"), "", "en", Place{"Paris", "", "France", "FR", FromHeader}},
		{"the header's city in Russian, if a time zone has it", "", cdn("FR", "Paris"), "", "ru", Place{"Париж", "", "Франция", "FR", FromHeader}},
		{"a country in small letters", "", cdn(" fr ", ""), "", "en", Place{"", "", "France", "FR", FromHeader}},
		{"the database adds the city of the same country", "81.2.69.142", cdn("GB", ""), "", "en", Place{"London", "England", "United Kingdom", "GB", FromHeader}},
		{"but not of another", "81.2.69.142", cdn("FR", ""), "Europe/London", "en", Place{"", "", "France", "FR", FromHeader}},
		{"the time zone adds the city of the same country", "", cdn("FR", ""), "Europe/Paris", "en", Place{"Paris", "", "France", "FR", FromHeader}},
		{"a city that is a question mark", "", cdn("FR", "?"), "", "en", Place{"", "", "France", "FR", FromHeader}},
		{"XX is no country", "81.2.69.142", cdn("XX", "Paris"), "", "en", Place{"London", "England", "United Kingdom", "GB", FromDatabase}},
		{"T1 is no country", "", cdn("T1", ""), "Europe/Paris", "en", Place{"Paris", "", "France", "FR", FromTimeZone}},
		{"an empty header", "", http.Header{}, "", "en", nowhere},
		{"ZZ", "", cdn("ZZ", ""), "", "en", nowhere},
		{"the European Union", "", cdn("EU", ""), "", "en", nowhere},
		{"UK is not ISO's", "", cdn("UK", ""), "", "en", nowhere},
		{"Kosovo", "", cdn("XK", ""), "", "en", Place{"", "", "Kosovo", "XK", FromHeader}},
		{"garbage", "", cdn("'; DROP TABLE", "Paris"), "", "en", nowhere},
		{"a header of 100 kB", "", cdn(strings.Repeat("F", 1e5), strings.Repeat("P", 1e5)), "", "en", nowhere},
		{"a city in percent", "", cdn("BR", "S%C3%A3o%20Paulo"), "", "ru", Place{"Сан-Паулу", "", "Бразилия", "BR", FromHeader}},
		{"a city that overrides the direction", "", cdn("FR", "Pa\u202Eri\ns"), "", "en", Place{"Pari s", "", "France", "FR", FromHeader}},

		{"the time zone alone", "", nil, "America/Argentina/Buenos_Aires", "en", Place{"Buenos Aires", "", "Argentina", "AR", FromTimeZone}},
		{"in Russian too", "", nil, "America/Argentina/Buenos_Aires", "ru", Place{"Буэнос-Айрес", "", "Аргентина", "AR", FromTimeZone}},
		{"under its old name", "", nil, "America/Buenos_Aires", "en", Place{"Buenos Aires", "", "Argentina", "AR", FromTimeZone}},
		{"as Chrome still calls it", "", nil, "Asia/Calcutta", "en", Place{"Kolkata", "", "India", "IN", FromTimeZone}},
		{"in the country's own line and not its neighbour's clock", "", nil, "Europe/Stockholm", "en", Place{"Stockholm", "", "Sweden", "SE", FromTimeZone}},
		{"a zone with letters of its own", "", nil, "America/Curacao", "en", Place{"Curaçao", "", "Curaçao", "CW", FromTimeZone}},
		{"UTC", "", nil, "UTC", "en", nowhere},
		{"Etc/GMT+3", "", nil, "Etc/GMT+3", "en", nowhere},
		{"CET", "", nil, "CET", "en", nowhere},
		{"EST5EDT", "", nil, "EST5EDT", "en", nowhere},
		{"Local", "", nil, "Local", "en", nowhere},
		{"a zone that does not exist", "", nil, "Europe/Atlantis", "en", nowhere},
		{"a path", "", nil, "../../etc/passwd", "en", nowhere},
		{"a zone in small letters", "", nil, "europe/london", "en", nowhere},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Clues{Header: test.header, TimeZone: test.zone}
			if test.address != "" {
				c.Address = netip.MustParseAddr(test.address)
			}
			if got := f.Find(c, test.language); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestADatabaseOfIPv4Alone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, fileFor(t, 4, "DBIP-Country-Lite", entry{"81.2.69.0/24", "GB", "", ""}))
	f, _ := start(t, path, quick)
	for address, want := range map[string]string{"81.2.69.1": "GB", "::ffff:81.2.69.1": "GB", "2a02:6b8::1": ""} {
		if got := f.Find(Clues{Address: netip.MustParseAddr(address)}, config.English).CountryCode; got != want {
			t.Errorf("%s is in %q, want %q", address, got, want)
		}
	}
}

func TestHeadersThatAreNotConfiguredAreNotRead(t *testing.T) {
	h := http.Header{"Cf-Ipcountry": {"FR"}, "Cf-Ipcity": {"Paris"}, "": {"FR"}}
	for name, o := range map[string]Options{"none": {}, "the city alone": {CityHeader: "CF-IPCity"}} {
		f := Open(o)
		if got := f.Find(Clues{Header: h}, config.English); got != (Place{Source: Nowhere}) {
			t.Errorf("%s: got %+v", name, got)
		}
		f.Close()
	}
	f := Open(Options{CountryHeader: "cf-ipcountry"})
	defer f.Close()
	if got, want := f.Find(Clues{Header: h}, config.English), (Place{Country: "France", CountryCode: "FR", Source: FromHeader}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodeText(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "Paris", "Paris"},
		{"UTF-8", "Київ", "Київ"},
		{"percent", "K%C3%B6ln", "Köln"},
		{"percent of Latin-1", "K%F6ln", "Köln"},
		{"Latin-1", "K\xf6ln", "Köln"},
		{"UTF-8 taken for Latin-1", "KÃ¶ln", "Köln"},
		{"Cyrillic taken for Latin-1", fromLatin1("Москва"), "Москва"},
		{"a real name in Latin-1's letters", "Málaga", "Málaga"},
		{"a percent sign that is one", "100% Town", "100% Town"},
		{"a plus that is one", "A+B", "A+B"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := decodeText(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzHeader(f *testing.F) {
	finder := Open(Options{CountryHeader: "A", CityHeader: "B"})
	f.Cleanup(finder.Close)
	for _, s := range []string{"Paris", "%C3%28", "\xff\xfe", "%00%0A", "\u2066x", strings.Repeat("a", maxName-1) + " b", strings.Repeat("%D0%B0", 200), strings.Repeat("Ã", 600)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, city string) {
		p := finder.Find(Clues{Header: http.Header{"A": {"FR"}, "B": {city}}}, config.English)
		if p.Country != "France" || p.City != cleanName(p.City) || utf8.RuneCountInString(p.City) > maxName || !utf8.ValidString(p.City) {
			t.Errorf("%q became %+v", city, p)
		}
	})
}

func TestShort(t *testing.T) {
	for _, test := range []struct {
		name string
		in   Place
		want string
	}{
		{"the city", Place{City: "Paris", Country: "France"}, "Paris"},
		{"else the country", Place{Country: "France"}, "France"},
		{"else nothing", Place{Source: Nowhere}, ""},
	} {
		if got := test.in.Short(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTheTablesAgree(t *testing.T) {
	a := readAtlas()
	if len(a.countries) < 250 || len(a.zones) < 500 {
		t.Errorf("only %d countries and %d zones", len(a.countries), len(a.zones))
	}
	for code, n := range a.countries {
		if len(code) != 2 || n != n.clean() || n.english == "" || n.russian == "" {
			t.Errorf("%s is %+v", code, n)
		}
	}
	for id, z := range a.zones {
		if a.countries[z.country].english == "" || z.city != z.city.clean() || z.city.english == "" || z.city.russian == "" {
			t.Errorf("%s is %+v", id, z)
		}
		if strings.HasPrefix(id, "Etc/") || strings.HasPrefix(id, "GMT") {
			t.Errorf("%s lies nowhere", id)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	path := filepath.Join(b.TempDir(), "places.mmdb")
	must(b, os.WriteFile(path, cities(b, "London/Лондон"), 0o600))
	f := Open(Options{Database: path, Log: zerolog.Nop()})
	defer f.Close()
	c := Clues{Address: netip.MustParseAddr("81.2.69.142"), TimeZone: "Europe/London"}
	b.ReportAllocs()
	for b.Loop() {
		f.Find(c, config.Russian)
	}
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Open(Options{}).Close()
	}
}
