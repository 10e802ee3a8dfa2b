package answer

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

var (
	// ratingForm are "4", "4/5", "4 out of 5", "4 из 5", "4 stars", "4 звезды".
	ratingForm = regexp.MustCompile(`^(\d{1,2})(?: ?(?:/|of|out of|из) ?(\d{1,2}))?(?: ?(?:stars?|points?|звезд[аы]?|балл(?:а|ов)?))?$`)
	starsForm  = regexp.MustCompile(`^(?:([★⭐🌟]+)|([★⭐🌟])( [★⭐🌟])+)[☆✩]*$`)
)

func readRating(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	most, err := q.high(at.Now)
	if err != nil {
		return Answer{}, fail(NotARating)
	}
	said := e.Reply
	if said == "" {
		var fault *Fault
		if said, fault = short(e.Text); fault != nil {
			return Answer{}, fault
		}
		said = bareRating(said)
	}
	score, ok := rating(said, most.text)
	if !ok || score < 1 || float64(score) > most.at {
		return Answer{}, &Fault{NotARating, most.text}
	}
	value := strconv.Itoa(score)
	return Answer{Value: value, Text: value + "/" + most.text}, nil
}

// bareRating is without what people put around a mark: "5!", "5+", "I'd say 5".
func bareRating(said string) string {
	return strings.Trim(figures(said), " .,!+()\"")
}

func rating(said, most string) (int, bool) {
	if starsForm.MatchString(said) {
		return strings.Count(said, "★") + strings.Count(said, "⭐") + strings.Count(said, "🌟"), true
	}
	parts := ratingForm.FindStringSubmatch(said)
	if parts == nil {
		return smallNumber(said)
	}
	score, err := strconv.Atoi(parts[1])
	return score, err == nil && (parts[2] == "" || parts[2] == most)
}

// smallNumber are the words that people give marks with, folded.
func smallNumber(word string) (int, bool) {
	for n, words := range [...]string{
		1:  "one|один|одна|единица|кол",
		2:  "two|два|две|двойка",
		3:  "three|три|тройка|троечка",
		4:  "four|четыре|четверка|четверочка",
		5:  "five|пять|пятерка|пятерочка",
		6:  "six|шесть|шестерка",
		7:  "seven|семь|семерка",
		8:  "eight|восемь|восьмерка",
		9:  "nine|девять|девятка",
		10: "ten|десять|десятка",
	} {
		for known := range strings.SplitSeq(words, "|") {
			if known == word && word != "" {
				return n, true
			}
		}
	}
	return 0, false
}
