package place

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// enough is how many networks of a database are looked at to tell whether it
// names countries at all.
const enough = 1000

// errBroken is the file's own fault: half-written, damaged, or a database of
// other things (providers, kinds of connection). Trying again is of no use.
var errBroken = errors.New("it is not a whole database of cities or countries")

// database is a private copy of an .mmdb file, mapped into memory: pages that
// nobody asks for cost none. The file itself is not mapped, since a writer that
// cuts it short in place would end the whole program (SIGBUS).
type database struct {
	reader *maxminddb.Reader
	left   string // the copy, if it could not be removed while it is open (Windows)
}

// record is the part of a City or Country record that is of use.
type record struct {
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	City         named   `maxminddb:"city"`
	Subdivisions []named `maxminddb:"subdivisions"`
}

type named struct {
	Names struct {
		English string `maxminddb:"en"`
		Russian string `maxminddb:"ru"`
	} `maxminddb:"names"`
}

// openDatabase copies the file into the folder and opens the copy. It fails with
// errBroken if the fault is the file's, else with what the system refused.
func openDatabase(path, scratch string) (*database, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	// A pipe would be waited for, a device read without end.
	if info, err := file.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is not even a file", errBroken)
	}
	private, err := os.CreateTemp(scratch, "anteroom-places-*.mmdb")
	if err != nil {
		return nil, fmt.Errorf("make a private copy: %w", err)
	}
	d := &database{left: private.Name()}
	if _, err := io.Copy(private, file); err != nil {
		_ = private.Close()
		d.close()
		return nil, fmt.Errorf("make a private copy: %w", err)
	}
	if err := private.Close(); err != nil {
		d.close()
		return nil, fmt.Errorf("make a private copy: %w", err)
	}
	if d.reader, err = maxminddb.Open(d.left); err != nil {
		d.close()
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	// What is open needs no name, and nothing is left behind after a crash.
	if os.Remove(d.left) == nil {
		d.left = ""
	}
	if !d.namesCountries() {
		kind := d.reader.Metadata.DatabaseType
		d.close()
		return nil, fmt.Errorf("%w: it is one of another kind (%s)", errBroken, plain.Line(kind, maxName))
	}
	return d, nil
}

// namesCountries looks whether the records are of a kind that this package reads.
func (d *database) namesCountries() bool {
	looked := 0
	for result := range d.reader.Networks() {
		var r record
		if err := result.Decode(&r); err == nil && r.Country.Code != "" {
			return true
		}
		if looked++; looked == enough {
			break
		}
	}
	return false
}

func (d *database) lookUp(address netip.Addr) (record, error) {
	var r record
	err := d.reader.Lookup(address).Decode(&r)
	return r, err
}

func (d *database) close() {
	if d.reader != nil {
		_ = d.reader.Close() // nothing was written
	}
	if d.left != "" {
		_ = os.Remove(d.left) // a leftover in a folder for such
	}
}

func (r record) finding(a atlas) finding {
	country := a.countryCode(r.Country.Code)
	if country == "" {
		return finding{}
	}
	found := finding{country: country, city: r.City.name(), source: FromDatabase}
	if len(r.Subdivisions) > 0 {
		found.region = r.Subdivisions[0].name()
	}
	return found
}

func (n named) name() name { return name{n.Names.English, n.Names.Russian}.clean() }
