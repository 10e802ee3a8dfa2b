package config

import (
	"testing"
)

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
