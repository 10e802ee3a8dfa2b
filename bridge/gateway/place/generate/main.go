// Command generate writes the tables of package place: which time zone lies in
// which country, and the names of cities and countries in English and Russian.
// The package's comment says how to run it.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	cldr := flag.String("cldr", "node_modules", "the folder that holds the npm packages cldr-bcp47, cldr-dates-full and cldr-localenames-full")
	tz := flag.String("tz", "/usr/share/zoneinfo", "the folder that holds zone.tab and iso3166.tab of tzdata")
	out := flag.String("out", ".", "the folder that gets zones.tsv and countries.tsv")
	flag.Parse()
	if err := generate(*cldr, *tz, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(cldr, tz, out string) error {
	zones, err := zoneLines(cldr, tz)
	if err != nil {
		return fmt.Errorf("zones: %w", err)
	}
	countries, err := countryLines(cldr, tz)
	if err != nil {
		return fmt.Errorf("countries: %w", err)
	}
	for name, lines := range map[string][]string{"zones.tsv": zones, "countries.tsv": countries} {
		text := strings.Join(lines, "\n") + "\n"
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil { // #nosec G306 -- source code
			return fmt.Errorf("write the table: %w", err)
		}
	}
	return nil
}

// zoneLines has a line for each zone of zone.tab: country, English city,
// Russian city, and all names of the zone, those of older tzdata too.
func zoneLines(cldr, tz string) ([]string, error) {
	english, err := cities(cldr, "en")
	if err != nil {
		return nil, err
	}
	russian, err := cities(cldr, "ru")
	if err != nil {
		return nil, err
	}
	aliases, err := zoneNames(cldr)
	if err != nil {
		return nil, err
	}
	rows, err := table(filepath.Join(tz, "zone.tab"))
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, row := range rows {
		zone := row[2]
		names := aliases[zone]
		if names == nil {
			names = []string{zone}
		}
		city := strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
		city = firstOf(english, names, city)
		names = slices.DeleteFunc(slices.Clone(names), namesNoPlace)
		slices.Sort(names)
		lines = append(lines, strings.Join([]string{row[0], city, firstOf(russian, names, city), strings.Join(names, " ")}, "\t"))
	}
	slices.Sort(lines)
	return lines, nil
}

// namesNoPlace tells zones that CLDR takes for names of a city's zone, but
// that say no more than the difference from Greenwich.
func namesNoPlace(zone string) bool {
	return slices.Contains(strings.Fields("CET EET MET WET EST MST HST EST5EDT CST6CDT MST7MDT PST8PDT"), zone)
}

func firstOf(cities map[string]string, zones []string, otherwise string) string {
	for _, zone := range zones {
		if city, ok := cities[zone]; ok {
			return city
		}
	}
	return otherwise
}

// cities are CLDR's exemplar cities by zone, under CLDR's own names of the zones.
func cities(cldr, language string) (map[string]string, error) {
	var file struct {
		Main map[string]struct {
			Dates struct {
				TimeZoneNames struct {
					Zone map[string]any `json:"zone"`
				} `json:"timeZoneNames"`
			} `json:"dates"`
		} `json:"main"`
	}
	if err := read(&file, cldr, "cldr-dates-full", "main", language, "timeZoneNames.json"); err != nil {
		return nil, err
	}
	found := make(map[string]string)
	var walk func(prefix string, branch map[string]any)
	walk = func(prefix string, branch map[string]any) {
		if city, ok := branch["exemplarCity"].(string); ok {
			found[prefix] = city
		}
		for name, below := range branch {
			if below, ok := below.(map[string]any); ok {
				walk(strings.TrimPrefix(prefix+"/"+name, "/"), below)
			}
		}
	}
	walk("", file.Main[language].Dates.TimeZoneNames.Zone)
	return found, nil
}

// zoneNames has under each name of a zone all of its names.
func zoneNames(cldr string) (map[string][]string, error) {
	var file struct {
		Keyword struct {
			U struct {
				TZ map[string]any `json:"tz"`
			} `json:"u"`
		} `json:"keyword"`
	}
	if err := read(&file, cldr, "cldr-bcp47", "bcp47", "timezone.json"); err != nil {
		return nil, err
	}
	found := make(map[string][]string)
	for _, zone := range file.Keyword.U.TZ {
		zone, _ := zone.(map[string]any)
		aliases, _ := zone["_alias"].(string)
		names := strings.Fields(aliases)
		for _, name := range names {
			found[name] = names
		}
	}
	return found, nil
}

// countryLines has a line for each country: code, English name, Russian name.
func countryLines(cldr, tz string) ([]string, error) {
	english, err := territories(cldr, "en", "HK", "MO", "PS")
	if err != nil {
		return nil, err
	}
	russian, err := territories(cldr, "ru", "HK", "MO", "PS", "US")
	if err != nil {
		return nil, err
	}
	rows, err := table(filepath.Join(tz, "iso3166.tab"))
	if err != nil {
		return nil, err
	}
	// Kosovo has no code of ISO's own; databases and CDNs agree on XK.
	codes := map[string]bool{"XK": true}
	for _, row := range rows {
		codes[row[0]] = true
	}
	var lines []string
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if english[code] == "" || russian[code] == "" {
			return nil, fmt.Errorf("CLDR has no name for %s", code)
		}
		lines = append(lines, code+"\t"+english[code]+"\t"+russian[code])
	}
	return lines, nil
}

// territories are CLDR's names; for the given codes the short ones.
func territories(cldr, language string, short ...string) (map[string]string, error) {
	var file struct {
		Main map[string]struct {
			LocaleDisplayNames struct {
				Territories map[string]string `json:"territories"`
			} `json:"localeDisplayNames"`
		} `json:"main"`
	}
	if err := read(&file, cldr, "cldr-localenames-full", "main", language, "territories.json"); err != nil {
		return nil, err
	}
	names := file.Main[language].LocaleDisplayNames.Territories
	for _, code := range short {
		names[code] = names[code+"-alt-short"]
	}
	return names, nil
}

func read(into any, path ...string) error {
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		return fmt.Errorf("read CLDR: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(path...), err)
	}
	return nil
}

// table reads the columns of a file of tzdata.
func table(path string) ([][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read tzdata: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var rows [][]string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return rows, nil
}
