package config

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Size is a number of bytes; in the file "10MiB", "500 kB" or a plain number.
type Size int64

// UnmarshalText reads "64KiB", "10 MiB", "1GB" or plain bytes.
func (s *Size) UnmarshalText(text []byte) error {
	number := strings.TrimRight(string(text), "BKMGTbkmgti \t")
	unit := strings.TrimSpace(strings.TrimPrefix(string(text), number))
	factor, ok := sizeUnit(unit)
	value, err := strconv.ParseFloat(number, 64)
	// NaN is not at least 0 either.
	if fits := value >= 0 && value*factor <= math.MaxInt64/2; err != nil || !ok || !fits {
		return fmt.Errorf("%q is not a size: write it like 10MiB, 500kB or 65536", text)
	}
	*s = Size(value * factor)
	return nil
}

func sizeUnit(unit string) (float64, bool) {
	switch strings.ToLower(unit) {
	case "", "b":
		return 1, true
	case "kb":
		return 1e3, true
	case "mb":
		return 1e6, true
	case "gb":
		return 1e9, true
	case "k", "kib":
		return 1 << 10, true
	case "m", "mib":
		return 1 << 20, true
	case "g", "gib":
		return 1 << 30, true
	default:
		return 0, false
	}
}

// String writes the size in the largest binary unit that fits without a rest.
func (s Size) String() string {
	for _, u := range []struct {
		name string
		size Size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s >= u.size && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// Prefix is a range of IP addresses; in the file "10.0.0.0/8", or one address.
type Prefix struct{ netip.Prefix }

// UnmarshalText reads a CIDR or a single address. IPv4-mapped IPv6 becomes IPv4.
func (p *Prefix) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		p.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Errorf("%q is neither an IP address nor a range like 10.0.0.0/8", s)
	}
	const mapped = 96 // the bits before the IPv4 address in ::ffff:0:0/96 (RFC 4291 section 2.5.5.2)
	if addr := prefix.Addr(); addr.Is4In6() {
		if prefix.Bits() < mapped {
			return fmt.Errorf("%q reaches past the IPv4 addresses that it seems to mean: write it like 10.0.0.0/8", s)
		}
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-mapped)
	}
	p.Prefix = prefix.Masked()
	return nil
}

// Text is words that may differ by language. Given as one string, it holds for
// all and stands under the key "".
type Text map[Language]string

// In returns the words in the language, else those for all; empty if there are
// neither. Words in another language are no help to who does not speak it.
func (t Text) In(language Language) string {
	if s, ok := t[language]; ok {
		return s
	}
	return t[""]
}

// Rounded writes the size for people: "1.4 MiB".
func (s Size) Rounded() string {
	value, unit := float64(s), ""
	for _, next := range []string{"KiB", "MiB", "GiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if unit == "" {
		return strconv.FormatInt(int64(s), 10) + " bytes"
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + unit
}

// MarshalYAML writes the span as it is read.
func (d Duration) MarshalYAML() (any, error) { return spell(time.Duration(d)), nil }

// MarshalYAML writes one text for all languages without the empty name of these.
func (t Text) MarshalYAML() (any, error) {
	if words, ok := t[""]; ok && len(t) == 1 {
		return quoted(words), nil
	}
	all := make(map[Language]any, len(t))
	for l, words := range t {
		all[l] = quoted(words)
	}
	return all, nil
}

// quoted is a text as it is written: in quotes if it, or a line of it, begins or ends in white
// space. The library writes some of these line by line in a form that it does not read.
func quoted(words string) any {
	for line := range strings.SplitSeq(words, "\n") {
		if strings.TrimSpace(line) != line || strings.TrimSpace(words) != words {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: words}
		}
	}
	return words
}
