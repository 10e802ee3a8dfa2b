package answer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

func TestDate(t *testing.T) {
	q := answer.Question{Type: talk.AskDate}
	try(t, q, []said{
		{"ru", "24.12.2026", "2026-12-24"},
		{"ru", "24.12.26", "2026-12-24"},
		{"ru", "24.12", "2026-12-24"},
		{"ru", "24.12.", "2026-12-24"},
		{"ru", "24/12", "2026-12-24"},
		{"ru", "5.1", "2027-01-05"},
		{"ru", "26.11", "2026-11-26"},
		{"ru", "25.11", "2027-11-25"},
		{"ru", "24.12.85", "1985-12-24"},
		{"ru", "24 декабря", "2026-12-24"},
		{"ru", "24-го декабря", "2026-12-24"},
		{"ru", "24 Декабря 2026 г.", "2026-12-24"},
		{"ru", "1 мая 2027 года", "2027-05-01"},
		{"ru", "3 янв", "2027-01-03"},
		{"ru", "24.12.2026г", "2026-12-24"},
		{"ru", "чт, 24 декабря", "2026-12-24"},
		{"ru", "сегодня", "2026-11-26"},
		{"ru", "Завтра!", "2026-11-27"},
		{"ru", "послезавтра", "2026-11-28"},
		{"ru", "вчера", "2026-11-25"},
		{"ru", "в пятницу", "2026-11-27"},
		{"ru", "во вторник", "2026-12-01"},
		{"ru", "в четверг", "2026-12-03"},
		{"ru", "в эту субботу", "2026-11-28"},
		{"ru", "в следующую пятницу", "2026-12-04"},
		{"ru", "пн", "2026-11-30"},
		{"ru", "через неделю", "2026-12-03"},
		{"ru", "через 3 дня", "2026-11-29"},
		{"ru", "через 2 месяца", "2027-01-26"},
		{"en-US", "12/24/2026", "2026-12-24"},
		{"en-US", "12/10", "2026-12-10"},
		{"en-US", "24/12", "2026-12-24"},
		{"en-US", "1/2/2027", "2027-01-02"},
		{"en", "1/2/2027", "2027-01-02"},
		{"en-GB", "1/2/2027", "2027-02-01"},
		{"en-AU", "24/12/2026", "2026-12-24"},
		{"en", "24 December 2026", "2026-12-24"},
		{"en", "December 24th, 2026", "2026-12-24"},
		{"en", "the 24th of December", "2026-12-24"},
		{"en", "Dec 24", "2026-12-24"},
		{"en", "Dec. 24 '26", "2026-12-24"},
		{"en", "2026 Dec 24", "2026-12-24"},
		{"en", "Thursday, 24 December 2026", "2026-12-24"},
		{"en", "today", "2026-11-26"},
		{"en", "tomorrow", "2026-11-27"},
		{"en", "the day after tomorrow", "2026-11-28"},
		{"en", "on Friday", "2026-11-27"},
		{"en", "next friday", "2026-12-04"},
		{"en", "in a week", "2026-12-03"},
		{"en", "in 10 days", "2026-12-06"},
		{"de", "1.2.2027", "2027-02-01"},
		{"ja", "2026/12/24", "2026-12-24"},
		{"ar", "٢٤/١٢/٢٠٢٦", "2026-12-24"},
		{"en", "2026-12-24", "2026-12-24"},
		{"ru", "29.02", "2028-02-29"},
		{"ru", "29.02.2027", "!not_a_date"},
		{"ru", "31.04", "!not_a_date"},
		{"ru", "32 декабря", "!not_a_date"},
		{"ru", "24", "!not_a_date"},
		{"ru", "декабрь", "!not_a_date"},
		{"ru", "12.2026", "!not_a_date"},
		{"ru", "24.12.202", "!not_a_date"},
		{"ru", "24.12.1026", "!not_a_date"},
		{"ru", "24.12-2026", "!not_a_date"},
		{"ru", "не завтра", "!not_a_date"},
		{"ru", "24 декабря 25 декабря", "!not_a_date"},
		{"en", "24 > 12", "!not_a_date"},
		{"en", "later", "!not_a_date"},
		{"en", "in 99999 days", "!not_a_date"},
		{"en", strings.Repeat("1.", 1<<19), "!too_long"},
		{"en", strings.Repeat("1 ", 400), "!not_a_date"},
		{"en", "", "!empty"},
	})
	for value, want := range map[string]string{
		"2026-12-24": "2026-12-24", "24.12.2026": "!not_a_date", "2026-02-30": "!not_a_date", "tomorrow": "!not_a_date", "0001-01-01": "!not_a_date",
	} {
		if have := reply(t, q, "ru", value); have != want {
			t.Errorf("the reply %q is %q, want %q", value, have, want)
		}
	}
}

