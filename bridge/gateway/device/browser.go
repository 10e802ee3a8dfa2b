package device

import (
	"strings"

	"github.com/mileusna/useragent"
)

// webView is any app that shows pages with the system's own browser.
const webView = "WebView"

// browser is how a browser calls itself and how people call it.
type browser struct{ token, name string }

// browsers are those that the library does not know, takes for another, or
// calls by another name. Most of them claim to be Chrome or Safari as well;
// apps come first, since they show pages with a browser that has a name too.
func browsers() []browser {
	return []browser{
		{"Telegram-Android", "Telegram"},
		{"Instagram", "Instagram"},
		{"FBAV", "Facebook"},
		{"musical_ly", "TikTok"},
		{"trill", "TikTok"},
		{"BytedanceWebview", "TikTok"},
		{"VKAndroidApp", "VK"},
		{"GSA", "Google app"},
		{"YaSearchBrowser", "Yandex app"},
		{"YaApp_iOS", "Yandex app"},
		{"YaBrowser", "Yandex Browser"},
		{"MiuiBrowser", "Mi Browser"},
		{"SamsungBrowser", "Samsung Internet"},
		{"HuaweiBrowser", "Huawei Browser"},
		{"HeyTapBrowser", "HeyTap Browser"},
		{"VivoBrowser", "Vivo Browser"},
		{"UCBrowser", "UC Browser"},
		{"QQBrowser", "QQ Browser"},
		{"MQQBrowser", "QQ Browser"},
		{"Whale", "Whale"},
		{"DuckDuckGo", "DuckDuckGo"},
		{"Ddg", "DuckDuckGo"},
		{"OPX", "Opera GX"},
		{"OPT", "Opera"},
		{"Trident", "Internet Explorer"},
	}
}

// brandName is what people call a brand of the hints.
func brandName(brand string) string {
	switch brand {
	case "Google Chrome":
		return useragent.Chrome
	case "HeadlessChrome":
		return useragent.HeadlessChrome
	case "Microsoft Edge", "Microsoft Edge WebView2":
		return "Edge"
	case "Yandex", "YaBrowser":
		return "Yandex Browser"
	case "Android WebView":
		return webView
	default:
		return brand
	}
}

// readBrowser says the browser. A name of its own in the User-Agent counts
// most: it may be an app's, of which the brands only know the engine. Brands
// come next, since Brave and others have no name but there.
func (d *Device) readBrowser(agent string, parsed useragent.UserAgent, hints Hints) {
	for _, b := range browsers() {
		v, ok := after(agent, b.token)
		if !ok {
			continue
		}
		d.Browser, d.BrowserVersion = b.name, version(v, 1)
		if b.token == "Trident" { // whose 7 is Internet Explorer's 11
			if v, ok := after(agent, "rv"); ok {
				d.BrowserVersion = version(v, 1)
			}
		}
		return
	}
	d.Browser, d.BrowserVersion = libraryName(agent, parsed)
	if d.Browser != "" && d.Browser != useragent.Chrome && d.Browser != webView {
		return
	}
	if name, v := brand(hints.Brands); name != "" {
		d.Browser, d.BrowserVersion = name, v
	}
}

// libraryName is the browser as the library finds it. What is no browser's
// name is none: the library falls back to whatever stands there.
func libraryName(agent string, parsed useragent.UserAgent) (name, major string) {
	if parsed.OS == useragent.IOS && !strings.Contains(agent, "Safari/") && !parsed.Bot {
		return webView, ""
	}
	if parsed.OS == useragent.Android && strings.Contains(agent, "; wv)") && parsed.Name == useragent.Chrome {
		return webView, version(parsed.Version, 1)
	}
	major = version(parsed.Version, 1)
	switch parsed.Name {
	case useragent.OperaMini, useragent.HeadlessChrome, useragent.InternetExplorer, useragent.GoogleAdsBot, "Android browser":
		return parsed.Name, major
	}
	if name = plainName(parsed.Name); strings.Contains(name, " ") || major == "" && !parsed.Bot {
		return "", ""
	}
	return name, major
}

// brand is the most telling of the brands and its major version. All Chromium
// browsers name Chromium, and one that stands for no browser at all ("Not A;Brand"),
// so that nobody relies on a fixed list.
func brand(brands []Brand) (name, major string) {
	for _, b := range brands[:min(len(brands), maxBrands)] {
		found := plainName(b.Name)
		if found == "" || isGrease(found) {
			continue
		}
		if found == "Chromium" && name != "" {
			continue
		}
		// Brave, Edge and others name Chromium and themselves; some name Chrome too.
		if name == "" || name == "Chromium" || name == useragent.Chrome {
			name, major = brandName(found), version(b.Version, 1)
		}
	}
	return name, major
}

func isGrease(name string) bool {
	letters := strings.Map(func(r rune) rune {
		if isASCIILetter(r) {
			return r | 0x20
		}
		return -1
	}, name)
	return letters == "notabrand"
}

// after finds a product and returns what stands after it: "Instagram 341.0",
// "FBAV/489.0", "rv:11.0".
func after(agent, token string) (string, bool) {
	for rest := agent; ; {
		i := strings.Index(rest, token)
		if i < 0 {
			return "", false
		}
		before, behind := rest[:i], rest[i+len(token):]
		if (before == "" || strings.ContainsRune(" /;([", rune(before[len(before)-1]))) &&
			len(behind) > 1 && strings.ContainsRune("/ :_", rune(behind[0])) && isDigit(rune(behind[1])) {
			return behind[1:], true
		}
		rest = behind
	}
}
