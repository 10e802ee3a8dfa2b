package answer

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Words asks the visitor again, in Russian, Arabic or else English, for a chain that
// has no words of its own for that.
func (f *Fault) Words(at Situation) string {
	english, russian := f.words()
	words := english
	switch at.base() {
	case "ru":
		words = russian
	case "ar":
		words = f.arabic()
	}
	if strings.Contains(words, "%s") {
		return fmt.Sprintf(words, f.limit(at))
	}
	return words
}

// limit writes the limit for people.
func (f *Fault) limit(at Situation) string {
	if f.Code == FileTooLarge {
		return f.size(at)
	}
	if day, err := time.Parse(dateForm, f.Limit); err == nil {
		return at.date(day)
	}
	if of, err := time.Parse(timeForm, f.Limit); err == nil {
		return at.clock(of)
	}
	if moment, err := time.Parse(dateTimeForm, f.Limit); err == nil {
		return at.date(moment) + ", " + at.clock(moment)
	}
	if v, err := strconv.ParseFloat(f.Limit, 64); err == nil {
		return at.number(v)
	}
	return f.Limit
}

// size is the greatest size in the unit that makes it a small number, rounded down.
func (f *Fault) size(at Situation) string {
	bytes, err := strconv.ParseInt(f.Limit, 10, 64)
	if err != nil {
		return f.Limit
	}
	units := strings.Fields("B KB MB GB")
	switch at.base() {
	case "ru":
		units = strings.Fields("байт КБ МБ ГБ")
	case "ar":
		units = strings.Fields("بايت ك.ب م.ب غ.ب")
	}
	unit := 0
	for ; bytes >= 1024 && unit < len(units)-1; unit++ {
		bytes /= 1024
	}
	return at.number(float64(bytes)) + " " + units[unit]
}

func (f *Fault) words() (english, russian string) {
	if english, russian, ok := f.wordsOfForm(); ok {
		return english, russian
	}
	return f.wordsOfLimit()
}

// wordsOfForm are for what is not of the kind that was asked for.
func (f *Fault) wordsOfForm() (english, russian string, ok bool) {
	ok = true
	switch f.Code {
	case NotANumber:
		english, russian = "Please write a number.", "Напишите, пожалуйста, число."
	case NotAnInteger:
		english, russian = "Please write a whole number.", "Напишите, пожалуйста, целое число."
	case NotAnEmail:
		english = "That does not look like an e-mail address. Please check it."
		russian = "Это не похоже на адрес почты. Проверьте, пожалуйста."
	case NotAPhone:
		english = "That does not look like a phone number. Please write it with the country code."
		russian = "Это не похоже на номер телефона. Напишите его, пожалуйста, с кодом страны."
	case NotAURL:
		english = "That does not look like a web address. Please check it."
		russian = "Это не похоже на адрес сайта. Проверьте, пожалуйста."
	case NotADate:
		english, russian = "Please write a date, such as 24 December.", "Напишите, пожалуйста, дату, например 24 декабря."
	case NotATime:
		english, russian = "Please write a time, such as 15:30.", "Напишите, пожалуйста, время, например 15:30."
	case NotADateTime:
		english = "Please write a day and a time, such as 24 December, 15:30."
		russian = "Напишите, пожалуйста, день и время, например 24 декабря, 15:30."
	case NotAChoice:
		english, russian = "Please choose one of the answers.", "Выберите, пожалуйста, один из ответов."
	case NotAFile:
		english, russian = "Please send a file.", "Пришлите, пожалуйста, файл."
	case WrongFileType:
		english, russian = "Please send a file of another type.", "Пришлите, пожалуйста, файл другого типа."
	case NotALocation:
		english = "Please share your location, or write its coordinates."
		russian = "Отправьте, пожалуйста, геопозицию или напишите координаты."
	default:
		ok = false
	}
	return english, russian, ok
}

// wordsOfLimit are for what is too much or too little.
func (f *Fault) wordsOfLimit() (english, russian string) {
	switch f.Code {
	case TooShort:
		return "That is too short: please write at least %s characters.", "Слишком коротко. Минимум символов: %s."
	case TooLong:
		if f.Limit == "" {
			return "That is too long.", "Слишком длинно."
		}
		return "That is too long: at most %s characters, please.", "Слишком длинно. Максимум символов: %s."
	case TooSmall:
		return "The number has to be at least %s.", "Число должно быть не меньше %s."
	case TooLarge:
		return "The number may be at most %s.", "Число должно быть не больше %s."
	case InThePast:
		return "That is in the past already.", "Это уже в прошлом."
	case InTheFuture:
		return "That is still in the future.", "Это ещё в будущем."
	case TooEarly:
		return "That is too early. The earliest is %s.", "Это слишком рано. Самое раннее: %s."
	case TooLate:
		return "That is too late. The latest is %s.", "Это слишком поздно. Самое позднее: %s."
	case TooMany:
		return "Please choose only one.", "Выберите, пожалуйста, что-то одно."
	case FileTooLarge:
		return "The file is too large: at most %s, please.", "Файл слишком большой. Максимум: %s."
	case NotARating:
		return "Please give a rating from 1 to %s.", "Поставьте, пожалуйста, оценку от 1 до %s."
	default:
		return "Please answer once more.", "Ответьте, пожалуйста, ещё раз."
	}
}