// The same words can mean several days; bounds tell which.
func TestDateWithBounds(t *testing.T) {
	try(t, answer.Question{Type: talk.AskDate, Min: "today", Max: "today+2w"}, []said{
		{"ru", "сегодня", "2026-11-26"},
		{"ru", "вчера", "!in_the_past"},
		{"ru", "10.12", "2026-12-10"},
		{"ru", "11.12", "!too_late"},
	})
	try(t, answer.Question{Type: talk.AskDate, Max: "today"}, []said{ // a day that was
		{"ru", "24.12", "2025-12-24"},
		{"ru", "24 декабря", "2025-12-24"},
		{"ru", "24.12.30", "1930-12-24"},
		{"ru", "завтра", "!in_the_future"},
	})
	try(t, answer.Question{Type: talk.AskDate, Min: "2026-12-01", Max: "2026-12-31"}, []said{
		{"ru", "завтра", "!too_early"},
		{"ru", "1 января", "!too_late"},
	})
	try(t, answer.Question{Type: talk.AskDate, Min: "today+2d"}, []said{{"ru", "завтра", "!too_early"}})
	// Of age: the limit is told.
	_, err := answer.Read(answer.Question{Type: talk.AskDate, Max: "today-18y"}, talk.Event{Reply: "2008-11-27"}, in(t, "ru"))
	if err == nil || err.Error() != "too_late (limit 2008-11-26)" {
		t.Error(err)
	}
}

func TestTime(t *testing.T) {
	q := answer.Question{Type: talk.AskTime}
	try(t, q, []said{
		{"en", "15:04", "15:04"},
		{"en", "9:05", "09:05"},
		{"en", "15:04:05", "15:04"},
		{"ru", "15.30", "15:30"},
		{"ru", "15-30", "15:30"},
		{"ru", "15 30", "15:30"},
		{"ru", "1530", "15:30"},
		{"ru", "в 15", "15:00"},
		{"ru", "к 9 утра", "09:00"},
		{"ru", "в 3 часа дня", "15:00"},
		{"ru", "в час дня", "13:00"},
		{"ru", "в час ночи", "01:00"},
		{"ru", "7 вечера", "19:00"},
		{"ru", "11 ночи", "23:00"},
		{"ru", "12 ночи", "00:00"},
		{"ru", "15 ч 30 мин", "15:30"},
		{"ru", "15 часов", "15:00"},
		{"ru", "полдень", "12:00"},
		{"ru", "в полночь", "00:00"},
		{"en", "3pm", "15:00"},
		{"en", "3:30 PM", "15:30"},
		{"en", "3:30 p.m.", "15:30"},
		{"en", "12 am", "00:00"},
		{"en", "12 pm", "12:00"},
		{"en", "3 o'clock", "03:00"},
		{"en", "at 8 in the evening", "20:00"},
		{"en", "noon", "12:00"},
		{"fr", "15h30", "15:30"},
		{"ar", "١٥:٣٠", "15:30"},
		{"en", "25:00", "!not_a_time"},
		{"en", "24:00", "!not_a_time"},
		{"en", "15:60", "!not_a_time"},
		{"en", "15:4", "!not_a_time"},
		{"en", "15 am", "!not_a_time"},
		{"en", "3 pm am", "!not_a_time"},
		{"en", "1 2 3 4", "!not_a_time"},
		{"en", "24.12.2026", "!not_a_time"},
		{"en", "12/24", "!not_a_time"},
		{"en", "soon", "!not_a_time"},
		{"ru", "час", "01:00"},
	})
	try(t, answer.Question{Type: talk.AskTime, Min: "09:00", Max: "18:00"}, []said{
		{"en", "3", "15:00"},
		{"en", "3:30", "15:30"},
		{"en", "10", "10:00"},
		{"en", "03:30", "!too_early"},
		{"en", "7", "!too_early"},
		{"en", "19:00", "!too_late"},
	})
	if have := reply(t, q, "en", "15:04"); have != "15:04" {
		t.Error(have)
	}
	if have := reply(t, q, "en", "3pm"); have != "!not_a_time" {
		t.Error(have)
	}
}

