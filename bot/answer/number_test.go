package answer_test

import (
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

func TestNumber(t *testing.T) {
	q := answer.Question{Type: talk.AskNumber}
	try(t, q, []said{
		{"en", "1.5", "1.5"},
		{"en", "1,5", "1.5"},
		{"en", "1,234.5", "1234.5"},
		{"en", "1,234", "1234"},
		{"en", "1.234", "1.234"},
		{"en", "0,125", "0.125"},
		{"en", "1234.50", "1234.5"},
		{"en", "1,234,567", "1234567"},
		{"en-IN", "12,34,567.5", "1234567.5"},
		{"en", ".5", "0.5"},
		{"en", "5.", "5"},
		{"en", "007", "7"},
		{"en", "+5", "5"},
		{"en", "−5", "-5"},
		{"en", "-0", "0"},
		{"en", "0.000", "0"},
		{"en", "0.1", "0.1"},
		{"ru", "1 234,5", "1234.5"},
		{"ru", "1\u00a0234,5", "1234.5"},
		{"ru", "1\u202f234\u202f567,5", "1234567.5"},
		{"ru", "1,234", "1.234"},
		{"ru", "1.234", "1.234"},
		{"ru", "1 234", "1234"},
		{"ru", "0,125", "0.125"},
		{"de", "1.234", "1234"},
		{"de", "1.234,5", "1234.5"},
		{"de", "1,234", "1.234"},
		{"de", "1.5", "1.5"},
		{"de-CH", "1’234.5", "1234.5"},
		{"ar", "١٬٢٣٤٫٥", "1234.5"},
		{"hi", "१२३", "123"},
		{"ja", "１２３．５", "123.5"},
		{"en", "999999999999999", "999999999999999"},
		{"en", "1000000000000000", "!too_large"},
		{"en", "-1000000000000000", "!too_small"},
		{"en", "1.234.5", "!not_a_number"},
		{"en", "1,23.4", "!not_a_number"},
		{"en", "1 2", "!not_a_number"},
		{"en", "1,234,56", "!not_a_number"},
		{"en", "1e5", "!not_a_number"},
		{"en", "0x10", "!not_a_number"},
		{"en", "NaN", "!not_a_number"},
		{"en", "Infinity", "!not_a_number"},
		{"en", "--5", "!not_a_number"},
		{"en", ".", "!not_a_number"},
		{"en", "five", "!not_a_number"},
		{"en", "5²", "!not_a_number"},
		{"en", "1½", "!not_a_number"},
		{"en", "1" + strings.Repeat("0", 500), "!not_a_number"},
		{"en", strings.Repeat("1,", 1<<19), "!too_long"},
		{"en", "", "!empty"},
	})
	try(t, answer.Question{Type: talk.AskNumber, Min: "-1.5", Max: "10"}, []said{
		{"en", "-1.5", "-1.5"},
		{"en", "-1.51", "!too_small"},
		{"en", "10", "10"},
		{"en", "10.01", "!too_large"},
	})
	for value, want := range map[string]string{
		"1.234": "1.234", "1234.50": "1234.5", "-0": "0", "1,5": "!not_a_number", "1e3": "!not_a_number", "+1": "!not_a_number",
	} {
		if have := reply(t, q, "de", value); have != want {
			t.Errorf("the reply %q is %q, want %q", value, have, want)
		}
	}
}

func TestNumberForPeople(t *testing.T) {
	for language, want := range map[string]string{
		"en": "1,234,567.5", "ru": "1\u00a0234\u00a0567,5", "de": "1.234.567,5", "nonsense!": "1,234,567.5",
	} {
		got, err := answer.Read(answer.Question{Type: talk.AskNumber}, talk.Event{Reply: "1234567.5"}, in(t, language))
		if err != nil || got.Text != want {
			t.Errorf("in %q: %q, %v", language, got.Text, err)
		}
	}
}

// What float64 has beyond the digits that were written is not shown.
func TestDigitsForPeople(t *testing.T) {
	got, err := answer.Read(answer.Question{Type: talk.AskNumber}, talk.Event{Reply: "1.234185"}, in(t, "en"))
	if err != nil || got.Text != "1.234185" {
		t.Errorf("%q, %v", got.Text, err)
	}
}

func TestInteger(t *testing.T) {
	q := answer.Question{Type: talk.AskInteger, Min: "0"}
	try(t, q, []said{
		{"en", "5", "5"},
		{"en", "5.0", "5"},
		{"ru", "1.500", "1500"},
		{"ru", "1,500", "1500"},
		{"de", "1.500", "1500"},
		{"en", "1,500.00", "1500"},
		{"en", "5.5", "!not_an_integer"},
		{"en", "-1", "!too_small"},
		{"en", "a few", "!not_a_number"},
	})
}

func TestRating(t *testing.T) {
	q := answer.Question{Type: talk.AskRating}
	try(t, q, []said{
		{"en", "5", "5"},
		{"en", "5!", "5"},
		{"ru", "5+", "5"},
		{"en", "4/5", "4"},
		{"en", "4 out of 5", "4"},
		{"en", "3 stars", "3"},
		{"ru", "4 из 5", "4"},
		{"ru", "4 звезды", "4"},
		{"ru", "5 звёзд", "5"},
		{"ru", "Четвёрка", "4"},
		{"ru", "пять", "5"},
		{"en", "Five", "5"},
		{"en", "★★★★", "4"},
		{"en", "★★★☆☆", "3"},
		{"en", "⭐️⭐️", "2"},
		{"en", "⭐ ⭐ ⭐", "3"},
		{"en", "4️⃣", "4"},
		{"en", "0", "!not_a_rating"},
		{"en", "6", "!not_a_rating"},
		{"en", "4.5", "!not_a_rating"},
		{"en", "8/10", "!not_a_rating"},
		{"en", "★★★★★★", "!not_a_rating"},
		{"en", "☆☆☆☆☆", "!not_a_rating"},
		{"en", "great", "!not_a_rating"},
		{"en", "-3", "!not_a_rating"},
	})
	try(t, answer.Question{Type: talk.AskRating, Max: "10"}, []said{
		{"en", "8/10", "8"},
		{"en", "ten", "10"},
		{"en", "4/5", "!not_a_rating"},
	})
	if have := reply(t, q, "en", "3"); have != "3" {
		t.Error(have)
	}
	if have := reply(t, q, "en", "33"); have != "!not_a_rating" {
		t.Error(have)
	}
	got, _ := answer.Read(q, talk.Event{Text: "★★★★"}, in(t, "en"))
	if got.Text != "4/5" {
		t.Errorf("for people: %q", got.Text)
	}
}
