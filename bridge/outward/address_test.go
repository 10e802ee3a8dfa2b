package outward_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/outward"
)

func allow(t *testing.T, entries ...string) outward.AllowList {
	t.Helper()
	list, err := outward.ParseAllowList(entries)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func wantCode(t *testing.T, err error, code outward.Code) {
	t.Helper()
	if !errors.Is(err, &outward.Error{Code: code}) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	for _, host := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7",
		"203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
		"[::]", "[::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
		"[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
		"[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::8.8.8.8]",
		"[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:c0a8:101::1]",
		"[2001::1]", "[2001:10::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]",
	} {
		wantCode(t, outward.CheckURL("https://"+host+"/hook", outward.AllowList{}), outward.ForbiddenAddress)
	}
}

func TestPublicAddressesAreNot(t *testing.T) {
	for _, host := range []string{
		"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "169.253.0.1", "192.0.1.1",
		"223.255.255.255", "[2606:4700:4700::1111]", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]", "[64:ff9b::8.8.8.8]",
		"[2002:808:808::1]", "example.com", "example.com:8443", "пример.рф",
	} {
		if err := outward.CheckURL("https://"+host+"/hook", outward.AllowList{}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestAllowListOpensWhatItNamesAndNothingElse(t *testing.T) {
	list := allow(t, "10.1.0.0/16", " 192.168.1.5 ", "fd00::/8", "CRM.internal.")
	for host, want := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "192.168.1.5": true, "192.168.1.6": false, "[fd12::1]": true, "[fc00::1]": false,
		"[::ffff:10.1.2.3]": true, "[64:ff9b::10.1.2.3]": true, "[64:ff9b::10.2.0.1]": false, "[2002:a01:203::1]": true, "127.0.0.1": false,
	} {
		err := outward.CheckURL("http://"+host, list)
		if (err == nil) != want {
			t.Errorf("%s: %v, want allowed: %t", host, err, want)
		}
	}
}

func TestAllowListRefusesWhatItCannotMean(t *testing.T) {
	for _, entry := range []string{"", "  ", "http://crm.internal", "crm.internal:8080", "crm.internal/path", "10.0.0.0/33", "user@crm", "a b", "::1/200"} {
		if _, err := outward.ParseAllowList([]string{"10.0.0.0/8", entry}); err == nil || !strings.Contains(err.Error(), "allow") && !strings.Contains(err.Error(), "neither") {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

func TestAddressOfAnotherFormIsRefused(t *testing.T) {
	for address, code := range map[string]outward.Code{
		"ftp://example.com/":             outward.BadScheme,
		"file:///etc/passwd":             outward.BadScheme,
		"gopher://example.com":           outward.BadScheme,
		"example.com/hook":               outward.BadScheme,
		"":                               outward.BadScheme,
		"https://user:pw@example.com/":   outward.Credentials,
		"https://user@example.com/":      outward.Credentials,
		"https:///hook":                  outward.BadURL,
		"https:example.com":              outward.BadURL,
		"https://exa mple.com/":          outward.BadURL,
		"https://example.com:0/":         outward.BadURL,
		"https://example.com:99999/":     outward.BadURL,
		"https://example.com/\r\nX: y":   outward.BadURL,
		"https://[::1/":                  outward.BadURL,
		"https://secret-token@[bad/path": outward.BadURL,
	} {
		err := outward.CheckURL(address, outward.AllowList{})
		wantCode(t, err, code)
		if err != nil && (strings.Contains(err.Error(), "pw") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}