func TestDateTime(t *testing.T) {
	q := answer.Question{Type: talk.AskDateTime}
	try(t, q, []said{
		{"ru", "24.12.2026 15:30", "2026-12-24T15:30:00+03:00"},
		{"ru", "24.12 15.30", "2026-12-24T15:30:00+03:00"},
		{"ru", "15.30 24.12", "2026-12-24T15:30:00+03:00"},
		{"ru", "10.12 11.30", "2026-12-10T11:30:00+03:00"},
		{"ru", "завтра в 3 часа дня", "2026-11-27T15:00:00+03:00"},
		{"ru", "в 9 утра в пятницу", "2026-11-27T09:00:00+03:00"},
		{"ru", "24 декабря, 18:00", "2026-12-24T18:00:00+03:00"},
		{"ru", "послезавтра в полдень", "2026-11-28T12:00:00+03:00"},
		{"en-US", "12/24 3pm", "2026-12-24T15:00:00-05:00"},
		{"en-US", "3:30 pm on July 4", "2027-07-04T15:30:00-04:00"},
		{"en", "tomorrow at 10", "2026-11-27T10:00:00Z"},
		{"en", "24 December 2026 at 15:30", "2026-12-24T15:30:00Z"},
		{"en", "2026-12-24T15:30", "2026-12-24T15:30:00Z"},
		{"en", "2026-12-24 15:30", "2026-12-24T15:30:00Z"},
		{"ru", "2026-12-24T15:30:00+03:00", "2026-12-24T15:30:00+03:00"},
		{"ru", "2026-12-24T12:30:00Z", "2026-12-24T15:30:00+03:00"},
		{"en", "tomorrow", "!not_a_datetime"},
		{"en", "15:30", "!not_a_datetime"},
		{"en", "whenever", "!not_a_datetime"},
		{"en", strings.Repeat("1 ", 400), "!not_a_datetime"},
		{"en", "", "!empty"},
	})
	for value, want := range map[string]string{
		"2026-12-24T15:30":    "2026-12-24T15:30:00+03:00",
		"2026-12-24T15:30:59": "2026-12-24T15:30:00+03:00",
		"2026-12-24":          "!not_a_datetime",
		"9999-12-24T15:30":    "!not_a_datetime",
	} {
		if have := reply(t, q, "ru", value); have != want {
			t.Errorf("the reply %q is %q, want %q", value, have, want)
		}
	}
	try(t, answer.Question{Type: talk.AskDateTime, Min: "now", Max: "now+2d"}, []said{
		{"ru", "сегодня в 14:30", "2026-11-26T14:30:00+03:00"},
		{"ru", "сегодня в 14:29", "!in_the_past"},
		{"ru", "сегодня в 3", "2026-11-26T15:00:00+03:00"},
		{"ru", "через 3 дня в 9:00", "!too_late"},
	})
}

// In an hour that is left out or comes twice, a value still means one moment.
func TestDateTimeWhenClocksChange(t *testing.T) {
	at := answer.Situation{Language: "de", Now: time.Date(2026, time.March, 1, 12, 0, 0, 0, zone(t, "Europe/Berlin"))}
	q := answer.Question{Type: talk.AskDateTime}
	for given, want := range map[string]string{
		"2026-03-29T02:30":          "2026-03-29T03:30:00+02:00",
		"2026-10-25T02:30":          "2026-10-25T02:30:00+02:00",
		"2026-10-25T02:30:00+02:00": "2026-10-25T02:30:00+02:00",
		"2026-10-25T02:30:00+01:00": "2026-10-25T02:30:00+01:00",
		"1850-10-25T02:30":          "1850-10-25T02:30:00+00:53", // Berlin's own time, with 28 seconds more
		"1850-10-25T02:30:00+00:53": "1850-10-25T02:30:00+00:53",
	} {
		if have := outcome(answer.Read(q, talk.Event{Reply: given}, at)); have != want {
			t.Errorf("%s is %s, want %s", given, have, want)
		}
	}
}

// RFC 3339 has no seconds of offsets: New York's own time had 4:56:02.
func TestDateTimeOfOldOffsets(t *testing.T) {
	at := answer.Situation{Now: time.Date(2026, time.March, 1, 12, 0, 0, 0, zone(t, "America/New_York"))}
	const want = "1850-10-25T02:30:00-04:56"
	for _, given := range []string{"1850-10-25T02:30", want} {
		if have := outcome(answer.Read(answer.Question{Type: talk.AskDateTime}, talk.Event{Reply: given}, at)); have != want {
			t.Errorf("%s is %s", given, have)
		}
	}
}

func TestDatesForPeople(t *testing.T) {
	for language, want := range map[string]string{
		"ru":    "5 мая 2027, 15:30",
		"en-US": "May 5, 2027, 3:30 PM",
		"en-GB": "5 May 2027, 15:30",
		"de":    "2027-05-05, 15:30",
		"":      "2027-05-05, 15:30",
	} {
		got, err := answer.Read(answer.Question{Type: talk.AskDateTime}, talk.Event{Reply: "2027-05-05T15:30"}, in(t, language))
		if err != nil || got.Text != want {
			t.Errorf("in %q: %q, %v", language, got.Text, err)
		}
	}
}
