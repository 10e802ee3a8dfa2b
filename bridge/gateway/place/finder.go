package place

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Options say what a Finder may ask. The zero Options ask the time zone alone.
type Options struct {
	// Database is the path of an .mmdb file with cities or countries, of MaxMind
	// (GeoLite2, GeoIP2) or DB-IP; empty for none. It may come and change while
	// the Finder runs.
	Database string
	// Scratch is a folder on disk for the private copy that is read instead of
	// the file: as large as the file, twice that while a new one is taken. Empty
	// means the system's folder for temporary files.
	Scratch string
	// CountryHeader carries a country's code ("CF-IPCountry") and CityHeader the
	// city's name in English ("CF-IPCity"); empty for none. The city is read only
	// together with the country.
	CountryHeader, CityHeader string
	// Log gets a warning when the database cannot be used, and a line for each
	// that is taken.
	Log zerolog.Logger
}

// Clues are what is known of a visitor. Each may be empty.
type Clues struct {
	// Address is the visitor's own, or the first of its network. Private,
	// loopback and other addresses that are not public are never looked up.
	Address netip.Addr
	// Header has the request's headers if they came from a trusted peer, and
	// must be nil otherwise: anybody can write them.
	Header http.Header
	// TimeZone is the IANA name that the browser gives. Only real zones that lie
	// somewhere count ("Etc/GMT+3" and "UTC" do not).
	TimeZone string
}

// Finder finds places. All methods may be called from many goroutines.
type Finder struct {
	options Options
	atlas   atlas
	stop    func() // ends the watching of the file, if there is one

	mu       sync.RWMutex // held for reading as long as a look-up takes
	database *database    // nil if there is none yet
}

// finding is a place before it is put into words; without a country it is none.
type finding struct {
	country      string
	city, region name
	source       Source
}

// Open makes a Finder. A database that is missing or broken is no error: it is
// taken as soon as the file is whole, and until then the others are asked.
func Open(o Options) *Finder {
	return open(o, usualPace())
}

func open(o Options, p pace) *Finder {
	f := &Finder{options: o, atlas: readAtlas(), stop: func() {}}
	if o.Database != "" {
		f.stop = sync.OnceFunc(startWatch(f, p))
	}
	return f
}

// usualPace is fast enough for a person who copies a file and slow enough for
// a download that writes it bit by bit.
func usualPace() pace {
	return pace{quiet: time.Second, look: time.Minute}
}

// Close stops watching the file and lets go of it. It waits until that is done
// and may be called twice. A closed Finder still finds by header and time zone.
func (f *Finder) Close() {
	f.stop()
	f.use(nil)
}

// Find says where a visitor seems to be, in English or Russian; in English for
// any other language.
func (f *Finder) Find(c Clues, language config.Language) Place {
	found := f.fromHeader(c.Header)
	if found.city.english == "" {
		found.add(f.lookUp(c.Address))
	}
	if found.city.english == "" {
		found.add(f.atlas.fromZone(c.TimeZone))
	}
	if found.country == "" {
		return Place{Source: Nowhere}
	}
	return f.atlas.place(found, language)
}

// add completes what is known by what another source knows of the same country.
func (f *finding) add(other finding) {
	switch f.country {
	case "":
		*f = other
	case other.country:
		f.city = other.city
		if f.region.english == "" {
			f.region = other.region
		}
	}
}

// lookUp asks the database. An address that it does not know, or knows only
// damaged data of, is nowhere.
func (f *Finder) lookUp(address netip.Addr) finding {
	address = address.Unmap()
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return finding{}
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.database == nil {
		return finding{}
	}
	record, err := f.database.lookUp(address)
	if err != nil {
		return finding{}
	}
	return record.finding(f.atlas)
}

func (f *Finder) hasDatabase() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.database != nil
}

// use puts a database in the place of the one before, which is closed when
// nobody reads from it any more.
func (f *Finder) use(d *database) {
	f.mu.Lock()
	old := f.database
	f.database = d
	f.mu.Unlock()
	if old != nil {
		old.close()
	}
}
