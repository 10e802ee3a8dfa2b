package device

import (
	"strconv"
	"strings"

	"github.com/mileusna/useragent"
)

// The systems that the library calls otherwise.
const (
	iPadOS    = "iPadOS"
	harmonyOS = "HarmonyOS"
)

// readSystem says system, its version and the model. Hints outdo the
// User-Agent where both mean the same system.
func (d *Device) readSystem(parsed useragent.UserAgent, hints Hints) {
	d.System, d.SystemVersion = agentSystem(parsed)
	if parsed.OS == useragent.Android || parsed.OS == useragent.IOS {
		d.Model = model(parsed.Device)
	}
	platform := platformName(hints.Platform)
	if d.System == "" {
		d.System = platform
	}
	if platform == "" || platform != d.System {
		return
	}
	if v := platformVersion(platform, hints.PlatformVersion); v != "" {
		d.SystemVersion = v
	}
	if name := model(hints.Model); name != "" && platform == useragent.Android {
		d.Model = name
	}
}

// agentSystem leaves out versions that browsers have frozen, and processors
// that stand in a version's place.
func agentSystem(parsed useragent.UserAgent) (system, systemVersion string) {
	short := version(parsed.OSVersion, 2)
	switch parsed.OS {
	case useragent.Windows:
		return useragent.Windows, windowsNT(parsed.OSVersion)
	case useragent.MacOS:
		if short == "10.15" || short == "10.16" { // what all say since 2020
			short = ""
		}
		return useragent.MacOS, short
	case useragent.Android:
		if parsed.Device == "K" { // "Android 10; K" is what Chrome says of all
			short = ""
		}
		return useragent.Android, short
	case useragent.IOS:
		if parsed.Device == "iPad" {
			return iPadOS, short
		}
		return useragent.IOS, short
	case useragent.Harmony:
		return harmonyOS, short
	case useragent.Linux, useragent.ChromeOS, useragent.FreeBSD:
		return parsed.OS, ""
	default:
		return parsed.OS, short
	}
}

// windowsNT translates the kernel's version. Windows 11 still says 10.0.
func windowsNT(kernel string) string {
	switch kernel {
	case "10.0":
		return "10/11"
	case "6.3":
		return "8.1"
	case "6.2":
		return "8"
	case "6.1":
		return "7"
	case "6.0":
		return "Vista"
	case "5.1", "5.2":
		return "XP"
	default:
		return ""
	}
}

// platformName is the hint's platform in the words of agentSystem.
func platformName(platform string) string {
	switch platform {
	case "Windows", "macOS", "Android", "Linux", "iOS":
		return platform
	case "Chrome OS", "Chromium OS", "ChromeOS":
		return useragent.ChromeOS
	default:
		return ""
	}
}

// platformVersion reads the hint. For Windows it is that of an interface
// ("UniversalApiContract"), of which 13 and more mean Windows 11.
func platformVersion(platform, text string) string {
	short := version(text, 2)
	switch platform {
	case "Windows":
		switch major := number(short); {
		case major >= 13:
			return "11"
		case major >= 1:
			return "10"
		case short == "0.3":
			return "8.1"
		case short == "0.2":
			return "8"
		case short == "0.1":
			return "7"
		default:
			return ""
		}
	case "macOS", "Android", "iOS":
		return short
	default: // a Linux kernel's or a Chromebook's says nothing to people
		return ""
	}
}

// model is a device's name; "K" is what Chrome says instead of one, and Firefox
// on a tablet says no more than that.
func model(text string) string {
	name := plainName(text)
	if name == "K" || strings.EqualFold(name, "tablet") || strings.EqualFold(name, "mobile") || strings.HasPrefix(name, "rv ") {
		return ""
	}
	return name
}

// plainName is the text if it can be the name of a browser or device: ASCII
// letters, digits and what stands between them, not too long. Anything else is
// none: nothing that hides, reorders or marks up a line.
func plainName(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxName || !strings.ContainsFunc(text, isASCIILetter) {
		return ""
	}
	for i := range len(text) {
		if c := text[i]; !isASCIILetter(rune(c)) && !isDigit(rune(c)) && !strings.ContainsRune(" -_+.()/,'", rune(c)) {
			return ""
		}
	}
	return text
}

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80 }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// version keeps that many leading numbers of a version, without zeros at the
// end: "14.0.0" is 14. It is empty for what is no version.
func version(text string, parts int) string {
	const maxDigits = 5
	var kept []string
	for part := range strings.SplitSeq(text, ".") {
		digits := part
		if end := strings.IndexFunc(part, func(r rune) bool { return !isDigit(r) }); end >= 0 {
			digits = part[:end]
		}
		if digits == "" || len(digits) > maxDigits {
			break
		}
		kept = append(kept, digits)
		if digits != part || len(kept) == parts {
			break
		}
	}
	for len(kept) > 1 && strings.Trim(kept[len(kept)-1], "0") == "" {
		kept = kept[:len(kept)-1]
	}
	return strings.Join(kept, ".")
}

// number is the first number of a version; 0 if there is none.
func number(v string) int {
	major, _, _ := strings.Cut(v, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}
