package answer_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		language string
		q        answer.Question
		e        talk.Event
		want     string
	}{
		{"ru", answer.Question{Type: talk.AskDate, Min: "2026-12-24"}, talk.Event{Text: "завтра"}, "Это слишком рано. Самое раннее: 24 декабря 2026."},
		{"en-US", answer.Question{Type: talk.AskTime, Max: "18:00"}, talk.Event{Text: "19:00"}, "That is too late. The latest is 6:00 PM."},
		{"en", answer.Question{Type: talk.AskNumber, Min: "1500"}, talk.Event{Text: "3"}, "The number has to be at least 1,500."},
		{"ru", answer.Question{Type: talk.AskRating}, talk.Event{Text: "9"}, "Поставьте, пожалуйста, оценку от 1 до 5."},
		{"en", answer.Question{Type: talk.AskFile, MaxSize: 5 << 20}, talk.Event{File: &talk.File{Type: "a/b", Size: 1 << 30}}, "The file is too large: at most 5 MB, please."},
		{"ru", answer.Question{Type: talk.AskFile, MaxSize: 100}, talk.Event{File: &talk.File{Type: "a/b", Size: 1 << 30}}, "Файл слишком большой. Максимум: 100 байт."},
		{"ar", answer.Question{Type: talk.AskFile, MaxSize: 5 << 20}, talk.Event{File: &talk.File{Type: "a/b", Size: 1 << 30}}, "الملف كبير جدًا. الحجم الأقصى: \u20685 م.ب\u2069."},
		{"ar-EG", answer.Question{Type: talk.AskDate, Min: "2026-12-24"}, talk.Event{Text: "2026-01-01"}, "هذا مبكر جدًا. أبكر موعد: \u206824 ديسمبر 2026\u2069."},
		{"fr", answer.Question{Type: talk.AskEmail}, talk.Event{Text: "x"}, "That does not look like an e-mail address. Please check it."},
		{"en", answer.Question{Type: talk.AskText}, talk.Event{}, "Please answer once more."},
	} {
		_, err := answer.Read(c.q, c.e, in(t, c.language))
		fault, ok := errors.AsType[*answer.Fault](err)
		if !ok || fault.Words(in(t, c.language)) != c.want {
			t.Errorf("%v: %q, want %q", err, fault.Words(in(t, c.language)), c.want)
		}
	}
}

// Every fault has words in all languages, of its own but where there is nothing to add.
func TestWordsOfEveryCode(t *testing.T) {
	seen := map[string]answer.Code{}
	for _, code := range []answer.Code{
		answer.Empty, answer.TooShort, answer.TooLong, answer.NotANumber, answer.NotAnInteger, answer.TooSmall, answer.TooLarge,
		answer.NotAnEmail, answer.NotAPhone, answer.NotAURL, answer.NotADate, answer.NotATime, answer.NotADateTime, answer.InThePast,
		answer.InTheFuture, answer.TooEarly, answer.TooLate, answer.NotAChoice, answer.TooMany, answer.NotAFile, answer.WrongFileType,
		answer.FileTooLarge, answer.NotARating, answer.NotALocation, answer.NoMatch,
	} {
		fault := &answer.Fault{Code: code, Limit: "10"}
		english, russian, arabic := fault.Words(in(t, "en")), fault.Words(in(t, "ru")), fault.Words(in(t, "ar"))
		isRussian := strings.ContainsFunc(russian, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
		isArabic := strings.ContainsFunc(arabic, func(r rune) bool { return unicode.Is(unicode.Arabic, r) })
		if english == "" || !isRussian || !isArabic || strings.Contains(english+russian+arabic, "%") {
			t.Errorf("%s: %q, %q, %q", code, english, russian, arabic)
		}
		if other, twice := seen[english]; twice && code != answer.NoMatch {
			t.Errorf("%s says the same as %s", code, other)
		}
		seen[english] = code
	}
	if have := (&answer.Fault{Code: answer.TooLong}).Words(in(t, "ru")); have != "Слишком длинно." {
		t.Error(have)
	}
}
