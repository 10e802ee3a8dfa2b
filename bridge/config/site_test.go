package config

import (
	"strings"
	"testing"
)

func TestTheBridgesOwnOriginIsAsBrowsersSendIt(t *testing.T) {
	for public, want := range map[string]string{
		"https://Chat.example.com:443/chat": "https://chat.example.com", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
		"https://[2001:DB8::1]:443": "https://[2001:db8::1]", "https://чат.example": "https://xn--80a0bn.example", "": "", "::": "",
	} {
		if got := (&Gateway{PublicURL: public}).Origin(); got != want {
			t.Errorf("the pages of %q are at %q, not %q", public, got, want)
		}
	}
}

// TestAllowsOrigin belongs to rule "Origin: null is refused".
func TestAllowsOrigin(t *testing.T) {
	site := DefaultSite("shop")
	site.Origins = []string{"https://shop.example.com", "https://*.example.org", "http://localhost:8080"}
	for origin, want := range map[string]bool{
		"https://shop.example.com":      true,
		"https://SHOP.example.com":      true,
		"https://shop.example.com:443":  true,
		"https://shop.example.com/":     false,
		"https://shop.example.com:8443": false,
		"http://shop.example.com":       false,
		"https://example.com":           false,
		"https://a.shop.example.com":    false,
		"https://a.example.org":         true,
		"https://a.b.example.org":       true,
		"https://example.org":           false,
		"https://.example.org":          false,
		"https://aexample.org":          false,
		"https://a.example.org:8443":    false,
		"https://evil.com/.example.org": false,
		"https://u@a.example.org":       false,
		"http://localhost:8080":         true,
		"http://localhost":              false,
		"null":                          false,
		"":                              false,
		"*":                             false,
		"https://*.example.org":         false,
	} {
		if got := site.AllowsOrigin(origin); got != want {
			t.Errorf("%q: got %v", origin, got)
		}
	}
}

// What browsers send must be possible to write down.
func TestOriginsAreWhatBrowsersSend(t *testing.T) {
	for text, page := range map[string]string{
		"https://my_shop.example.com":   "https://my_shop.example.com",
		"https://ab--cd.example.com":    "https://ab--cd.example.com",
		"https://-.example.com":         "https://-.example.com",
		"https://Faß.de:443":            "https://xn--fa-hia.de",
		"https://*.магазин.рф":          "https://a_b.xn--80aairftm.xn--p1ai",
		"https://*.example.co.uk":       "https://shop.example.co.uk",
		"https://*.example.github.io":   "https://a.example.github.io",
		"https://*.shop.internal":       "https://a.shop.internal",
		"https://co.uk":                 "https://co.uk",
		"https://shop.example.com.":     "https://shop.example.com.",
		"http://[0:0:0:0:0:0:0:1]:8080": "http://[::1]:8080",
		"http://localhost:80":           "http://localhost",
	} {
		origin, problem := parseOrigin(text)
		site := &Site{Origins: []string{origin}}
		if problem != "" || !site.AllowsOrigin(page) {
			t.Errorf("%s became %q and refuses %s: %s", text, origin, page, problem)
		}
	}
	for _, text := range []string{"https://xn--a.com", "https://a%20b.com", "https://.example.com", "https://*.co.uk.", "https://*.ck", "https://*.a.ck"} {
		if origin, problem := parseOrigin(text); problem == "" {
			t.Errorf("%s became %s", text, origin)
		}
	}
}

// A type that is refused must be refused for a better one.
func TestProperTypesAreFound(t *testing.T) {
	for name, want := range map[string]string{
		"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "image/apng": "image/png",
		"image/x-ms-bmp": "image/bmp", "image/svg": "image/svg+xml", "image/tif": "image/tiff", "image/ico": "image/x-icon",
		"image/vnd.microsoft.icon": "image/x-icon", "audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg",
		"audio/x-wav": "audio/wav", "audio/m4a": "audio/x-m4a", "audio/opus": "audio/ogg", "audio/x-aac": "audio/aac",
		"audio/x-flac": "audio/flac", "video/mov": "video/quicktime", "video/avi": "video/x-msvideo", "video/x-mp4": "video/mp4",
		"application/x-pdf": "application/pdf", "text/x-pdf": "application/pdf", "text/pdf": "application/pdf",
		"application/x-zip-compressed": "application/zip", "application/x-gzip": "application/gzip",
		"application/x-tgz": "application/gzip", "application/vnd.rar": "application/x-rar-compressed",
		"application/7z": "application/x-7z-compressed", "application/csv": "text/csv", "text/x-csv": "text/csv",
		"application/xml": "text/xml", "text/json": "application/json", "application/rtf": "text/rtf", "text/x-vcard": "text/vcard",
	} {
		if got := properType(name); got != want || typeProblem(name) == "" || typeProblem(want) != "" {
			t.Errorf("%s: the bridge finds %q, want %s, of which it says %q", name, got, want, typeProblem(want))
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		text Text
		want string
	}{
		{nil, ""},
		{Text{"": "all"}, "all"},
		{Text{English: "hello", Russian: "привет"}, "привет"},
		{Text{English: "hello", Russian: ""}, ""},
		{Text{English: "hello"}, ""}, // the widget greets in Russian by itself
	} {
		if got := c.text.In(Russian); got != c.want {
			t.Errorf("%v: got %q", c.text, got)
		}
	}
	if got := (Text{Russian: "привет"}).In(English); got != "" {
		t.Errorf("English visitors read %q", got)
	}
}

func TestPrefix(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3":               "10.1.2.3/32",
		"10.1.2.3/8":             "10.0.0.0/8",
		"::1":                    "::1/128",
		"2001:db8::1/32":         "2001:db8::/32",
		"::ffff:10.1.2.3":        "10.1.2.3/32",
		"::ffff:10.1.2.3/104":    "10.0.0.0/8",
		"::ffff:a01:203/128":     "10.1.2.3/32",
		"::ffff:0:0/96":          "0.0.0.0/0", // which Load refuses as the whole internet
		" fe80::1%eth0 ":         "fe80::1/128",
		"::ffff:10.1.2.3/95":     "",
		"10.0.0.0/33":            "",
		"::ffff:10.0.0.0/104/10": "",
		"proxy":                  "",
	} {
		var got Prefix
		err := got.UnmarshalText([]byte(text))
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "512": 512, "64KiB": 64 << 10, "10 MiB": 10 << 20, "1.5k": 1536, "1GB": 1e9, "2g": 2 << 30,
	} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "ten", "1 TiBB", "1e30", "NaN", "Inf"} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is no size, read as %d", text, got)
		}
	}
	if s := Size(10 << 20).String(); s != "10MiB" {
		t.Error(s)
	}
}

// In a page the chats stand in an object by their sites' names, which has a member of this name.
func TestASiteIsNotCalledAsWhatObjectsHave(t *testing.T) {
	_, err := load(write(t, strings.Replace(good, "  shop:", "  constructor:", 1)), environment(), true)
	if err == nil || !strings.Contains(err.Error(), `"constructor" cannot name a site`) {
		t.Errorf("got %v", err)
	}
}
