package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// zone is one with summer time.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// in is a Thursday, 26 November 2026, 14:30, where people speak the language.
func in(t testing.TB, language string) answer.Situation {
	t.Helper()
	name := "Europe/London"
	switch language {
	case "ru":
		name = "Europe/Moscow"
	case "en-US":
		name = "America/New_York"
	}
	return answer.Situation{Language: language, Now: time.Date(2026, time.November, 26, 14, 30, 20, 5, zone(t, name))}
}

// said are answers to a question: what was typed, and the value or "!" and the code.
type said struct{ language, text, want string }

func try(t *testing.T, q answer.Question, all []said) {
	t.Helper()
	if err := q.Check(); err != nil {
		t.Fatalf("the question itself: %v", err)
	}
	for _, c := range all {
		got, err := answer.Read(q, talk.Event{Kind: talk.Said, Text: c.text}, in(t, c.language))
		if have := outcome(got, err); have != c.want {
			t.Errorf("%s in %q: %q is %q, want %q", q.Type, c.language, c.text, have, c.want)
		}
	}
}

func outcome(got answer.Answer, err error) string {
	var fault *answer.Fault
	switch {
	case errors.As(err, &fault):
		return "!" + string(fault.Code)
	case err != nil:
		return err.Error()
	default:
		return got.Value
	}
}

// reply is what a form sends.
func reply(t *testing.T, q answer.Question, language, value string) string {
	t.Helper()
	return outcome(answer.Read(q, talk.Event{Kind: talk.Said, Text: "as people read it", Reply: value}, in(t, language)))
}

func TestText(t *testing.T) {
	try(t, answer.Question{Type: talk.AskText}, []said{
		{"en", " Anna \n", "Anna"},
		{"en", "one\r\ntwo\u2028three", "one\ntwo\nthree"},
		{"en", "a\x00b\u202ec\xff", "abc\uFFFD"},
		{"en", "", "!empty"},
		{"en", " \u200b\u2060\n\t", "!empty"},
		{"ru", strings.Repeat("я", 512), strings.Repeat("я", 512)},
		{"ru", strings.Repeat("я", 513), "!too_long"},
		{"ru", strings.Repeat("я", 1<<20), "!too_long"},
		{"en", "👨‍👩‍👧", "👨‍👩‍👧"},
	})
	try(t, answer.Question{Type: talk.AskText, Min: "2", Max: "3"}, []said{
		{"en", "a", "!too_short"},
		{"en", "abc", "abc"},
		{"en", "abcd", "!too_long"},
	})
}

func TestRegex(t *testing.T) {
	pattern, err := answer.Pattern(`[A-Z]{2}|[A-Z]{2}-\d+`)
	if err != nil {
		t.Fatal(err)
	}
	try(t, answer.Question{Type: talk.AskRegex, Pattern: pattern}, []said{
		{"en", " AB-17 ", "AB-17"},
		{"en", "AB", "AB"},
		{"en", "\u200eAB\u200f", "AB"},
		{"en", "xAB", "!no_match"},
		{"en", "AB\nCD", "!no_match"},
		{"en", "", "!empty"},
		{"en", strings.Repeat("A", 1<<20), "!too_long"},
	})
	for _, broken := range []string{"(", "a)|(b", `(?<x`, `\8`} {
		if _, err := answer.Pattern(broken); err == nil {
			t.Errorf("%q is taken as a pattern", broken)
		}
	}
}

func TestEmail(t *testing.T) {
	try(t, answer.Question{Type: talk.AskEmail}, []said{
		{"en", "Anna.Smith+chat@Example.COM", "Anna.Smith+chat@example.com"},
		{"en", "it's anna@example.com, thanks", "anna@example.com"},
		{"en", "Anna <anna@example.com>", "anna@example.com"},
		{"en", "mailto:anna@example.com", "anna@example.com"},
		{"en", "a\u200bnna@example.com\u202c", "anna@example.com"},
		{"ru", "моя почта — anna@example.com.", "anna@example.com"},
		{"ru", "анна@почта.рф", "анна@xn--80a1acny.xn--p1ai"},
		{"ja", "anna＠example.com", "anna@example.com"},
		{"en", "anna", "!not_an_email"},
		{"en", "anna@", "!not_an_email"},
		{"en", "@example.com", "!not_an_email"},
		{"en", "anna@localhost", "!not_an_email"},
		{"en", "anna@127.0.0.1", "!not_an_email"},
		{"en", "anna@[127.0.0.1]", "!not_an_email"},
		{"en", "anna@exa_mple.com", "!not_an_email"},
		{"en", "anna@-example.com", "!not_an_email"},
		{"en", "anna@example..com", "!not_an_email"},
		{"en", "an..na@example.com", "!not_an_email"},
		{"en", "anna@example.com@example.org", "!not_an_email"},
		{"en", `"anna"@example.com`, "!not_an_email"},
		{"en", "anna@example.com bob@example.com", "!not_an_email"},
		{"en", strings.Repeat("a", 65) + "@example.com", "!not_an_email"},
		{"en", "a@" + strings.Repeat("example.", 40) + "com", "!not_an_email"},
		{"en", strings.Repeat("a@", 1<<19), "!too_long"},
		{"en", " ", "!empty"},
	})
}

