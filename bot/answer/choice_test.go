package answer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

func TestChoice(t *testing.T) {
	q := answer.Question{Type: talk.AskChoice, Choices: []string{"Basic", "Чёрный чай", "Café, to go", "7"}}
	try(t, q, []said{
		{"en", "Basic", "Basic"},
		{"en", " bASIC! ", "Basic"},
		{"en", "ＢＡＳＩＣ", "Basic"},
		{"ru", "черный  ЧАЙ", "Чёрный чай"},
		{"ru", "че\u0308рный чай", "Чёрный чай"},
		{"en", "cafe, to go.", "Café, to go"},
		{"en", "1", "Basic"},
		{"en", "2.", "Чёрный чай"},
		{"en", "№ 3", "Café, to go"},
		{"ru", "Вариант 2", "Чёрный чай"},
		{"ar", "٢", "Чёрный чай"},
		{"en", "7", "7"},
		{"en", "4", "7"},
		{"en", "5", "!not_a_choice"},
		{"en", "0", "!not_a_choice"},
		{"en", "-1", "Basic"}, // a bullet, as in "- 1"
		{"en", "Basics", "!not_a_choice"},
		{"en", "Basic, 2", "!too_many"},
		{"en", "Basic, basic", "Basic"},
		{"en", "", "!empty"},
		{"en", "\u200b", "!empty"},
		{"en", strings.Repeat("Basic,", 1<<18), "!too_long"},
		{"en", strings.Repeat("Basic,", 100), "!not_a_choice"},
	})
	for value, want := range map[string]string{
		"0": "Basic", "3": "7", "4": "!not_a_choice", "-1": "!not_a_choice", "0,1": "!too_many", "Basic": "!not_a_choice", ",": "!not_a_choice",
	} {
		if have := reply(t, q, "en", value); have != want {
			t.Errorf("the reply %q is %q, want %q", value, have, want)
		}
	}
	got, _ := answer.Read(q, talk.Event{Kind: talk.Pressed, Text: "Basic"}, in(t, "en"))
	if fmt.Sprint(got) != fmt.Sprint(answer.Answer{Value: "Basic", Text: "Basic", Places: []int{0}}) {
		t.Errorf("a press: %+v", got)
	}
}

