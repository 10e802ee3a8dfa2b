// Package device says what a visitor uses: browser, system, kind of device.
//
// It reads the User-Agent and, where the browser has them, the client hints of
// navigator.userAgentData, which know what the User-Agent hides by now: Windows
// 11, the versions of macOS and Android, an Android's model, Brave. All of it is
// the visitor's own word. Texts are limited, and only plain ASCII names get
// through; nothing may be allowed or refused by them.
//
// What cannot be told apart:
//   - An iPad that asks for desktop pages, as iPads do by default, says it is a Mac.
//   - Firefox and Safari send no hints: their Windows is "10/11", and their
//     macOS has no version, since all of them say 10.15.
//   - An Android tablet in desktop mode says it is Linux; an Android television is
//     taken for a tablet.
//   - The in-app browser of Telegram on iOS looks like that of any other app.
//   - Brave and the like that hide from the hints are Chrome.
package device

import (
	"strings"

	"github.com/mileusna/useragent"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

const (
	// maxAgent is how much of a User-Agent is read, in characters; real ones are
	// shorter than 300, those of in-app browsers than 500.
	maxAgent = 512
	// maxName is the longest name of a browser, system or model, in characters.
	maxName = 40
	// maxBrands is how many brands are looked at; browsers send three.
	maxBrands = 8
)

// Kind is what sort of device it is.
type Kind string

// The kinds.
const (
	Desktop Kind = "desktop"
	Phone   Kind = "phone"
	Tablet  Kind = "tablet"
	Bot     Kind = "bot"
	Unknown Kind = "unknown"
)

// Device is what a visitor uses. What is not known is empty.
type Device struct {
	Kind Kind
	// Browser is its usual name: "Chrome", "Yandex Browser"; "WebView" for an app
	// that shows pages and does not say which it is.
	Browser string
	// BrowserVersion is the major version alone.
	BrowserVersion string
	// System is "Windows", "macOS", "Linux", "ChromeOS", "Android", "iOS", "iPadOS"
	// or another that names itself.
	System string
	// SystemVersion is one or two numbers ("11", "17.5"); "10/11" for a Windows
	// that is one of these.
	SystemVersion string
	// Model is "iPhone", "iPad", or the code by which an Android's maker calls it.
	Model string
}

// Hints are what navigator.userAgentData says, as the widget sends it; the zero
// Hints are those of a browser that has none.
type Hints struct {
	Brands          []Brand
	Mobile          bool
	Platform        string
	PlatformVersion string
	Model           string
}

// Brand is one of the names that a browser gives itself.
type Brand struct{ Name, Version string }

// Read tells what the visitor uses. Neither text needs to be clean or short.
func Read(userAgent string, hints Hints) Device {
	// The bytes are cut first, so that junk costs no more than a long User-Agent.
	agent := plain.Line(userAgent[:min(len(userAgent), 4*maxAgent)], maxAgent)
	parsed := useragent.Parse(agent)
	d := Device{}
	d.readSystem(parsed, hints)
	d.readBrowser(agent, parsed, hints)
	d.Kind = kind(agent, parsed, d, hints)
	// From 26 on, Safari's User-Agent names iOS 18 forever; its own version is the system's.
	if own := version(parsed.Version, 2); d.Browser == useragent.Safari && isApple(d.System) && number(own) >= 26 {
		d.SystemVersion = own
	}
	return d
}

func isApple(system string) bool { return system == useragent.IOS || system == iPadOS }

func kind(agent string, parsed useragent.UserAgent, d Device, hints Hints) Kind {
	switch {
	case parsed.Bot:
		return Bot
	case d.System == iPadOS || parsed.Tablet:
		return Tablet
	case d.System == useragent.Android || d.System == harmonyOS:
		// Those of tablets leave out the word.
		if hints.Mobile || strings.Contains(agent, "Mobi") || parsed.Name == useragent.OperaMini {
			return Phone
		}
		return Tablet
	case parsed.Mobile && d.System != "":
		return Phone
	case d.System != "":
		return Desktop
	default:
		return Unknown
	}
}

// String is for people: "Chrome 156, Windows 11", "Safari 17, iPhone (iOS
// 17.5)"; "" if nothing is known.
func (d Device) String() string {
	system := joined(" ", d.System, d.SystemVersion)
	if d.Model != "" && system != "" {
		system = d.Model + " (" + system + ")"
	} else if system == "" {
		system = d.Model
	}
	return joined(", ", joined(" ", d.Browser, d.BrowserVersion), system)
}

func joined(by, first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + by + second
}