func TestURL(t *testing.T) {
	try(t, answer.Question{Type: talk.AskURL}, []said{
		{"en", "example.com", "https://example.com/"},
		{"en", "HTTP://Example.COM/a b", "!not_a_url"},
		{"en", "HTTP://Example.COM/A?b=c#d", "http://example.com/A?b=c#d"},
		{"en", "//example.com:8080/x", "https://example.com:8080/x"},
		{"ru", "пример.рф/путь", "https://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C"},
		{"en", "javascript:alert(1)", "!not_a_url"},
		{"en", "javascript://example.com/%0aalert(1)", "!not_a_url"},
		{"en", "data:text/html,x", "!not_a_url"},
		{"en", "ftp://example.com", "!not_a_url"},
		{"en", "https://user:secret@example.com", "!not_a_url"},
		{"en", "mailto:anna@example.com", "!not_a_url"},
		{"en", `https://example.com\@evil.example`, "!not_a_url"},
		{"en", "http://127.0.0.1", "!not_a_url"},
		{"en", "http://[::1]/", "!not_a_url"},
		{"en", "http://0x7f.1/", "!not_a_url"},
		{"en", "localhost", "!not_a_url"},
		{"en", "no", "!not_a_url"},
		{"en", "https://", "!not_a_url"},
		{"en", "example.com/" + strings.Repeat("й", 900), "!too_long"},
		{"en", "", "!empty"},
	})
}

func TestPhone(t *testing.T) {
	try(t, answer.Question{Type: talk.AskPhone}, []said{
		{"ru", "8 (912) 345-67-89", "+79123456789"},
		{"ru", "9123456789", "+79123456789"},
		{"ru", "7 912 345 67 89", "+79123456789"},
		{"ru", "+7 912 345-67-89", "+79123456789"},
		{"ru", "\u202a+7\u00a0912\u00a0345‑67‑89\u202c", "+79123456789"},
		{"ru", "тел. 8 912 345 67 89", "+79123456789"},
		{"ar", "+٧ ٩١٢ ٣٤٥٦٧٨٩", "+79123456789"},
		{"en-GB", "020 7946 0018", "+442079460018"},
		{"en-US", "(202) 555-0143", "+12025550143"},
		{"en-US", "tel:202.555.0143", "+12025550143"},
		{"de", "0049 30 901820", "+4930901820"},
		{"ru", "0049 30 901820", "+4930901820"},
		{"", "+49 30 901820", "+4930901820"},
		{"", "030 901820", "!not_a_phone"},
		{"ru", "12", "!not_a_phone"},
		{"ru", "8 912 345", "!not_a_phone"},
		{"ru", "мой номер 8 912 345-67-89, спасибо", "+79123456789"},
		{"ru", "8 (912) 345-67-89 доб. 12", "+79123456789"},
		{"en-GB", "it's 020 7946 0000 ext. 12.", "+442079460000"},
		{"en-US", "(202) 555-0123 x12", "+12025550123"},
		{"en-GB", "020 7946 0000 after 5", "!not_a_phone"},
		{"ru", "a89123456789", "!not_a_phone"},
		{"ru", "не скажу", "!not_a_phone"},
		{"en-US", "1-800-FLOWERS", "!not_a_phone"},
		{"ru", "+7 912 345-67-89 и +7 912 345-67-90", "!not_a_phone"},
		{"ru", "))))))))", "!not_a_phone"},
		{"ru", "-----+-----", "!not_a_phone"},
		{"ru", strings.Repeat("9", 1<<20), "!too_long"},
	})
	// The country comes before the language.
	at := in(t, "ru")
	at.Country = "DE"
	got, err := answer.Read(answer.Question{Type: talk.AskPhone}, talk.Event{Text: "030 901820"}, at)
	if outcome(got, err) != "+4930901820" || got.Text != "+49 30 901820" {
		t.Error(got, err)
	}
	for _, country := range []string{"XX", "Россия", "zz", "001"} {
		at.Country = country
		if have := outcome(answer.Read(answer.Question{Type: talk.AskPhone}, talk.Event{Text: "8 912 345 67 89"}, at)); have != "+79123456789" {
			t.Errorf("in the country %q: %s", country, have)
		}
	}
}