func TestManyChoices(t *testing.T) {
	q := answer.Question{Type: talk.AskChoice, Many: true, Choices: []string{"Tea", "Salt, pepper", "Salt", `Bread & "butter"`, "Сыр и хлеб"}}
	try(t, q, []said{
		{"en", "tea", `["Tea"]`},
		{"en", "salt, tea", `["Tea","Salt"]`},
		{"en", "tea and salt", `["Tea","Salt"]`},
		{"en", "tea; salt, pepper", `["Tea","Salt, pepper"]`},
		{"en", "salt, pepper, salt", `["Salt, pepper","Salt"]`},
		{"en", "1, 3", `["Tea","Salt"]`},
		{"en", "1,3", `["Tea","Salt"]`},
		{"en", `bread & "butter", and tea`, `["Tea","Bread & \"butter\""]`},
		{"ru", "сыр и хлеб и tea", `["Tea","Сыр и хлеб"]`},
		{"en", `["Tea","Salt"]`, `["Tea","Salt"]`},
		{"en", "tea, tea", `["Tea"]`},
		{"en", "tea, sugar", "!not_a_choice"},
		{"en", "tea,", `["Tea"]`},
		{"en", "[]", "!not_a_choice"},
		{"en", `["Sugar"]`, "!not_a_choice"},
		{"en", `[1]`, `["Tea"]`},
	})
	got, err := answer.Read(q, talk.Event{Reply: "3,0,3"}, in(t, "en"))
	if err != nil || got.Value != `["Tea","Bread & \"butter\""]` || got.Text != `Tea, Bread & "butter"` || fmt.Sprint(got.Places) != "[0 3]" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCheck(t *testing.T) {
	pattern, _ := answer.Pattern("x")
	for _, c := range []struct {
		q    answer.Question
		want string
	}{
		{answer.Question{Type: "colour"}, `there is no type "colour"`},
		{answer.Question{Type: talk.AskText, Max: "0"}, `max must be a number of characters from 1 to 1000, not "0"`},
		{answer.Question{Type: talk.AskText, Min: "600"}, "min 600 is more than the 512 that may be without a max"},
		{answer.Question{Type: talk.AskText, Min: "3", Max: "2"}, "min 3 is more than max 2"},
		{answer.Question{Type: talk.AskNumber, Min: "ten"}, `min must be a number such as 10 or 2.5, not "ten"`},
		{answer.Question{Type: talk.AskNumber, Min: "10", Max: "5"}, "min 10 is more than max 5"},
		{answer.Question{Type: talk.AskInteger, Max: "2.5"}, `max must be a whole number, not "2.5"`},
		{answer.Question{Type: talk.AskDate, Min: "24.12.2026"}, `min must be a date such as 2026-12-24, or today, or a day such as today+30d, not "24.12.2026"`},
		{answer.Question{Type: talk.AskDate, Min: "today+1h"}, `min must be a date such as 2026-12-24, or today, or a day such as today+30d, not "today+1h"`},
		{answer.Question{Type: talk.AskDate, Min: "today+2d", Max: "today"}, "min today+2d is more than max today"},
		{answer.Question{Type: talk.AskDate, Min: "2026-02-30"}, `min must be a date such as 2026-12-24, or today, or a day such as today+30d, not "2026-02-30"`},
		{answer.Question{Type: talk.AskTime, Min: "18:00", Max: "09:00"}, "min 18:00 is more than max 09:00"},
		{answer.Question{Type: talk.AskTime, Max: "25:00"}, `max must be a time such as 09:30, not "25:00"`},
		{answer.Question{Type: talk.AskDateTime, Min: "today"}, `min must be a moment such as 2026-12-24T15:04, or now, or one such as now+2h, not "today"`},
		{answer.Question{Type: talk.AskEmail, Max: "5"}, "email has neither min nor max"},
		{answer.Question{Type: talk.AskChoice}, "a choice needs choices"},
		{answer.Question{Type: talk.AskChoice, Choices: []string{"a", " "}}, "one of the choices is empty"},
		{answer.Question{Type: talk.AskChoice, Choices: []string{"Ещё", "еще!"}}, `the choices "Ещё" and "еще!" are the same to whoever types them`},
		{answer.Question{Type: talk.AskChoice, Choices: make([]string, 101)}, "there are 101 choices, and there may be 100"},
		{answer.Question{Type: talk.AskText, Choices: []string{"a"}}, "only a choice has choices, not text"},
		{answer.Question{Type: talk.AskText, Pattern: pattern}, "only a regex has a pattern, not text"},
		{answer.Question{Type: talk.AskRegex}, "a regex needs a pattern"},
		{answer.Question{Type: talk.AskFile, Media: []string{"png"}}, `"png" is not a media type such as image/* or application/pdf`},
		{answer.Question{Type: talk.AskFile, MaxSize: -1}, "the greatest size is less than nothing"},
		{answer.Question{Type: talk.AskText, MaxSize: 1}, "only a file has a greatest size, not text"},
		{answer.Question{Type: talk.AskRating, Min: "1"}, "min is always 1 for a rating"},
		{answer.Question{Type: talk.AskRating, Max: "11"}, `max must be the highest rating, from 2 to 10, not "11"`},

		{answer.Question{Type: talk.AskDate, Min: "today", Max: "2020-01-01"}, ""}, // so it may have become
		{answer.Question{Type: talk.AskDate, Min: "today-18y", Max: "today+2w"}, ""},
		{answer.Question{Type: talk.AskDateTime, Min: "now+2h", Max: "now+3m"}, ""},
		{answer.Question{Type: talk.AskFile, Media: []string{"*/*", "image/*", "image/svg+xml"}}, ""},
		{answer.Question{Type: talk.AskRegex, Pattern: pattern, Max: "10"}, ""},
		{answer.Question{Type: talk.AskChoice, Choices: []string{"👍", "👎"}}, ""},
	} {
		have := ""
		if err := c.q.Check(); err != nil {
			have = err.Error()
		}
		if have != c.want {
			t.Errorf("%+v:\n have %s\n want %s", c.q, have, c.want)
		}
	}
}

func TestForm(t *testing.T) {
	for _, c := range []struct {
		q        answer.Question
		min, max string
	}{
		{answer.Question{Type: talk.AskDate, Min: "today", Max: "today+2w"}, "2026-11-26", "2026-12-10"},
		{answer.Question{Type: talk.AskDateTime, Min: "now+2h", Max: "2026-12-24T15:04"}, "2026-11-26T16:30", "2026-12-24T15:04"},
		{answer.Question{Type: talk.AskRating}, "", "5"},
		{answer.Question{Type: talk.AskText}, "", ""},
		{answer.Question{Type: talk.AskText, Max: "80"}, "", "80"},
		{answer.Question{Type: talk.AskNumber, Min: "1.50"}, "1.5", ""},
		{answer.Question{Type: talk.AskPhone}, "", ""},
	} {
		form := c.q.Form(in(t, "ru"))
		if form.Type != c.q.Type || form.Min != c.min || form.Max != c.max {
			t.Errorf("%+v: %+v", c.q, form)
		}
	}
}
