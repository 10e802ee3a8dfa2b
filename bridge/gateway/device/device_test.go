package device

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// chromium are the hints of a Chromium browser; without a name those of Chromium itself.
func chromium(name, version, platform, platformVersion string) Hints {
	h := Hints{
		Brands:   []Brand{{"Not;A=Brand", "99"}, {"Chromium", "156"}},
		Platform: platform, PlatformVersion: platformVersion,
	}
	if name != "" {
		h.Brands = append(h.Brands, Brand{name, version})
	}
	return h
}

func phone(h Hints, model string) Hints {
	h.Mobile, h.Model = true, model
	return h
}

const (
	windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
	mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/"
	linux   = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
	android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	galaxy  = "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
)

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name, agent string
		hints       Hints
		kind        Kind
		want        string
	}{
		// Computers.
		{"Chrome on Windows 11", windows + "Chrome/156.0.0.0 Safari/537.36", chromium("Google Chrome", "156", "Windows", "15.0.0"), Desktop, "Chrome 156, Windows 11"},
		{"the first Windows 11", windows + "Chrome/156.0.0.0 Safari/537.36", chromium("Google Chrome", "156", "Windows", "13.0.0"), Desktop, "Chrome 156, Windows 11"},
		{"Chrome on Windows 10", windows + "Chrome/156.0.0.0 Safari/537.36", chromium("Google Chrome", "156", "Windows", "10.0.0"), Desktop, "Chrome 156, Windows 10"},
		{"Chrome on Windows 8.1", "Mozilla/5.0 (Windows NT 6.3; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36", chromium("Google Chrome", "109", "Windows", "0.3.0"), Desktop, "Chrome 109, Windows 8.1"},
		{"Chrome on Windows 7, no hints", "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36", Hints{}, Desktop, "Chrome 109, Windows 7"},
		{"Chrome on a page without TLS, which has no hints", windows + "Chrome/156.0.0.0 Safari/537.36", Hints{}, Desktop, "Chrome 156, Windows 10/11"},
		{"Firefox on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", Hints{}, Desktop, "Firefox 133, Windows 10/11"},
		{"Edge", windows + "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", chromium("Microsoft Edge", "131", "Windows", "19.0.0"), Desktop, "Edge 131, Windows 11"},
		{"Opera", windows + "Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0", chromium("Opera", "115", "Windows", "10.0.0"), Desktop, "Opera 115, Windows 10"},
		{"Brave", windows + "Chrome/131.0.0.0 Safari/537.36", chromium("Brave", "131", "Windows", "15.0.0"), Desktop, "Brave 131, Windows 11"},
		{"Yandex Browser", windows + "Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36", chromium("YaBrowser", "25.8", "Windows", "15.0.0"), Desktop, "Yandex Browser 25, Windows 11"},
		{"Yandex Browser by its brand alone", windows + "Chrome/138.0.0.0 Safari/537.36", chromium("Yandex", "25", "Windows", "15.0.0"), Desktop, "Yandex Browser 25, Windows 11"},
		{"Vivaldi", windows + "Chrome/130.0.0.0 Safari/537.36 Vivaldi/7.0.3495.11", Hints{}, Desktop, "Vivaldi 7, Windows 10/11"},
		{"Internet Explorer", "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", Hints{}, Desktop, "Internet Explorer 11, Windows 10/11"},
		{"Safari on a Mac", mac + "605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", Hints{}, Desktop, "Safari 18, macOS"},
		{"Safari 26 on a Mac", mac + "605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", Hints{}, Desktop, "Safari 26, macOS"},
		{"Chrome on a Mac", mac + "537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", chromium("Google Chrome", "131", "macOS", "14.6.1"), Desktop, "Chrome 131, macOS 14.6"},
		{"Firefox on a Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0", Hints{}, Desktop, "Firefox 133, macOS"},
		{"an old Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1 Safari/605.1.15", Hints{}, Desktop, "Safari 13, macOS 10.13"},
		{"DuckDuckGo on a Mac", mac + "605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15 Ddg/18.1", Hints{}, Desktop, "DuckDuckGo 18, macOS"},
		{"Chromium on Linux, whose kernel says nothing to people", linux + "Chrome/156.0.0.0 Safari/537.36", chromium("", "", "Linux", "6.8.0"), Desktop, "Chromium 156, Linux"},
		{"Firefox on Ubuntu", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", Hints{}, Desktop, "Firefox 133, Linux"},
		{"a Chromebook", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", chromium("Google Chrome", "131", "Chrome OS", "16033.0.0"), Desktop, "Chrome 131, ChromeOS"},

		// Androids.
		{"Chrome on Android", android + "Chrome/131.0.0.0 Mobile Safari/537.36", phone(chromium("Google Chrome", "131", "Android", "14.0.0"), "Pixel 8"), Phone, "Chrome 131, Pixel 8 (Android 14)"},
		{"Chrome on Android, no hints", android + "Chrome/131.0.0.0 Mobile Safari/537.36", Hints{}, Phone, "Chrome 131, Android"},
		{"Chrome on an Android tablet", android + "Chrome/131.0.0.0 Safari/537.36", Hints{}, Tablet, "Chrome 131, Android"},
		{"Samsung's browser", android + "SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36", phone(chromium("Samsung Internet", "27.0", "Android", "14.0.0"), "SM-A546E"), Phone, "Samsung Internet 27, SM-A546E (Android 14)"},
		{"Samsung's browser on a tablet", android + "SamsungBrowser/27.0 Chrome/125.0.0.0 Safari/537.36", Hints{}, Tablet, "Samsung Internet 27, Android"},
		{"Firefox on Android", "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", Hints{}, Phone, "Firefox 133, Android 14"},
		{"Firefox on a tablet", "Mozilla/5.0 (Android 14; Tablet; rv:133.0) Gecko/133.0 Firefox/133.0", Hints{}, Tablet, "Firefox 133, Android 14"},
		{"Opera on Android", android + "Chrome/130.0.0.0 Mobile Safari/537.36 OPR/86.0.0.0", Hints{}, Phone, "Opera 86, Android"},
		{"Edge on Android", android + "Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.0.0", Hints{}, Phone, "Edge 131, Android"},
		{"Yandex Browser on Android", "Mozilla/5.0 (Linux; arm_64; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.6613.186 YaBrowser/24.10.2.91.00 SA/3 Mobile Safari/537.36", Hints{}, Phone, "Yandex Browser 24, SM-A546E (Android 14)"},
		{"the Yandex app", "Mozilla/5.0 (Linux; arm_64; Android 12; 2201117TY) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.234 YaApp_Android/24.91.1 YaSearchBrowser/24.91.1 BroPP/1.0 SA/3 Mobile Safari/537.36", Hints{}, Phone, "Yandex app 24, 2201117TY (Android 12)"},
		{"MIUI", "Mozilla/5.0 (Linux; U; Android 13; ru-ru; 2201117TY Build/TKQ1.221114.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.22.1-gn", Hints{}, Phone, "Mi Browser 14, 2201117TY (Android 13)"},
		{"Huawei", "Mozilla/5.0 (Linux; Android 12; VOG-L29; HMSCore 6.14.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36", Hints{}, Phone, "Huawei Browser 15, VOG-L29 (Android 12)"},
		{"DuckDuckGo on Android", android + "Version/4.0 Chrome/131.0.0.0 Mobile DuckDuckGo/5 Safari/537.36", Hints{}, Phone, "DuckDuckGo 5, Android"},
		{"HarmonyOS", "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile", Hints{}, Phone, "ArkWeb 4, HarmonyOS 5"},
		{"Telegram on Android", galaxy + "Chrome/131.0.6778.200 Mobile Safari/537.36 Telegram-Android/11.5.3 (Samsung SM-S918B; Android 14; SDK 34; HIGH)", phone(chromium("Android WebView", "131", "Android", "14.0.0"), "SM-S918B"), Phone, "Telegram 11, SM-S918B (Android 14)"},
		{"Instagram on Android", galaxy + "Chrome/130.0.6723.107 Mobile Safari/537.36 Instagram 357.0.0.25.101 Android (34/14; 480dpi; 1080x2115; samsung; SM-S918B; dm3q; qcom; ru_RU; 661092345)", Hints{}, Phone, "Instagram 357, SM-S918B (Android 14)"},
		{"Facebook on Android", galaxy + "Chrome/130.0.6723.86 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490.0.0.63.82;]", Hints{}, Phone, "Facebook 490, SM-S918B (Android 14)"},
		{"any other app on Android", galaxy + "Chrome/131.0.6778.200 Mobile Safari/537.36", Hints{}, Phone, "WebView 131, SM-S918B (Android 14)"},
		{"TikTok on Android", galaxy + "Chrome/130.0.6723.86 Mobile Safari/537.36 musical_ly_2023700030 BytedanceWebview/d8a21c6", Hints{}, Phone, "TikTok, SM-S918B (Android 14)"},

		// iPhones and iPads.
		{"Safari on an iPhone", iphone + "Version/17.5 Mobile/15E148 Safari/604.1", Hints{}, Phone, "Safari 17, iPhone (iOS 17.5)"},
		{"Safari 26 says iOS 18", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1", Hints{}, Phone, "Safari 26, iPhone (iOS 26)"},
		{"Safari 26.3 says iOS 18.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.3 Mobile/15E148 Safari/604.1", Hints{}, Phone, "Safari 26, iPhone (iOS 26.3)"},
		{"Chrome on an iPhone", iphone + "CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", Hints{}, Phone, "Chrome 131, iPhone (iOS 17.5)"},
		{"Firefox on an iPhone", iphone + "FxiOS/133.0 Mobile/15E148 Safari/605.1.15", Hints{}, Phone, "Firefox 133, iPhone (iOS 17.5)"},
		{"Edge on an iPhone", iphone + "Version/17.0 EdgiOS/131.0.2903.68 Mobile/15E148 Safari/605.1.15", Hints{}, Phone, "Edge 131, iPhone (iOS 17.5)"},
		{"Yandex Browser on an iPhone", iphone + "Version/17.0 YaBrowser/24.10.3.473.10 SA/3 Mobile/15E148 Safari/604.1", Hints{}, Phone, "Yandex Browser 24, iPhone (iOS 17.5)"},
		{"Opera on an iPhone", iphone + "Version/17.5 Mobile/15E148 Safari/604.1 OPT/5.1.2", Hints{}, Phone, "Opera 5, iPhone (iOS 17.5)"},
		{"Google's app on an iPhone", iphone + "GSA/346.0.701347110 Mobile/15E148 Safari/604.1", Hints{}, Phone, "Google app 346, iPhone (iOS 17.5)"},
		{"Instagram on an iPhone", iphone + "Mobile/15E148 Instagram 341.0.3.34.96 (iPhone14,5; iOS 17_5_1; ru_RU; ru; scale=3.00; 1170x2532; 621565214)", Hints{}, Phone, "Instagram 341, iPhone (iOS 17.5)"},
		{"Facebook on an iPhone", iphone + "Mobile/15E148 [FBAN/FBIOS;FBAV/489.0.0.43.106;FBBV/661210583;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS;FBSV/17.5.1;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]", Hints{}, Phone, "Facebook 489, iPhone (iOS 17.5)"},
		{"Telegram on an iPhone, which does not say so", iphone + "Mobile/15E148", Hints{}, Phone, "WebView, iPhone (iOS 17.5)"},
		{"an iPad that says so", "Mozilla/5.0 (iPad; CPU OS 16_7_10 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", Hints{}, Tablet, "Safari 16, iPad (iPadOS 16.7)"},
		{"an iPad with Safari 26", "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1", Hints{}, Tablet, "Safari 26, iPad (iPadOS 26.1)"},

		// Bots, programs, televisions.
		{"Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Hints{}, Bot, "Googlebot 2"},
		{"Googlebot's phone", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.6778.69 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Hints{}, Bot, "Googlebot 2, Nexus 5X (Android 6)"},
		{"YandexBot", "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", Hints{}, Bot, "YandexBot 3"},
		{"GPTBot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)", Hints{}, Bot, "GPTBot 1"},
		{"Bingbot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", Hints{}, Bot, "Bingbot 2"},
		{"Telegram's preview", "TelegramBot (like TwitterBot)", Hints{}, Bot, "TelegramBot"},
		{"a headless Chrome", linux + "HeadlessChrome/131.0.0.0 Safari/537.36", chromium("HeadlessChrome", "131", "Linux", ""), Bot, "Headless Chrome 131, Linux"},
		{"curl", "curl/8.5.0", Hints{}, Unknown, "curl 8"},
		{"a television", "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36", Hints{}, Unknown, ""},

		// Lies and junk.
		{"empty", "", Hints{}, Unknown, ""},
		{"empty, but hints", "", chromium("Google Chrome", "156", "Windows", "15.0.0"), Desktop, "Chrome 156, Windows 11"},
		{"10 kB of junk", strings.Repeat("A(;/[", 2000), Hints{}, Unknown, ""},
		{"10 kB before the truth", strings.Repeat("x", 10_000) + iphone, Hints{}, Unknown, ""},
		{"a word", "hello", Hints{}, Unknown, ""},
		{"HTML", "<script>alert(1)</script>", Hints{}, Unknown, ""},
		{"control characters vanish", "Mozilla/5.0\x00 (Windows NT 10.0; Win64; x64)\x1b[31m Gecko/20100101 Firefox/133.0\r\n", Hints{}, Desktop, "Firefox 133, Windows 10/11"},
		{"a name from right to left", "Mozilla/5.0 (Linux; Android 14; \u202Eגלקסי) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", Hints{}, Phone, "Chrome 131, Android 14"},
		{"a model that is markup", "Mozilla/5.0 (Linux; Android 14; <b>x</b>) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", Hints{}, Phone, "Chrome 131, Android 14"},
		{"a version that is none", "Mozilla/5.0 (Windows NT 99999999999; x) Chrome/9999999999999999999999.0 Safari/537.36", Hints{}, Desktop, "Windows"},
		{"hints of junk", windows + "Chrome/156.0.0.0 Safari/537.36", Hints{Brands: []Brand{{"\u202Eevil", "1"}, {strings.Repeat("x", 1000), "2"}}, Platform: "Windows", PlatformVersion: strings.Repeat("9", 1000), Model: "\x00"}, Desktop, "Chrome 156, Windows 10/11"},
		{"hints of another system", windows + "Chrome/156.0.0.0 Safari/537.36", phone(chromium("Google Chrome", "156", "Android", "14.0.0"), "Pixel 8"), Desktop, "Chrome 156, Windows 10/11"},
		{"a thousand brands", windows + "Chrome/156.0.0.0 Safari/537.36", Hints{Brands: append(make([]Brand, 1000), Brand{"Late", "1"})}, Desktop, "Chrome 156, Windows 10/11"},
		{"no brand but the one that is none", windows + "Chrome/156.0.0.0 Safari/537.36", Hints{Brands: []Brand{{"Not_A Brand", "8"}}}, Desktop, "Chrome 156, Windows 10/11"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := Read(test.agent, test.hints)
			if got := d.String(); got != test.want || d.Kind != test.kind {
				t.Errorf("got %q, a %s, want %q, a %s: %+v", got, d.Kind, test.want, test.kind, d)
			}
		})
	}
}

func TestTheFieldsAreTold(t *testing.T) {
	agent := android + "Chrome/131.0.0.0 Mobile Safari/537.36"
	got := Read(agent, phone(chromium("Google Chrome", "131.0.6778.200", "Android", "14.0.0"), "Pixel 8"))
	want := Device{Kind: Phone, Browser: "Chrome", BrowserVersion: "131", System: "Android", SystemVersion: "14", Model: "Pixel 8"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestString(t *testing.T) {
	for _, test := range []struct {
		name string
		in   Device
		want string
	}{
		{"all", Device{Browser: "Chrome", BrowserVersion: "1", System: "Android", SystemVersion: "9", Model: "X"}, "Chrome 1, X (Android 9)"},
		{"the model alone", Device{Model: "X"}, "X"},
		{"a version of nothing", Device{Browser: "Chrome", System: "macOS"}, "Chrome, macOS"},
		{"the system alone", Device{System: "macOS", SystemVersion: "14"}, "macOS 14"},
		{"nothing", Device{Kind: Unknown}, ""},
	} {
		if got := test.in.String(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// FuzzRead holds what is told to short, plain ASCII lines, whatever the visitor says.
func FuzzRead(f *testing.F) {
	for _, agent := range []string{
		"", windows + "Chrome/156.0.0.0 Safari/537.36", iphone + "Mobile/15E148 Instagram 341.0", galaxy + "Chrome/1",
		"Mozilla/5.0 (\u2066Linux; Android 14; \u202Ex) [FBAV/1", strings.Repeat("(;", 600), "\xff\xfe/1 rv:", "Android 1 iPhone/2 http://x:/",
	} {
		f.Add(agent, "Brave", "131", "Windows", "15.0.0", "Pixel 8", true)
		f.Add(agent, "Not A;Brand", "\x00", "Android", "..", "\u202E", false)
	}
	f.Fuzz(func(t *testing.T, agent, brand, version, platform, platformVersion, model string, mobile bool) {
		d := Read(agent, Hints{Brands: []Brand{{brand, version}}, Mobile: mobile, Platform: platform, PlatformVersion: platformVersion, Model: model})
		for _, text := range []string{d.Browser, d.BrowserVersion, d.System, d.SystemVersion, d.Model} {
			if len(text) > maxName || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= utf8.RuneSelf || strings.ContainsRune("<>&\"`[]", r) }) {
				t.Errorf("%q became %q", agent, text)
			}
		}
		switch d.Kind {
		case Desktop, Phone, Tablet, Bot, Unknown:
		default:
			t.Errorf("%q is a %q", agent, d.Kind)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	agent, hints := windows+"Chrome/156.0.0.0 Safari/537.36", chromium("Google Chrome", "156", "Windows", "15.0.0")
	b.ReportAllocs()
	for b.Loop() {
		Read(agent, hints)
	}
}

func BenchmarkReadJunk(b *testing.B) {
	agent := strings.Repeat("A(;/[", 2000)
	b.ReportAllocs()
	for b.Loop() {
		Read(agent, Hints{})
	}
}