func TestFile(t *testing.T) {
	q := answer.Question{Type: talk.AskFile, Media: []string{"image/*", "Application/PDF"}, MaxSize: 1000}
	for _, c := range []struct {
		about string
		file  *talk.File
		text  string
		want  string
	}{
		{"fits", &talk.File{Name: "a.png", Type: "image/png", Size: 1000}, "", "a.png"},
		{"parameters", &talk.File{Name: "a.pdf", Type: "application/pdf; x=y", Size: 1}, "with words", "a.pdf"},
		{"a hostile name", &talk.File{Name: "a\u202egnp.exe\n", Type: "image/png"}, "", "agnp.exe"},
		{"no name", &talk.File{Name: "\u200b", Type: "image/png"}, "", "file"},
		{"a long name", &talk.File{Name: strings.Repeat("я", 5000), Type: "image/png"}, "", strings.Repeat("я", 255)},
		{"too large", &talk.File{Name: "a", Type: "image/png", Size: 1001}, "", "!file_too_large"},
		{"wrong type", &talk.File{Name: "a", Type: "text/html"}, "", "!wrong_file_type"},
		{"a type that only begins so", &talk.File{Name: "a", Type: "application/pdfx"}, "", "!wrong_file_type"},
		{"no type", &talk.File{Name: "a"}, "", "!wrong_file_type"},
		{"only words", nil, "later", "!not_a_file"},
		{"nothing", nil, " ", "!empty"},
	} {
		if have := outcome(answer.Read(q, talk.Event{File: c.file, Text: c.text}, in(t, "en"))); have != c.want {
			t.Errorf("%s: %q, want %q", c.about, have, c.want)
		}
	}
}

func TestLocation(t *testing.T) {
	q := answer.Question{Type: talk.AskLocation}
	try(t, q, []said{
		{"en", "55.75, 37.61", "55.75,37.61"},
		{"en", "55.75,37.61", "55.75,37.61"},
		{"en", "55.75 37.61", "55.75,37.61"},
		{"en", "-33.8688197, 151.2092955", "-33.86882,151.209296"},
		{"en", "geo:55.75,37.61", "55.75,37.61"},
		{"en", "55.75°, −37.61°", "55.75,-37.61"},
		{"en", "-0.0000001, 0", "0,0"},
		{"ru", "55,75; 37,61", "55.75,37.61"},
		{"ru", "55,75 37,61", "55.75,37.61"},
		{"ru", "55,75, 37,61", "55.75,37.61"},
		{"en", "55, 37", "55,37"},
		{"en", "91, 0", "!not_a_location"},
		{"en", "0, 181", "!not_a_location"},
		{"en", "here", "!not_a_location"},
		{"en", "1, 2, 3", "!not_a_location"},
		{"en", "NaN, Inf", "!not_a_location"},
	})
	nan := talk.Location{Latitude: 0.0 / func() float64 { return 0 }(), Longitude: 1}
	if have := outcome(answer.Read(q, talk.Event{Location: &nan}, in(t, "en"))); have != "!not_a_location" {
		t.Errorf("NaN is %q", have)
	}
	at := talk.Location{Latitude: 55.7558261, Longitude: 37.6173}
	if have := outcome(answer.Read(q, talk.Event{Location: &at, Text: "My place"}, in(t, "en"))); have != "55.755826,37.6173" {
		t.Errorf("a location is %q", have)
	}
}

func TestUnknownType(t *testing.T) {
	if have := outcome(answer.Read(answer.Question{Type: "colour"}, talk.Event{Text: "red"}, in(t, "en"))); have != "!no_match" {
		t.Error(have)
	}
}
