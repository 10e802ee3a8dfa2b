package transcript

import (
	"fmt"
	"time"

	"github.com/anteroom-chat/anteroom/bot/months"
)

// words are what a transcript says in one language.
type words struct {
	language string
	// dir is the direction of the language, "ltr" or "rtl".
	dir string
	// heading has the place of the site's name; saved those of a day, a time and a zone.
	heading, saved string
	you            string
	support, bot   string
	removed        string
	edited         string
	ai             string
	interrupted    string
	file, voice    string
	place          string
	// answers has the places of a name and of words.
	answers string
	choices string
	empty   string
	// day has the places of day, month and year.
	day   string
	bytes [4]string
	// comma parts the decimals.
	comma bool
}

func (w *words) date(at time.Time) string {
	month, _ := months.InDate(w.language, at.Month())
	return fmt.Sprintf(w.day, at.Day(), month, at.Year())
}

// Day is a date as the language of a conversation writes it, in its visitor's time zone.
func Day(about About, at time.Time) string {
	return wordsOf(about.Language).date(at.In(about.zone()))
}

// Knows reports whether transcripts can be written in a language.
func Knows(language string) bool {
	_, ok := languages()[language]
	return ok
}

func wordsOf(language string) *words {
	all := languages()
	if w, ok := all[language]; ok {
		return w
	}
	return all["en"]
}

func languages() map[string]*words {
	return map[string]*words{
		"en": {
			language: "en",
			dir:      "ltr",
			heading:  "Conversation with %s", saved: "As of %s, %s. Times are those of %s.",
			you: "You", support: "Support", bot: "Assistant",
			removed: "Message removed", edited: "edited", ai: "AI", interrupted: "answer interrupted",
			file: "File", voice: "Voice message", place: "Place on the map",
			answers: "In reply to %s: %s", choices: "To choose from: ", empty: "Nothing was written in this conversation.",
			day: "%d %s %d", bytes: [4]string{"B", "KB", "MB", "GB"},
		},
		"ru": {
			language: "ru",
			dir:      "ltr",
			heading:  "Переписка с «%s»", saved: "По состоянию на %s, %s. Время указано по часовому поясу %s.",
			you: "Вы", support: "Поддержка", bot: "Помощник",
			removed: "Сообщение удалено", edited: "изменено", ai: "ИИ", interrupted: "ответ прерван",
			file: "Файл", voice: "Голосовое сообщение", place: "Место на карте",
			answers: "В ответ: %s: %s", choices: "Варианты: ", empty: "В этой переписке ничего не написано.",
			day: "%d %s %d г.", bytes: [4]string{"Б", "КБ", "МБ", "ГБ"}, comma: true,
		},
		"ar": {
			language: "ar",
			dir:      "rtl",
			heading:  "المحادثة مع %s", saved: "حتى %s، الساعة %s. الأوقات بحسب المنطقة الزمنية %s.",
			you: "أنت", support: "الدعم", bot: "المساعد",
			removed: "حُذفت الرسالة", edited: "معدَّلة", ai: "ذكاء اصطناعي", interrupted: "قُطع الرد",
			file: "ملف", voice: "رسالة صوتية", place: "موقع على الخريطة",
			answers: "ردًا على %s: %s", choices: "الخيارات: ", empty: "لم يُكتب شيء في هذه المحادثة.",
			day: "%d %s %d", bytes: [4]string{"بايت", "ك.ب", "م.ب", "غ.ب"},
		},
	}
}
