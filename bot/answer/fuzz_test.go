package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// questions are one of each type and more.
func questions(t testing.TB) []answer.Question {
	t.Helper()
	pattern, err := answer.Pattern(`.{1,40}`)
	if err != nil {
		t.Fatal(err)
	}
	all := []answer.Question{
		{Type: talk.AskText},
		{Type: talk.AskNumber},
		{Type: talk.AskInteger},
		{Type: talk.AskEmail},
		{Type: talk.AskPhone},
		{Type: talk.AskURL},
		{Type: talk.AskDate},
		{Type: talk.AskTime},
		{Type: talk.AskDateTime},
		{Type: talk.AskFile},
		{Type: talk.AskRating},
		{Type: talk.AskLocation},
		{Type: talk.AskRegex, Pattern: pattern},
		{Type: talk.AskChoice, Choices: []string{"Tea", "Чёрный", "a, b", "a", "7"}},
		{Type: talk.AskChoice, Many: true, Choices: []string{"Tea", "Чёрный и белый", "a, b", "a", `"q"`, "белый"}},
		{Type: talk.AskDate, Max: "today"},
		{Type: talk.AskDate, Min: "today", Max: "today+1m"},
		{Type: talk.AskDateTime, Min: "now", Max: "now+1y"},
		{Type: talk.AskTime, Min: "09:00", Max: "18:00"},
	}
	for _, q := range all {
		if err := q.Check(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// replied says whether a type's canonical values are those of a form.
func replied(t talk.AskType) bool {
	switch t {
	case talk.AskNumber, talk.AskInteger, talk.AskDate, talk.AskTime, talk.AskDateTime, talk.AskRating:
		return true
	default:
		return false
	}
}

// canonical checks what holds for all that is understood.
func canonical(t rapid.TB, q answer.Question, at answer.Situation, got answer.Answer) {
	t.Helper()
	if got.Value == "" || got.Text == "" || !utf8.ValidString(got.Value) || !utf8.ValidString(got.Text) {
		t.Fatalf("%s: the answer %q, %q", q.Type, got.Value, got.Text)
	}
	if strings.ContainsFunc(got.Value+got.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		t.Fatalf("%s: control characters in %q, %q", q.Type, got.Value, got.Text)
	}
	if len(got.Value) > 4*answer.MaxLength {
		t.Fatalf("%s: %d bytes", q.Type, len(got.Value))
	}
	e := talk.Event{Text: got.Value, File: &talk.File{Name: got.Value}}
	if replied(q.Type) {
		e.Reply = got.Value
	}
	again, err := answer.Read(q, e, at)
	if err != nil || again.Value != got.Value || again.Text != got.Text {
		t.Fatalf("%s: %q is read again as %q, %q not %q (%v)", q.Type, got.Value, again.Value, again.Text, got.Text, err)
	}
	// What people are shown can be typed, but for the words of a choice with commas in them.
	if q.Type == talk.AskFile || q.Type == talk.AskChoice {
		return
	}
	again, err = answer.Read(q, talk.Event{Text: got.Text}, at)
	if err != nil || again.Value != got.Value {
		t.Fatalf("%s: %q is typed again and read as %q, not %q (%v)", q.Type, got.Text, again.Value, got.Value, err)
	}
}

// TestReadPieces reads what is put together of pieces that mean something, which
// bytes by chance seldom do.
func TestReadPieces(t *testing.T) {
	all := questions(t)
	zones := []*time.Location{time.UTC, zone(t, "Europe/Berlin"), zone(t, "Australia/Lord_Howe"), zone(t, "America/New_York")}
	pieces := strings.Split("1|2|03|5|9|10|12|15|24|29|30|31|59|60|99|123|2026|1850|000|٣|.|,|:|-|/| |  |;|'|+|−|°|"+
		"pm|a.m.|утра|дня|ночи|час|в|at|noon|полночь|today|завтра|next|в следующую|friday|вторник|через|in|3 дня|a week|"+
		"feb|декабря|мая|the|th|-го|г.|2026-10-25T02:30|+01:00|Z|24.12|24.12.2026|15:30|1,234|1.234,5|1 234|"+
		"★|☆|⭐️|/5| из 5|five|tea|белый|Чёрный и белый| и |a, b|\"q\"|[\"a\"]|№|anna@|a@b.c|example.com|почта.рф|https://|ftp://|:80|?a=б|%2f|"+
		"+7|8 (912)|345-67-89|tel:|geo:|\u200b|\u202e|\u0301|\x00|\xff|\n|\u00a0|ﷺ|ё|ß|①|²", "|")
	rapid.Check(t, func(t *rapid.T) {
		at := answer.Situation{
			Language: rapid.SampledFrom([]string{"", "en", "en-US", "en-GB", "ru", "de", "de-CH", "fr", "ar", "hi", "ja", "es", "fa", "bn"}).Draw(t, "language"),
			Country:  rapid.SampledFrom([]string{"", "RU", "US", "DE", "XX"}).Draw(t, "country"),
			Now:      time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "now"), 0).In(rapid.SampledFrom(zones).Draw(t, "zone")),
		}
		q := rapid.SampledFrom(all).Draw(t, "question")
		between := rapid.SampledFrom([]string{"", " ", " ", ", "}).Draw(t, "between")
		said := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 5).Draw(t, "said"), between)
		if got, err := answer.Read(q, talk.Event{Text: said}, at); err == nil {
			canonical(t, q, at, got)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range []struct{ text, reply, language, country string }{
		{"1 234,5", "", "ru", "RU"},
		{"1.234,5", "", "de", "DE"},
		{"١٬٢٣٤٫٥", "", "ar", "EG"},
		{"x", "-0.000", "en", ""},
		{"x", "999999999999999", "en", ""},
		{"8 (912) 345-67-89", "", "ru", "RU"},
		{"Anna <анна@почта.рф>", "", "ru", ""},
		{"HTTP://Пример.рф:80/а?б#в", "", "ru", ""},
		{"24.12", "", "ru", ""},
		{"12/24/26 3:30 p.m.", "", "en-US", "US"},
		{"в следующую пятницу в 3 часа дня", "", "ru", ""},
		{"29 feb", "2028-02-29", "en", "GB"},
		{"x", "2026-10-25T02:30", "en", ""},
		{"x", "1850-10-25T02:30:00+00:53", "", ""},
		{"tea, a, b и Чёрный и белый", "0,2", "ru", ""},
		{"★★★☆☆", "5", "en", ""},
		{"geo:55.75,-0.0000001", "", "en", ""},
		{"\u202e\u2066\u200b\x00\xff\ufeff", "\x00", "x-\xff", "\xff"},
		{"e\u0301\u200d\u0308", "", "mul-u-nu-roman", "ZZ"},
	} {
		f.Add(seed.text, seed.reply, seed.language, seed.country, int64(1795703400), 55.75, 37.61)
	}
	all := questions(f)
	zones := []*time.Location{time.UTC, zone(f, "Europe/Berlin"), zone(f, "Australia/Lord_Howe"), zone(f, "Asia/Kathmandu")}
	f.Fuzz(func(t *testing.T, text, reply, language, country string, now int64, north, east float64) {
		const year = 366 * 24 * 60 * 60
		moment := time.Unix(1<<30+(now%(50*year)), 0) // from 1954 to 2054
		at := answer.Situation{Language: language, Country: country, Now: moment.In(zones[uint64(now)%4])}
		for _, q := range all {
			for _, e := range []talk.Event{
				{Text: text},
				{Text: text, Reply: reply, File: &talk.File{Name: reply, Type: text}, Location: &talk.Location{Latitude: north, Longitude: east}},
			} {
				got, err := answer.Read(q, e, at)
				var fault *answer.Fault
				switch {
				case err == nil:
					canonical(t, q, at, got)
				case !errors.As(err, &fault) || fault.Code == "" || fault.Words(at) == "":
					t.Fatalf("%s: the error %v", q.Type, err)
				}
			}
		}
	})
}

// FuzzCheck holds that a question which passes never refuses all answers by a
// bound that cannot be read, nor panics.
func FuzzCheck(f *testing.F) {
	for _, word := range []string{"", "5", "-2.5", "today+18y", "now-9999y", "09:30", "2026-12-24", "2026-12-24T15:04"} {
		f.Add(word, word)
	}
	f.Fuzz(func(t *testing.T, low, high string) {
		at := answer.Situation{Now: time.Date(2026, time.November, 26, 14, 30, 0, 0, time.UTC)}
		for _, q := range questions(t) {
			q.Min, q.Max = low, high
			if q.Check() != nil {
				continue
			}
			form := q.Form(at)
			if form.Min == "" && low != "" || form.Max == "" && high != "" {
				t.Fatalf("%s: the bounds %q and %q are %q and %q", q.Type, low, high, form.Min, form.Max)
			}
			form2 := answer.Question{Type: q.Type, Choices: q.Choices, Many: q.Many, Pattern: q.Pattern, Min: form.Min, Max: form.Max}.Form(at)
			if form.Min != form2.Min || form.Max != form2.Max {
				t.Fatalf("%s: the bounds %+v become %+v", q.Type, form, form2)
			}
		}
	})
}
