package answer

import (
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/months"
)

// isOneOf says whether a word is one of several with bars between.
func isOneOf(word, words string) bool {
	for one := range strings.SplitSeq(words, "|") {
		if one == word {
			return word != ""
		}
	}
	return false
}

// weekday reads the folded name of a day of the week.
func weekday(word string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if isOneOf(word, weekdayWords(day)) {
			return day, true
		}
	}
	return 0, false
}

func weekdayWords(day time.Weekday) string {
	switch day {
	case time.Monday:
		return "monday|mon|понедельник|понедельника|пн"
	case time.Tuesday:
		return "tuesday|tue|tues|вторник|вторника|вт"
	case time.Wednesday:
		return "wednesday|wed|среда|среду|среды|ср"
	case time.Thursday:
		return "thursday|thu|thur|thurs|четверг|четверга|чт"
	case time.Friday:
		return "friday|fri|пятница|пятницу|пятницы|пт"
	case time.Saturday:
		return "saturday|sat|суббота|субботу|субботы|сб"
	case time.Sunday:
		return "sunday|sun|воскресенье|воскресенья|вс"
	default:
		return ""
	}
}

// monthOf reads the folded name of a month.
func monthOf(word string) (time.Month, bool) {
	for month := time.January; month <= time.December; month++ {
		if isOneOf(word, monthWords(month)) || isOneOf(word, monthShort(month)) {
			return month, true
		}
	}
	return 0, false
}

// monthWords are a month's names in English, in Russian as it stands in dates, and alone.
func monthWords(month time.Month) string {
	english, _ := months.InDate("en", month)
	russian, _ := months.InDate("ru", month)
	return strings.ToLower(english) + "|" + russian + "|" + months.Alone("ru", month)
}

func monthShort(month time.Month) string {
	switch month {
	case time.January:
		return "jan|янв"
	case time.February:
		return "feb|фев|февр"
	case time.March:
		return "mar|мар"
	case time.April:
		return "apr|апр"
	case time.May:
		return ""
	case time.June:
		return "jun|июн"
	case time.July:
		return "jul|июл"
	case time.August:
		return "aug|авг"
	case time.September:
		return "sep|sept|сен|сент"
	case time.October:
		return "oct|окт"
	case time.November:
		return "nov|ноя|нояб"
	default:
		return "dec|дек"
	}
}
