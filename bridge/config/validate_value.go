package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func (d *document) number(path string, value, least, most int) {
	if value < least || value > most {
		d.fault(path, "%s must be %d to %d, not %d.", path, least, most, value)
	}
}

func (d *document) size(path string, value, least, most Size) {
	if value < least || value > most {
		d.fault(path, "%s must be %s to %s, not %s.", path, least, most, value)
	}
}

// span checks a time span that may also be 0.
func (d *document) span(path string, value Duration, least, most time.Duration) {
	span := time.Duration(value)
	switch {
	case span == 0 || span >= least && span <= most:
	case least == 0:
		d.fault(path, "%s must be 0 to %s.", path, spell(most))
	default:
		d.fault(path, "%s must be 0, or %s to %s.", path, spell(least), spell(most))
	}
}

// day is the longest unit that the file knows.
const day = 24 * time.Hour

// spell writes a span of whole days, hours, minutes or seconds as the file has it.
func spell(span time.Duration) string {
	switch {
	case span%day == 0 && span > 0:
		return strconv.Itoa(int(span/day)) + "d"
	case span%time.Hour == 0:
		return strconv.Itoa(int(span/time.Hour)) + "h"
	case span%time.Minute == 0:
		return strconv.Itoa(int(span/time.Minute)) + "m"
	default:
		return strconv.Itoa(int(span/time.Second)) + "s"
	}
}

// words checks a text that people read: its length in characters, and that it
// is one line without control characters.
func (d *document) words(path, value string, least, most int) {
	count := utf8.RuneCountInString(value)
	switch {
	case count < least:
		d.fault(path, "%s is missing.", path)
	case count > most:
		d.fault(path, "%s has %d characters; it may have %d.", path, count, most)
	case strings.ContainsFunc(value, unicode.IsControl):
		d.fault(path, "%s must be one line of text.", path)
	}
}

func (d *document) host(path, host string) bool {
	if host == "" {
		d.fault(path, "%s is empty: use 127.0.0.1, or 0.0.0.0 for all addresses of the machine.", path)
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if strings.ContainsAny(host, ":/[] ") {
		d.fault(path, "%s: %q is neither a host name nor an IP address; the port has a place of its own.", path, host)
		return false
	}
	return true
}

func (d *document) hostPort(path, value string) bool {
	host, port, err := net.SplitHostPort(strings.TrimSpace(value))
	if err != nil {
		d.fault(path, "%s must be an address and a port like 127.0.0.1:29361, not %q.", path, value)
		return false
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		d.fault(path, "%s: the port must be 1 to 65535, not %q.", path, port)
		return false
	}
	// An empty host means all addresses, as in Go's own listeners.
	return host == "" || d.host(path, host)
}

type urlForm int

const (
	rootOnly urlForm = iota // no path
	withPath
)

// url checks an http(s) address and takes the slash off its end.
func (d *document) url(path string, value *string, form urlForm) *url.URL {
	if *value == "" {
		d.fault(path, "%s is missing: it is a URL like https://example.com.", path)
		return nil
	}
	u, err := url.Parse(*value)
	switch {
	case err != nil || !isWeb(u):
		d.fault(path, "%s: %q is not a URL like https://example.com or http://localhost:8008.", path, *value)
		return nil
	case u.User != nil:
		d.fault(path, "%s must not carry a user name or password.", path)
		return nil
	case u.RawQuery != "" || u.Fragment != "" || strings.Contains(*value, "#"):
		d.fault(path, "%s must end before any ? or #.", path)
		return nil
	case !validPort(u):
		d.fault(path, "%s: the port must be 1 to 65535.", path)
		return nil
	case form == rootOnly && strings.Trim(u.Path, "/") != "":
		d.fault(path, "%s must be without a path: write %s://%s.", path, u.Scheme, u.Host)
		return nil
	}
	*value = strings.TrimRight(u.String(), "/")
	return u
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n >= 1 && n <= 65535
}

// publicURL is a URL that browsers use: https, except on the own machine or network.
func (d *document) publicURL(path string, value *string) {
	u := d.url(path, value, withPath)
	if u == nil {
		return
	}
	if ascii, ok := asciiHost(u.Hostname()); ok && u.Port() == "" {
		u.Host = ascii
	}
	*value = strings.TrimRight(u.String(), "/")
	if u.Scheme == "http" && !isPrivateHost(u.Hostname()) {
		d.fault(path, "%s must begin with https://: visitors' messages and secrets go over it.", path)
	}
}

func isWildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

func isLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// isPrivateHost reports whether the name or address cannot be one of the
// public internet.
func isPrivateHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
	}
	if isLoopback(host) || !strings.Contains(host, ".") {
		return true
	}
	for _, reserved := range []string{".local", ".internal", ".test"} {
		if strings.HasSuffix(host, reserved) {
			return true
		}
	}
	return false
}
