// Package months has the names of months, as people write them in the languages in which
// the bot, transcripts and operators are told dates.
package months

import "time"

type names = [12]string

// InDate is a month as it stands between day and year, in a language (as BCP 47 has it,
// without a region); false for one that is not known here.
func InDate(language string, month time.Month) (string, bool) {
	all, ok := map[string]names{"en": english(), "ru": russianInDates(), "ar": arabic()}[language]
	if !ok || month < time.January || month > time.December {
		return "", false
	}
	return all[month-1], true
}

// Alone is a month as it stands without a day; in English in a language that is not known here.
func Alone(language string, month time.Month) string {
	switch language {
	case "ru":
		return russianAlone()[month-1]
	case "ar":
		return arabic()[month-1]
	default:
		return english()[month-1]
	}
}

func english() names {
	return names{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
}

func russianInDates() names {
	return names{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"}
}

func russianAlone() names {
	return names{"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"}
}

// arabic are the months as most Arabic countries call them.
func arabic() names {
	return names{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"}
}
